//! What a scene measures: the figures on its card, and what it asks the engine for them.

use web_sys::{Element, HtmlButtonElement};

use super::App;
use super::playing::Playing;
use crate::engine::protocol::{Command, Floats, Grid, SampleJob};
use crate::engine::settings::Source;
use crate::page::scenes::measures::{self, Barrier};
use crate::page::scenes::{self, PAIR_WIDTH, WELLS};
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

/// What was asked and found out.
pub(super) struct Inquiry {
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

impl Default for Inquiry {
    fn default() -> Self {
        Self {
            asked: None,
            asked_ms: 0.0,
            sigma: 0.0,
            time: 0.0,
            depths: vec![f32::NAN; 5],
            crossings: Vec::new(),
        }
    }
}

impl Inquiry {
    /// Forgets what was measured.
    fn start_over(&mut self) {
        self.asked = None;
        self.crossings.clear();
    }

    /// This was asked; then nothing is any more.
    fn is_answered(&mut self, request: u32) -> bool {
        self.asked.take_if(|asked| *asked == request).is_some()
    }
}

impl App {
    /// Begins the scene's own measurement again.
    pub(super) fn measure_again(&mut self) {
        if let Some(playing) = &mut self.playing {
            playing.inquiry.start_over();
        }
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
            dom::set_flag(&button, "aria-pressed", on);
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
                self.known.curl.map_or(f32::NAN, |(curl, _)| curl),
                judged.map_or(f32::NAN, |quality| quality.over_floor),
            ],
            "memory" => {
                let copies = judged.and_then(|quality| quality.memorised);
                vec![copies.map_or(f32::NAN, |found| found.share)]
            }
            "depth" => self.ask_for_errors(&mut playing.inquiry),
            "barrier" => self.time_crossings(&mut playing.inquiry),
            _ => Vec::new(),
        }
    }

    /// True when a question may be put to the engine now.
    fn may_ask(&self, inquiry: &Inquiry, every_ms: f64) -> bool {
        let wait = if inquiry.asked.is_some() { PATIENCE_MS } else { every_ms };
        self.runs() && dom::now_ms() - inquiry.asked_ms > wait
    }

    fn ask(&mut self, inquiry: &mut Inquiry, question: impl FnOnce(u32) -> Command) {
        let request = self.requests.number();
        (inquiry.asked, inquiry.asked_ms) = (Some(request), dom::now_ms());
        self.send(&question(request));
    }

    fn ask_for_errors(&mut self, inquiry: &mut Inquiry) -> Vec<f32> {
        if self.may_ask(inquiry, ASK_EVERY_MS) {
            let (points, sigma) = (Floats(window().points()), self.lab.settings.sigma);
            inquiry.sigma = sigma;
            self.ask(inquiry, |request| Command::Evaluate {
                request,
                points,
                sigma,
                field: Source::Learned,
            });
        }
        inquiry.depths.clone()
    }

    /// One inverse temperature after the other: the live particles show it, and as many apart from them are timed.
    fn time_crossings(&mut self, inquiry: &mut Inquiry) -> Vec<f32> {
        let mut settings = self.lab.settings.clone();
        let Ok(truth) = &self.truth else { return Vec::new() };
        let barrier = Barrier::between(truth, WELLS, settings.sigma);
        if inquiry.sigma.to_bits() != settings.sigma.to_bits() {
            inquiry.start_over();
            inquiry.sigma = settings.sigma;
        }
        draw_crossings(&inquiry.crossings, &barrier);
        if let Some(&beta) = BETAS.get(inquiry.crossings.len())
            && self.may_ask(inquiry, 0.0)
        {
            settings.beta = beta;
            self.take_settings(settings.clone());
            self.send(&Command::Restart);
            let a = settings.step_size * settings.sigma * settings.sigma * beta;
            let steps = (LONG * barrier.crossing_time(beta) / a).clamp(1.0, 1e5) as u32;
            inquiry.time = a * steps as f32;
            let job = SampleJob {
                steps,
                settings: Box::new(settings),
                init: Some(Floats(WELLS[0].repeat(CROSSING))),
            };
            self.ask(inquiry, |request| Command::Sample { request, job });
        }
        vec![measures::slope(&inquiry.crossings), barrier.height]
    }

    /// Takes an answer of the engine, if it is to the scene: scores at the window's points.
    pub(super) fn scene_evaluated(&mut self, request: u32, score: &Floats) {
        if let (Some(playing), Ok(truth)) = (&mut self.playing, &self.truth)
            && playing.inquiry.is_answered(request)
        {
            let (points, sigma) = (window().points(), playing.inquiry.sigma);
            playing.inquiry.depths = measures::errors_by_depth(truth, sigma, &points, &score.0).to_vec();
        }
    }

    /// The same for samples: where the particles are that began in one well.
    pub(super) fn scene_sampled(&mut self, request: u32, points: &Floats) {
        if let Some(Playing { inquiry, .. }) = &mut self.playing
            && let Some(beta) = BETAS.get(inquiry.crossings.len())
            && inquiry.is_answered(request)
        {
            let tau = measures::crossing_time(measures::crossed(&points.0, WELLS), inquiry.time);
            inquiry.crossings.push([*beta, tau.ln()]);
        }
    }

    /// The engine could not answer the scene; it is asked again in a while.
    pub(super) fn scene_failed(&mut self, request: u32) -> bool {
        let playing = self.playing.as_mut();
        playing.is_some_and(|playing| playing.inquiry.is_answered(request))
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
