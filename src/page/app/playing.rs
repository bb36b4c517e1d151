//! What plays, a scene or a chapter of the lessons: how it comes and goes, what it asks the engine, and a scene's card.

use web_sys::{Element, HtmlButtonElement, HtmlElement};

use super::{App, Weights};
use crate::distribution::Target;
use crate::engine::protocol::{Checkpoint, Command, Floats, Grid, SampleJob};
use crate::engine::settings::{Settings, Source};
use crate::page::editor::Editor;
use crate::page::scenes::measures::{self, Barrier};
use crate::page::scenes::{self, PAIR_WIDTH, Scene, WELLS, named};
use crate::page::{dom, flat};

/// An answer of the engine is waited for so long before it is asked again, and asked anew so often.
const PATIENCE_MS: f64 = 60_000.0;
const ASK_EVERY_MS: f64 = 2500.0;

/// Where a learned field is compared with the exact one: half-width of the window, and points along an axis.
const WINDOW: f32 = 2.0;
const SIDE: u32 = 41;

/// Inverse temperatures at which the crossing of the barrier is timed, with how many particles, and for how many mean
/// times of crossing: a quarter of them is on the other side then.
const BETAS: [f32; 5] = [0.5, 0.75, 1.0, 1.25, 1.5];
const CROSSING: usize = 1000;
const LONG: f32 = 0.35;

/// What becomes of the network while something plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learner {
    /// It takes no part, and rests.
    Rests,
    /// One from the shipped weights takes its place, and learns on.
    Shipped,
    /// A fresh one takes its place, and waits.
    Fresh,
}

/// The lab as it was before.
pub(super) struct Before {
    pub(super) settings: Settings,
    pub(super) target: Target,
    editor: Editor,
    training: bool,
    sampling: bool,
    checkpoint: Option<Box<Checkpoint>>,
    weights: Weights,
}

/// What is under way.
pub(super) struct Playing {
    /// The scene's name; none for a chapter on data of its own.
    name: &'static str,
    learner: Learner,
    pub(super) before: Before,
    /// The data's revision while they are the scene's.
    pub(super) revision: u32,
    /// The request under way, and when it was made.
    asked: Option<u32>,
    asked_ms: f64,
    /// What was asked about: a noise level, and for the barrier the time after which the particles are looked at.
    sigma: f32,
    time: f32,
    /// Errors by depth, from the last answer.
    depths: Vec<f32>,
    /// Inverse temperatures and logarithms of the times of crossing measured so far.
    crossings: Vec<[f32; 2]>,
}

impl Playing {
    /// Forgets what was measured.
    fn start_over(&mut self) {
        self.asked = None;
        self.crossings.clear();
    }
}

impl App {
    /// Begins a scene.
    pub fn play(&mut self, name: &str) {
        let Some(scene) = named(name) else { return };
        self.leave_scene();
        self.begin_scene(scene);
        self.show_card();
    }

    pub(super) fn begin_scene(&mut self, scene: &'static Scene) {
        let learner = if scene.learns { Learner::Shipped } else { Learner::Rests };
        if let (Ok(settings), Ok(target)) = (scene.settings(&self.lab.settings), scene.target()) {
            self.begin_play(scene.name, learner, settings, target);
        }
    }

    /// Puts other settings, data and perhaps another network in the place of those that are there, which are kept.
    pub(super) fn begin_play(&mut self, name: &'static str, learner: Learner, settings: Settings, target: Target) {
        let before = Before {
            settings: self.lab.settings.clone(),
            target: self.lab.target.clone(),
            editor: self.editor.clone(),
            training: self.lab.training,
            sampling: self.lab.sampling,
            checkpoint: self.checkpoint.clone(),
            weights: self.weights.clone(),
        };
        (self.lab.training, self.lab.sampling) = (learner == Learner::Shipped, true);
        self.drop_goal();
        self.weights.touch();
        self.take_settings(settings);
        self.take_target(target);
        if learner == Learner::Shipped {
            self.renew_from_shipped();
        } else if learner == Learner::Fresh {
            self.renew();
        } else if let Ok(truth) = &self.truth
            && !(0.98..1.02).contains(&(self.fit.scale / truth.scale()))
        {
            self.renew(); // the ladder is as wide as the data to which the network was fitted
        }
        self.playing = Some(Playing {
            name,
            learner,
            before,
            revision: self.lab.target_revision,
            asked: None,
            asked_ms: 0.0,
            sigma: 0.0,
            time: 0.0,
            depths: vec![f32::NAN; 5],
            crossings: Vec::new(),
        });
    }

    /// Ends scene and lesson.
    pub(super) fn leave_scene(&mut self) {
        self.end_play();
        self.lessons.open = None;
        self.show_card();
    }

