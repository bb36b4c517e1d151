//! Fisher error of a field against the exact score, per noise level and as one number in nats.
//!
//! ```text
//! relative error (sigma)  = E |s - s*|² / E |s*|²                     over x ~ p_sigma
//! B                       = ∫ sigma² E |s - s*|² d ln sigma          nats
//! ```
//!
//! `B` bounds the Kullback-Leibler divergence of what the reverse diffusion through these noise levels draws (Song et
//! al. 2021, likelihood weighting). Unlike the training loss, whose floor hides what is left to learn, both go to zero.

use burn::tensor::{Device, ExecutionError, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, StandardNormal};

use crate::{
    distribution::ExactField,
    field::{Field, points_on},
};

/// The noise levels at which errors are reported, in multiples of the data's scale: 0.02 … 1 at scale 0.5.
const LEVELS: [f32; 6] = [0.04, 0.1, 0.2, 0.4, 1.0, 2.0];

/// The noise levels at which errors are reported for data of this scale, ascending.
pub fn levels(scale: f32) -> [f32; 6] {
    LEVELS.map(|level| level * scale)
}

/// Measures fields against one distribution, at points and exact scores computed once.
#[derive(Debug, Default)]
pub struct FisherGauge {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    sigma: f32,
    /// `[n, 2]`, drawn from `p_sigma`.
    points: Tensor<2>,
    /// `[n, 2]`, the exact scores there.
    scores: Tensor<2>,
    /// Mean of `|s*|²` over them.
    mean_square: f32,
}

/// What a gauge found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FisherError {
    /// Noise levels, ascending, stage units.
    pub sigmas: Vec<f32>,
    /// Relative error at each of them.
    pub relative: Vec<f32>,
    /// The bound `B` over their range, nats.
    pub nats: f32,
}

impl FisherGauge {
    /// A gauge of these noise levels, ascending; see [`FisherGauge::add_level`].
    pub fn new(exact: &ExactField, sigmas: &[f32], points: usize, seed: u32, device: &Device) -> Self {
        let mut gauge = Self::default();
        for &sigma in sigmas {
            gauge.add_level(exact, sigma, points, seed, device);
        }
        gauge
    }

    /// Draws `points` points of `p_sigma`, computes their exact scores, and keeps both on the device of the fields that
    /// will be measured. Levels are added in ascending order; one at a time where there is little time.
    pub fn add_level(&mut self, exact: &ExactField, sigma: f32, points: usize, seed: u32, device: &Device) {
        // A stream of its own for each level, so that its points do not depend on the other levels.
        let mut rng = StdRng::seed_from_u64(u64::from(seed) << 32 | u64::from(sigma.to_bits()));
        let mut x = vec![0.0; 2 * points];
        exact.sample(&mut rng, &mut x);
        for x in &mut x {
            let eps: f32 = StandardNormal.sample(&mut rng);
            *x += sigma * eps;
        }
        let mut scores = vec![0.0; 2 * points];
        exact.at(sigma).scores(&x, &mut scores);
        let mean_square = scores.iter().map(|s| s * s).sum::<f32>() / points as f32;
        self.levels.push(Level {
            sigma,
            points: points_on(device, x),
            scores: points_on(device, scores),
            mean_square,
        });
    }

    /// How many noise levels there are.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// No noise levels at all.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Mean of `|s - s*|²` at the `i`th noise level, still on the device (`[1]`), so that a caller with little time can
    /// measure level by level; [`FisherGauge::summary`] takes them together. `None` past the last level.
    pub fn level_error(&self, i: usize, field: &dyn Field) -> Option<Tensor<1>> {
        let level = self.levels.get(i)?;
        let miss = field.score(&level.points, level.sigma) - level.scores.clone();
        let [n, _] = miss.dims();
        Some((miss.clone() * miss).sum().div_scalar(n as f32))
    }

    /// Relative errors and nats from the mean squares of all levels, in order.
    pub fn summary(&self, level_errors: &[f32]) -> FisherError {
        let measured = || self.levels.iter().zip(level_errors);
        let weighted: Vec<[f32; 2]> = measured().map(|(l, e)| [l.sigma.ln(), l.sigma * l.sigma * e]).collect();
        let trapezoids = weighted
            .windows(2)
            .map(|w| 0.5 * (w[0][1] + w[1][1]) * (w[1][0] - w[0][0]));
        FisherError {
            sigmas: measured().map(|(level, _)| level.sigma).collect(),
            relative: measured().map(|(level, error)| error / level.mean_square).collect(),
            nats: trapezoids.sum(),
        }
    }

    /// Measures all noise levels at once.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn measure(&self, field: &dyn Field) -> Result<FisherError, ExecutionError> {
        let errors: Vec<_> = (0..self.len()).filter_map(|i| self.level_error(i, field)).collect();
        let mut read = Vec::with_capacity(errors.len());
        for error in errors {
            read.push(error.into_scalar_async::<f32>().await?);
        }
        Ok(self.summary(&read))
    }
}
