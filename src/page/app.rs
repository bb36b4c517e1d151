//! The app: everything that lives on the page, and the one loop that keeps screen and engine in step with the lab.
//!
//! Whatever happens arrives through [`Handle::act`], one thing at a time; nothing is drawn or sent on the spot. Once an
//! animation frame the app compares what it wants ([`Lab`]) with what the engine was told (`Engine`) and with what is
//! on the screen (`Screen`), and makes up the difference.

mod actions;
mod charts;
mod engine;
mod figures;
mod hand;
mod handle;
mod keeping;
mod lessons;
mod levels;
mod margins;
mod meter;
mod network;
mod patience;
mod pictures;
mod playing;
mod printing;
mod probe;
mod race;
mod replay;
mod reports;
mod saving;
mod screen;
mod sharing;
mod surroundings;
mod view;
mod weights;
mod words;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use self::charts::Charts;
use self::engine::Engine;
use self::hand::Hand;
pub use self::handle::Handle;
use self::keeping::Kept;
use self::lessons::Lessons;
use self::margins::Margins;
use self::meter::Meter;
use self::network::Known;
use self::playing::Playing;
use self::probe::Probe;
use self::race::Rival;
use self::replay::Replay;
use self::saving::Saving;
use self::screen::Screen;
pub use self::weights::{Weights, check_length};
use super::announce;
use super::banner::{self, Kind};
use super::editor::Editor;
use super::history::ApproachHistory;
use super::lab::Lab;
use super::multiples::Multiples;
use super::pictures::{Fit, Pictures};
use super::script::Requests;
use super::stage::{Stage, StageEvent, Tool};
use super::standings::Track;
use super::strip::Strip;
use super::theme::Theme;
use super::thumbnails::Thumbnails;
use super::{controls, dom, hint, keys, link, script};
use crate::distribution::{ExactField, TargetError};
use crate::engine::protocol::{Checkpoint, Devices, Frame, SampleQuality};

/// Draws of the truth by which the network's density is measured: some hundredths of a nat.
pub const DRAWS: u32 = 2048;

/// Everything on the page.
pub struct App {
    /// What the page decides.
    pub lab: Lab,
    /// Brush and undo.
    pub editor: Editor,
    /// Promises that the engine has to keep.
    pub requests: Requests,
    /// Where the engine computes.
    pub devices: Option<Devices>,
    /// What was measured of the network.
    pub known: Known,
    /// How good the samples of the last descent were, and which data they were compared with.
    pub quality: Option<(u32, SampleQuality)>,
    /// How the live particles, and in a race the rival's, stand since their start.
    pub tracks: [Track; 2],
    /// How the live particles of a chain approached their target since their start.
    pub approach: ApproachHistory,
    /// The last frame's numbers; its pictures and particles have gone their ways.
    pub last: Frame,
    handle: Handle,
    truth: Result<ExactField, TargetError>,
    truth_of: Option<u32>,
    fit: Fit,
    pictures: Pictures,
    charts: Charts,
    margins: Margins,
    stage: Box<Stage>,
    /// The rival's stage, while there is a race.
    rival: Option<Rival>,
    /// What plays: a scene, or a chapter of the lessons.
    playing: Option<Playing>,
    lessons: Lessons,
    strip: Strip,
    /// Every noise level at once.
    multiples: Multiples,
    screen: Screen,
    hand: Hand,
    replay: Replay,
    meter: Meter,
    probe: Probe,
    theme: Theme,
    thumbnails: Thumbnails,
    kept: Kept,
    /// The request that brings the network nearer to the link's step.
    stint: Option<u32>,
    saving: Saving,
    engine: Engine,
    /// The highest number given to a network.
    runs: u32,
    /// The network as the engine had it a moment ago.
    checkpoint: Option<Box<Checkpoint>>,
    /// Where the network's weights come from and may yet come from.
    pub weights: Weights,
    _listeners: Vec<EventListener>,
}

/// Builds the page and starts everything, in several tasks, so that none is long: a browser's first layout is slow, that
/// of the panels too, and either would be forced on it amid whatever asks first how large something is. What happens in
/// between waits until [`App::begin`] is done.
///
/// # Errors
/// What the browser says when something of the page is missing.
pub async fn boot() -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let message = "The page has stopped by an error of its own. Reload it: drawing and settings come back.";
        banner::show(Kind::Stopped, message, None);
    }));
    dom::painted().await;
    dom::set_flag(&dom::element::<Element>("panels")?, "data-waiting", false);
    dom::painted().await;
    let handle = Handle::default();
    handle.act_later(App::begin);
    let mut app = App::build(handle.clone()).await?;
    dom::pause().await;
    app.look();
    let ready = app.requests.readiness();
    handle.hold(app);
    script::install(&handle, &ready)?;
    dom::pause().await;
    handle.act(|_| ());
    animate(handle)
}

/// The one animation loop. What need not be on the screen with the frame has tasks of its own after it, so that none is
/// long.
fn animate(handle: Handle) -> Result<(), JsValue> {
    type Tick = Closure<dyn FnMut(f64)>;
    let waiting = Rc::new(Cell::new(false));
    let task = |then: fn(&mut App), last: bool| {
        let (handle, waiting) = (handle.clone(), Rc::clone(&waiting));
        let task = Closure::<dyn FnMut()>::new(move || {
            handle.act(then);
            waiting.set(!last);
        });
        task.into_js_value()
    };
    let after = [task(App::paint, false), task(App::do_chores, true)];
    let tick: Rc<RefCell<Option<Tick>>> = Rc::default();
    let again = Rc::clone(&tick);
    *tick.borrow_mut() = Some(Closure::new(move |now_ms: f64| {
        handle.act(move |app| app.frame(now_ms));
        if let Some(tick) = again.borrow().as_ref()
            && let Ok(window) = dom::window()
        {
            // Refused only by a window that is being closed.
            let _ = window.request_animation_frame(tick.as_ref().unchecked_ref());
            if !waiting.replace(true) {
                for task in &after {
                    let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(task.unchecked_ref(), 0);
                }
            }
        }
    }));
    let first = tick.borrow();
    let Some(first) = first.as_ref() else { return Ok(()) };
    dom::window()?.request_animation_frame(first.as_ref().unchecked_ref())?;
    Ok(())
}

