//! The words and numbers in header, captions and panels.

use web_sys::{Element, HtmlButtonElement, HtmlProgressElement};

use super::App;
use super::engine::EngineState;
use super::race::{most, show_weights};
use crate::distribution::Target;
use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::Source;
use crate::page::captions::{self, Scene};
use crate::page::charts::{Against, Bars};
use crate::page::description::{self, Seen};
use crate::page::lab::sigma_text;
use crate::page::stage::Tool;
use crate::page::{dom, legend, thumbnails};

/// The stage is described anew this often.
const DESCRIBED_EVERY_MS: f64 = 5000.0;

impl App {
    /// Writes all of them; untouched ones cost nothing.
    pub(super) fn write_words(&mut self) {
        if self.lab.settings.all_levels {
            self.write_levels();
        }
        let ladder = self.ladder();
        let sigma = self.shown_sigma();
        let scene = Scene {
            settings: &self.lab.settings,
            sampler: &self.last.cloud.sampler,
            ladder: &ladder,
            sigma,
            source: self.screen.source,
            running: self.runs() && self.last.cloud.sampler.sigma > 0.0,
            coarse: self.pictures.is_coarse(sigma),
        };
        let caption = match (&self.truth, self.replay_caption()) {
            (Ok(_), Some(replay)) => replay,
            (Ok(_), None) => {
                // Where the weights come from matters where they are seen at work, on the data for which they were made.
                let seen = scene.source != Source::Exact && matches!(self.lab.target, Target::Preset(_));
                let origin = if seen { self.weights.caption() } else { String::new() };
                captions::stage(&self.lab, &scene) + &origin
            }
            (Err(error), _) => error.to_string(),
        };
        dom::set_text("caption", &caption);
        self.write_legend();
        if self
            .screen
            .described_ms
            .is_none_or(|at| dom::now_ms() - at > DESCRIBED_EVERY_MS)
        {
            self.screen.described_ms = Some(dom::now_ms());
            dom::set_text("stage-says", &self.description());
        }
        dom::set_hidden("marginals", !self.has_marginals());
        let blank = matches!(&self.lab.target, Target::Drawing(drawing) if drawing.is_empty());
        dom::set_hidden("prompt", !blank || self.lab.settings.surface);
        dom::set_text("data-name", &captions::data(&self.lab.target));
        let (top, bottom) = (sigma_text(ladder.sigma_max), sigma_text(ladder.sigma_min));
        dom::set_text("ladder-summary", &format!("{} levels, {top} → {bottom}", ladder.levels));
        let s = &self.lab.settings;
        dom::set_text("network-summary", &format!("{} × {}, {}", s.depth, s.width, s.batch));
        self.write_race(&scene);
        self.write_scene();
        self.write_numbers();
        self.write_replay();
        self.write_loop();
        self.write_probe();
        self.write_badge();
        self.write_buttons();
    }

    /// What is on the stage, in words.
    pub(super) fn description(&self) -> String {
        let settings = &self.lab.settings;
        let caption = dom::element::<Element>("caption").ok().and_then(|e| e.text_content());
        let nats = self.known.progress.as_ref().map(|progress| nats_text(progress.nats));
        description::describe(&Seen {
            field: &captions::field(self.screen.source, &self.lab.target, self.shown_sigma()),
            words: [
                &caption.unwrap_or_default(),
                &legend::lines(settings, self.screen.source, self.stage.spacing()),
            ],
            data: self.stage.data(),
            particles: if settings.show_particles {
                self.stage.positions()
            } else {
                &[]
            },
            half_width: STAGE_HALF_WIDTH,
            nats: nats.as_deref().map(|nats| (nats, self.last.stamp.step)),
        })
    }

    fn write_legend(&self) {
        let settings = &self.lab.settings;
        let modes = self.stage.modes();
        let lines = legend::lines(settings, self.screen.source, self.stage.spacing());
        dom::set_text("lines", &lines);
        for (id, words) in [
            ("legend", legend::words(settings, self.screen.source)),
            ("dots", legend::particles(settings, modes)),
        ] {
            // Without a distribution there is nothing to see.
            let words = words.filter(|_| self.truth.is_ok());
            dom::set_hidden(id, words.is_none());
            if let (Some((of, low, high)), Ok(legend)) = (words, dom::element::<Element>(id)) {
                dom::set_attribute(&legend, "data-of", of);
                dom::set_attribute(&legend, "style", &format!("--parts:{modes}"));
                dom::set_text(&format!("{id}-low"), &low);
                dom::set_text(&format!("{id}-high"), &high);
            }
        }
    }

