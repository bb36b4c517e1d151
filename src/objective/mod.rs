//! What a network is asked to fit.
//!
//! Every objective is a batch of noised points with something asked at each of them ([`Task`]): either a target of the
//! network's output `F`, or its divergence, of which integration by parts makes the same problem. An objective makes
//! batches on the host from the data and a stream of random numbers, and knows nothing of networks or devices; the loss
//! is taken by `training`.
//!
//! All objectives have the same minimiser, the exact score, and the same expected gradient, that of
//!
//! ```text
//! J = E_sigma E_{x ~ p_sigma}  weight(sigma) / gain(sigma)² |s(x, sigma) - s*(x, sigma)|²  =  E weight |F - F*|²
//! ```
//!
//! so that only the variance of the estimate differs, and what it costs. Noise levels are the same in all of them
//! (except in denoising at one level): `ln sigma` uniform over the ladder's range, stratified over the batch.

pub mod denoising;
pub mod explicit;
pub mod implicit;
mod noised;
mod reference;
pub mod sliced;
pub mod stable_target;
mod weighting;

use rand::rngs::StdRng;

pub use self::{noised::Noised, weighting::Weighting};
use crate::{
    distribution::ExactField,
    model::{Preconditioning, perceptron::features},
    noise::NoiseLadder,
};

/// Which problem the network is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Objective {
    /// [`denoising`] over the whole ladder (Vincent 2011; Song & Ermon 2019).
    #[default]
    Denoising,
    /// [`denoising`] at one noise level, stage units (Vincent 2011): the network learns nothing of the others.
    DenoisingAt(f32),
    /// [`implicit`] (Hyvarinen 2005), with the exact divergence.
    Implicit,
    /// [`sliced`] (Song et al. 2019), with the divergence along one random direction.
    Sliced,
    /// [`stable_target`] (Xu et al. 2023): denoising towards the posterior mean over the batch.
    StableTarget,
    /// [`explicit`]: the exact score itself.
    Explicit,
}

/// What a batch is made of.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The distribution to learn.
    pub data: &'a ExactField,
    /// Mean and scale in the network's inputs and outputs.
    pub preconditioning: &'a Preconditioning,
    /// Noise levels come from this range.
    pub ladder: &'a NoiseLadder,
    /// Rows of the batch.
    pub size: usize,
}

/// `n` rows for the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Noised points `[x0, y0, x1, y1, …]`, stage coordinates.
    pub points: Vec<f32>,
    /// The noise level of each row, stage units.
    pub sigmas: Vec<f32>,
    /// What is asked at each row.
    pub task: Task,
    /// How much each row counts; nothing if all count 1.
    pub weights: Option<Vec<f32>>,
}

/// What is asked of the network's output `F` at the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// To equal `[f0x, f0y, …]`, of unit size: the loss is `|F - target|²`.
    Target(Vec<f32>),
    /// Hyvarinen's: `|F|² + 2 sigma / sd (div_z F - z · F)`.
    Divergence,
    /// The same along a random direction a row, `[v0x, v0y, …]` with `E v vᵀ = I`: `vᵀ (dF/dz) v` for `div_z F`.
    Slice(Vec<f32>),
}

impl Objective {
    /// Whether what is asked has little variance, so that training bears long steps from the beginning.
    pub fn is_calm(self) -> bool {
        matches!(self, Self::StableTarget | Self::Explicit)
    }

    /// Draws a batch.
    pub fn batch(self, weighting: Weighting, problem: &Problem, rng: &mut StdRng) -> Batch {
        let batch = match self {
            Self::Denoising => denoising::batch(problem, rng),
            Self::DenoisingAt(sigma) => denoising::batch_at(problem, sigma, rng),
            Self::Implicit => implicit::batch(problem, rng),
            Self::Sliced => sliced::batch(problem, rng),
            Self::StableTarget => stable_target::batch(problem, rng),
            Self::Explicit => explicit::batch(problem, rng),
        };
        let weights = weighting.of_rows(problem.preconditioning, &batch.sigmas);
        Batch { weights, ..batch }
    }
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
