//! Unadjusted Langevin dynamics at one noise level.

use burn::tensor::Tensor;

use super::noise::step_noise;
use super::{Guard, Parameters, Sampler};
use crate::field::Field;

/// The unadjusted Langevin algorithm,
///
/// ```text
/// x' = x + a s(x, sigma) + sqrt(2 a) z,   a = eta sigma²,   z ~ N(0, I)
/// ```
///
/// the Euler discretisation of `dx = s dt + sqrt(2) dW`, whose stationary density is `p_sigma`. (Song & Ermon 2019 write
/// `a/2` and `sqrt(a)`: the same with `a` twice as large.) The discretisation has a bias: where the density is locally a
/// Gaussian of width `w`, particles spread with variance `w² / (1 - a / 2w²)`, and not at all stably for `a > 2w²`.
pub struct Langevin {
    sigma: f32,
    step_size: f32,
    seed: u32,
    guard: Option<Guard>,
    steps: u64,
}

impl Langevin {
    /// Samples `p_sigma` with steps `a = step_size sigma²`. Noise from `seed`.
    pub fn new(sigma: f32, step_size: f32, seed: u32, guard: Option<Guard>) -> Self {
        Self {
            sigma,
            step_size,
            seed,
            guard,
            steps: 0,
        }
    }
}

impl Sampler for Langevin {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        let noise = Noise {
            seed: self.seed,
            step: self.steps,
        };
        self.steps += 1;
        langevin_step(field, x, self.sigma, self.step_size, self.guard.as_ref(), noise)
    }

    fn sigma(&self) -> f32 {
        self.sigma
    }

    fn level(&self) -> Option<usize> {
        None
    }

    fn finished(&self) -> bool {
        false
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn evaluations(&self) -> u64 {
        self.steps
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Langevin {
            sigma,
            step_size,
            seed,
            guard,
        } = *parameters
        else {
            return false;
        };
        *self = Self {
            sigma,
            step_size,
            seed,
            guard,
            steps: self.steps,
        };
        true
    }
}

/// Which noise a step takes.
pub(super) struct Noise {
    pub(super) seed: u32,
    pub(super) step: u64,
}

/// One Langevin step of length `eta sigma²`, guarded or not. x: `[n, 2]`.
pub(super) fn langevin_step(
    field: &dyn Field,
    x: Tensor<2>,
    sigma: f32,
    eta: f32,
    guard: Option<&Guard>,
    noise: Noise,
) -> Tensor<2> {
    let count = x.dims()[0];
    if count == 0 {
        return x;
    }
    let score = field.score(&x, sigma);
    let kick = step_noise(noise.seed, noise.step, count, (2.0 * eta).sqrt() * sigma, &x.device());
    match guard {
        None => x + score * (eta * sigma * sigma) + kick,
        // a s = eta (D - x), with D clipped.
        Some(guard) => {
            let denoised = guard.clip(denoise(&x, score, sigma));
            x * (1.0 - eta) + denoised * eta + kick
        }
    }
}

/// Tweedie's formula `D = x + sigma² s`, `[n, 2]`.
pub(super) fn denoise(x: &Tensor<2>, score: Tensor<2>, sigma: f32) -> Tensor<2> {
    score * (sigma * sigma) + x.clone()
}
