//! One turn of the lab's loop, at most some 33 ms: the sampler first, then training, pictures and measurements, each
//! with its share. Where it gets tight the picture stays fluid and training slows, never the reverse.

use std::time::Duration;

use burn::tensor::ExecutionError;
use web_time::Instant;

use super::checkpoint::RanAway;
use super::jobs::{Job, Training};
use super::lab::Lab;
use super::pacing::{
    JUDGE_SLICE, PICTURE_SLICE, POTENTIAL_SLICE, PROGRESS_SLICE, RELAXATION_SLICE, REQUEST_SLICE, TRAINING_SLICE, TURN,
};
use super::pictures::OnStage;
use super::progress::Subject;
use super::protocol::{Backend, Progress, Report};

/// On a GPU, steps are queued; so many at most before one number is read back, the only brake there is.
const QUEUED_STEPS: u32 = 8;

impl Lab {
    /// Does a turn's work; false when there is nothing to do until the next command.
    ///
    /// # Errors
    /// When a device is lost.
    pub async fn turn(&mut self) -> Result<bool, ExecutionError> {
        self.turn_ends = Instant::now() + TURN;
        let mut busy = self.advance_live().await?;
        busy |= self.advance_jobs().await?;
        busy |= self.advance_training().await?;
        busy |= self.advance_potential().await?;
        busy |= self.advance_pictures().await?;
        busy |= self.advance_progress().await?;
        busy |= self.advance_judgement();
        busy |= self.advance_relaxation();
        busy |= self.advance_devices().await?;
        self.checkpoint_when_due().await?;
        if std::mem::take(&mut self.frame_wanted) {
            self.report_frame();
        }
        Ok(busy)
    }

    /// When a slice that begins now has to end: not after the turn.
    fn deadline(&self, slice: Duration) -> Instant {
        self.turn_ends.min(Instant::now() + slice)
    }

    /// The first scripted request gets a slice.
    async fn advance_jobs(&mut self) -> Result<bool, ExecutionError> {
        let Some(job) = self.jobs.pop_front() else {
            return Ok(false);
        };
        match job {
            Job::Train(job) => self.advance_train_job(job).await?,
            Job::Likelihood(mut job) => {
                if !self.advance_likelihood(&mut job).await? {
                    self.jobs.push_front(Job::Likelihood(job));
                }
            }
            Job::Sample(mut job) => {
                if !self.advance_sampling(&mut job, self.deadline(REQUEST_SLICE)).await? {
                    self.jobs.push_front(Job::Sample(job));
                }
            }
        }
        Ok(true)
    }

    async fn advance_train_job(&mut self, mut job: Training) -> Result<(), ExecutionError> {
        if self.trainer.is_none() {
            self.refuse(
                job.request,
                "there is nothing to learn yet: draw something or choose a set".into(),
            );
            return Ok(());
        }
        match self.train(job.left, REQUEST_SLICE).await? {
            Ok(made) => job.left -= made,
            Err(ran_away) => {
                if let Some(request) = job.request {
                    self.refuse(Some(request), ran_away.to_string());
                }
                return Ok(());
            }
        }
        let Some(request) = job.request else { return Ok(()) };
        if job.left > 0 {
            self.jobs.push_front(Job::Train(job));
            return Ok(());
        }
        let seconds = job.started.elapsed().as_secs_f64();
        if let Some(progress) = self.measure_fully().await? {
            self.frame.progress = Some(progress.clone());
            self.outbox.push(Report::Trained {
                request,
                step: self.stamp.step,
                seconds,
                progress,
            });
        }
        Ok(())
    }

    async fn advance_training(&mut self) -> Result<bool, ExecutionError> {
        let scripted = self.jobs.iter().any(|job| matches!(job, Job::Train(_)));
        if !self.training || self.hidden || scripted || self.trainer.is_none() {
            return Ok(false);
        }
        // Whoever watches has heard of it if this ran away.
        let _ = self.train(u32::MAX, TRAINING_SLICE).await?;
        Ok(true)
    }

