//! Langevin dynamics with averaged noise: the same cost, and no bias on a Gaussian.

use burn::tensor::Tensor;

use super::noise::step_noise;
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::Field;

/// The method of Leimkuhler & Matthews (2013, section 4: the limit of BAOAB at high friction),
///
/// ```text
/// x' = x + a beta s(x, sigma) + c sqrt(2 a) (z_n + z_{n+1}) / 2,   a = eta sigma²
/// ```
///
/// in which each particle's `z_{n+1}` is also the first of its next step. (Two new normals a step would halve the
/// noise.) On a Gaussian the stationary variance is exact at every stable step, `a < 2w²`, where plain Langevin's is
/// `w² / (1 - a / 2w²)`: there `V (2 eta - eta²) = w² eta (2 - eta)` with `eta = a / w²`. Elsewhere its bias is of
/// second order in `a`.
pub struct AveragedNoise {
    chain: Chain,
    noise_scale: f32,
    /// `z_n` and its `n`; none before the first step.
    kept: Option<(u64, Tensor<2>)>,
    tally: Tally,
}

impl AveragedNoise {
    /// A chain with its noise multiplied by `noise_scale`; 1 is right.
    pub fn new(chain: Chain, noise_scale: f32) -> Self {
        Self {
            chain,
            noise_scale,
            kept: None,
            tally: Tally::default(),
        }
    }

    /// `z_n + z_{n+1}` for particles like `x`, `[n, 2]`.
    fn noise(&mut self, step: u64, x: &Tensor<2>) -> Tensor<2> {
        let draw = |step| step_noise(self.chain.seed, step, x.dims()[0], 1.0, &x.device());
        let first = match self.kept.take() {
            Some((number, kept)) if number == step && kept.dims() == x.dims() => kept,
            _ => draw(step),
        };
        let second = draw(step + 1);
        self.kept = Some((step + 1, second.clone()));
        first + second
    }
}

impl Sampler for AveragedNoise {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        let step = self.tally.step();
        self.tally.evaluated(1);
        self.tally.passed(self.chain.length());
        if x.dims()[0] == 0 {
            return x;
        }
        let drift = self.chain.score(field, &x) * (self.chain.beta * self.chain.length());
        let kick = self.noise(step, &x) * (0.5 * self.noise_scale * self.chain.time_step());
        x + drift + kick
    }

    fn sigma(&self) -> f32 {
        self.chain.sigma
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::AveragedNoise { chain, noise_scale } = *parameters else {
            return false;
        };
        if chain.seed != self.chain.seed {
            self.kept = None;
        }
        (self.chain, self.noise_scale) = (chain, noise_scale);
        true
    }
}
