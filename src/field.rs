//! The question that an exact and a learned field both answer: the score at given points and a given noise level.
//!
//! Samplers, metrics and pictures take any [`Field`] and do not know which of the two they follow.

use burn::tensor::Tensor;

/// A score field `s(x, sigma) = grad log p_sigma(x)`.
pub trait Field {
    /// The score at one noise level.
    ///
    /// x: `[n, 2]` stage coordinates on the field's own device, sigma: noise in stage units; returns `[n, 2]` on the
    /// same device. Does no autodiff.
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2>;
}
