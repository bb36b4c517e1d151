//! SiLU, `phi(a) = a g` with `g = 1 / (1 + exp(-a))`, and its derivatives.
//!
//! The activation, not the matrix product, is what a training step on the CPU spends most of its time in: the backend
//! calls the C library's exponential once a number, and autodiff calls it again in the backward pass. So on the CPU
//! device value and derivatives come out of one pass in host memory with an exponential that the compiler vectorises,
//! and the backward pass multiplies by what was stored. Other devices do the same by tensor operations; each formula
//! stands here once, for numbers and tensors alike.
//!
//! For the tape, a function `f` of `a` is its tangent line `f'(a0) a + (f(a0) - f'(a0) a0)` at the point `a0` where `a`
//! stands: value and first derivative are those of `f`. That is enough, also for a slope `phi'` on the tape (its line
//! has the slope `phi''`), because nothing is ever differentiated twice.

use std::ops::{Add, Mul, Sub};

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};

/// How SiLU is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// To tensors without autodiff.
    Plain,
    /// To tensors that the tape follows, as tangent lines.
    Taped,
}

impl Activation {
    /// `phi(a)`. a: `[n, width]`; same shape out.
    pub fn value(self, a: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Plain => {
                let [value] = each::<Value, 1>(a);
                value
            }
            Self::Taped => {
                let [slope, offset] = each::<ValueLine, 2>(a.clone().without_autodiff());
                a * slope + offset
            }
        }
    }

    /// `phi(a)` and `phi'(a)`.
    pub fn with_slope(self, a: Tensor<2>) -> [Tensor<2>; 2] {
        match self {
            Self::Plain => each::<ValueAndSlope, 2>(a),
            Self::Taped => {
                let [s0, o0, s1, o1] = each::<TwoLines, 4>(a.clone().without_autodiff());
                [a.clone() * s0 + o0, a * s1 + o1]
            }
        }
    }

    /// `phi(a)`, `phi'(a)` and `phi''(a)`.
    pub fn with_curvature(self, a: Tensor<2>) -> [Tensor<2>; 3] {
        match self {
            Self::Plain => each::<WithCurvature, 3>(a),
            Self::Taped => {
                let [s0, o0, s1, o1, s2, o2] = each::<ThreeLines, 6>(a.clone().without_autodiff());
                [a.clone() * s0 + o0, a.clone() * s1 + o1, a * s2 + o2]
            }
        }
    }
}

/// What the formulas are written in: a number or a tensor of them.
trait Number: Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    fn plus(self, number: f32) -> Self;
    fn times(self, number: f32) -> Self;
}

impl Number for f32 {
    #[inline(always)]
    fn plus(self, number: f32) -> Self {
        self + number
    }

    #[inline(always)]
    fn times(self, number: f32) -> Self {
        self * number
    }
}

impl Number for Tensor<2> {
    fn plus(self, number: f32) -> Self {
        self.add_scalar(number)
    }

    fn times(self, number: f32) -> Self {
        self.mul_scalar(number)
    }
}

/// `phi = a g`.
#[inline(always)]
fn phi<T: Number>(a: &T, g: &T) -> T {
    a.clone() * g.clone()
}

/// `g' = g (1 - g)`.
#[inline(always)]
fn bell<T: Number>(g: &T) -> T {
    g.clone() * g.clone().times(-1.0).plus(1.0)
}

/// `phi' = g + a g'`.
#[inline(always)]
fn slope<T: Number>(a: &T, g: &T) -> T {
    g.clone() + a.clone() * bell(g)
}

/// `phi'' = g' (2 + a (1 - 2 g))`.
#[inline(always)]
fn curvature<T: Number>(a: &T, g: &T) -> T {
    let tilt = g.clone().times(-2.0).plus(1.0);
    bell(g) * (a.clone() * tilt).plus(2.0)
}

