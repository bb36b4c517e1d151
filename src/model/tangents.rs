//! Forward mode: values that carry derivatives beside them through a layer.
//!
//! Beside each hidden vector run its derivatives by the inputs. With `phi` the activation,
//!
//! ```text
//! a = h W + b,   A_k = T_k W,   h <- phi(a),   T_k <- phi'(a) A_k,   at the end   dF/dz_k = T_k W_out
//! ```
//!
//! Value and derivatives go through one matrix product of as many times more rows, so that a Jacobian costs three
//! evaluations of the network, and training by it needs no autodiff of second order.

use burn::tensor::Tensor;

use super::network::Layer;

/// In which directions the derivatives of the output are summed up.
#[derive(Clone, Copy, Debug)]
pub enum Along<'a> {
    /// Both axes: the divergence.
    Axes,
    /// One direction a row, `[n, 2]`: the quadratic form `vᵀ (dF/dz) v`.
    Rows(&'a Tensor<2>),
}

/// A vector a row and `K` derivatives of it, all `[n, columns]`.
pub(super) struct Lifted<const K: usize> {
    pub value: Tensor<2>,
    pub derivatives: [Tensor<2>; K],
}

impl<const K: usize> Lifted<K> {
    /// Through `h W + b`; the bias belongs to the value alone.
    pub(super) fn through(self, layer: &Layer) -> Self {
        let [n, _] = self.value.dims();
        let parts = std::iter::once(self.value).chain(self.derivatives).collect();
        let product = Tensor::cat(parts, 0).matmul(layer.weight.clone());
        let [_, columns] = product.dims();
        let part = |i: usize| product.clone().slice([i * n..(i + 1) * n, 0..columns]);
        Self {
            value: part(0) + layer.bias.clone(),
            derivatives: std::array::from_fn(|k| part(k + 1)),
        }
    }
}

/// One column, `[n, 1]`.
pub(super) fn column(x: &Tensor<2>, index: usize) -> Tensor<2> {
    let [n, _] = x.dims();
    x.clone().slice([0..n, index..index + 1])
}
