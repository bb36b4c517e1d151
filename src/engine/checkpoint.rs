//! Checkpoints: a run that an engine lost is taken up by the next one.

use burn::tensor::ExecutionError;
use web_time::Instant;

use super::lab::Lab;
use super::pacing::CHECKPOINT_PERIOD;
use super::protocol::{Checkpoint, Floats, Report, Stamp};
use crate::model::{Preconditioning, Shape};
use crate::training::{Snapshot, Trainer};

impl Lab {
    /// Reports a checkpoint every two seconds while there is something new in it.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn checkpoint_when_due(&mut self) -> Result<(), ExecutionError> {
        let unsaved = self.saved != (self.stamp.run, self.stamp.step);
        if unsaved && self.last_checkpoint.elapsed() >= CHECKPOINT_PERIOD {
            if let Some(checkpoint) = self.checkpoint().await? {
                self.outbox.push(Report::Checkpoint(Box::new(checkpoint)));
            }
            self.saved = (self.stamp.run, self.stamp.step);
            self.last_checkpoint = Instant::now();
        }
        Ok(())
    }

    /// Takes up a run where a checkpoint left it, on the training device of now.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) {
        let (stamp, seconds) = (checkpoint.stamp, checkpoint.seconds);
        match Trainer::restore(snapshot(checkpoint), self.devices.training()) {
            Ok(trainer) => {
                self.trainer = Some(trainer);
                self.stamp = Stamp {
                    run: stamp.run,
                    step: stamp.step,
                    ..self.stamp
                };
                self.training_seconds = seconds;
                self.learned = None;
            }
            Err(error) => self.refuse(None, error.to_string()),
        }
    }

    /// A checkpoint of the trainer.
    pub(super) async fn checkpoint(&self) -> Result<Option<Checkpoint>, ExecutionError> {
        let Some(trainer) = &self.trainer else { return Ok(None) };
        let snapshot = trainer.checkpoint().await?;
        Ok(Some(Checkpoint {
            stamp: self.stamp,
            seed: snapshot.seed,
            network: snapshot.shape.kind.into(),
            width: snapshot.shape.width as u32,
            depth: snapshot.shape.depth as u32,
            mean: snapshot.preconditioning.mean,
            scale: snapshot.preconditioning.scale,
            clock: snapshot.clock,
            seconds: self.training_seconds,
            weights: Floats(snapshot.weights),
            average: Floats(snapshot.average),
            first_moment: Floats(snapshot.first_moment),
            second_moment: Floats(snapshot.second_moment),
        }))
    }
}

fn snapshot(checkpoint: Checkpoint) -> Snapshot {
    Snapshot {
        shape: Shape {
            kind: checkpoint.network.into(),
            width: checkpoint.width as usize,
            depth: checkpoint.depth as usize,
        },
        preconditioning: Preconditioning {
            mean: checkpoint.mean,
            scale: checkpoint.scale,
        },
        seed: checkpoint.seed,
        steps: checkpoint.stamp.step,
        clock: checkpoint.clock,
        weights: checkpoint.weights.0,
        average: checkpoint.average.0,
        first_moment: checkpoint.first_moment.0,
        second_moment: checkpoint.second_moment.0,
    }
}