    /// At most `most` training steps in the slice, at least one; returns how many, or that they ran away.
    async fn train(&mut self, most: u32, slice: Duration) -> Result<Result<u32, RanAway>, ExecutionError> {
        let plan = self.plan();
        let (start, deadline) = (Instant::now(), self.deadline(slice));
        let (Some(trainer), Some(data)) = (&mut self.trainer, &self.data) else {
            return Ok(Ok(0));
        };
        let mut made = 0;
        while made < most {
            trainer.step(data.exact(), &plan);
            made += 1;
            if self.devices.choice().training == Backend::WebGpu && made % QUEUED_STEPS == 0 {
                trainer.settle().await?;
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        let sound = trainer.is_sound().await?;
        self.stamp.step = trainer.steps();
        self.training_seconds += start.elapsed().as_secs_f64();
        self.steps.count(f64::from(made));
        Ok(if sound { Ok(made) } else { Err(self.roll_back()) })
    }

    async fn advance_pictures(&mut self) -> Result<bool, ExecutionError> {
        if self.hidden || self.trainer.is_none() {
            return Ok(false);
        }
        let (ladder, covered) = (self.ladder(), self.settings.all_levels);
        let tiles = if covered {
            ladder.sigmas().collect()
        } else {
            ladder.tiles()
        };
        self.pictures.show(
            OnStage {
                sigma: self.stage_sigma(),
                moving: self.stage_moves(),
                covered,
            },
            &tiles,
            self.mean(),
            self.scale(),
        );
        if !self.pictures.wanted(self.stamp) {
            return Ok(false);
        }
        let Some(field) = self.learned().await? else {
            return Ok(false);
        };
        let Some(data) = &self.data else { return Ok(false) };
        let deadline = self.deadline(PICTURE_SLICE);
        let picture = self
            .pictures
            .advance(&*field, self.devices.sampling(), data.exact(), self.stamp, deadline)
            .await?;
        if let Some(picture) = picture {
            self.frame
                .pictures
                .retain(|older| older.sigma.to_bits() != picture.sigma.to_bits() || older.grid != picture.grid);
            self.frame.pictures.push(picture);
            self.first_picture_is_out = true;
        }
        Ok(true)
    }

    async fn advance_progress(&mut self) -> Result<bool, ExecutionError> {
        if self.hidden || self.data.as_ref().is_none_or(|data| !data.gauge.due(self.stamp.step)) {
            return Ok(false);
        }
        if let Some(progress) = self.measure_levels(self.deadline(PROGRESS_SLICE)).await? {
            self.frame.progress = Some(progress);
        }
        Ok(true)
    }

    /// The energy of a score network, where a live sampler needs one.
    async fn advance_potential(&mut self) -> Result<bool, ExecutionError> {
        if self.hidden || !self.settings.potential || !self.wants_potential() {
            return Ok(false);
        }
        let wish = self.potential_wish();
        if !self.fits.due(&wish) {
            return Ok(false);
        }
        let (Some(field), Some(data)) = (self.learned().await?, &self.data) else {
            return Ok(false);
        };
        let (deadline, device) = (self.deadline(POTENTIAL_SLICE), self.devices.sampling());
        self.fits.advance(wish, field, device, data.exact(), deadline).await?;
        Ok(true)
    }

    /// How the cloud of a chain approaches its target.
    fn advance_relaxation(&mut self) -> bool {
        let (Some(data), Some(live)) = (&self.data, &self.live) else {
            return false;
        };
        self.relaxation
            .look_at(live, data.exact(), self.stamp.target, self.cast);
        if self.hidden || !self.relaxation.is_busy() {
            return false;
        }
        if let Some(approach) = self.relaxation.advance(self.deadline(RELAXATION_SLICE)) {
            self.frame.approach = Some(approach);
        }
        true
    }

    /// How the clouds stand, and how good the samples of a finished descent are.
    fn advance_judgement(&mut self) -> bool {
        let sigma_min = self.ladder().sigma_min;
        let Some(data) = &self.data else { return false };
        let (live, rival) = (self.live.as_ref(), self.rival.as_ref());
        self.standings.look_at([live, rival], self.stamp.target, self.cast);
        if let Some(live) = live {
            self.judge.look_at(live, data.exact(), self.stamp.target, self.cast);
        }
        if self.hidden || !(self.standings.is_busy() || self.judge.is_busy()) {
            return false;
        }
        let deadline = self.deadline(JUDGE_SLICE);
        self.standings.advance(data.exact(), data.preset, deadline);
        if !self.standings.is_busy()
            && let Some(quality) = self.judge.advance(data, sigma_min, deadline)
        {
            self.frame.quality = Some(quality);
        }
        true
    }

    async fn measure_levels(&mut self, deadline: Instant) -> Result<Option<Progress>, ExecutionError> {
        let Some(field) = self.learned().await? else {
            return Ok(None);
        };
        let Some(data) = &mut self.data else { return Ok(None) };
        let subject = Subject {
            field: &*field,
            device: self.devices.sampling(),
            on_cpu: self.devices.choice().sampling == Backend::Cpu,
            step: self.stamp.step,
            seconds: self.training_seconds,
        };
        data.gauge.advance(&subject, deadline).await
    }

    /// A whole round at the weights as they are now.
    async fn measure_fully(&mut self) -> Result<Option<Progress>, ExecutionError> {
        match &mut self.data {
            Some(data) => data.gauge.start_over(),
            None => return Ok(None),
        }
        if self.trainer.is_none() {
            return Ok(None);
        }
        loop {
            if let Some(progress) = self.measure_levels(Instant::now() + REQUEST_SLICE).await? {
                return Ok(Some(progress));
            }
        }
    }

    /// Probes WebGPU once the first learned picture is out, or at once where the address asks for it.
    async fn advance_devices(&mut self) -> Result<bool, ExecutionError> {
        let early = self.devices.webgpu_is_forced();
        if self.devices.settled() || !(early || self.first_picture_is_out) {
            return Ok(false);
        }
        let before = self.devices.choice().clone();
        let shape = self
            .trainer
            .as_ref()
            .map_or_else(|| self.settings.shape(), |trainer| trainer.shape());
        if self
            .devices
            .poll(shape, self.settings.batch as usize, self.settings.particles as usize)
        {
            let now = self.devices.choice().clone();
            if now.training != before.training
                && let Some(checkpoint) = self.checkpoint().await?
            {
                self.restore(checkpoint);
            }
            if now.sampling != before.sampling {
                self.learned = None;
                self.restart_live();
            }
            self.outbox.push(Report::Devices(now));
        }
        Ok(!self.devices.settled())
    }

    fn report_frame(&mut self) {
        let mut frame = std::mem::take(&mut self.frame);
        frame.stamp = self.stamp;
        frame.mean = self.mean();
        frame.scale = self.scale();
        (frame.cloud, frame.rival) = self.clouds();
        frame.steps_per_second = self.steps.per_second();
        frame.evaluations_per_second = self.evaluations.per_second();
        self.outbox.push(Report::Frame(Box::new(frame)));
    }
}