impl App {
    async fn build(handle: Handle) -> Result<Box<Self>, JsValue> {
        let thumbnails = Thumbnails::new()?;
        let theme = Theme::remembered();
        theme.apply()?;
        let board: HtmlElement = dom::element("stage")?;
        let on_stage = handle.clone();
        let events = move |event: StageEvent| on_stage.act(move |app| app.on_stage(event));
        let mut stage = Stage::new(&board, Box::new(events))?;
        let still = dom::media("(prefers-reduced-motion: reduce)");
        stage.set_reduced_motion(still);
        stage.take_keys()?;
        dom::pause().await;
        let on_strip = handle.clone();
        let strip = Strip::new(dom::element("strip")?, move |sigma| {
            on_strip.act(move |app| app.select_sigma(sigma))
        });
        let on_levels = handle.clone();
        let multiples = Multiples::new(move |event| on_levels.act(move |app| app.on_levels(event)))?;
        let mut listeners = hint::start()?;
        listeners.extend(controls::start(&handle)?);
        listeners.push(keys::start(&handle)?);
        listeners.extend(surroundings::listen(&handle, &board)?);
        let (mut lab, lens, camera) = surroundings::lab()?;
        stage.set_lens(lens);
        stage.set_camera(camera);
        // Who asked for less motion starts it.
        lab.sampling = !still;
        Ok(Box::new(Self {
            // Looked at later.
            truth: Err(TargetError::TooFew { got: 0 }),
            lab,
            editor: Editor::default(),
            requests: Requests::default(),
            devices: None,
            known: Known::default(),
            quality: None,
            tracks: Default::default(),
            approach: ApproachHistory::default(),
            last: Frame::default(),
            handle,
            truth_of: None,
            fit: Fit::default(),
            pictures: Pictures::default(),
            charts: Charts::default(),
            margins: Margins::default(),
            stage,
            rival: None,
            playing: None,
            lessons: Lessons::default(),
            strip,
            multiples,
            screen: Screen::default(),
            hand: Hand::default(),
            replay: Replay::default(),
            meter: Meter::default(),
            probe: Probe::default(),
            theme,
            thumbnails,
            kept: Kept::default(),
            stint: None,
            saving: Saving::default(),
            engine: Engine::default(),
            runs: 0,
            checkpoint: None,
            weights: Weights::default(),
            _listeners: listeners,
        }))
    }

    /// First things first: the exact field, and how everything looks.
    fn look(&mut self) {
        self.look_at_truth();
        self.refit();
        self.put_on_theme();
        self.keep_surroundings();
    }

    /// Then the engine, and what the address asks for.
    fn begin(&mut self) {
        // What a link brings is kept when somebody has changed it.
        self.kept.of = self.revisions();
        // A finger begins by scrolling, a mouse by drawing.
        self.hand.look();
        let look = self.hand.coarse || self.lab.parts.has("lock");
        self.set_tool(if look { Tool::Look } else { Tool::Draw });
        self.take_brush();
        self.start_engine();
        if let Ok(location) = dom::window().map(|window| window.location()) {
            let (hash, search) = (
                location.hash().unwrap_or_default(),
                location.search().unwrap_or_default(),
            );
            self.weights.untouched = link::leaves_start_open(&hash, &search);
            self.take_up_network(&hash, &search);
            self.follow_lesson(link::read(&hash).lesson);
            lessons::offer(hash.is_empty());
        }
        self.show_parts();
        match self.lab.goal {
            // The network from before is there again.
            goal if self.checkpoint.is_some() => {
                self.lab.goal = None;
                if let Some(goal) = goal.filter(|goal| u64::from(goal.step) >= self.last.stamp.step) {
                    self.go_on_to(goal);
                }
            }
            Some(goal) if self.lessons.open.is_none() => self.aim_for(goal),
            _ => self.fetch_shipped(),
        }
    }

    /// One animation frame.
    fn frame(&mut self, now_ms: f64) {
        self.look_at_truth();
        self.tell(false);
        self.approach_goal();
        self.go_on_replaying(now_ms);
        self.measure_loop(now_ms);
        self.keep_probing(now_ms);
        self.draw(now_ms);
        self.go_on_filming(now_ms);
        self.pull();
        self.watch_engine(now_ms);
        announce::speak(now_ms);
    }

    /// The picture of the field.
    fn paint(&mut self) {
        let painted = self.stage.paint();
        self.complain_once(painted);
    }

    /// What else the frame did not wait for.
    fn do_chores(&mut self) {
        let now_ms = dom::now_ms();
        self.draw_the_rest(now_ms);
        self.keep(false);
        self.keep_network(false);
    }

    /// The distribution in closed form, or why there is none.
    ///
    /// # Errors
    /// When the drawing is none yet.
    pub fn truth(&mut self) -> Result<&ExactField, &TargetError> {
        self.look_at_truth();
        self.truth.as_ref()
    }

    fn look_at_truth(&mut self) {
        if self.truth_of != Some(self.lab.target_revision) {
            self.truth = self.lab.target.field();
            self.truth_of = Some(self.lab.target_revision);
            self.screen.data_changed();
        }
    }
}
