//! Divergence and curl of a learned field, exactly and without second-order autodiff.
//!
//! Forward mode: beside each hidden vector run its derivatives by `x` and by `y`. With `phi` the activation,
//!
//! ```text
//! a = h W + b,   A_k = T_k W,   h <- phi(a),   T_k <- phi'(a) A_k,   at the end   dF/dx_k = T_k W_out
//! div s  = -2 / (sigma² + sd²) + gain (dF_1/dx + dF_2/dy)
//! curl s = gain (dF_2/dx - dF_1/dy)
//! ```
//!
//! Value and two tangents go through one matrix product of three times as many rows, so that the Jacobian costs three
//! evaluations of the field.

use burn::tensor::Tensor;

use super::{LearnedField, activation::silu_and_slope, features, network::Layer};
use crate::field::Differential;

impl LearnedField {
    /// The score with its divergence and curl.
    pub(super) fn derivatives(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        let pre = &self.preconditioning;
        let [n, _] = x.dims();
        let mut stack = self.lifted(x, sigma);
        for layer in self.network.hidden() {
            let [a, along_x, along_y] = through(layer, stack, n);
            let (h, slope) = silu_and_slope(a);
            stack = Tensor::cat(vec![h, along_x * slope.clone(), along_y * slope], 0);
        }
        let [output, along_x, along_y] = through(self.network.output(), stack, n);
        let entry = |t: &Tensor<2>, component: usize| t.clone().slice([0..n, component..component + 1]).reshape([n]);
        let gain = pre.score_gain(sigma);
        let trace = entry(&along_x, 0) + entry(&along_y, 1);
        let turn = entry(&along_x, 1) - entry(&along_y, 0);
        Differential {
            score: self.score_of(output, x, sigma),
            divergence: trace.mul_scalar(gain).sub_scalar(2.0 / pre.variance(sigma)),
            curl: turn.mul_scalar(gain),
        }
    }

    /// Features and their derivatives by `x` and by `y`, stacked: `[3 n, 12]`.
    fn lifted(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let pre = &self.preconditioning;
        let device = x.device();
        let z = features::reduced(pre, x, sigma);
        let [n, _] = z.dims();
        let waves = features::Waves::of(pre, &z, sigma);
        // d/dx of sin(f z) is f c_in cos(f z), on the columns of its own axis only.
        let low = features::FREQUENCY * pre.input_gain(sigma);
        let rates = |axis: usize| {
            let row: [f32; 4] = std::array::from_fn(|j| if j % 2 == axis { low * [1.0, 2.0][j / 2] } else { 0.0 });
            Tensor::<2>::from_floats([row], &device)
        };
        let tangent = |axis: usize| {
            let unit: [f32; 2] = std::array::from_fn(|j| if j == axis { pre.input_gain(sigma) } else { 0.0 });
            let dz = Tensor::<2>::from_floats([unit], &device).expand([n, 2]);
            let (dsin, dcos) = (waves.cos.clone() * rates(axis), -(waves.sin.clone() * rates(axis)));
            Tensor::cat(vec![dz, dsin, dcos, Tensor::zeros([n, 2], &device)], 1)
        };
        Tensor::cat(vec![features::on_device(pre, x, sigma), tangent(0), tangent(1)], 0)
    }
}

/// One matrix product for the value and the two tangents; the bias belongs to the value alone.
fn through(layer: &Layer, stack: Tensor<2>, n: usize) -> [Tensor<2>; 3] {
    let product = stack.matmul(layer.weight.clone());
    let [_, outputs] = product.dims();
    let part = |i: usize| product.clone().slice([i * n..(i + 1) * n, 0..outputs]);
    [part(0) + layer.bias.clone(), part(1), part(2)]
}
