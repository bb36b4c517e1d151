//! The lab: owns the network, its trainer and the particles; obeys commands and has something to report.
//!
//! Nothing here knows of workers or of the page, so the whole lab also runs natively, under test.

use std::collections::VecDeque;
use std::rc::Rc;

use burn::tensor::ExecutionError;
use web_time::Instant;

use super::devices::Devices;
use super::fit::Fits;
use super::jobs::Job;
use super::live::Live;
use super::pacing::{Allowance, Metronome, Rate, SAMPLER_SLICE, TURN};
use super::pictures::Pictures;
use super::progress::Gauge;
use super::protocol::{Backend, Checkpoint, Command, Report, Stamp};
use super::quality::Judge;
use super::relaxation::Relaxation;
use super::settings::{Settings, Source};
use super::standing::Standings;
use crate::distribution::{Dot, ExactField, Preset, Target};
use crate::field::{ExactScore, Field};
use crate::model::{LearnedField, Preconditioning, Shape};
use crate::noise::NoiseLadder;
use crate::training::{Plan, Trainer};

/// When the data's scale has drifted by this factor, mean and scale of the preconditioning are fitted anew.
const SCALE_DRIFT: f32 = 1.5;

/// Training steps that are worth a word when they are given up.
const WORTH_A_WORD: u64 = 300;

/// Everything the engine owns.
pub struct Lab {
    pub(super) settings: Settings,
    pub(super) stamp: Stamp,
    pub(super) data: Option<Data>,
    pub(super) devices: Devices,
    pub(super) trainer: Option<Trainer>,
    pub(super) learned: Option<Learned>,
    pub(super) live: Option<Live>,
    /// The other runner, while two race.
    pub(super) rival: Option<Live>,
    /// Goes up whenever live particles are replaced.
    pub(super) cast: u32,
    pub(super) fits: Fits,
    pub(super) standings: Standings,
    pub(super) relaxation: Relaxation,
    pub(super) pictures: Pictures,
    pub(super) judge: Judge,
    pub(super) jobs: VecDeque<Job>,
    pub(super) training: bool,
    pub(super) sampling: bool,
    pub(super) hidden: bool,
    pub(super) frame_wanted: bool,
    pub(super) first_picture_is_out: bool,
    pub(super) training_seconds: f64,
    pub(super) steps: Rate,
    pub(super) evaluations: Rate,
    pub(super) metronome: Metronome,
    pub(super) sampler_allowance: Allowance,
    /// When the turn should be over.
    pub(super) turn_ends: Instant,
    /// While a script waits, the live particles rest until then.
    pub(super) live_again_at: Option<Instant>,
    pub(super) last_checkpoint: Instant,
    /// Run and step of the last checkpoint.
    pub(super) saved: (u32, u64),
    /// To where a training that runs away goes back.
    pub(super) sound: Option<Checkpoint>,
    pub(super) frame: super::protocol::Frame,
    pub(super) outbox: Vec<Report>,
}

/// The data as this session of the lab sees them.
pub(super) struct Data {
    /// Which named set it is, if one.
    pub preset: Option<Preset>,
    /// The dots, if it is a drawing.
    pub dots: Vec<Dot>,
    pub score: Rc<ExactScore>,
    pub gauge: Gauge,
}

impl Data {
    /// The distribution in closed form.
    pub fn exact(&self) -> &ExactField {
        self.score.exact()
    }
}

/// The network's averaged weights on the sampling device, as of a training step.
pub(super) struct Learned {
    pub stamp: Stamp,
    pub backend: Backend,
    pub field: Rc<LearnedField>,
}

