//! The exact field: one interface to the two closed forms, and the reference for everything faster.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::TargetError;
use super::boxes::Boxes;
use super::mixture::Mixture;
use super::smoothed::Smoothed;

/// Two pi, for normal densities in the plane.
pub(super) const TAU: f32 = std::f32::consts::TAU;

/// Smallest scale that is reported: a drawn line or a single node would otherwise give 0, and dividing by it nonsense.
const SCALE_FLOOR: f32 = 0.02;

/// A distribution in the plane with everything known in closed form, at any noise level.
#[derive(Clone, Debug)]
pub enum ExactField {
    /// Isotropic Gaussians.
    Mixture(Mixture),
    /// A uniform density on the cells of a grid.
    Boxes(Boxes),
}

/// What is known at one point at one noise level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Local {
    /// `log p_sigma(x)`, normalised: nats, with lengths in stage units.
    pub log_density: f32,
    /// `grad log p_sigma(x)`, per stage unit.
    pub score: [f32; 2],
}

impl Local {
    /// The denoised position `E[x0 | x] = x + sigma² s` (Tweedie's formula) of the point `x` where this was evaluated.
    pub fn denoiser(&self, x: [f32; 2], sigma: f32) -> [f32; 2] {
        let t = sigma * sigma;
        [x[0] + t * self.score[0], x[1] + t * self.score[1]]
    }
}

impl ExactField {
    /// A mixture of isotropic Gaussians: node positions, weights (normalised here) and variances (0 is allowed: such a
    /// node is a point, and only the noise smooths it).
    ///
    /// # Errors
    /// When there is no node, lengths differ, a number is not finite, or a weight or variance is negative.
    pub fn mixture(nodes: Vec<[f32; 2]>, weights: Vec<f32>, variances: Vec<f32>) -> Result<Self, TargetError> {
        Mixture::new(&nodes, &weights, &variances).map(Self::Mixture)
    }

    /// The mean of the distribution.
    pub fn mean(&self) -> [f32; 2] {
        match self {
            Self::Mixture(mixture) => mixture.mean(),
            Self::Boxes(boxes) => boxes.mean(),
        }
    }

    /// Square root of the mean per-axis variance, at least 0.02.
    pub fn scale(&self) -> f32 {
        let variance = match self {
            Self::Mixture(mixture) => mixture.variance(),
            Self::Boxes(boxes) => boxes.variance(),
        };
        variance.sqrt().max(SCALE_FLOOR)
    }

    /// The smallest box around all nodes or cells, as its lower left and upper right corner. The Gaussians' own width
    /// is not in it.
    pub fn bounds(&self) -> [[f32; 2]; 2] {
        match self {
            Self::Mixture(mixture) => mixture.bounds(),
            Self::Boxes(boxes) => boxes.bounds(),
        }
    }

    /// Fills `out` (`[x0, y0, x1, y1, …]`) with independent draws from the distribution itself, without noise.
    /// Constant time a draw.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R, out: &mut [f32]) {
        let points = out.chunks_exact_mut(2);
        match self {
            Self::Mixture(mixture) => points.for_each(|point| point.copy_from_slice(&mixture.draw(rng))),
            Self::Boxes(boxes) => points.for_each(|point| point.copy_from_slice(&boxes.draw(rng))),
        }
    }

    /// Fills `out` (`[x0, y0, x1, y1, …]`) with independent draws from `p_sigma`: draws of the distribution with noise.
    pub fn sample_noised<R: Rng + ?Sized>(&self, sigma: f32, rng: &mut R, out: &mut [f32]) {
        self.sample(rng, out);
        for x in out {
            let eps: f32 = rng.sample(StandardNormal);
            *x += sigma * eps;
        }
    }

    /// Log density and score at `x`, node by node: slow, and the reference. `sigma` > 0.
    pub fn local(&self, x: [f32; 2], sigma: f32) -> Local {
        match self {
            Self::Mixture(mixture) => mixture.local(x, sigma),
            Self::Boxes(boxes) => boxes.local(x, sigma),
        }
    }

    /// The denoised position `E[x0 | x] = x + sigma² s(x, sigma)` (Tweedie's formula); it lies in the convex hull of the
    /// data.
    pub fn denoiser(&self, x: [f32; 2], sigma: f32) -> [f32; 2] {
        self.local(x, sigma).denoiser(x, sigma)
    }

    /// The Jacobian of the score, which is the Hessian of the log density: symmetric, its trace is the divergence.
    pub fn jacobian(&self, x: [f32; 2], sigma: f32) -> [[f32; 2]; 2] {
        match self {
            Self::Mixture(mixture) => mixture.jacobian(x, sigma),
            Self::Boxes(boxes) => boxes.jacobian(x, sigma),
        }
    }

    /// The field prepared for many points at one noise level.
    pub fn at(&self, sigma: f32) -> Smoothed {
        Smoothed::new(self, sigma)
    }
}
