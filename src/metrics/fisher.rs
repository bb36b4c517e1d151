//! Fisher error of a field against the exact score, per noise level and as one number in nats.
//!
//! ```text
//! relative error (sigma)  = E |s - s*|² / E |s*|²                     over x ~ p_sigma
//! B                       = ∫ sigma² E |s - s*|² d ln sigma          nats
//! ```
//!
//! `B` bounds the Kullback-Leibler divergence of what the reverse diffusion through these noise levels draws (Song et
//! al. 2021, likelihood weighting). Unlike the training loss, whose floor hides what is left to learn, both go to zero.
//!
//! That floor is known here, because the exact score is: the denoising loss with the weight sigma² (Vincent 2011) is
//!
//! ```text
//! E |eps + sigma s|² = (2 - sigma² E |s*|²) + sigma² E |s - s*|²       floor + excess, over x0 ~ p, eps ~ N(0, I)
//! ```
//!
//! because the exact score is the mean of `-eps / sigma` over all ways to reach a point, and what eps deviates from its
//! mean by is independent of any field.

use burn::tensor::{Device, ExecutionError, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use web_time::Instant;

use super::{entirely, until};
use crate::{
    distribution::{ExactField, Smoothed},
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

/// A noise level in preparation: points of `p_sigma`, and their exact scores as far as they are computed.
#[derive(Debug)]
pub struct Draft {
    truth: Smoothed,
    /// `[x0, y0, …]`.
    points: Vec<f32>,
    /// Of the first points.
    scores: Vec<f32>,
}

/// Exact scores in one go: natively 3 ms on the set with the most nodes.
const AT_ONCE: usize = 128;

impl Draft {
    /// Draws so many points of `p_sigma`.
    pub fn new(exact: &ExactField, sigma: f32, points: usize, seed: u32) -> Self {
        // A stream of its own for each level, so that its points do not depend on the other levels.
        let mut rng = StdRng::seed_from_u64(u64::from(seed) << 32 | u64::from(sigma.to_bits()));
        let mut x = vec![0.0; 2 * points];
        exact.sample_noised(sigma, &mut rng, &mut x);
        Self {
            truth: exact.at(sigma),
            scores: Vec::with_capacity(x.len()),
            points: x,
        }
    }

    /// Computes exact scores until the deadline; true once all are known.
    pub fn advance(&mut self, deadline: Instant) -> bool {
        until(deadline, || self.piece()).is_some()
    }

    fn piece(&mut self) -> Option<()> {
        let first = self.scores.len();
        let last = self.points.len().min(first + 2 * AT_ONCE);
        self.scores.resize(last, 0.0);
        self.truth.scores(&self.points[first..last], &mut self.scores[first..]);
        (last == self.points.len()).then_some(())
    }
}

/// What a gauge found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FisherError {
    /// Noise levels, ascending, stage units.
    pub sigmas: Vec<f32>,
    /// Relative error at each of them.
    pub relative: Vec<f32>,
    /// What no field can take off the sigma²-weighted denoising loss there: `2 - sigma² E |s*|²`.
    pub floor: Vec<f32>,
    /// What the field has above it: `sigma² E |s - s*|²`.
    pub excess: Vec<f32>,
    /// The bound `B` over their range, nats.
    pub nats: f32,
}

impl Level {
    /// The least sigma²-weighted denoising loss here.
    fn floor(&self) -> f32 {
        2.0 - self.sigma * self.sigma * self.mean_square
    }
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

    /// A noise level at once; see [`FisherGauge::add`].
    pub fn add_level(&mut self, exact: &ExactField, sigma: f32, points: usize, seed: u32, device: &Device) {
        let mut draft = Draft::new(exact, sigma, points, seed);
        entirely(|| draft.piece());
        self.add(draft, device);
    }

    /// Adds a noise level that has been prepared, and keeps its points on the device of the fields that will be
    /// measured. Levels are added in ascending order.
    pub fn add(&mut self, draft: Draft, device: &Device) {
        let mean_square = draft.scores.iter().map(|s| s * s).sum::<f32>() / (draft.points.len() / 2) as f32;
        self.levels.push(Level {
            sigma: draft.truth.sigma(),
            points: points_on(device, draft.points),
            scores: points_on(device, draft.scores),
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
        let sigmas: Vec<f32> = measured().map(|(level, _)| level.sigma).collect();
        let excess: Vec<f32> = measured()
            .map(|(level, error)| level.sigma * level.sigma * error)
            .collect();
        let trapezoid =
            |(sigmas, excess): (&[f32], &[f32])| 0.5 * (excess[0] + excess[1]) * (sigmas[1] / sigmas[0]).ln();
        FisherError {
            nats: sigmas.windows(2).zip(excess.windows(2)).map(trapezoid).sum(),
            relative: measured().map(|(level, error)| error / level.mean_square).collect(),
            floor: measured().map(|(level, _)| level.floor()).collect(),
            sigmas,
            excess,
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
