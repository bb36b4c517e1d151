//! Progress that means something: the error against the exact score, measured a noise level at a time.

use burn::tensor::{Device, ExecutionError};
use web_time::Instant;

use super::pacing::PROGRESS_PERIOD;
use super::protocol::Progress;
use crate::distribution::ExactField;
use crate::field::Field;
use crate::metrics::fisher::{FisherGauge, levels};

/// Points at each noise level: enough for a few per cent of the error, at 3 ms a level.
const POINTS: usize = 1024;

/// Measures round after round.
pub struct Gauge {
    gauge: Option<(bool, FisherGauge)>,
    errors: Vec<f32>,
    finished: Option<Instant>,
    /// The step that the last full round belongs to.
    measured: Option<u64>,
}

impl Gauge {
    /// Nothing is prepared before it is needed: an edit of the data at every pointer move makes a new gauge.
    pub fn new() -> Self {
        Self {
            gauge: None,
            errors: Vec::new(),
            finished: None,
            measured: None,
        }
    }

    /// It is time for the next level.
    pub fn due(&self, step: u64) -> bool {
        self.measured != Some(step)
            && (!self.errors.is_empty() || self.finished.is_none_or(|at| at.elapsed() >= PROGRESS_PERIOD))
    }

    /// Measures one level; after the last one, says what a round has found.
    ///
    /// on_cpu: whether `device` is the CPU; points prepared for another device are prepared anew.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(
        &mut self,
        field: &dyn Field,
        exact: &ExactField,
        device: &Device,
        on_cpu: bool,
        step: u64,
        seconds: f64,
    ) -> Result<Option<Progress>, ExecutionError> {
        if self.gauge.as_ref().is_none_or(|(prepared, _)| *prepared != on_cpu) {
            let gauge = FisherGauge::new(exact, &levels(exact.scale()), POINTS, GAUGE_SEED, device);
            self.gauge = Some((on_cpu, gauge));
            self.start_over();
            return Ok(None); // preparing took this turn's share
        }
        let Some((_, gauge)) = &self.gauge else { return Ok(None) };
        if let Some(error) = gauge.level_error(self.errors.len(), field) {
            self.errors.push(error.into_scalar_async::<f32>().await?);
        }
        if self.errors.len() < gauge.len() {
            return Ok(None);
        }
        let error = gauge.summary(&std::mem::take(&mut self.errors));
        (self.finished, self.measured) = (Some(Instant::now()), Some(step));
        Ok(Some(Progress {
            step,
            seconds,
            sigmas: error.sigmas,
            error: error.relative,
            nats: error.nats,
        }))
    }

    /// Begins a new round, whatever was measured before.
    pub fn start_over(&mut self) {
        self.errors.clear();
        self.measured = None;
    }
}

/// The gauge's points are its own, not those of any training batch.
const GAUGE_SEED: u32 = 0x6A06E;
