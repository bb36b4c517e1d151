//! How much each noise level counts.

use crate::model::Preconditioning;

/// The factor `lambda(sigma)` of `|s - s*|²` in the loss; in terms of the network's output, of `|F - F*|²`, it is the
/// row's weight `lambda gain²`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weighting {
    /// `lambda = 1 / gain² = sigma² (sigma² + sd²) / sd²`: every noise level asks for an output of unit size with unit
    /// weight (Karras et al. 2022, EDM).
    #[default]
    Edm,
    /// `lambda = sigma²` (Song & Ermon 2019): the likelihood's own weighting in `ln sigma` (Song et al. 2021), by which
    /// the loss bounds a Kullback-Leibler divergence. Large noise counts less than with [`Weighting::Edm`], by
    /// `sd² / (sigma² + sd²)`.
    SigmaSquared,
    /// `lambda = sd²`, the same at every noise level: the plain squared error of the score. Scores grow as `1 / sigma`
    /// and so does the noise of their estimates, so that the smallest noise level drowns all others.
    Uniform,
}

impl Weighting {
    /// The weight of `|F - F*|²` at a noise level.
    pub fn of(self, pre: &Preconditioning, sigma: f32) -> f32 {
        match self {
            Self::Edm => 1.0,
            Self::SigmaSquared => pre.skip(sigma),
            Self::Uniform => (pre.scale * pre.score_gain(sigma)).powi(2),
        }
    }

    /// The weights of rows; nothing where all are 1.
    pub(super) fn of_rows(self, pre: &Preconditioning, sigmas: &[f32]) -> Option<Vec<f32>> {
        (self != Self::Edm).then(|| sigmas.iter().map(|&sigma| self.of(pre, sigma)).collect())
    }
}
