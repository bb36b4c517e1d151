//! What a network is asked to fit: noised points, their noise levels, and the target of the network's output there.
//!
//! An objective makes batches on the host from the data and a stream of random numbers, and knows nothing of networks
//! or devices. All of them share one loss, the mean of `|F - target|²`: they differ in the target alone.

pub mod denoising;

use crate::model::{Preconditioning, features};

/// A regression problem of `n` rows for the network's output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Noised points `[x0, y0, x1, y1, …]`, stage coordinates.
    pub points: Vec<f32>,
    /// The noise level of each row, stage units.
    pub sigmas: Vec<f32>,
    /// What the network's output should be, `[f0x, f0y, …]`; of unit size.
    pub targets: Vec<f32>,
}

impl Batch {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.sigmas.len()
    }

    /// No rows at all.
    pub fn is_empty(&self) -> bool {
        self.sigmas.is_empty()
    }

    /// What the network sees of each row, `[n, 12]` row by row.
    pub fn features(&self, pre: &Preconditioning) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.len() * features::COUNT);
        for (point, &sigma) in self.points.chunks_exact(2).zip(&self.sigmas) {
            rows.extend_from_slice(&features::on_host(pre, [point[0], point[1]], sigma));
        }
        rows
    }
}
