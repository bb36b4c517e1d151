//! What the network sees of a point and a noise level: twelve numbers.
//!
//! Which they are, and why, stands with the form without tensors, in [`super::perceptron::features`].
//!
//! There are two forms, and a test that they agree: on the host for training, where no gradient by the input is
//! needed, and as tensor operations for fields, whose points may live on a GPU.

use burn::tensor::Tensor;

use super::Preconditioning;

pub use super::perceptron::features::{COUNT, FREQUENCY, STRAIGHT, on_host};

/// The same features as tensor operations, for many points at one noise level.
///
/// x: `[n, 2]` stage coordinates; returns `[n, 12]` on the same device.
pub fn on_device(pre: &Preconditioning, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
    let (device, [n, _]) = (x.device(), x.dims());
    let z = (x.clone() - mean_row(pre, x)).mul_scalar(pre.input_gain(sigma));
    let beyond = beyond(&z);
    let u = z.clone() - z.clone().sign() * (beyond.clone() - beyond.tanh());
    let low = u.mul_scalar(FREQUENCY);
    let angle = Tensor::cat(vec![low.clone(), low.mul_scalar(2.0)], 1);
    let gate = pre.skip(sigma);
    let sin = angle.clone().sin().mul_scalar(gate);
    let cos = angle.cos().mul_scalar(gate);
    let noise = Tensor::full([n, 1], pre.noise_input(sigma), &device);
    let one = Tensor::ones([n, 1], &device);
    Tensor::cat(vec![z, sin, cos, noise, one], 1)
}

/// The data's mean as `[1, 2]` on the device of `x`.
pub(super) fn mean_row(pre: &Preconditioning, x: &Tensor<2>) -> Tensor<2> {
    Tensor::from_floats([pre.mean], &x.device())
}

/// How far each coordinate lies beyond the straight part of `u`. z: `[n, 2]`; same shape out.
fn beyond(z: &Tensor<2>) -> Tensor<2> {
    z.clone().abs().sub_scalar(STRAIGHT).clamp_min(0.0)
}

// Derivatives by z. The features know them: each depends on one axis; by `u` the slope of `gate sin f u` is `f` times
// the feature `gate cos f u`, that of the cosine `-f` times the sine, and second derivatives are `-f²` times the feature.

/// The axis each feature depends on.
const AXIS: [usize; COUNT] = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0];

/// The frequency of each feature; 0 for those that do not wave.
const FREQUENCIES: [f32; COUNT] = {
    const LOW: f32 = FREQUENCY;
    const HIGH: f32 = 2.0 * FREQUENCY;
    [0.0, 0.0, LOW, LOW, HIGH, HIGH, LOW, LOW, HIGH, HIGH, 0.0, 0.0]
};

/// Columns from a sine to its cosine.
const QUARTER: usize = 4;

/// The derivative of each feature by the axis it depends on. features: `[n, 12]`; same shape out.
pub(super) fn slopes(features: &Tensor<2>) -> Tensor<2> {
    let of_z: [f32; COUNT] = std::array::from_fn(|j| if j < 2 { 1.0 } else { 0.0 });
    by_u(features) * for_waves(slope_of_u(features)) + Tensor::from_floats([of_z], &features.device())
}

/// The second derivative of each feature by the axis it depends on. features: `[n, 12]`; same shape out.
pub(super) fn bends(features: &Tensor<2>) -> Tensor<2> {
    let factors = FREQUENCIES.map(|f| -f * f);
    let slope = slope_of_u(features);
    let z = coordinates(features);
    // u'' = -2 sign(z) tanh(e) u' with e = |z| - 1.5 beyond 1.5.
    let bend = z.clone().sign() * beyond(&z).tanh().mul_scalar(-2.0) * slope.clone();
    let of_waves = features.clone() * Tensor::from_floats([factors], &features.device());
    of_waves * for_waves(slope.clone() * slope) + by_u(features) * for_waves(bend)
}

/// The derivative of each wave by `u`; 0 for the other features.
fn by_u(features: &Tensor<2>) -> Tensor<2> {
    let mut exchange = [[0.0; COUNT]; COUNT];
    for sin in 2..2 + QUARTER {
        let cos = sin + QUARTER;
        exchange[cos][sin] = FREQUENCIES[sin];
        exchange[sin][cos] = -FREQUENCIES[cos];
    }
    features
        .clone()
        .matmul(Tensor::from_floats(exchange, &features.device()))
}

/// `du/dz = 1 - tanh²`, `[n, 2]`.
fn slope_of_u(features: &Tensor<2>) -> Tensor<2> {
    let t = beyond(&coordinates(features)).tanh();
    (t.clone() * t).neg().add_scalar(1.0)
}

/// To each wave what belongs to its axis (the other features get something too). v: `[n, 2]`; returns `[n, 12]`.
fn for_waves(v: Tensor<2>) -> Tensor<2> {
    v.repeat_dim(1, COUNT / 2)
}

/// `z`, `[n, 2]`.
fn coordinates(features: &Tensor<2>) -> Tensor<2> {
    let [n, _] = features.dims();
    features.clone().slice([0..n, 0..2])
}

/// The derivatives of all features by the first and by the second axis. slopes: `[n, 12]`; the same shape out.
pub(super) fn along_axes(slopes: &Tensor<2>) -> [Tensor<2>; 2] {
    std::array::from_fn(|axis| {
        let row: [f32; COUNT] = std::array::from_fn(|j| if AXIS[j] == axis { 1.0 } else { 0.0 });
        slopes.clone() * Tensor::from_floats([row], &slopes.device())
    })
}

/// To each feature what belongs to its axis. v: `[n, 2]`; returns `[n, 12]`.
pub(super) fn spread(v: &Tensor<2>) -> Tensor<2> {
    v.clone().matmul(axes(v).transpose())
}

/// The sum over the features of each axis. by_feature: `[n, 12]`; returns `[n, 2]`.
pub(super) fn sum_by_axis(by_feature: Tensor<2>) -> Tensor<2> {
    let axes = axes(&by_feature);
    by_feature.matmul(axes)
}

/// 1 where a feature depends on an axis, `[12, 2]`, without autodiff on the device of `x`.
fn axes(x: &Tensor<2>) -> Tensor<2> {
    let ones: [[f32; 2]; COUNT] =
        std::array::from_fn(|j| std::array::from_fn(|k| if AXIS[j] == k { 1.0 } else { 0.0 }));
    Tensor::from_floats(ones, &x.clone().without_autodiff().device())
}
