//! Denoising score matching over a range of noise levels.
//!
//! Vincent (2011): the score of `p_sigma` minimises `E |s(x0 + sigma eps) + eps / sigma|²`. Over many noise levels (Song
//! & Ermon 2019), here with `ln sigma` uniform and EDM's weight (Karras et al. 2022), this is
//!
//! ```text
//! E |F - F_target|²,   F_target = (y0 - c_skip y) / c_out = c_in (sigma / sd y0 - sd eps),   y = y0 + sigma eps
//! ```
//!
//! with `y0` a data point less the mean, so that every noise level asks for an output of unit variance. The second form
//! of the target has no difference of nearly equal numbers at small noise.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use super::Batch;
use crate::{distribution::ExactField, model::Preconditioning, noise::NoiseLadder};

/// Draws `size` rows: fresh data, and noise levels stratified over the ladder's range (`u_i = (i + U) / size` with one
/// `U` a batch), so that every batch covers all of them evenly.
pub fn batch<R: Rng + ?Sized>(
    data: &ExactField,
    pre: &Preconditioning,
    ladder: &NoiseLadder,
    size: usize,
    rng: &mut R,
) -> Batch {
    let mut points = vec![0.0; 2 * size];
    data.sample(rng, &mut points);
    let shift: f32 = rng.random();
    let sigmas: Vec<f32> = (0..size)
        .map(|i| ladder.at(1.0 - (i as f32 + shift) / size as f32))
        .collect();
    let mut targets = Vec::with_capacity(2 * size);
    for (point, &sigma) in points.chunks_exact_mut(2).zip(&sigmas) {
        let gain = pre.input_gain(sigma);
        for (x, mean) in point.iter_mut().zip(pre.mean) {
            let eps: f32 = StandardNormal.sample(rng);
            targets.push(gain * (sigma / pre.scale * (*x - mean) - pre.scale * eps));
            *x += sigma * eps;
        }
    }
    Batch {
        points,
        sigmas,
        targets,
    }
}
