//! Weights in files: the network that runs is written, and one from a file takes its place.

use burn::tensor::ExecutionError;

use super::lab::Lab;
use super::protocol::Report;
use crate::model::weights_file::{self, Content};
use crate::training::{Snapshot, Trainer};

impl Lab {
    /// Reports the file of the network as it is now.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn save_weights(&mut self, request: u32) -> Result<(), ExecutionError> {
        let Some(trainer) = &self.trainer else {
            self.refuse(Some(request), "there is no network to save yet".into());
            return Ok(());
        };
        let snapshot = trainer.checkpoint().await?;
        self.outbox.push(Report::Weights {
            request,
            step: snapshot.steps,
            bytes: weights_file::to_bytes(&snapshot, Content::Everything),
        });
        Ok(())
    }

    /// Goes on from a file, or says why not; nothing is changed then.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn load_weights(&mut self, request: u32, run: u32, bytes: &[u8]) -> Result<(), ExecutionError> {
        match self.read(bytes) {
            Ok((trainer, report)) => {
                self.replace(trainer, run);
                self.outbox.push(report(request, run));
                // At once, so that an engine lost now takes up this network, and not a fresh one.
                self.send_checkpoint().await?;
            }
            Err(message) => self.refuse(Some(request), message),
        }
        Ok(())
    }

    /// The trainer of a file, and what to report of it for a request and a run.
    fn read(&self, bytes: &[u8]) -> Result<(Trainer, impl Fn(u32, u32) -> Report + use<>), String> {
        if self.data.is_none() {
            return Err("weights need data to be compared with: draw something or choose a set first".into());
        }
        let snapshot = weights_file::from_bytes(bytes).map_err(|error| error.to_string())?;
        let Snapshot { shape, seed, steps, .. } = snapshot;
        let trainer = Trainer::restore(snapshot, self.devices.training()).map_err(|error| error.to_string())?;
        let report = move |request, run| Report::WeightsLoaded {
            request,
            run,
            step: steps,
            network: shape.kind.into(),
            width: shape.width as u32,
            depth: shape.depth as u32,
            seed,
        };
        Ok((trainer, report))
    }

    /// Another network takes over.
    fn replace(&mut self, trainer: Trainer, run: u32) {
        self.stamp.run = run;
        self.stamp.step = trainer.steps();
        self.trainer = Some(trainer);
        self.training_seconds = 0.0;
        self.learned = None;
        self.pictures.forget_data();
        if let Some(data) = &mut self.data {
            data.gauge.start_over();
        }
        self.restart_live();
    }
}
