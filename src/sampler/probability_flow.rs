//! The probability-flow ODE: down the noise levels without any noise.

use burn::tensor::Tensor;

use super::langevin::denoise;
use super::{Guard, Parameters, Sampler, Tally};
use crate::field::Field;

/// The exponent of the grid of noise levels; 7 spends most nodes where sigma is small (Karras et al. 2022, appendix D).
const RHO: f32 = 7.0;

/// How an interval between two noise levels is crossed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Along the slope at its beginning: one evaluation, error of first order in the interval.
    Euler,
    /// Along the mean of the slopes at its beginning and at Euler's end: two evaluations, error of second order.
    #[default]
    Heun,
}

/// The noise levels of the flow, from the most noise to the least:
///
/// ```text
/// sigma_k = (sigma_max^(1/rho) + k/(n-1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho,   rho = 7
/// ```
///
/// (Karras et al. 2022, equation 5). `nodes` is at least 2; the ends are exactly as given.
pub fn karras(sigma_max: f32, sigma_min: f32, nodes: usize) -> Vec<f32> {
    let last = nodes.max(2) - 1;
    let (top, bottom) = (sigma_max.powf(RHO.recip()), sigma_min.powf(RHO.recip()));
    let mut sigmas: Vec<f32> = (0..=last)
        .map(|k| (top + k as f32 / last as f32 * (bottom - top)).powf(RHO))
        .collect();
    sigmas[0] = sigma_max;
    sigmas[last] = sigma_min;
    sigmas
}

/// The deterministic flow that has the same densities `p_sigma` as diffusion (Song et al. 2021, equation 13; Karras et
/// al. 2022, algorithm 1 without its last step to sigma 0),
///
/// ```text
/// dx / d sigma = -sigma s(x, sigma) = (x - D) / sigma
/// ```
///
/// from `sigma_max` down to `sigma_min`, one interval of [`karras`]' grid a step. Particles start as
/// [`super::start`] draws them, `N(mean, (sigma_max² + scale²) I)`, and end as samples of `p_sigma_min`; the same start
/// always ends in the same place. A final denoising step `x + sigma_min² s` can take off the remaining noise.
///
/// With the exact score, 12 nodes (22 evaluations by Heun's scheme) are close to converged.
pub struct ProbabilityFlow {
    /// Noise levels, descending.
    nodes: Vec<f32>,
    /// The noise level of the particles.
    sigma: f32,
    /// The node to which the next step leads; past the end there is only the denoising step.
    next: usize,
    scheme: Scheme,
    denoise: bool,
    guard: Option<Guard>,
    tally: Tally,
    finished: bool,
}

impl ProbabilityFlow {
    /// A flow along these noise levels (descending, at least one), with a denoising step at the end or without.
    pub fn new(nodes: Vec<f32>, scheme: Scheme, denoise: bool, guard: Option<Guard>) -> Self {
        Self {
            sigma: nodes.first().copied().unwrap_or_default(),
            next: 1,
            nodes,
            scheme,
            denoise,
            guard,
            tally: Tally::default(),
            finished: false,
        }
    }

    /// Nothing is left to do once the last node is reached and no denoising is asked for.
    fn settle(&mut self) {
        self.finished |= self.next >= self.nodes.len() && !self.denoise;
    }

    /// `dx / d sigma`, `[n, 2]`.
    fn slope(&mut self, field: &dyn Field, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.tally.evaluated(1);
        let score = field.score(x, sigma);
        match &self.guard {
            None => score * -sigma,
            Some(guard) => (x.clone() - guard.clip(denoise(x, score, sigma))).div_scalar(sigma),
        }
    }

    fn cross(&mut self, field: &dyn Field, x: Tensor<2>, to: f32) -> Tensor<2> {
        let width = to - self.sigma;
        let slope = self.slope(field, &x, self.sigma);
        let euler = x.clone() + slope.clone() * width;
        match self.scheme {
            Scheme::Euler => euler,
            Scheme::Heun => x + (slope + self.slope(field, &euler, to)) * (0.5 * width),
        }
    }

    fn final_denoise(&mut self, field: &dyn Field, x: &Tensor<2>) -> Tensor<2> {
        self.tally.evaluated(1);
        let denoised = denoise(x, field.score(x, self.sigma), self.sigma);
        match &self.guard {
            None => denoised,
            Some(guard) => guard.clip(denoised),
        }
    }
}

impl Sampler for ProbabilityFlow {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        self.settle();
        if self.finished {
            return x;
        }
        self.tally.step();
        let moved = match self.nodes.get(self.next).copied() {
            Some(to) => {
                let moved = if x.dims()[0] == 0 { x } else { self.cross(field, x, to) };
                self.sigma = to;
                self.next += 1;
                moved
            }
            None => {
                self.finished = true;
                if x.dims()[0] == 0 {
                    x
                } else {
                    self.final_denoise(field, &x)
                }
            }
        };
        self.settle();
        moved
    }

    fn sigma(&self) -> f32 {
        self.sigma
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::ProbabilityFlow {
            sigma_max,
            sigma_min,
            nodes,
            scheme,
            denoise,
            guard,
        } = *parameters
        else {
            return false;
        };
        // Particles keep their noise level, and go on from it to the next node below.
        self.nodes = karras(sigma_max, sigma_min, nodes);
        self.next = self.nodes.partition_point(|&node| node >= self.sigma);
        (self.scheme, self.denoise, self.guard) = (scheme, denoise, guard);
        self.settle();
        true
    }
}
