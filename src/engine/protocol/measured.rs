//! What was measured of the network against the truth.

use serde::{Deserialize, Serialize};

use super::Stamp;

/// What was learned, measured against the exact score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Training steps since the last reset.
    pub step: u64,
    /// Seconds spent in training since the last reset.
    pub seconds: f64,
    /// Noise levels at which the error was measured, ascending.
    pub sigmas: Vec<f32>,
    /// Relative Fisher error `E|s - s*|² / E|s*|²` at each of them, under `p_sigma`.
    pub error: Vec<f32>,
    /// What no network can take off the sigma²-weighted denoising loss at each of them: `2 - sigma² E|s*|²`.
    pub floor: Vec<f32>,
    /// What this network has above it: `sigma² E|s - s*|²`.
    pub excess: Vec<f32>,
    /// The bound B in nats: `∫ sigma² E|s - s*|² d ln sigma` over these levels (Song et al. 2021).
    pub nats: f32,
    /// The revision of the data that it was measured against; while they are being drawn, an earlier one.
    pub target: u32,
}

/// How far the density that the network's probability flow delivers is from the truth, both at a small noise level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DensityError {
    /// Which step of which run, and which data.
    pub stamp: Stamp,
    /// The noise level, stage units: the smallest at which errors are measured.
    pub sigma: f32,
    /// Draws of the truth.
    pub count: u32,
    /// Mean negative log density of the network at the draws, nats.
    pub nll: f32,
    /// Kullback-Leibler divergence of the network's density from the truth, `KL(p_sigma || q)`, by the same draws, nats.
    pub kl: f32,
    /// Standard error of it.
    pub error: f32,
    /// The same divergence on a grid, of `exp(-E) / Z` instead of what the flow delivers; energy networks only.
    pub grid: Option<f32>,
}