    /// Settings, data and network are those from before again.
    pub(super) fn end_play(&mut self) {
        let Some(Playing { learner, before, .. }) = self.playing.take() else {
            return;
        };
        // The network from before comes back, and not the one that is shipped for its data.
        self.weights.touch();
        self.take_settings(before.settings);
        self.take_target(before.target);
        self.editor = before.editor;
        (self.lab.training, self.lab.sampling) = (before.training, before.sampling);
        match before.checkpoint {
            Some(mut checkpoint) => {
                let run = self.next_run();
                self.begin_run(run);
                (self.weights.start, self.weights.own) = (before.weights.start, before.weights.own);
                (checkpoint.stamp.run, self.last.stamp.step) = (run, checkpoint.stamp.step);
                self.checkpoint = Some(checkpoint);
            }
            // Nothing was kept, as nothing was learned yet.
            None if learner == Learner::Rests => {}
            None if before.weights.untouched => self.renew_from_shipped(),
            None => self.renew(),
        }
        self.weights.untouched = before.weights.untouched;
    }

    /// A new network, with the weights shipped for these data if there are any for a network of its kind.
    pub(super) fn renew_from_shipped(&mut self) {
        self.renew();
        self.weights.untouched = true;
        self.fetch_shipped();
    }

    /// Begins the scene's own measurement again.
    pub(super) fn measure_again(&mut self) {
        if let Some(playing) = &mut self.playing {
            playing.start_over();
        }
    }

    /// Several settings at once, as a button of a card names them.
    pub fn take_changes(&mut self, changes: &str) {
        if let Ok(settings) = scenes::set(&self.lab.settings, changes) {
            self.take_settings(settings);
            self.screen.words_changed();
        }
    }

    /// The card of the scene that plays, or the lesson, and none else; the style sheet makes room for it.
    pub(super) fn show_card(&mut self) {
        let lesson = self.lessons.open.as_deref();
        let playing = self.playing.as_ref().filter(|_| lesson.is_none());
        let name = playing.map_or("", |playing| playing.name);
        dom::set_hidden("scene", name.is_empty());
        dom::set_hidden("lesson", lesson.is_none());
        if let Ok(main) = dom::element::<Element>("lab") {
            dom::set_attribute(&main, "data-scene", name);
            dom::set_attribute(&main, "data-lesson", lesson.unwrap_or_default());
        }
        for card in dom::all::<HtmlElement>("[data-card]") {
            card.set_hidden(card.get_attribute("data-card").as_deref() != Some(name));
        }
        if !name.is_empty()
            && let Ok(card) = dom::element::<HtmlElement>("scene")
        {
            card.scroll_into_view_with_bool(false);
        }
        self.redraw_everything();
    }

    /// Writes what the scene measures, and asks the engine for more.
    pub(super) fn write_scene(&mut self) {
        let Some(mut playing) = self.playing.take() else { return };
        let figures = self.figures(&mut playing);
        self.write_lesson(&figures, playing.revision);
        let name = playing.name;
        for (k, figure) in figures.into_iter().enumerate() {
            let Ok(output) = dom::element::<Element>(&format!("{name}-{k}")) else {
                continue;
            };
            let text = measures::figure(figure);
            if output.text_content().as_deref() != Some(&text) {
                output.set_text_content(Some(&text));
                let gauge = output.previous_element_sibling();
                if let Some(bar) = gauge.and_then(|gauge| gauge.query_selector("i").ok().flatten()) {
                    dom::set_attribute(&bar, "style", &format!("--is:{}", figure.max(0.0)));
                }
            }
        }
        let settings = flat::pairs(&self.lab.settings);
        for button in dom::all::<HtmlButtonElement>("[data-set]") {
            let set = button.get_attribute("data-set").unwrap_or_default();
            let on = scenes::pairs(&set).all(|(key, value)| {
                settings
                    .iter()
                    .any(|(name, now)| *name == key && now.to_string() == value)
            });
            dom::set_attribute(&button, "aria-pressed", if on { "true" } else { "false" });
        }
        self.playing = Some(playing);
    }

    /// The scene's figures, in the order of its card.
    fn figures(&mut self, playing: &mut Playing) -> Vec<f32> {
        if playing.revision != self.lab.target_revision {
            return vec![f32::NAN; 5]; // on other data they would mean something else
        }
        let s = &self.lab.settings;
        let standing = |k: usize| self.tracks[k].last.as_ref();
        let share = |k: usize| standing(k).and_then(|s| s.shares.first().copied()).unwrap_or(f32::NAN);
        let width = |k: usize| standing(k).and_then(|s| s.width).unwrap_or(f32::NAN);
        let distance = |k: usize| self.tracks[k].distance().unwrap_or(f32::NAN);
        let judged = self.quality.as_ref().filter(|(target, _)| *target == playing.revision);
        let judged = judged.map(|(_, quality)| quality);
        let step = measures::local_step(s.step_size, s.sigma, PAIR_WIDTH * PAIR_WIDTH);
        match playing.name {
            "weights" => vec![share(0), share(1)],
            "step" => {
                let accepted = self.last.rival.as_ref().and_then(|rival| rival.sampler.acceptance);
                let theory = measures::inflation(step, 1.0);
                vec![step, width(0), theory, width(1), accepted.unwrap_or(f32::NAN)]
            }
            "noise" => vec![width(0), measures::inflation(step, s.noise_scale)],
            "rung" => vec![distance(0), distance(1)],
            "curl" => vec![
                self.curl.map_or(f32::NAN, |(curl, _)| curl),
                judged.map_or(f32::NAN, |quality| quality.over_floor),
            ],
            "memory" => {
                let copies = judged.and_then(|quality| quality.memorised);
                vec![copies.map_or(f32::NAN, |found| found.share)]
            }
            "depth" => self.ask_for_errors(playing),
            "barrier" => self.time_crossings(playing),
            _ => Vec::new(),
        }
    }

