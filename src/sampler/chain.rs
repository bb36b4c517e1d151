//! What chains at one noise level have in common.

use burn::tensor::Tensor;

use super::Guard;
use super::langevin::denoise;
use crate::field::{Field, Move, Route};

/// A chain at one noise level: what it samples, in which steps, and with which random numbers.
///
/// The target is `p_sigma^beta`, that is `p_sigma` at the temperature `T = 1 / beta`. Chains without momentum follow
/// `beta s` (and test with `beta E`) under unchanged noise; chains with momentum follow `s` itself and have the
/// temperature in the momenta, the noise and the test. Both at once would sample at `T²`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// The noise level whose density is sampled, in stage units.
    pub sigma: f32,
    /// eta: a step is `a = eta sigma²`, in stage units squared; with momentum the time step is `h = sqrt(2 a)`.
    pub step_size: f32,
    /// The inverse temperature.
    pub beta: f32,
    /// Seeds all randomness.
    pub seed: u32,
    /// Denoiser clipping and the walls of the Metropolis test; `None` follows the field blindly.
    pub guard: Option<Guard>,
}

impl Chain {
    /// A chain at temperature 1 that follows the field blindly.
    pub fn new(sigma: f32, step_size: f32, seed: u32) -> Self {
        Self {
            sigma,
            step_size,
            beta: 1.0,
            seed,
            guard: None,
        }
    }

    /// `a = eta sigma²`, the length of a Langevin step in stage units squared.
    pub fn length(&self) -> f32 {
        self.step_size * self.sigma * self.sigma
    }

    /// `h = sqrt(2 a)`, in stage units: the time step with momentum, with which one step goes as far as one Langevin
    /// step.
    pub fn time_step(&self) -> f32 {
        (2.0 * self.step_size).sqrt() * self.sigma
    }

    /// These steps in one go, with the chain's seed and guard.
    pub(super) fn route(&self, moves: Vec<Move>) -> Route {
        Route {
            seed: self.seed,
            clip: self.guard.map(|guard| [guard.low, guard.high]),
            moves,
        }
    }

    /// The score that particles follow, `[n, 2]`: the field's, or with a guard `(D - x) / sigma²` with `D` clipped.
    pub(super) fn score(&self, field: &dyn Field, x: &Tensor<2>) -> Tensor<2> {
        self.guarded(x, field.score(x, self.sigma))
    }

    /// The same from a score that is known.
    pub(super) fn guarded(&self, x: &Tensor<2>, score: Tensor<2>) -> Tensor<2> {
        match &self.guard {
            None => score,
            Some(guard) => (guard.clip(denoise(x, score, self.sigma)) - x.clone()) / (self.sigma * self.sigma),
        }
    }
}

/// What a run has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Steps.
    pub steps: u64,
    /// Score evaluations a particle.
    pub evaluations: u64,
    /// Langevin time, the sum of all `a`, in stage units squared.
    pub time: f64,
}

impl Tally {
    /// Counts a step and returns its number, from 0.
    pub(super) fn step(&mut self) -> u64 {
        self.steps += 1;
        self.steps - 1
    }

    /// Counts so many evaluations.
    pub(super) fn evaluated(&mut self, evaluations: u64) {
        self.evaluations += evaluations;
    }

    /// Counts time.
    pub(super) fn passed(&mut self, length: f32) {
        self.time += f64::from(length);
    }
}