/// `phi''' = g' ((1 - 2 g) (3 + a (1 - 2 g)) - 2 a g')`.
#[inline(always)]
fn third<T: Number>(a: &T, g: &T) -> T {
    let (tilt, bell) = (g.clone().times(-2.0).plus(1.0), bell(g));
    let twisted = tilt.clone() * (a.clone() * tilt).plus(3.0);
    bell.clone() * (twisted - a.clone() * bell.times(2.0))
}

/// Slope and offset of the tangent line at `a` of a function with this value and slope there.
#[inline(always)]
fn line<T: Number>(a: &T, value: T, slope: T) -> [T; 2] {
    let offset = value - a.clone() * slope.clone();
    [slope, offset]
}

/// `N` numbers out of `a` and `g`.
trait Formula<const N: usize> {
    fn at<T: Number>(a: &T, g: &T) -> [T; N];
}

struct Value;
impl Formula<1> for Value {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 1] {
        [phi(a, g)]
    }
}

struct ValueAndSlope;
impl Formula<2> for ValueAndSlope {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 2] {
        [phi(a, g), slope(a, g)]
    }
}

struct WithCurvature;
impl Formula<3> for WithCurvature {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 3] {
        [phi(a, g), slope(a, g), curvature(a, g)]
    }
}

/// The offset `phi - a phi'` is `-a² g'`.
struct ValueLine;
impl Formula<2> for ValueLine {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 2] {
        let bend = a.clone() * bell(g);
        [g.clone() + bend.clone(), a.clone() * bend.times(-1.0)]
    }
}

struct TwoLines;
impl Formula<4> for TwoLines {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 4] {
        let [s0, o0] = ValueLine::at(a, g);
        let [s1, o1] = line(a, slope(a, g), curvature(a, g));
        [s0, o0, s1, o1]
    }
}

struct ThreeLines;
impl Formula<6> for ThreeLines {
    #[inline(always)]
    fn at<T: Number>(a: &T, g: &T) -> [T; 6] {
        let [s0, o0, s1, o1] = TwoLines::at(a, g);
        let [s2, o2] = line(a, curvature(a, g), third(a, g));
        [s0, o0, s1, o1, s2, o2]
    }
}

/// Applies a formula to every number of a tensor without autodiff.
fn each<F: Formula<N>, const N: usize>(a: Tensor<2>) -> [Tensor<2>; N] {
    if a.device() != Device::flex() {
        let g = sigmoid(a.clone());
        return F::at(&a, &g);
    }
    // Only here is a tensor read back: on the CPU device, where that copies at most once.
    let (device, shape) = (a.device(), a.shape());
    let data = a.into_data();
    let numbers = data.as_slice::<f32>().unwrap_or_default();
    let results: [Vec<f32>; N] = on_host::<F, N>(numbers);
    results.map(|values| Tensor::from_data(TensorData::new(values, shape.clone()), &device))
}

/// Numbers whose results are kept in the nearest cache before they go to their places: a loop that writes to a few
/// arrays of known size is vectorised, one that writes to a few vectors is not.
const BLOCK: usize = 64;

fn on_host<F: Formula<N>, const N: usize>(numbers: &[f32]) -> [Vec<f32>; N] {
    let mut results = std::array::from_fn(|_| Vec::with_capacity(numbers.len()));
    let mut near = [[0.0; BLOCK]; N];
    let mut append = |block: &[f32; BLOCK], length: usize| {
        on_block::<F, N>(block, &mut near);
        for (result, values) in results.iter_mut().zip(&near) {
            result.extend_from_slice(&values[..length]);
        }
    };
    let (blocks, rest) = numbers.as_chunks();
    blocks.iter().for_each(|block| append(block, BLOCK));
    let mut padded = [0.0; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    append(&padded, rest.len());
    results
}

#[inline(always)]
fn on_block<F: Formula<N>, const N: usize>(block: &[f32; BLOCK], results: &mut [[f32; BLOCK]; N]) {
    for (i, a) in block.iter().enumerate() {
        let values = F::at(a, &logistic(*a));
        for (result, value) in results.iter_mut().zip(values) {
            result[i] = value;
        }
    }
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
