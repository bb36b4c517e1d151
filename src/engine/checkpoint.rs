//! Checkpoints: a run that an engine lost is taken up by the next one, and one that ran away goes back to the last.

use burn::tensor::ExecutionError;
use thiserror::Error;
use web_time::Instant;

use super::lab::Lab;
use super::pacing::CHECKPOINT_PERIOD;
use super::protocol::{Checkpoint, Floats, Report, Stamp};
use crate::model::{Preconditioning, Shape};
use crate::training::{Snapshot, Trainer};

/// Training that has left what numbers can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "Training ran away: by step {at} the weights were no longer finite numbers. The network is back at its average of \
     step {back}, and training is paused: lower the learning rate, then train on"
)]
pub(super) struct RanAway {
    at: u64,
    back: u64,
}

impl Lab {
    /// Reports a checkpoint every two seconds while there is something new in it.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn checkpoint_when_due(&mut self) -> Result<(), ExecutionError> {
        let unsaved = self.saved != (self.stamp.run, self.stamp.step);
        if unsaved && self.last_checkpoint.elapsed() >= CHECKPOINT_PERIOD {
            self.send_checkpoint().await?;
        }
        Ok(())
    }

    /// Reports a checkpoint now.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn send_checkpoint(&mut self) -> Result<(), ExecutionError> {
        if let Some(checkpoint) = self.checkpoint().await? {
            self.sound = Some(calm(&checkpoint));
            self.outbox.push(Report::Checkpoint(Box::new(checkpoint)));
        }
        self.saved = (self.stamp.run, self.stamp.step);
        self.last_checkpoint = Instant::now();
        Ok(())
    }

    /// Training has run away: back to the averaged weights of the last checkpoint, or to fresh ones, and a pause, since it
    /// would do the same again.
    pub(super) fn roll_back(&mut self) -> RanAway {
        let at = self.stamp.step;
        match self.sound.clone() {
            Some(sound) => {
                self.restore(sound);
                self.pictures.forget_data();
                if let Some(data) = &mut self.data {
                    data.gauge.start_over();
                }
            }
            None => self.reset(self.stamp.run),
        }
        self.training = false;
        let ran_away = RanAway {
            at,
            back: self.stamp.step,
        };
        self.outbox.push(Report::Halted {
            message: ran_away.to_string(),
        });
        ran_away
    }

    /// Takes up a run where a checkpoint left it, on the training device of now.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) {
        let (stamp, seconds) = (checkpoint.stamp, checkpoint.seconds);
        let sound = calm(&checkpoint);
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
                self.sound = Some(sound);
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

/// The run with its average for the weights, and without the moments that led away from it.
fn calm(checkpoint: &Checkpoint) -> Checkpoint {
    let none = Floats(vec![0.0; checkpoint.average.0.len()]);
    Checkpoint {
        weights: checkpoint.average.clone(),
        average: checkpoint.average.clone(),
        first_moment: none.clone(),
        second_moment: none,
        ..*checkpoint
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
