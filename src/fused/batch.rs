//! What a training step sends to the GPU: one buffer.

use crate::model::Preconditioning;
use crate::objective::{Batch, Task};

/// Numbers before the first row.
pub const HEADER: usize = 8;

/// Numbers of a row.
pub const ROW: usize = 6;

/// Adam's decay of the gradients' mean.
pub const FIRST_DECAY: f32 = 0.9;

/// Adam's decay of their mean square.
pub const SECOND_DECAY: f32 = 0.99;

/// What a step of Adam and of the moving average needs to know besides the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The step's length over the first moment's correction.
    pub length: f32,
    /// The second moment's correction.
    pub correction: f32,
    /// Keeps the quotient finite.
    pub epsilon: f32,
    /// What the moving average keeps of itself.
    pub keep: f32,
    /// What it takes of the new weights.
    pub take: f32,
}

/// The buffer, `[HEADER + n ROW]`: mean and scale of the data (3) and the [`Rates`] (5), then row by row the noised
/// point (2), its noise level, the target (2) and the row's weight over `n`.
///
/// None when the batch asks for something else than a target.
pub fn upload(batch: &Batch, pre: &Preconditioning, rates: &Rates) -> Option<Vec<f32>> {
    let Task::Target(targets) = &batch.task else {
        return None;
    };
    let Rates {
        length,
        correction,
        epsilon,
        keep,
        take,
    } = *rates;
    let mut numbers = Vec::with_capacity(HEADER + ROW * batch.len());
    numbers.extend([
        pre.mean[0],
        pre.mean[1],
        pre.scale,
        length,
        correction,
        epsilon,
        keep,
        take,
    ]);
    let share = 1.0 / batch.len() as f32;
    let rows = batch.points.chunks_exact(2).zip(targets.chunks_exact(2));
    for (i, ((point, target), sigma)) in rows.zip(&batch.sigmas).enumerate() {
        let weight = batch.weights.as_ref().map_or(1.0, |weights| weights[i]);
        numbers.extend([point[0], point[1], *sigma, target[0], target[1], weight * share]);
    }
    Some(numbers)
}
