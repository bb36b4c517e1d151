//! SiLU, `phi(a) = a g` with `g = 1 / (1 + exp(-a))`, and its slope `phi' = g (1 + a (1 - g))`.
//!
//! The activation, not the matrix product, is what a training step on the CPU spends most of its time in: the backend
//! calls the C library's exponential once a number, and autodiff calls it again in the backward pass. So on the CPU
//! device value and slope come out of one pass in host memory with an exponential that the compiler vectorises, and the
//! backward pass multiplies by the stored slope. Other devices do the same by tensor operations.

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};

/// `phi(a)`. a: `[n, width]` without autodiff; same shape out.
pub fn silu(a: Tensor<2>) -> Tensor<2> {
    if !in_host_memory(&a) {
        return a.clone() * sigmoid(a);
    }
    on_host(a, |values| values.iter_mut().for_each(|a| *a *= logistic(*a)))
}

/// `(phi(a), phi'(a))`. a: `[n, width]` without autodiff; same shapes out.
pub fn silu_and_slope(a: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    if !in_host_memory(&a) {
        let g = sigmoid(a.clone());
        let value = a * g.clone();
        let slope = g.clone() + value.clone() * (1.0 - g);
        return (value, slope);
    }
    on_host_pair(a, |a, g| {
        let value = a * g;
        (value, g + value * (1.0 - g))
    })
}

/// `phi(a)` for the tape: `a` is tracked by autodiff, and so is the result.
///
/// The tape sees the tangent line `phi'(a0) a + (phi(a0) - phi'(a0) a0)` at the point `a0` where it stands: value and
/// first derivative are those of SiLU, and the backward pass is one multiplication. It has no second derivative.
pub fn silu_on_tape(a: Tensor<2>) -> Tensor<2> {
    let (slope, offset) = tangent(a.clone().without_autodiff());
    a * slope + offset
}

/// Slope and offset of the tangent line at `a`; `phi - phi' a = -a² g (1 - g)`.
fn tangent(a: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    if !in_host_memory(&a) {
        let g = sigmoid(a.clone());
        let bend: Tensor<2> = a.clone() * g.clone() * (1.0 - g.clone());
        return (g + bend.clone(), -(a * bend));
    }
    on_host_pair(a, |a, g| {
        let bend = a * g * (1.0 - g);
        (g + bend, -a * bend)
    })
}

fn in_host_memory(a: &Tensor<2>) -> bool {
    a.device() == Device::flex()
}

/// Changes a tensor's numbers in host memory. Only for the CPU device, where the read copies at most once.
fn on_host(a: Tensor<2>, change: impl FnOnce(&mut [f32])) -> Tensor<2> {
    let device = a.device();
    let mut data = a.into_data();
    if let Ok(values) = data.as_mut_slice::<f32>() {
        change(values);
    }
    Tensor::from_data(data, &device)
}

/// Two numbers `f(a, logistic(a))` out of each.
#[inline(always)]
fn on_host_pair(a: Tensor<2>, f: impl Fn(f32, f32) -> (f32, f32)) -> (Tensor<2>, Tensor<2>) {
    let (device, shape) = (a.device(), a.shape());
    let mut second = vec![0.0_f32; shape.num_elements()];
    let first = on_host(a, |values| {
        for (a, second) in values.iter_mut().zip(&mut second) {
            (*a, *second) = f(*a, logistic(*a));
        }
    });
    (first, Tensor::from_data(TensorData::new(second, shape), &device))
}

/// `1 / (1 + exp(-a))`, within 2e-7 of it. Written without branches and tables, so that it is vectorised.
///
/// `exp(y) = 2^k exp(r)` with `k` the integer nearest to `y / ln 2` and `|r| <= ln(2) / 2`, where a polynomial of degree
/// 6 is accurate to a rounding error (coefficients of Cephes' `expf`).
#[inline(always)]
pub fn logistic(a: f32) -> f32 {
    /// Adding this rounds a number to an integer and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // The two parts of ln 2; the first has few digits, so that k times it is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let y = (-a).clamp(-87.0, 87.0);
    let shifted = y * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = y - k * LN2_HIGH - k * LN2_LOW;
    let mut p = 1.987_569_2e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let exp_r = p * r * r + r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    1.0 / (1.0 + power * exp_r)
}
