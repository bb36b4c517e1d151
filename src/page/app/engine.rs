//! What page and engine are to each other: what the engine was told, whether it lives, and what is done where it does not.

use super::App;
use super::patience::Patience;
use crate::engine::protocol::{Backend, Command, Devices, Floats};
use crate::page::banner::{self, Kind};
use crate::page::dom;
use crate::page::engine_client::EngineClient;

/// While a stroke goes on, the engine hears of it this often.
const LEARN_EVERY_MS: f64 = 120.0;
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
struct Loss {
    at_ms: f64,
    /// What happened, a sentence about the engine without its subject.
    message: String,
    /// Another one runs.
    is_over: bool,
}

/// What a banner offers then.
const RESTART: Option<(&str, &str)> = Some(("Restart engine", "restart-engine"));

/// WebGPU computes, or is being tried.
fn uses_webgpu(devices: Devices) -> bool {
    !devices.settled || [devices.training, devices.sampling].contains(&Backend::WebGpu)
}

/// What the engine has been told last; `None` is nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Told {
    settings: Option<u32>,
    target: Option<u32>,
    target_ms: f64,
    run: Option<u32>,
    play: Option<(bool, bool)>,
}

/// The engine as the page knows it.
pub(super) struct Engine {
    client: Option<EngineClient>,
    pub state: EngineState,
    told: Told,
    waiting_for_frame: bool,
    patience: Patience,
    lost: Option<Loss>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            client: None,
            state: EngineState::Loading(0.0),
            told: Told::default(),
            waiting_for_frame: false,
            patience: Patience::default(),
            lost: None,
        }
    }
}

impl Engine {
    /// The engine has said something; true if that had taken too long.
    pub fn heard(&mut self) -> bool {
        self.patience.heard()
    }

    /// The frame that was asked for is here.
    pub fn has_answered(&mut self) {
        self.waiting_for_frame = false;
    }

    /// It has this network without having been told.
    pub fn has_network(&mut self, run: u32) {
        self.told.run = Some(run);
    }

    /// It takes commands from now on; how it was lost before, if nobody has heard yet that it is back.
    pub fn run(&mut self) -> Option<&str> {
        self.state = EngineState::Running;
        let lost = self.lost.as_mut().filter(|lost| !lost.is_over)?;
        lost.is_over = true;
        Some(&lost.message)
    }
}

impl App {
    /// The engine runs.
    pub fn runs(&self) -> bool {
        self.engine.state == EngineState::Running
    }

    /// Has the engine loaded and started.
    pub(super) fn start_engine(&mut self) {
        let handle = self.handle.clone();
        self.engine.client = Some(EngineClient::start(move |event| {
            handle.act(move |app| app.on_engine(event))
        }));
    }

    /// Tells the engine what it does not know yet, in an order that makes sense. `now`: also of a stroke under way, and
    /// also when the engine is still to come.
    pub(super) fn tell(&mut self, now: bool) {
        let awaited = now && matches!(self.engine.state, EngineState::Loading(_));
        let Some(engine) = self.engine.client.clone().filter(|_| self.runs() || awaited) else {
            return;
        };
        let (lab, told, known) = (&self.lab, &mut self.engine.told, self.truth.is_ok());
        let revision = lab.settings_revision;
        if told.settings.replace(revision) != Some(revision) {
            let settings = Box::new(lab.settings.clone());
            engine.send(&Command::Configure { settings, revision });
        }
        let now_ms = dom::now_ms();
        let may_wait = self.editor.is_drawing() && !now && now_ms - told.target_ms < LEARN_EVERY_MS;
        let revision = lab.target_revision;
        if known && told.target != Some(revision) && !may_wait {
            let target = lab.target.clone();
            engine.send(&Command::Learn { target, revision });
            (told.target, told.target_ms) = (Some(revision), now_ms);
        }
        let run = lab.run;
        if known && told.run.replace(run) != Some(run) {
            let kept = self.checkpoint.clone().filter(|kept| kept.stamp.run == run);
            engine.send(&kept.map_or(Command::Reset { run }, |checkpoint| Command::Restore { checkpoint }));
        }
        let (training, sampling) = (lab.training && known, lab.sampling && known);
        if told.run.is_some() && told.play.replace((training, sampling)) != Some((training, sampling)) {
            engine.send(&Command::Play { training, sampling });
        }
        if !self.hand.dropped.is_empty() {
            let points = Floats(std::mem::take(&mut self.hand.dropped));
            engine.send(&Command::Drop { points });
        }
    }

