//! What the engine says, and what becomes of it.

use wasm_bindgen::JsValue;

use super::App;
use super::engine::EngineState;
use crate::engine::protocol::{Floats, Frame, Progress, Report, Stamp};
use crate::engine::settings::Settings;
use crate::page::banner::{self, Kind};
use crate::page::dom;
use crate::page::engine_client::EngineEvent;
use crate::page::offline;
use crate::page::pictures::Fit;
use crate::page::stage::sight;

impl App {
    pub(super) fn on_engine(&mut self, event: EngineEvent) {
        if self.engine.heard() {
            banner::clear(Kind::Lost);
        }
        match event {
            EngineEvent::Loading { loaded, total } => {
                let part = if total > 0.0 { loaded / total } else { 0.0 };
                self.engine.state = EngineState::Loading(part.min(1.0));
            }
            EngineEvent::Report(report) => self.on_report(report),
            EngineEvent::Lost { message } => self.on_loss(&message),
        }
        self.screen.words_changed();
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::Ready { .. } => {
                banner::clear(Kind::Lost);
                offline::keep();
                if let Some(lost) = self.engine.run() {
                    banner::show(Kind::Notice, &format!("The engine is back. It {lost}."), None);
                }
                self.tell(false);
            }
            Report::Devices(devices) => {
                if devices.settled {
                    self.requests.ready(&devices);
                }
                self.devices = Some(devices);
            }
            Report::Frame(frame) => self.on_frame(*frame),
            Report::Checkpoint(checkpoint) => {
                if self.lab.is_of_this_network(&checkpoint.stamp) {
                    self.checkpoint = Some(checkpoint);
                }
            }
            Report::Halted { message } => {
                self.lab.training = false;
                banner::show(Kind::Offer, &(message + "."), None);
            }
            Report::Notice { message } => banner::show(Kind::Notice, &message, None),
            answer => self.on_answer(answer),
        }
    }

    /// What somebody asked for: a script, or a part of the page.
    fn on_answer(&mut self, report: Report) {
        match report {
            Report::Trained {
                request,
                step,
                seconds,
                progress,
            } => {
                self.end_stint(request, Some(step));
                self.requests.trained(request, step, seconds, &progress);
            }
            Report::Sampled { request, points } => {
                self.scene_sampled(request, &points);
                self.requests.sampled(request, &points);
            }
            Report::Evaluated {
                request,
                score,
                log_density,
                energy,
                divergence,
                curl,
            } => self.on_evaluated(
                request,
                [
                    ("score", &score),
                    ("logDensity", &log_density),
                    ("energy", &energy),
                    ("divergence", &divergence),
                    ("curl", &curl),
                ],
            ),
            Report::Measuring { request, part } => self.known.measuring = Some((request, part)),
            Report::Measured { request, error } => {
                self.known.measuring = None;
                self.known.density = Some(error);
                self.requests.measured(request, &error);
            }
            Report::Weights { request, step, bytes } => {
                if !self.requests.saved(request, &bytes) {
                    self.download(step, &bytes);
                }
            }
            Report::WeightsLoaded {
                request,
                run,
                step,
                network,
                width,
                depth,
                seed,
            } => {
                let settings = Settings {
                    network,
                    width,
                    depth,
                    seed,
                    ..self.lab.settings.clone()
                };
                self.adopt(request, run, step, settings);
                self.requests.loaded(request, step);
            }
            Report::Failed { request, message } => self.on_failure(request, &message),
            // What nobody asked for is in good hands already.
            Report::Ready { .. }
            | Report::Devices(_)
            | Report::Frame(_)
            | Report::Checkpoint(_)
            | Report::Halted { .. }
            | Report::Notice { .. } => {}
        }
    }

    /// What a field is at the points of a request, each answer under the name that scripts know.
    fn on_evaluated(&mut self, request: u32, answers: [(&str, &Floats); 5]) {
        let [(_, score), .., (_, divergence), (_, curl)] = answers;
        self.scene_evaluated(request, score);
        let asked = self.meter.evaluated(request, &score.0)
            || self.probe_evaluated(request, [&score.0, &divergence.0, &curl.0]);
        if !asked {
            self.requests.evaluated(request, &answers);
        }
    }

    /// A request was refused, or something went wrong that nobody asked for.
    fn on_failure(&mut self, request: Option<u32>, message: &str) {
        self.known.measuring = self
            .known
            .measuring
            .filter(|(measuring, _)| Some(*measuring) != request);
        if let Some(request) = request {
            self.end_stint(request, None);
            if self.weights.is_shipped(request) {
                self.begin_with_seed();
            }
        }
        let answered = request.is_some_and(|request| {
            self.requests.failed(request, message)
                || self.weights.is_shipped(request)
                || self.scene_failed(request)
                || self.meter.failed(request)
                || self.probe.failed(request)
        });
        if !answered {
            banner::show(Kind::Error, message, None);
        }
    }

    fn on_frame(&mut self, mut frame: Frame) {
        self.engine.has_answered();
        if !self.lab.is_of_this_network(&frame.stamp) {
            return;
        }
        let fit = Fit {
            mean: frame.mean,
            scale: frame.scale,
        };
        if fit.scale > 0.0 && fit != self.fit {
            self.fit = fit;
            self.screen.settings_changed();
        }
        if let Some(particles) = frame.cloud.particles.take() {
            self.screen.particles = particles.0.len() / 2;
            if self.lab.settings.all_levels {
                self.multiples.set_particles(&particles.0);
            }
            self.stage.set_particles(
                sight(&particles.0, frame.cloud.cast, &frame.cloud.sampler),
                dom::now_ms(),
            );
            self.record(&particles.0, &frame.cloud);
        }
        self.take_standings(&mut frame);
        let pictures = std::mem::take(&mut frame.pictures);
        let progress = frame.progress.take();
        if let Some(quality) = frame.quality.take() {
            self.quality = Some((frame.stamp.target, quality));
        }
        self.last = frame;
        let (rungs, shown, none) = (self.rungs(), self.shown_sigma(), !self.pictures.has_learned());
        for picture in pictures
            .iter()
            .filter(|picture| self.lab.is_of_this_network(&picture.stamp))
        {
            self.pictures.learned(picture, &rungs, shown);
            self.known.curl = picture.curl.map(|curl| (curl, picture.sigma)).or(self.known.curl);
        }
        if none && self.pictures.has_learned() {
            dom::mark("first learned field");
        }
        if let Some(progress) = progress.filter(|progress| self.is_current(progress)) {
            let places = [progress.step as f64, progress.seconds];
            for (history, at) in self.known.histories.iter_mut().zip(places) {
                history.push(at, progress.nats);
            }
            self.known.progress = Some(progress);
            self.screen.charts_changed();
        }
        self.screen.words_changed();
    }

    /// The measurement is of the data as they are now, or of those of a moment ago while they are being drawn.
    fn is_current(&self, progress: &Progress) -> bool {
        let stamp = Stamp {
            target: progress.target,
            ..self.last.stamp
        };
        self.editor.is_drawing() || self.lab.is_of_these_data(&stamp)
    }
}

/// Writes an error of the browser to its console: the page goes on.
pub(super) fn log(error: &JsValue) {
    web_sys::console::warn_1(error);
}
