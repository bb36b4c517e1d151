//! The reverse-time stochastic differential equation, with Langevin steps that correct it.

use burn::tensor::Tensor;

use super::langevin::{denoising_step, langevin_step};
use super::nodes::{Nodes, karras};
use super::noise::step_noise;
use super::{Chain, Guard, Parameters, Sampler, Tally};
use crate::field::Field;

/// Diffusion run backwards, `dx = -s d(sigma²) + dW(sigma²)` (Song et al. 2021, equation 6 with `f = 0`), from
/// `sigma_max` down to `sigma_min`: each interval of the grid is crossed by a predictor step,
///
/// ```text
/// x' = x + D s(x, sigma_i) + sqrt(D) z,   D = sigma_i² - sigma_{i+1}²
/// ```
///
/// (reverse diffusion, Song et al. 2021, algorithm 2), and then some Langevin steps of length `a = eta sigma_{i+1}²` at
/// the level reached correct what it did wrong. A final denoising step `x + sigma_min² s` can take off the remaining
/// noise. One evaluation a step.
///
/// The grid is that of [`karras`], as for the flow. With the exact score and 16 to 32 evaluations, samples of the moons
/// and of two Gaussians are then 10 to 30 % nearer to the data, by sliced Wasserstein distance, than on a geometric grid;
/// with 128 the two are equal. The other common predictor (ancestral sampling, with the noise `sigma_{i+1} / sigma_i`
/// times as wide) needs four times the evaluations on the moons, though fewer on two Gaussians. With the exact score,
/// evaluations are better spent on nodes than on corrections.
pub struct ReverseSde {
    nodes: Nodes,
    /// The noise level before the last predictor step.
    spread: f32,
    /// Corrector steps left at the level reached.
    corrections: u32,
    corrector_steps: u32,
    step_size: f32,
    denoise: bool,
    seed: u32,
    guard: Option<Guard>,
    tally: Tally,
    finished: bool,
}

impl ReverseSde {
    /// A descent along these noise levels (descending, at least one).
    ///
    /// - `corrector_steps`, `step_size`: how many Langevin steps at each level reached, and their eta
    /// - `denoise`: whether a last step takes off the noise that is left
    pub fn new(
        nodes: Vec<f32>,
        corrector_steps: u32,
        step_size: f32,
        denoise: bool,
        seed: u32,
        guard: Option<Guard>,
    ) -> Self {
        let nodes = Nodes::new(nodes);
        Self {
            spread: nodes.sigma(),
            nodes,
            corrections: 0,
            corrector_steps,
            step_size,
            denoise,
            seed,
            guard,
            tally: Tally::default(),
            finished: false,
        }
    }

    /// The chain at the present noise level.
    fn chain(&self) -> Chain {
        Chain {
            guard: self.guard,
            ..Chain::new(self.nodes.sigma(), self.step_size, self.seed)
        }
    }

    /// Crosses an interval of the grid.
    fn predict(&mut self, field: &dyn Field, x: Tensor<2>, to: f32) -> Tensor<2> {
        let step = self.tally.step();
        self.tally.evaluated(1);
        let count = x.dims()[0];
        let moved = if count == 0 {
            x
        } else {
            let sigma = self.nodes.sigma();
            let width = (sigma + to) * (sigma - to);
            let drift = self.chain().score(field, &x) * width;
            let kick = step_noise(self.seed, step, count, width.max(0.0).sqrt(), &x.device());
            x + drift + kick
        };
        self.spread = self.nodes.sigma();
        self.nodes.reach(to);
        self.corrections = self.corrector_steps;
        moved
    }

    fn correct(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        self.corrections -= 1;
        let chain = self.chain();
        langevin_step(&chain, 1.0, field, x, &mut self.tally)
    }

    /// Nothing is left to do once the last level has had its corrections and no denoising is asked for.
    fn settle(&mut self) {
        self.finished |= self.nodes.ahead().is_none() && self.corrections == 0 && !self.denoise;
    }
}

impl Sampler for ReverseSde {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        self.settle();
        if self.finished {
            return x;
        }
        let moved = if self.corrections > 0 {
            self.correct(field, x)
        } else {
            match self.nodes.ahead() {
                Some(to) => self.predict(field, x, to),
                None => {
                    self.finished = true;
                    denoising_step(&self.chain(), field, x, &mut self.tally)
                }
            }
        };
        self.settle();
        moved
    }

    fn sigma(&self) -> f32 {
        self.nodes.sigma()
    }

    fn spread(&self) -> f32 {
        self.spread
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::ReverseSde {
            sigma_max,
            sigma_min,
            nodes,
            corrector_steps,
            step_size,
            denoise,
            seed,
            guard,
        } = *parameters
        else {
            return false;
        };
        self.nodes.change_to(karras(sigma_max, sigma_min, nodes));
        (self.corrector_steps, self.step_size) = (corrector_steps, step_size);
        self.corrections = self.corrections.min(corrector_steps);
        (self.denoise, self.seed, self.guard) = (denoise, seed, guard);
        self.settle();
        true
    }
}
