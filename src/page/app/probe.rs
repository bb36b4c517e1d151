//! The probe: a point that someone asks about, and what the fields say there.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::Element;

use super::App;
use crate::engine::protocol::{Command, Floats};
use crate::engine::settings::Source;
use crate::page::dom;
use crate::page::probe::{Probed, Reading, beside};

/// Time between two questions to a network that learns, milliseconds.
const EVERY_MS: f64 = 1000.0;
/// Room for the label, CSS pixels; the style sheet has the width too.
const LABEL: [f32; 2] = [290.0, 178.0];
/// Width of the tools at the left of the stage and height of the caption at its foot, CSS pixels.
const TOOLS: f32 = 58.0;
const CAPTION: f32 = 30.0;

/// What exact answers are of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Of {
    at: [f32; 2],
    sigma: f32,
    target: u32,
}

/// The point and what is known there.
#[derive(Default)]
pub(super) struct Probe {
    at: Option<[f32; 2]>,
    of: Option<Of>,
    found: Option<Rc<Probed>>,
    /// What the network was asked last, and at which step of which run.
    asked: Option<(Of, u32, u64)>,
    asked_ms: f64,
    /// The request under way.
    request: Option<u32>,
}

impl Probe {
    /// A point is being asked about.
    pub fn is_on(&self) -> bool {
        self.at.is_some()
    }

    /// A request was refused; false when it was none of these.
    pub fn failed(&mut self, request: u32) -> bool {
        self.request.take_if(|asked| *asked == request).is_some()
    }

    /// The engine is gone, and its answer with it.
    pub fn lose(&mut self) {
        (self.request, self.asked) = (None, None);
    }
}

/// Noise levels so near that in a descent, which is quicker than the engine's answers, one stands in for the other. At
/// levels further apart scores are not even of one size.
fn near(a: f32, b: f32) -> bool {
    (a / b).max(b / a) < 1.2
}

impl App {
    /// Asks about another point.
    pub(super) fn probe_at(&mut self, at: [f32; 2]) {
        self.probe.at = Some(at);
        self.screen.words_changed();
    }

    /// Takes the point off the stage.
    pub(super) fn drop_probe(&mut self) {
        self.probe = Probe::default();
        self.show_probe(None);
    }

    /// Asks the exact field where the question is another one, and the learned one then or once a second.
    pub(super) fn keep_probing(&mut self, now_ms: f64) {
        let Some(at) = self.probe.at else { return };
        let Ok(truth) = &self.truth else {
            return self.drop_probe();
        };
        let of = Of {
            at,
            sigma: self.shown_sigma(),
            target: self.lab.target_revision,
        };
        if self.probe.of != Some(of) {
            let mut found = Probed::new(truth, at, of.sigma);
            // What was learned nearby stands in until the answer is here.
            let before = self.probe.found.as_deref();
            found.learned = before.filter(|b| near(b.sigma, of.sigma)).and_then(|b| b.learned);
            self.probe.of = Some(of);
            self.show_probe(Some(found));
        }
        self.ask_network(of, now_ms);
    }

    fn ask_network(&mut self, of: Of, now_ms: f64) {
        if !(self.runs() && self.pictures.has_learned()) {
            return self.take_reading(None);
        }
        let (run, step) = (self.lab.run, self.last.stamp.step);
        let probe = &mut self.probe;
        let early = probe
            .asked
            .is_some_and(|(of_before, run_before, _)| (of_before, run_before) == (of, run))
            && now_ms - probe.asked_ms < EVERY_MS;
        if early || probe.request.is_some() || probe.asked == Some((of, run, step)) {
            return;
        }
        let request = self.requests.number();
        (probe.request, probe.asked, probe.asked_ms) = (Some(request), Some((of, run, step)), now_ms);
        self.send(&Command::Evaluate {
            request,
            points: Floats(of.at.to_vec()),
            sigma: of.sigma,
            field: Source::Learned,
        });
    }

    /// Takes the learned field at the point, `[score x, score y]`, divergence and curl; false when it was not asked for.
    pub(super) fn probe_evaluated(&mut self, request: u32, [score, divergence, curl]: [&[f32]; 3]) -> bool {
        if !self.probe.failed(request) {
            return false;
        }
        let current = self.probe.of.zip(self.probe.asked).is_some_and(|(now, (of, run, _))| {
            // The answer for the place before serves until that for this one is here: a drag outruns the engine.
            run == self.lab.run && near(of.sigma, now.sigma)
        });
        if let (&[x, y], &[divergence], &[curl]) = (score, divergence, curl)
            && current
        {
            self.take_reading(Some(Reading {
                score: [x, y],
                divergence,
                curl,
            }));
        }
        true
    }

    fn take_reading(&mut self, learned: Option<Reading>) {
        if let Some(found) = &self.probe.found
            && found.learned != learned
        {
            let found = Probed {
                learned,
                ..(**found).clone()
            };
            self.show_probe(Some(found));
        }
    }

    fn show_probe(&mut self, found: Option<Probed>) {
        self.probe.found = found.map(Rc::new);
        self.stage.set_probe(self.probe.found.clone());
        self.screen.words_changed();
    }

    /// The label beside the point.
    pub(super) fn write_probe(&mut self) {
        dom::set_hidden("probed", self.probe.found.is_none());
        let Some(found) = self.probe.found.clone() else { return };
        let energy = [Source::Learned, Source::Exact].map(|source| {
            let picture = self.pictures.get(source, found.sigma, false);
            let known = picture.filter(|picture| picture.is_whole() && picture.covers(found.at));
            known.map_or(f32::NAN, |picture| picture.energy_at(found.at))
        });
        let cells = dom::all::<Element>("#probed td");
        for (cell, text) in cells.iter().zip(found.cells(energy)) {
            if cell.text_content().as_ref() != Some(&text) {
                cell.set_text_content(Some(&text));
            }
        }
        dom::set_text("probed-head", &found.head());
        let zoom = found.zoom(self.stage.viewport().scale());
        dom::set_text("probed-foot", &found.foot(zoom));
    }

    /// Puts the label beside the point, inside the stage.
    pub(super) fn place_probe_label(&self) -> Result<(), JsValue> {
        let Some(found) = &self.probe.found else { return Ok(()) };
        let view = self.stage.viewport();
        let [sx, sy] = found.exact.score;
        // Where the tools are not on the stage there is no room to spare.
        let left = if self.hand.coarse { 0.0 } else { TOOLS };
        let free = [[left, 0.0], [view.pixels, view.pixels - CAPTION]];
        dom::shift("probed", beside(view.to_pixel(found.at), [sx, -sy], LABEL, free))
    }
}
