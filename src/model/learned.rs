//! The field of a network with fixed weights.

use burn::tensor::Tensor;

use super::{Network, Preconditioning, features};
use crate::field::{Differential, Field};

/// The score of a trained network; no gradients by its weights are kept.
#[derive(Clone, Debug)]
pub struct LearnedField {
    pub(super) network: Network,
    pub(super) preconditioning: Preconditioning,
}

impl LearnedField {
    /// A field of these weights.
    pub fn new(network: Network, preconditioning: Preconditioning) -> Self {
        Self {
            network,
            preconditioning,
        }
    }

    /// The network's own output `F` (unit size at every noise level). x: `[n, 2]`; returns `[n, 2]`.
    pub fn output(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.network
            .forward(features::on_device(&self.preconditioning, x, sigma))
    }

    /// `-(x - mean) / (sigma² + sd²) + gain F`: the score that an output `F` stands for.
    pub(super) fn score_of(&self, output: Tensor<2>, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let pre = &self.preconditioning;
        let pull = (features::mean_row(pre, x) - x.clone()).div_scalar(pre.variance(sigma));
        pull + output.mul_scalar(pre.score_gain(sigma))
    }
}

impl Field for LearnedField {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.score_of(self.output(x, sigma), x, sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        self.derivatives(x, sigma)
    }
}
