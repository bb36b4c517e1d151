//! Unadjusted Langevin dynamics at one noise level.

use burn::tensor::Tensor;

use super::noise::step_noise;
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::{Field, Move};

/// The unadjusted Langevin algorithm,
///
/// ```text
/// x' = x + a beta s(x, sigma) + c sqrt(2 a) z,   a = eta sigma²,   z ~ N(0, I)
/// ```
///
/// the Euler discretisation of `dx = beta s dt + sqrt(2) dW`, whose stationary density is `p_sigma^beta`. (Song & Ermon
/// 2019 write `a/2` and `sqrt(a)`: the same with `a` twice as large.) The discretisation has a bias: where the density
/// is locally a Gaussian of width `w`, particles spread with variance `w² / (1 - a / 2w²)`, and not at all stably for
/// `a > 2w²`.
///
/// The noise scale `c` is there to be got wrong: in small steps the chain samples at the temperature `c² / beta`, and
/// with `c = 0` it climbs to the modes.
pub struct Langevin {
    chain: Chain,
    noise_scale: f32,
    tally: Tally,
}

impl Langevin {
    /// A chain with its noise multiplied by `noise_scale`; 1 is right.
    pub fn new(chain: Chain, noise_scale: f32) -> Self {
        Self {
            chain,
            noise_scale,
            tally: Tally::default(),
        }
    }
}

impl Sampler for Langevin {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        langevin_step(&self.chain, self.noise_scale, field, x, &mut self.tally)
    }

    fn leap(&mut self, field: &dyn Field, x: &Tensor<2>, most: u32) -> Option<(Tensor<2>, u32)> {
        let mut tally = self.tally;
        let moves = (0..most).map(|_| next_move(&self.chain, self.noise_scale, &mut tally));
        let moved = field.travel(x, &self.chain.route(moves.collect()))?;
        self.tally = tally;
        Some((moved, most))
    }

    fn sigma(&self) -> f32 {
        self.chain.sigma
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Langevin { chain, noise_scale } = *parameters else {
            return false;
        };
        (self.chain, self.noise_scale) = (chain, noise_scale);
        true
    }
}

/// One Langevin step with the noise of its number. x: `[n, 2]`.
pub(super) fn langevin_step(
    chain: &Chain,
    noise_scale: f32,
    field: &dyn Field,
    x: Tensor<2>,
    tally: &mut Tally,
) -> Tensor<2> {
    let next = next_move(chain, noise_scale, tally);
    let count = x.dims()[0];
    if count == 0 {
        return x;
    }
    let drift = chain.score(field, &x) * next.drift;
    let kick = step_noise(chain.seed, next.step, count, next.kick, &x.device());
    x + drift + kick
}

/// Counts a Langevin step and says what it is.
pub(super) fn next_move(chain: &Chain, noise_scale: f32, tally: &mut Tally) -> Move {
    tally.evaluated(1);
    tally.passed(chain.length());
    Move {
        sigma: chain.sigma,
        drift: chain.beta * chain.length(),
        kick: noise_scale * chain.time_step(),
        step: tally.step(),
    }
}

/// The last step of a descent, onto the denoised points. x: `[n, 2]`.
pub(super) fn denoising_step(chain: &Chain, field: &dyn Field, x: Tensor<2>, tally: &mut Tally) -> Tensor<2> {
    tally.step();
    tally.evaluated(1);
    if x.dims()[0] == 0 {
        return x;
    }
    denoise(&x, chain.score(field, &x), chain.sigma)
}

/// Tweedie's formula `D = x + sigma² s`, `[n, 2]`.
pub(super) fn denoise(x: &Tensor<2>, score: Tensor<2>, sigma: f32) -> Tensor<2> {
    score * (sigma * sigma) + x.clone()
}
