//! A run in host memory: to be sent, stored, and taken up again on any device.

use burn::tensor::{Device, ExecutionError, TensorData, Transaction};
use thiserror::Error;

use super::Trainer;
use crate::model::{Preconditioning, Shape, upload};

/// All there is to know of a run, in host memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The network's size.
    pub shape: Shape,
    /// Mean and scale in its inputs and outputs.
    pub preconditioning: Preconditioning,
    /// Seeds initialisation and batches.
    pub seed: u32,
    /// Steps taken.
    pub steps: u64,
    /// The schedule's and the average's clock.
    pub clock: u64,
    /// The weights, flat.
    pub weights: Vec<f32>,
    /// Their moving average.
    pub average: Vec<f32>,
    /// Adam's mean of the gradients.
    pub first_moment: Vec<f32>,
    /// Adam's mean square of the gradients.
    pub second_moment: Vec<f32>,
}

/// Most units in a layer and most layers of a network that can be restored.
const LARGEST: [usize; 2] = [4096, 64];

/// A snapshot that is not one of a network of its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// No network has this size.
    #[error("a checkpoint of {depth} layers of {width} units is of no network that could be built")]
    Size {
        /// Units in a layer.
        width: usize,
        /// Hidden layers.
        depth: usize,
    },
    /// A vector has not the length that goes with the shape: another size, or another kind of network.
    #[error("the {part} of a checkpoint hold {got} numbers and not {wanted}")]
    Length {
        /// Which vector.
        part: &'static str,
        /// Its length.
        got: usize,
        /// The length that goes with the shape.
        wanted: usize,
    },
}

impl Trainer {
    /// All of the run, read from the device.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn checkpoint(&self) -> Result<Snapshot, ExecutionError> {
        let parts = [&self.weights, &self.average, &self.first_moment, &self.second_moment];
        let transaction = parts
            .into_iter()
            .fold(Transaction::default(), |t, part| t.register(part.clone()));
        let mut read = transaction.execute_async().await?.into_iter();
        let mut next = || floats(read.next());
        Ok(Snapshot {
            shape: self.shape,
            preconditioning: self.preconditioning,
            seed: self.seed,
            steps: self.steps,
            clock: self.clock,
            weights: next()?,
            average: next()?,
            first_moment: next()?,
            second_moment: next()?,
        })
    }

    /// Takes up a run where a snapshot left it.
    ///
    /// # Errors
    /// When there is no network of this shape, or one of the vectors has not the length that goes with it.
    pub fn restore(snapshot: Snapshot, device: &Device) -> Result<Self, RestoreError> {
        let Shape { width, depth, .. } = snapshot.shape;
        if !(1..=LARGEST[0]).contains(&width) || !(1..=LARGEST[1]).contains(&depth) {
            return Err(RestoreError::Size { width, depth });
        }
        let wanted = snapshot.shape.parameters();
        let load = |part: &'static str, values: Vec<f32>| {
            if values.len() == wanted {
                Ok(upload(values, device))
            } else {
                Err(RestoreError::Length {
                    part,
                    got: values.len(),
                    wanted,
                })
            }
        };
        Ok(Self {
            shape: snapshot.shape,
            preconditioning: snapshot.preconditioning,
            seed: snapshot.seed,
            device: device.clone(),
            steps: snapshot.steps,
            clock: snapshot.clock,
            weights: load("weights", snapshot.weights)?,
            average: load("averaged weights", snapshot.average)?,
            first_moment: load("first moments", snapshot.first_moment)?,
            second_moment: load("second moments", snapshot.second_moment)?,
        })
    }
}

/// The numbers of a vector that was read from a device.
pub(super) fn floats(data: Option<TensorData>) -> Result<Vec<f32>, ExecutionError> {
    let broken = |reason: String| ExecutionError::WithContext { reason };
    let data = data.ok_or_else(|| broken("the device sent fewer vectors than were asked for".into()))?;
    data.try_into_vec_as::<f32>().map_err(|error| broken(error.to_string()))
}
