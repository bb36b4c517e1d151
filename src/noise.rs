//! The ladder of noise levels: one definition for training, sampling and pictures.

use serde::{Deserialize, Serialize};

/// A geometric ladder `sigma_i = sigma_max (sigma_min / sigma_max)^(i / (levels - 1))`, from the most noise to the
/// least (Song & Ermon 2019, section 4). Sigmas are in stage units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseLadder {
    /// The first and largest noise level; here everything is one wide Gaussian.
    pub sigma_max: f32,
    /// The last and smallest noise level; the samples keep this much blur before the final denoising step.
    pub sigma_min: f32,
    /// How many rungs, at least 2.
    pub levels: usize,
}

impl NoiseLadder {
    /// The default for data of the given scale (mean per-axis standard deviation): sigma 3 → 0.01 at scale 0.5, 16 rungs.
    pub fn for_scale(scale: f32) -> Self {
        Self { sigma_max: 6.0 * scale, sigma_min: 0.02 * scale, levels: 16 }
    }

    /// The noise of rung `level`, 0 being the largest; levels past the end give `sigma_min`.
    pub fn sigma(&self, level: usize) -> f32 {
        let last = self.levels.max(2) - 1;
        self.at(level.min(last) as f32 / last as f32)
    }

    /// The noise a fraction `u` of the way down, in equal steps of `ln sigma`; `u` in [0, 1].
    pub fn at(&self, u: f32) -> f32 {
        let (top, bottom) = (self.sigma_max.ln(), self.sigma_min.ln());
        (top + u * (bottom - top)).exp()
    }

    /// All rungs from `sigma_max` to `sigma_min`.
    pub fn sigmas(&self) -> impl Iterator<Item = f32> + '_ {
        (0..self.levels).map(|level| self.sigma(level))
    }

    /// The rung whose sigma is nearest to the given one on the logarithmic scale.
    pub fn nearest(&self, sigma: f32) -> usize {
        let last = self.levels.max(2) - 1;
        let u = (sigma / self.sigma_max).ln() / (self.sigma_min / self.sigma_max).ln();
        (u * last as f32).round().clamp(0.0, last as f32) as usize
    }
}
