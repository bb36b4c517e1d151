//! The race of two samplers on the page: the rival's stage, made when a race begins and gone with it, and the standings.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::App;
use crate::engine::protocol::Frame;
use crate::page::captions::{self, Scene};
use crate::page::dom;
use crate::page::print::{Place, Print, Work};
use crate::page::stage::{Stage, sight};
use crate::page::standings::{RUNNERS, misplaced};

/// The rival's stage in its place on the page.
pub(super) struct Rival {
    board: HtmlElement,
    stage: Box<Stage>,
}

impl Rival {
    fn new() -> Result<Self, JsValue> {
        let board: HtmlElement = dom::element("rival-stage")?;
        let stage = Stage::new(&board, Box::new(|_| {}))?;
        Ok(Self { board, stage })
    }
}

impl Rival {
    /// Its place on a picture of both stages.
    pub(super) fn place(&self, print: &Print) -> Place {
        print.place(&self.board)
    }

    /// Its particles as they are now over the picture of the stage.
    pub(super) fn crowd(&mut self, stage: &Stage, place: Place) -> Box<dyn Work> {
        self.stage.crowd(stage.sight_of_particles(), place)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        self.board.set_text_content(None);
    }
}

impl App {
    /// The page has a race where the settings have one.
    pub(super) fn keep_race(&mut self) -> Result<(), JsValue> {
        let race = self.lab.settings.race;
        if race == self.rival.is_some() {
            return Ok(());
        }
        let pressed = dom::document()?.active_element();
        let main: Element = dom::element("lab")?;
        dom::set_flag(&main, "data-race", race);
        self.rival = race.then(Rival::new).transpose()?;
        self.tracks = Default::default();
        // Two clouds are compared as they are now.
        self.go_live();
        // Whoever pressed a button that is hidden now is taken to what came in its place.
        if pressed.is_some_and(|button| button.get_attribute("data-action").as_deref() == Some("race")) {
            dom::element::<HtmlElement>(if race { "rival-stage" } else { "begin-race" })?.focus()?;
        }
        self.redraw_everything();
        Ok(())
    }

    /// The rival's particles over the picture of the stage.
    pub(super) fn draw_rival(&mut self, now_ms: f64) -> Result<(), JsValue> {
        match &mut self.rival {
            Some(rival) => rival.stage.frame_beside(&self.stage, now_ms),
            None => Ok(()),
        }
    }

    /// Takes what a frame says of the two clouds' ways, and the rival's particles.
    pub(super) fn take_standings(&mut self, frame: &mut Frame) {
        let mut news = self.tracks[0].follow(&frame.cloud);
        if let Some(approach) = frame.approach.take() {
            self.approach.push(frame.cloud.cast, approach);
            news = true;
        }
        if let (Some(rival), Some(cloud)) = (&mut self.rival, &mut frame.rival) {
            news |= self.tracks[1].follow(cloud);
            if let Some(particles) = cloud.particles.take() {
                rival
                    .stage
                    .set_particles(sight(&particles.0, cloud.cast, &cloud.sampler), dom::now_ms());
            }
        }
        if news {
            self.screen.charts_changed();
        }
    }

    /// Says which cloud waits for an energy, and while there is a race how the two stand.
    pub(super) fn write_race(&self, scene: &Scene<'_>) {
        let rival = self.last.rival.as_ref().filter(|_| self.rival.is_some());
        let lacks = [
            self.last.cloud.sampler.lacks_energy,
            rival.is_some_and(|r| r.sampler.lacks_energy),
        ];
        for note in dom::all::<HtmlElement>("[data-lacks]") {
            let who = note.get_attribute("data-lacks");
            let lacking = RUNNERS
                .iter()
                .zip(lacks)
                .any(|(name, lacks)| lacks && who.as_deref() == Some(name));
            if note.hidden() == lacking {
                note.set_hidden(!lacking);
            }
        }
        let Some(rival) = rival else { return };
        let settings = self.lab.settings.of_rival();
        let ladder = settings.ladder(self.fit.scale);
        let scene = Scene {
            settings: &settings,
            sampler: &rival.sampler,
            ladder: &ladder,
            ..*scene
        };
        dom::set_text("rival-caption", &captions::stage(&self.lab, &scene));
        let states = [&self.last.cloud.sampler, &rival.sampler];
        dom::set_hidden("accepted-row", states.iter().all(|state| state.acceptance.is_none()));
        let samplers = [self.lab.settings.sampler, settings.sampler];
        for (k, who) in RUNNERS.iter().enumerate() {
            let set = |what: &str, text: &str| dom::set_text(&format!("{what}-{who}"), text);
            let dash = || "–".to_owned();
            set("name", captions::name(samplers[k]));
            set(
                "distance",
                &self.tracks[k].distance().map_or_else(dash, captions::times),
            );
            set("spent", &states[k].evaluations.to_string());
            set("accepted", &states[k].acceptance.map_or_else(dash, captions::percent));
            set("recycled", &states[k].recycled.to_string());
        }
        self.write_weights();
    }

    /// Shares of the modes as bars, all on one scale, with the true weights as lines across them.
    fn write_weights(&self) {
        let last = self.tracks.each_ref().map(|track| track.last.as_ref());
        let of = |k: usize| last[k].map_or((&[][..], &[][..]), |s| (&s.shares[..], &s.weights[..]));
        let highest = (0..2).map(|k| most(of(k).0).max(most(of(k).1))).fold(0.0, f32::max);
        dom::set_hidden("weights-rows", of(0).0.is_empty() && of(1).0.is_empty());
        for (k, who) in RUNNERS.iter().enumerate() {
            let (shares, weights) = of(k);
            let wrong = captions::percent(misplaced(shares, weights));
            dom::set_text(
                &format!("misplaced-{who}"),
                if shares.is_empty() { "–" } else { &wrong },
            );
            show_weights(who, shares, weights, highest);
        }
    }
}

/// The largest of some shares.
pub(super) fn most(shares: &[f32]) -> f32 {
    shares.iter().copied().fold(1e-6, f32::max)
}

/// Shares of the modes as bars in the element of this name, on a scale up to `most`, with the true weights as lines across
/// them.
pub(super) fn show_weights(name: &str, shares: &[f32], weights: &[f32], most: f32) {
    let bar = |(share, weight): (&f32, &f32)| {
        let (share, weight) = (share / most, weight / most);
        format!("<i style=\"--share:{share:.2};--true:{weight:.2}\"></i>")
    };
    let bars: String = shares.iter().zip(weights).map(bar).collect();
    let Ok(cell) = dom::element::<Element>(&format!("weights-{name}")) else {
        return;
    };
    // The document writes markup in its own way, so what was written is kept beside it.
    if cell.get_attribute("data-shown").as_deref() != Some(&bars) {
        cell.set_inner_html(&bars);
        dom::set_attribute(&cell, "data-shown", &bars);
        dom::set_attribute(&cell, "aria-label", &captions::modes(shares, weights));
    }
}
