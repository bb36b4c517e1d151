//! What the engine says, and what becomes of it.

use wasm_bindgen::JsValue;

use super::{App, Told};
use crate::engine::protocol::{Backend, Devices, Frame, Progress, Report, Stamp};
use crate::engine::settings::Settings;
use crate::page::banner::{self, Kind};
use crate::page::dom;
use crate::page::engine_client::EngineEvent;
use crate::page::offline;
use crate::page::pictures::Fit;
use crate::page::stage::sight;

/// An engine lost again within this time is not started again by itself.
const LOST_AGAIN_MS: f64 = 60_000.0;

/// How the engine is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum EngineState {
    /// On its way; the fraction that is here.
    Loading(f64),
    /// It takes commands.
    Running,
    /// It is gone.
    Lost,
}

/// How the engine was lost last.
pub(super) struct Loss {
    at_ms: f64,
    /// What happened, a sentence about the engine without its subject.
    pub message: String,
    /// Another one runs.
    is_over: bool,
}

/// What a banner offers then.
const RESTART: Option<(&str, &str)> = Some(("Restart engine", "restart-engine"));

/// WebGPU computes, or is being tried.
fn uses_webgpu(devices: Devices) -> bool {
    !devices.settled || [devices.training, devices.sampling].contains(&Backend::WebGpu)
}

impl App {
    /// The engine runs.
    pub fn runs(&self) -> bool {
        self.engine_state == EngineState::Running
    }

    pub(super) fn on_engine(&mut self, event: EngineEvent) {
        if self.patience.heard() {
            banner::clear(Kind::Lost);
        }
        match event {
            EngineEvent::Loading { loaded, total } => {
                let part = if total > 0.0 { loaded / total } else { 0.0 };
                self.engine_state = EngineState::Loading(part.min(1.0));
            }
            EngineEvent::Report(report) => self.on_report(report),
            EngineEvent::Lost { message } => self.on_loss(&message),
        }
        self.screen.words_changed();
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::Ready { .. } => {
                self.engine_state = EngineState::Running;
                banner::clear(Kind::Lost);
                offline::keep();
                if let Some(lost) = self.lost.as_mut().filter(|lost| !lost.is_over) {
                    lost.is_over = true;
                    banner::show(Kind::Notice, &format!("The engine is back. It {}.", lost.message), None);
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
            } => {
                self.scene_evaluated(request, &score);
                let asked = self.meter.evaluated(request, &score.0)
                    || self.probe_evaluated(request, [&score.0, &divergence.0, &curl.0]);
                if !asked {
                    let named = [
                        ("score", &score),
                        ("logDensity", &log_density),
                        ("energy", &energy),
                        ("divergence", &divergence),
                        ("curl", &curl),
                    ];
                    self.requests.evaluated(request, &named);
                }
            }
            Report::Measuring { request, part } => self.measuring = Some((request, part)),
            Report::Measured { request, error } => {
                self.measuring = None;
                self.density = Some(error);
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
                // Who has asked for another network meanwhile has got that one.
                if run > self.lab.run {
                    let settings = Settings {
                        network,
                        width,
                        depth,
                        seed,
                        ..self.lab.settings.clone()
                    };
                    self.adopt(request, run, step, settings);
                }
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

    /// A request was refused, or something went wrong that nobody asked for.
    fn on_failure(&mut self, request: Option<u32>, message: &str) {
        self.measuring = self.measuring.filter(|(measuring, _)| Some(*measuring) != request);
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
        self.waiting_for_frame = false;
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
            self.curl = picture.curl.map(|curl| (curl, picture.sigma)).or(self.curl);
        }
        if none && self.pictures.has_learned() {
            dom::mark("first learned field");
        }
        if let Some(progress) = progress.filter(|progress| self.is_current(progress)) {
            let places = [progress.step as f64, progress.seconds];
            for (history, at) in self.histories.iter_mut().zip(places) {
                history.push(at, progress.nats);
            }
            self.progress = Some(progress);
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

    /// The engine is gone; what it knew last is in the checkpoint, and everything else is the page's anyway. It starts
    /// again by itself, if that is worth trying: a second time within a minute only where it may do without WebGPU.
    fn on_loss(&mut self, message: &str) {
        let (now_ms, started) = (dom::now_ms(), self.runs());
        let before = self.lost.take().filter(|lost| now_ms - lost.at_ms < LOST_AGAIN_MS);
        let without_gpu = before.is_some() && started && !self.on_cpu && self.devices.take().is_some_and(uses_webgpu);
        let gives_up = before.is_some() && !without_gpu;
        self.on_cpu |= without_gpu;
        let what = if started { "was lost" } else { "did not start" };
        let kept = if self.checkpoint.is_some() {
            ", and the network as it was up to two seconds before"
        } else {
            ""
        };
        let next = match (gives_up, without_gpu) {
            (true, _) => "",
            (_, true) => " It starts again, without WebGPU from now on.",
            _ => " It starts again.",
        };
        let message = format!("{what}: {message}");
        let text = format!("The engine {message}. Drawing and settings are safe{kept}.{next}");
        self.engine_state = EngineState::Lost;
        self.last.steps_per_second = 0.0;
        self.break_promises(&message);
        self.lost = Some(Loss {
            at_ms: now_ms,
            message,
            is_over: false,
        });
        banner::clear(Kind::Lost);
        banner::clear(Kind::Notice);
        banner::show(Kind::Lost, &text, RESTART);
        if gives_up {
            self.requests.give_up(&text);
        } else {
            self.restart_engine();
        }
    }

    /// What is owed by an engine that is gone comes no more.
    pub(super) fn break_promises(&mut self, reason: &str) {
        self.requests.lose(reason);
        self.meter.lose();
        self.probe.lose();
        (self.told, self.waiting_for_frame, self.measuring) = (Told::default(), false, None);
        self.stint = None;
    }

    /// Starts a new engine; the next frame tells it everything.
    pub(super) fn restart_engine(&mut self) {
        self.break_promises("was started anew");
        if let Some(engine) = &self.engine {
            self.engine_state = EngineState::Loading(1.0);
            engine.restart(self.on_cpu);
        }
    }

    /// Says it when the engine has not answered for long.
    pub(super) fn watch_engine(&mut self, now_ms: f64) {
        let loads = matches!(self.engine_state, EngineState::Loading(_));
        if self.patience.ends(now_ms, self.waiting_for_frame || loads) {
            let text = if loads {
                "The engine is slow to come. Drawing works without it, and it learns as soon as it is here."
            } else {
                "The engine has not answered for 20 seconds. Drawing and settings are safe. It may be at something long; \
                 if that is too much for this machine, choose less and restart it."
            };
            banner::show(Kind::Lost, text, RESTART);
        }
    }

    /// A hidden tab draws nothing and asks for nothing; the engine has to hear that it is hidden.
    pub(super) fn on_visibility(&mut self) {
        if !dom::is_hidden() {
            return;
        }
        self.keep(true);
        self.keep_network(true);
        if self.runs() {
            self.ask_for_frame();
        }
    }
}

/// Writes an error of the browser to its console: the page goes on.
pub(super) fn log(error: &JsValue) {
    web_sys::console::warn_1(error);
}