impl Lab {
    /// An empty lab. `forced`: the backend that the address asks for.
    pub fn new(forced: Option<Backend>) -> Self {
        let devices = Devices::new(forced);
        let outbox = vec![Report::Devices(devices.choice().clone())];
        Self {
            settings: Settings::default(),
            stamp: Stamp::default(),
            data: None,
            devices,
            trainer: None,
            learned: None,
            live: None,
            rival: None,
            cast: 0,
            fits: Fits::default(),
            standings: Standings::default(),
            relaxation: Relaxation::default(),
            pictures: Pictures::default(),
            judge: Judge::default(),
            jobs: VecDeque::new(),
            training: false,
            sampling: false,
            hidden: false,
            frame_wanted: false,
            first_picture_is_out: false,
            training_seconds: 0.0,
            steps: Rate::default(),
            evaluations: Rate::default(),
            metronome: Metronome::new(),
            sampler_allowance: Allowance::new(SAMPLER_SLICE),
            turn_ends: Instant::now(),
            live_again_at: None,
            last_checkpoint: Instant::now(),
            saved: (0, 0),
            sound: None,
            frame: super::protocol::Frame::default(),
            outbox,
        }
    }

    /// What there is to say, and forgets it.
    pub fn reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.outbox)
    }

    /// Carries out a command, or reports why not; nothing is changed then.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn obey(&mut self, command: Command) -> Result<(), ExecutionError> {
        match command {
            Command::Configure { settings, revision } => self.configure(*settings, revision),
            Command::Learn { target, revision } => self.learn(&target, revision),
            Command::Reset { run } => self.reset(run),
            Command::Play { training, sampling } => (self.training, self.sampling) = (training, sampling),
            Command::TrainOnce => self.jobs.push_back(Job::train_once()),
            Command::SampleOnce => {
                self.step_live(1, Instant::now() + TURN).await?;
            }
            Command::Restart => self.restart_live(),
            Command::Drop { points } => self.drop_particles(&points.0),
            Command::Frame { hidden } => (self.hidden, self.frame_wanted) = (hidden, true),
            Command::Train { request, steps } => self.jobs.push_back(Job::train(request, steps)),
            Command::Sample { request, job } => self.begin_sampling(request, job).await?,
            Command::Evaluate {
                request,
                points,
                sigma,
                field,
            } => {
                let report = self.evaluate(request, &points.0, sigma, field).await?;
                self.outbox.push(report);
            }
            Command::Restore { checkpoint } => {
                self.restore(*checkpoint);
                self.restart_live();
            }
            Command::SaveWeights { request } => self.save_weights(request).await?,
            Command::Likelihood { request, count } => self.begin_likelihood(request, count).await?,
            Command::LoadWeights { request, run, bytes } => self.load_weights(request, run, &bytes).await?,
        }
        Ok(())
    }

    fn configure(&mut self, settings: Settings, revision: u32) {
        if let Err(error) = settings.check() {
            return self.refuse(None, error.to_string());
        }
        let before = std::mem::replace(&mut self.settings, settings);
        self.stamp.settings = revision;
        self.retune_live(&before);
    }

    fn learn(&mut self, target: &Target, revision: u32) {
        let exact = match target.field() {
            Ok(field) => field,
            Err(error) => return self.refuse(None, error.to_string()),
        };
        self.stamp.target = revision;
        let (preset, dots) = match target {
            Target::Preset(preset) => (Some(*preset), Vec::new()),
            Target::Drawing(drawing) => (None, drawing.dots().collect()),
        };
        let score = Rc::new(ExactScore::new(exact));
        let gauge = match self.data.take() {
            Some(before) => before.gauge.follow(score.clone(), revision),
            None => Gauge::new(score.clone(), revision),
        };
        self.data = Some(Data {
            preset,
            dots,
            score,
            gauge,
        });
        self.pictures.forget_data();
        self.follow_data();
    }

    /// The network follows an edit of the data; where their scale has left what its outputs mean, it starts anew.
    fn follow_data(&mut self) {
        let (Some(trainer), Some(data)) = (&mut self.trainer, &self.data) else {
            return;
        };
        let drift = data.exact().scale() / trainer.preconditioning().scale;
        if (1.0 / SCALE_DRIFT..SCALE_DRIFT).contains(&drift) {
            trainer.data_changed();
        } else {
            // While something new is being drawn its size changes all the time; there is nothing to lose yet, nor to say.
            if trainer.steps() >= WORTH_A_WORD {
                self.outbox.push(Report::Notice {
                    message: "The data's size changed by more than half, so the network starts anew at the new scale."
                        .into(),
                });
            }
            self.reset(self.stamp.run);
        }
        if let Some(data) = &self.data {
            for runner in self.live.iter_mut().chain(&mut self.rival) {
                runner.guard_by(data.exact());
            }
        }
    }

    pub(super) fn reset(&mut self, run: u32) {
        let Some(data) = &mut self.data else {
            return self.refuse(
                None,
                "there is nothing to learn yet: draw something or choose a set".into(),
            );
        };
        let shape = self.settings.shape();
        let pre = Preconditioning {
            mean: data.exact().mean(),
            scale: data.exact().scale(),
        };
        data.gauge.start_over();
        self.trainer = Some(Trainer::new(shape, pre, self.settings.seed, self.devices.training()));
        self.stamp.run = run;
        self.stamp.step = 0;
        self.sound = None;
        self.training_seconds = 0.0;
        self.learned = None;
        self.fits = Fits::default();
        self.pictures.forget_data();
        self.restart_live();
    }

    /// Says why something was not done.
    pub(super) fn refuse(&mut self, request: Option<u32>, message: String) {
        self.outbox.push(Report::Failed { request, message });
    }

    /// The ladder in stage units: the settings' multiples of the scale to which the network was fitted.
    pub(super) fn ladder(&self) -> NoiseLadder {
        self.settings.ladder(self.scale())
    }

    /// Mean to which the network was fitted.
    pub(super) fn mean(&self) -> [f32; 2] {
        self.trainer
            .as_ref()
            .map_or([0.0, 0.0], |trainer| trainer.preconditioning().mean)
    }

    /// Scale to which the network was fitted.
    pub(super) fn scale(&self) -> f32 {
        self.trainer
            .as_ref()
            .map_or(0.5, |trainer| trainer.preconditioning().scale)
    }

    /// How the next training step is made.
    pub(super) fn plan(&self) -> Plan {
        let shape = self.trainer.as_ref().map_or_else(Shape::default, Trainer::shape);
        self.settings.plan(self.ladder(), shape)
    }

    /// The learned field on the sampling device, copied there anew when training has moved on.
    pub(super) async fn learned(&mut self) -> Result<Option<Rc<LearnedField>>, ExecutionError> {
        let Some(trainer) = &self.trainer else { return Ok(None) };
        let backend = self.devices.choice().sampling;
        if let Some(known) = &self.learned
            && (known.stamp.run, known.stamp.step, known.backend) == (self.stamp.run, self.stamp.step, backend)
        {
            return Ok(Some(known.field.clone()));
        }
        let field = if backend == self.devices.choice().training {
            trainer.field()
        } else {
            trainer.field_on(self.devices.sampling()).await?
        };
        let field = Rc::new(field);
        self.learned = Some(Learned {
            stamp: self.stamp,
            backend,
            field: field.clone(),
        });
        Ok(Some(field))
    }

    /// The field that drives particles, and the backend it lives on.
    pub(super) async fn field_to_follow(
        &mut self,
        source: Source,
    ) -> Result<Option<(Rc<dyn Field>, Backend)>, ExecutionError> {
        if source == Source::Exact {
            return Ok(self
                .data
                .as_ref()
                .map(|data| (data.score.clone() as Rc<dyn Field>, Backend::Cpu)));
        }
        let backend = self.devices.choice().sampling;
        Ok(self.learned().await?.map(|field| (field as Rc<dyn Field>, backend)))
    }

    /// The noise level on the stage: the sampler's while it descends the ladder, unless the user pinned another.
    pub(super) fn stage_sigma(&self) -> f32 {
        match &self.live {
            Some(live) if self.settings.follows_sampler() => live.state().sigma,
            _ => self.settings.sigma,
        }
    }

    /// The stage is on its way down the ladder.
    pub(super) fn stage_moves(&self) -> bool {
        self.sampling && self.settings.follows_sampler() && self.live.as_ref().is_some_and(|live| !live.finished())
    }
}