    fn write_numbers(&self) {
        let last = &self.last;
        dom::set_text("step", &last.stamp.step.to_string());
        dom::set_text(
            "nats",
            &self
                .known
                .progress
                .as_ref()
                .map_or("–".to_owned(), |p| nats_text(p.nats)),
        );
        dom::set_text("particles", &self.screen.particles.to_string());
        dom::set_text("steps-per-second", &format!("{:.0}", last.steps_per_second));
        dom::set_text("frames-per-second", &format!("{:.0}", self.screen.frames_per_second));
        dom::set_text("evaluations", &last.cloud.sampler.evaluations.to_string());
        dom::set_text("evaluations-per-second", &captions::count(last.evaluations_per_second));
        dom::set_text("recycled", &last.cloud.sampler.recycled.to_string());
        let read_off = captions::interpolation(self.lab.settings.interpolate, last.cloud.sampler.interpolation);
        dom::set_text("interpolation", &read_off);
        let acceptance = last.cloud.sampler.acceptance;
        dom::set_text("acceptance", &acceptance.map_or("–".to_owned(), captions::percent));
        let way = self.tracks[0]
            .distance()
            .map(|distance| captions::times(distance) + " floor");
        dom::set_text("way", &way.unwrap_or_default());
        let rate = self.approach.last().map(|last| format!("{:.2}", last.rate));
        dom::set_text("approach-rate", &rate.unwrap_or("–".to_owned()));
        dom::set_text("curl", &captions::curl(self.known.curl));
        self.write_density();
        let judged = self
            .quality
            .as_ref()
            .filter(|(target, _)| *target == self.lab.target_revision);
        let distance = judged.map_or_else(String::new, |(_, quality)| captions::quality(quality));
        dom::set_text("sampled", &distance);
        let standing = self.tracks[0].last.as_ref();
        let modes = standing.map_or_else(String::new, |s| captions::modes(&s.shares, &s.weights));
        dom::set_hidden("modes-row", modes.is_empty());
        dom::set_hidden("weights-row", modes.is_empty());
        let (shares, weights) = standing.map_or((&[][..], &[][..]), |s| (&s.shares[..], &s.weights[..]));
        show_weights("modes", shares, weights, most(shares).max(most(weights)));
        dom::set_text("modes", &modes);
        let memorised = judged.map_or_else(Default::default, |(_, quality)| captions::memorised(quality));
        dom::set_hidden("memorised-row", memorised.is_empty());
        dom::set_text("memorised", &memorised);
    }

    /// How good the network's density is.
    fn write_density(&self) {
        let found = self
            .known
            .density
            .as_ref()
            .filter(|found| self.lab.is_of_these_data(&found.stamp));
        let state = match (self.known.measuring, found) {
            (Some((_, part)), _) => format!("{:.0} %", part * 100.0),
            (None, Some(found)) if !found.kl.is_finite() => "the flow runs away".to_owned(),
            (None, Some(found)) => format!("at step {}", found.stamp.step),
            (None, None) => String::new(),
        };
        dom::set_text("measured", &state);
        let found = found.filter(|found| found.kl.is_finite());
        let write = |id: &str, text: Option<String>| dom::set_text(id, text.as_deref().unwrap_or("–"));
        write("kl", found.map(|d| format!("{:.3} ± {:.3} nat", d.kl, d.error)));
        write(
            "nll",
            found.map(|d| format!("{:.3} nat, best {:.3}", d.nll, d.nll - d.kl)),
        );
        let grid = found.and_then(|found| found.grid);
        dom::set_hidden("grid-row", grid.is_none());
        write("grid-kl", grid.map(|kl| format!("{kl:.3} nat")));
    }

