//! What a training step sends to the GPU: one buffer.

use crate::model::{Preconditioning, perceptron::Adam};
use crate::objective::{Batch, Task};

/// Numbers before the first row.
pub const HEADER: usize = 10;

/// Numbers of a row.
pub const ROW: usize = 6;

/// The buffer, `[HEADER + n ROW]`: mean and scale of the data (3) and the step of [`Adam`] (7), then row by row the noised
/// point (2), its noise level, the target (2) and the row's weight over `n`.
///
/// None when the batch asks for something else than a target.
pub fn upload(batch: &Batch, pre: &Preconditioning, adam: &Adam) -> Option<Vec<f32>> {
    let Task::Target(targets) = &batch.task else {
        return None;
    };
    let mut numbers = Vec::with_capacity(HEADER + ROW * batch.len());
    numbers.extend([
        pre.mean[0],
        pre.mean[1],
        pre.scale,
        adam.rate,
        adam.correction,
        adam.epsilon,
    ]);
    numbers.extend(adam.average.into_iter().chain(adam.betas));
    let share = 1.0 / batch.len() as f32;
    let rows = batch.points.chunks_exact(2).zip(targets.chunks_exact(2));
    for (i, ((point, target), sigma)) in rows.zip(&batch.sigmas).enumerate() {
        let weight = batch.weights.as_ref().map_or(1.0, |weights| weights[i]);
        numbers.extend([point[0], point[1], *sigma, target[0], target[1], weight * share]);
    }
    Some(numbers)
}
