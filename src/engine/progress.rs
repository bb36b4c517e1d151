//! Progress that means something: the error against the exact score, measured a noise level at a time.

use std::rc::Rc;

use burn::tensor::{Device, ExecutionError};
use web_time::Instant;

use super::pacing::PROGRESS_PERIOD;
use super::protocol::Progress;
use crate::field::{ExactScore, Field};
use crate::metrics::fisher::{Draft, FisherGauge, levels};

/// Points at each noise level: enough for a few per cent of the error, at 3 ms a level.
const POINTS: usize = 1024;

/// The gauge's points are its own, not those of any training batch.
const GAUGE_SEED: u32 = 0x6A06E;

/// Measures round after round. Each level is prepared when it is first due, some points at a time, because an edit of
/// the data makes all of them void, and while something is being drawn that happens at every move of the pointer.
pub struct Gauge {
    truth: Truth,
    /// The data of a later edit, which wait for the end of the round: or a long stroke would begin round after round
    /// and end none.
    next: Option<Truth>,
    gauge: FisherGauge,
    /// The gauge's next level.
    draft: Option<Draft>,
    /// Where the gauge's points are.
    on_cpu: bool,
    errors: Vec<f32>,
    finished: Option<Instant>,
    /// The step that the last full round belongs to.
    measured: Option<u64>,
}

/// The data of one revision.
struct Truth {
    score: Rc<ExactScore>,
    target: u32,
}

/// The network whose errors are measured.
pub struct Subject<'a> {
    /// What it says.
    pub field: &'a dyn Field,
    /// Where.
    pub device: &'a Device,
    /// Whether that is the CPU; points prepared for another device are prepared anew.
    pub on_cpu: bool,
    /// Training steps behind it.
    pub step: u64,
    /// Seconds of training behind it.
    pub seconds: f64,
}

impl Gauge {
    /// A gauge of these data. target: their revision.
    pub fn new(score: Rc<ExactScore>, target: u32) -> Self {
        Self {
            truth: Truth { score, target },
            next: None,
            gauge: FisherGauge::default(),
            draft: None,
            on_cpu: true,
            errors: Vec::new(),
            finished: None,
            measured: None,
        }
    }

    /// The gauge of other data from now on, or from the end of the round that is under way.
    pub fn follow(mut self, score: Rc<ExactScore>, target: u32) -> Self {
        let under_way = self.measured.is_none() && !self.gauge.is_empty();
        if !under_way && self.errors.is_empty() {
            return Self {
                on_cpu: self.on_cpu,
                ..Self::new(score, target)
            };
        }
        self.next = Some(Truth { score, target });
        self
    }

    /// There is something to measure, and it is time for it.
    pub fn due(&self, step: u64) -> bool {
        self.measured != Some(step)
            && (!self.errors.is_empty() || self.finished.is_none_or(|at| at.elapsed() >= PROGRESS_PERIOD))
    }

    /// Prepares or measures levels until the deadline, or at least some points of one; after the last one, says what the round has found.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(
        &mut self,
        subject: &Subject<'_>,
        deadline: Instant,
    ) -> Result<Option<Progress>, ExecutionError> {
        if self.on_cpu != subject.on_cpu {
            (self.gauge, self.draft) = (FisherGauge::default(), None);
            self.on_cpu = subject.on_cpu;
            self.start_over();
        }
        loop {
            let progress = self.piece(subject, deadline).await?;
            if progress.is_some() || Instant::now() >= deadline {
                return Ok(progress);
            }
        }
    }

    /// Prepares some of a level, or measures one.
    async fn piece(&mut self, subject: &Subject<'_>, deadline: Instant) -> Result<Option<Progress>, ExecutionError> {
        let exact = self.truth.score.exact();
        let (sigmas, level) = (levels(exact.scale()), self.errors.len());
        if let Some(&sigma) = sigmas.get(level)
            && level == self.gauge.len()
        {
            let new = || Draft::new(exact, sigma, POINTS, GAUGE_SEED);
            if self.draft.get_or_insert_with(new).advance(deadline)
                && let Some(draft) = self.draft.take()
            {
                self.gauge.add(draft, subject.device);
            }
            return Ok(None);
        }
        if let Some(error) = self.gauge.level_error(level, subject.field) {
            self.errors.push(error.into_scalar_async::<f32>().await?);
        }
        Ok((self.errors.len() == sigmas.len()).then(|| self.conclude(subject)))
    }

    fn conclude(&mut self, subject: &Subject<'_>) -> Progress {
        let error = self.gauge.summary(&std::mem::take(&mut self.errors));
        let progress = Progress {
            step: subject.step,
            seconds: subject.seconds,
            sigmas: error.sigmas,
            error: error.relative,
            floor: error.floor,
            excess: error.excess,
            nats: error.nats,
            target: self.truth.target,
        };
        (self.finished, self.measured) = (Some(Instant::now()), Some(subject.step));
        self.take_next();
        progress
    }

    /// Begins a new round, whatever was measured before.
    pub fn start_over(&mut self) {
        self.errors.clear();
        self.measured = None;
        self.take_next();
    }

    fn take_next(&mut self) {
        if let Some(next) = self.next.take() {
            *self = Self {
                on_cpu: self.on_cpu,
                ..Self::new(next.score, next.target)
            };
        }
    }
}

// The browser's tests have no runtime that could wait.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::distribution::Preset;

    /// A round in as many pieces as possible, the device changing after so many of them. (Both devices are the CPU.)
    fn round(change: usize) -> Progress {
        let score = |preset: Preset| Rc::new(ExactScore::new(preset.field()));
        let (mut gauge, wrong) = (Gauge::new(score(Preset::TwoG), 1), score(Preset::Moons));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        (0..)
            .find_map(|piece| {
                let subject = Subject {
                    field: &*wrong,
                    device: &Device::flex(),
                    on_cpu: piece < change,
                    step: 7,
                    seconds: 1.0,
                };
                runtime.block_on(gauge.advance(&subject, Instant::now())).unwrap()
            })
            .unwrap()
    }

    #[test]
    fn a_change_of_the_device_at_any_moment_of_a_round_changes_nothing_of_what_is_found() {
        let found = round(usize::MAX);
        assert!(found.nats > 0.1 && found.sigmas.len() == 6);
        for change in [0, 1, 3, 8, 9, 12, 20, 40, 50] {
            assert_eq!(round(change), found, "changed after {change} pieces");
        }
    }
}