    fn write_badge(&self) {
        let state = match self.engine.state {
            EngineState::Loading(_) => "loading",
            EngineState::Running => "running",
            EngineState::Lost => "lost",
        };
        if let Ok(dot) = dom::element::<Element>("dot") {
            dom::set_attribute(&dot, "data-state", state);
        }
        let (backend, adapter) = match (self.engine.state, &self.devices) {
            (EngineState::Loading(part), _) => (format!("engine {:.0} %", part * 100.0), String::new()),
            (EngineState::Lost, _) => ("engine lost".to_owned(), String::new()),
            (EngineState::Running, None) => ("starting".to_owned(), String::new()),
            (EngineState::Running, Some(devices)) => {
                let adapter = if devices.software {
                    format!("{} (software)", devices.adapter)
                } else {
                    devices.adapter.clone()
                };
                (devices.training.name().to_owned(), adapter)
            }
        };
        dom::set_text("backend", &backend);
        dom::set_text("adapter", if adapter == "none" { "" } else { &adapter });
        if let (Ok(badge), Some(devices)) = (dom::element::<Element>("badge"), &self.devices) {
            let text = captions::devices(devices);
            dom::set_attribute(&badge, "data-hint", &text);
            dom::set_attribute(&badge, "aria-description", &text);
        }
        let part = match (self.engine.state, self.lab.goal) {
            (EngineState::Loading(part), _) => Some(part),
            (_, goal) => goal.map(|goal| self.last.stamp.step as f64 / f64::from(goal.step)),
        };
        dom::set_hidden("loading", part.is_none());
        if let (Ok(bar), Some(part)) = (dom::element::<HtmlProgressElement>("loading"), part) {
            bar.set_value(part);
        }
    }

    fn write_buttons(&mut self) {
        for button in dom::all::<HtmlButtonElement>("[data-action]") {
            let action = button.get_attribute("data-action").unwrap_or_default();
            match action.as_str() {
                "train" => show_play(&button, self.lab.training, ["Train", "Pause"], "training"),
                "sample" => show_play(&button, self.lab.sampling, ["Play", "Pause"], "particles"),
                "undo" => button.set_disabled(!self.editor.can_undo(&self.lab)),
                "measure" => button.set_disabled(self.known.measuring.is_some() || !self.runs()),
                "errors" => press(&button, self.charts.bars == Bars::Errors),
                "losses" => press(&button, self.charts.bars == Bars::Losses),
                "seconds" => press(&button, self.charts.against == Against::Seconds),
                "redo" => button.set_disabled(!self.editor.can_redo(&self.lab)),
                _ => {}
            }
        }
        for button in dom::all::<Element>("[data-tool]") {
            let tool = match self.tool_in_hand() {
                Tool::Look => "look",
                Tool::Draw => "draw",
                Tool::Erase => "erase",
                Tool::Drop => "drop",
                Tool::Loop => "loop",
                Tool::Probe => "probe",
            };
            press(&button, button.get_attribute("data-tool").as_deref() == Some(tool));
        }
        for pin in dom::all::<HtmlButtonElement>("[data-setting=pinned]") {
            pin.set_disabled(!self.lab.settings.sampler.descends() || self.lab.parts.has("lock"));
        }
        thumbnails::mark(match self.lab.target {
            Target::Preset(preset) => Some(preset),
            Target::Drawing(_) => None,
        });
    }
}

fn press(button: &Element, on: bool) {
    dom::set_flag(button, "aria-pressed", on);
}

/// `Train` or `Pause`; in the bar of a phone with what is paused.
fn show_play(button: &HtmlButtonElement, on: bool, words: [&str; 2], what: &str) {
    let word = words[usize::from(on)];
    let long = if on { format!("{word} {what}") } else { word.to_owned() };
    let text = if button.has_attribute("data-long") {
        long.clone()
    } else {
        word.to_owned()
    };
    if button.text_content().as_deref() != Some(text.as_str()) {
        button.set_text_content(Some(&text));
    }
    dom::set_flag(button, "data-on", on);
    dom::set_attribute(button, "aria-label", &long);
}

/// Nats in three figures, as far as they mean anything.
fn nats_text(nats: f32) -> String {
    if nats >= 10.0 {
        format!("{nats:.0}")
    } else if nats >= 1.0 {
        format!("{nats:.2}")
    } else {
        format!("{nats:.3}")
    }
}
