//! The probability-flow ODE: down the noise levels without any noise.

use burn::tensor::Tensor;

use super::langevin::denoise;
use super::nodes::{Nodes, karras};
use super::{Guard, Parameters, Sampler, Tally};
use crate::field::Field;

/// How an interval between two noise levels is crossed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Along the slope at its beginning: one evaluation, error of first order in the interval.
    Euler,
    /// Along the mean of the slopes at its beginning and at Euler's end: two evaluations, error of second order.
    #[default]
    Heun,
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
    /// Past their end there is only the denoising step.
    nodes: Nodes,
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
            nodes: Nodes::new(nodes),
            scheme,
            denoise,
            guard,
            tally: Tally::default(),
            finished: false,
        }
    }

    /// Nothing is left to do once the last node is reached and no denoising is asked for.
    fn settle(&mut self) {
        self.finished |= self.nodes.ahead().is_none() && !self.denoise;
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
        let sigma = self.nodes.sigma();
        let width = to - sigma;
        let slope = self.slope(field, &x, sigma);
        let euler = x.clone() + slope.clone() * width;
        match self.scheme {
            Scheme::Euler => euler,
            Scheme::Heun => x + (slope + self.slope(field, &euler, to)) * (0.5 * width),
        }
    }

    fn final_denoise(&mut self, field: &dyn Field, x: &Tensor<2>) -> Tensor<2> {
        self.tally.evaluated(1);
        let sigma = self.nodes.sigma();
        let denoised = denoise(x, field.score(x, sigma), sigma);
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
        let moved = match self.nodes.ahead() {
            Some(to) => {
                let moved = if x.dims()[0] == 0 { x } else { self.cross(field, x, to) };
                self.nodes.reach(to);
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
        self.nodes.sigma()
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
        self.nodes.change_to(karras(sigma_max, sigma_min, nodes));
        (self.scheme, self.denoise, self.guard) = (scheme, denoise, guard);
        self.settle();
        true
    }
}
