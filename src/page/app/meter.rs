//! The loop tool: a loop that someone draws, and how much the fields turn round it.

use wasm_bindgen::JsValue;

use super::App;
use crate::engine::protocol::{Command, Floats};
use crate::engine::settings::Source;
use crate::page::loop_meter::{Circulation, LoopError, Ring};
use crate::page::{captions, dom};

/// Time between two measurements, milliseconds.
const EVERY_MS: f64 = 1000.0;
/// Most numbers in a stroke; what comes after is left out.
const LONGEST: usize = 8192;
/// Room for the label, CSS pixels.
const LABEL: [f32; 2] = [236.0, 84.0];

/// What a measurement is of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Of {
    run: u32,
    step: u64,
    target: u32,
    sigma: f32,
}

/// The loop and what was measured round it.
#[derive(Default)]
pub(super) struct Meter {
    stroke: Vec<f32>,
    ring: Option<Ring>,
    error: Option<LoopError>,
    of: Option<Of>,
    asked: Option<u32>,
    asked_ms: f64,
    learned: Option<Circulation>,
    exact: Option<Circulation>,
}

impl Meter {
    /// Takes the learned field along the loop; false when it was not asked for.
    pub fn evaluated(&mut self, request: u32, score: &[f32]) -> bool {
        let asked = self.failed(request);
        if asked {
            self.learned = self.ring.as_ref().and_then(|ring| ring.circulation(score));
        }
        asked
    }

    /// A request was refused; false when it was none of these.
    pub fn failed(&mut self, request: u32) -> bool {
        self.asked.take_if(|asked| *asked == request).is_some()
    }

    /// The engine is gone, and its answer with it.
    pub fn lose(&mut self) {
        self.asked = None;
    }
}

impl App {
    /// A loop begins, or goes on.
    pub(super) fn draw_loop(&mut self, at: [f32; 2], begins: bool) {
        if begins {
            self.meter = Meter::default();
        }
        if self.meter.stroke.len() < LONGEST {
            self.meter.stroke.extend(at);
            self.stage.set_ring(&self.meter.stroke);
        }
        self.screen.words_changed();
    }

    /// A loop is drawn.
    pub(super) fn close_loop(&mut self) {
        let meter = &mut self.meter;
        match Ring::new(&meter.stroke) {
            Ok(ring) => {
                // The picture closes the loop as the measurement does.
                let mut closed = ring.points.clone();
                closed.extend_from_within(..2);
                self.stage.set_ring(&closed);
                meter.ring = Some(ring);
            }
            Err(error) => {
                self.stage.set_ring(&[]);
                meter.error = Some(error);
            }
        }
        self.screen.words_changed();
    }

    /// Takes the loop off the stage.
    pub(super) fn drop_loop(&mut self) {
        self.meter = Meter::default();
        self.stage.set_ring(&[]);
        self.screen.words_changed();
    }

    /// Measures again where something has changed, once a second.
    pub(super) fn measure_loop(&mut self, now_ms: f64) {
        let of = Of {
            run: self.lab.run,
            step: self.last.stamp.step,
            target: self.lab.target_revision,
            sigma: self.shown_sigma(),
        };
        let meter = &mut self.meter;
        let early = meter.of.is_some() && now_ms - meter.asked_ms < EVERY_MS;
        let (Some(ring), Ok(truth)) = (&meter.ring, &self.truth) else {
            return;
        };
        if early || meter.asked.is_some() || meter.of == Some(of) {
            return;
        }
        (meter.of, meter.asked_ms) = (Some(of), now_ms);
        let mut score = vec![0.0; ring.points.len()];
        truth.at(of.sigma).scores(&ring.points, &mut score);
        meter.exact = ring.circulation(&score);
        let points = Floats(ring.points.clone());
        self.screen.words_changed();
        if self.runs() && self.pictures.has_learned() {
            let request = self.requests.number();
            self.meter.asked = Some(request);
            self.send(&Command::Evaluate {
                request,
                points,
                sigma: of.sigma,
                field: Source::Learned,
            });
        } else {
            self.meter.learned = None;
        }
    }

    /// The label beside the loop.
    pub(super) fn write_loop(&self) {
        let meter = &self.meter;
        let text = match (&meter.error, meter.of) {
            (Some(error), _) => error.to_string(),
            (None, Some(of)) => captions::circulation(meter.learned, meter.exact, of.sigma),
            (None, None) => String::new(),
        };
        dom::set_hidden("circulation", text.is_empty());
        dom::set_text("circulation", &text);
    }

    /// Puts the label beside the loop, inside the stage.
    pub(super) fn place_loop_label(&self) -> Result<(), JsValue> {
        let view = self.stage.viewport();
        let points = self.meter.ring.as_ref().map_or(&self.meter.stroke, |ring| &ring.points);
        if points.is_empty() {
            return Ok(());
        }
        let (mut right, mut top) = (f32::MIN, f32::MAX);
        for at in points.chunks_exact(2) {
            let [x, y] = view.to_pixel([at[0], at[1]]);
            (right, top) = (right.max(x), top.min(y));
        }
        let room = [0, 1].map(|axis| (view.pixels - LABEL[axis]).max(0.0));
        let at = [(right + 10.0).clamp(0.0, room[0]), top.clamp(0.0, room[1])];
        dom::shift("circulation", at)
    }
}