    /// Sends a command, after whatever the engine has to know before. One that is still on its way hears it when it is
    /// here; of one that is lost nobody shall wait for an answer.
    pub fn send(&mut self, command: &Command) {
        self.look_at_truth();
        self.tell(true);
        match (&self.engine.client, self.engine.state) {
            (_, EngineState::Lost) => {
                let reason = self
                    .engine
                    .lost
                    .as_ref()
                    .map_or_else(String::new, |lost| lost.message.clone());
                self.break_promises(&reason);
            }
            (Some(engine), _) => engine.send(command),
            (None, _) => (),
        }
    }

    /// Keeps one request for a frame in flight.
    pub(super) fn pull(&mut self) {
        if !self.engine.waiting_for_frame && self.runs() && self.engine.told.run.is_some() {
            self.engine.waiting_for_frame = true;
            self.ask_for_frame();
        }
    }

    /// Asks the engine for a frame, by which it hears whether anybody sees it. A browser may draw once more after it has
    /// said that the tab is hidden, so that is asked of the document and not concluded from who asks.
    pub(super) fn ask_for_frame(&mut self) {
        let hidden = dom::is_hidden();
        self.send(&Command::Frame { hidden });
    }

    /// The engine is gone; what it knew last is in the checkpoint, and everything else is the page's anyway. It starts
    /// again by itself, if that is worth trying: a second time within a minute only where it may do without WebGPU.
    pub(super) fn on_loss(&mut self, message: &str) {
        let (now_ms, started) = (dom::now_ms(), self.runs());
        let before = self
            .engine
            .lost
            .take()
            .filter(|lost| now_ms - lost.at_ms < LOST_AGAIN_MS);
        let again = self.engine.client.as_ref().filter(|_| before.is_some() && started);
        let avoiding = again.filter(|client| !client.avoids_webgpu() && self.devices.take().is_some_and(uses_webgpu));
        if let Some(client) = avoiding {
            client.avoid_webgpu();
        }
        let without_gpu = avoiding.is_some();
        let gives_up = before.is_some() && !without_gpu;
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
        self.engine.state = EngineState::Lost;
        self.last.steps_per_second = 0.0;
        self.break_promises(&message);
        self.engine.lost = Some(Loss {
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
        (self.engine.told, self.engine.waiting_for_frame, self.known.measuring) = (Told::default(), false, None);
        self.stint = None;
    }

    /// Starts a new engine; the next frame tells it everything.
    pub(super) fn restart_engine(&mut self) {
        self.break_promises("was started anew");
        if let Some(client) = &self.engine.client {
            self.engine.state = EngineState::Loading(1.0);
            client.restart();
        }
    }

    /// Says it when the engine has not answered for long.
    pub(super) fn watch_engine(&mut self, now_ms: f64) {
        let loads = matches!(self.engine.state, EngineState::Loading(_));
        if self
            .engine
            .patience
            .ends(now_ms, self.engine.waiting_for_frame || loads)
        {
            let text = if loads {
                "The engine is slow to come. Drawing works without it, and it learns as soon as it is here."
            } else {
                "The engine has not answered for 20 seconds. Drawing and settings are safe. It may be at something long; \
                 if that is too much for this machine, choose less and restart it."
            };
            banner::show(Kind::Lost, text, RESTART);
        }
    }
}