    /// True when a question may be put to the engine now.
    fn may_ask(&self, playing: &Playing, every_ms: f64) -> bool {
        let wait = if playing.asked.is_some() { PATIENCE_MS } else { every_ms };
        self.runs() && dom::now_ms() - playing.asked_ms > wait
    }

    fn ask(&mut self, playing: &mut Playing, question: impl FnOnce(u32) -> Command) {
        let request = self.requests.number();
        (playing.asked, playing.asked_ms) = (Some(request), dom::now_ms());
        self.send(&question(request));
    }

    fn ask_for_errors(&mut self, playing: &mut Playing) -> Vec<f32> {
        if self.may_ask(playing, ASK_EVERY_MS) {
            let (points, sigma) = (Floats(window().points()), self.lab.settings.sigma);
            playing.sigma = sigma;
            self.ask(playing, |request| Command::Evaluate {
                request,
                points,
                sigma,
                field: Source::Learned,
            });
        }
        playing.depths.clone()
    }

    /// One inverse temperature after the other: the live particles show it, and as many apart from them are timed.
    fn time_crossings(&mut self, playing: &mut Playing) -> Vec<f32> {
        let mut settings = self.lab.settings.clone();
        let Ok(truth) = &self.truth else { return Vec::new() };
        let barrier = Barrier::between(truth, WELLS, settings.sigma);
        if playing.sigma.to_bits() != settings.sigma.to_bits() {
            playing.start_over();
            playing.sigma = settings.sigma;
        }
        draw_crossings(&playing.crossings, &barrier);
        if let Some(&beta) = BETAS.get(playing.crossings.len())
            && self.may_ask(playing, 0.0)
        {
            settings.beta = beta;
            self.take_settings(settings.clone());
            self.send(&Command::Restart);
            let a = settings.step_size * settings.sigma * settings.sigma * beta;
            let steps = (LONG * barrier.crossing_time(beta) / a).clamp(1.0, 1e5) as u32;
            playing.time = a * steps as f32;
            let job = SampleJob {
                steps,
                settings: Box::new(settings),
                init: Some(Floats(WELLS[0].repeat(CROSSING))),
            };
            self.ask(playing, |request| Command::Sample { request, job });
        }
        vec![measures::slope(&playing.crossings), barrier.height]
    }

    /// Takes an answer of the engine, if it is to the scene: scores at the window's points.
    pub(super) fn scene_evaluated(&mut self, request: u32, score: &Floats) {
        if let Some(playing) = self.playing.as_mut().filter(|playing| playing.asked == Some(request))
            && let Ok(truth) = &self.truth
        {
            playing.asked = None;
            let points = window().points();
            playing.depths = measures::errors_by_depth(truth, playing.sigma, &points, &score.0).to_vec();
        }
    }

    /// The same for samples: where the particles are that began in one well.
    pub(super) fn scene_sampled(&mut self, request: u32, points: &Floats) {
        if let Some(playing) = self.playing.as_mut().filter(|playing| playing.asked == Some(request))
            && let Some(beta) = BETAS.get(playing.crossings.len())
        {
            playing.asked = None;
            let tau = measures::crossing_time(measures::crossed(&points.0, WELLS), playing.time);
            playing.crossings.push([*beta, tau.ln()]);
        }
    }

    /// The engine could not answer the scene; it is asked again in a while.
    pub(super) fn scene_failed(&mut self, request: u32) -> bool {
        let playing = self.playing.as_mut().filter(|playing| playing.asked == Some(request));
        playing.map(|playing| playing.asked = None).is_some()
    }
}

fn window() -> Grid {
    Grid {
        centre: [0.0; 2],
        half_width: WINDOW,
        side: SIDE,
    }
}

/// The chart of the barrier: theory's line, and a dot for every time measured.
fn draw_crossings(crossings: &[[f32; 2]], barrier: &Barrier) {
    // 100 units of width for every unit of beta, 20 of height for every factor e.
    let place = |beta: f32, log_time: f32| [100.0 * beta, 100.0 - 20.0 * log_time];
    let mut line = String::new();
    for beta in BETAS {
        let [x, y] = place(beta, barrier.crossing_time(beta).ln());
        line += &format!("{x},{y} ");
    }
    let mut marks = String::new();
    for &[beta, log_time] in crossings {
        let [x, y] = place(beta, log_time);
        marks += &format!("M{x} {y}h0");
    }
    for (id, attribute, value) in [("barrier-line", "points", line), ("barrier-dots", "d", marks)] {
        if let Ok(element) = dom::element::<Element>(id) {
            dom::set_attribute(&element, attribute, &value);
        }
    }
}
