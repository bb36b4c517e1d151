//! What the network sees of a point and a noise level: twelve numbers.
//!
//! In this order: `z` (2), `gate sin 2z`, `gate sin 4z` (2 each), `gate cos 2z`, `gate cos 4z` (2 each),
//! `ln(sigma / (2 sd)) / 4`, `1`, where `z = c_in (x - mean)` and `gate = c_skip`. Without the Fourier features the
//! error at small noise is 2 to 10 times larger; the gate takes them away where the noise has blurred what they could
//! describe. (Fourier features: Tancik et al. 2020; the rest is EDM's input with a constant added.)
//!
//! There are two forms, and a test that they agree: on the host for training, where no gradient by the input is
//! needed, and as tensor operations for fields, whose points may live on a GPU.

use burn::tensor::Tensor;

use super::Preconditioning;

/// How many features there are.
pub const COUNT: usize = 12;

/// Lowest frequency of the Fourier features, in radians per unit of `z`; the other one is its double.
pub const FREQUENCY: f32 = 2.0;

/// The features of one point. x: stage coordinates, sigma: stage units.
pub fn on_host(pre: &Preconditioning, x: [f32; 2], sigma: f32) -> [f32; COUNT] {
    let (scale, gate) = (pre.input_gain(sigma), pre.skip(sigma));
    let z = [(x[0] - pre.mean[0]) * scale, (x[1] - pre.mean[1]) * scale];
    let (s0, c0) = (FREQUENCY * z[0]).sin_cos();
    let (s1, c1) = (FREQUENCY * z[1]).sin_cos();
    // The doubled frequency by the double-angle formulas: half the sines and cosines.
    [
        z[0],
        z[1],
        gate * s0,
        gate * s1,
        gate * 2.0 * s0 * c0,
        gate * 2.0 * s1 * c1,
        gate * c0,
        gate * c1,
        gate * (1.0 - 2.0 * s0 * s0),
        gate * (1.0 - 2.0 * s1 * s1),
        pre.noise_input(sigma),
        1.0,
    ]
}

/// The same features as tensor operations, for many points at one noise level.
///
/// x: `[n, 2]` stage coordinates; returns `[n, 12]` on the same device.
pub fn on_device(pre: &Preconditioning, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
    let z = reduced(pre, x, sigma);
    let Waves { sin, cos } = Waves::of(pre, &z, sigma);
    let [n, _] = z.dims();
    let noise = Tensor::full([n, 1], pre.noise_input(sigma), &x.device());
    let one = Tensor::ones([n, 1], &x.device());
    Tensor::cat(vec![z, sin, cos, noise, one], 1)
}

/// `z = c_in (x - mean)`, `[n, 2]`.
pub(super) fn reduced(pre: &Preconditioning, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
    (x.clone() - mean_row(pre, x)).mul_scalar(pre.input_gain(sigma))
}

/// The data's mean as `[1, 2]` on the device of `x`.
pub(super) fn mean_row(pre: &Preconditioning, x: &Tensor<2>) -> Tensor<2> {
    Tensor::from_floats([pre.mean], &x.device())
}

/// The gated Fourier features; columns: 2z of both axes, then 4z of both axes.
pub(super) struct Waves {
    /// `gate sin(f z)`, `[n, 4]`.
    pub sin: Tensor<2>,
    /// `gate cos(f z)`, `[n, 4]`.
    pub cos: Tensor<2>,
}

impl Waves {
    pub(super) fn of(pre: &Preconditioning, z: &Tensor<2>, sigma: f32) -> Self {
        let low = z.clone().mul_scalar(FREQUENCY);
        let angle = Tensor::cat(vec![low.clone(), low.mul_scalar(2.0)], 1);
        let gate = pre.skip(sigma);
        Self {
            sin: angle.clone().sin().mul_scalar(gate),
            cos: angle.cos().mul_scalar(gate),
        }
    }
}
