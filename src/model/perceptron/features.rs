//! What the network sees of a point and a noise level: twelve numbers.
//!
//! In this order: `z` (2), `gate sin 2u`, `gate sin 4u` (2 each), `gate cos 2u`, `gate cos 4u` (2 each),
//! `ln(sigma / (2 sd)) / 4`, `1`, where `z = c_in (x - mean)` and `gate = c_skip`. Without the Fourier features the
//! error at small noise is 2 to 10 times larger; the gate takes them away where the noise has blurred what they could
//! describe. (Fourier features: Tancik et al. 2020; the rest is EDM's input with a constant added.)
//!
//! `u` is `z` as far as most of the data reach, and comes to rest beyond, axis by axis:
//!
//! ```text
//! u = z                                        where |z| <= 1.5
//! u = sign(z) (1.5 + tanh(|z| - 1.5))          beyond
//! ```
//!
//! Waves that went on would tell the network that far out it is as it was inside, with no training point there to say
//! otherwise. An energy network, which is differentiated and so has them magnified by their frequency, sent the few
//! particles that start farthest out the wrong way (`docs/learning.md`).

use super::functions::{sin_cos, tanh};
use super::lane::F4;
use super::product::{ROWS, Unit};
use crate::model::Preconditioning;

/// How many features there are.
pub const COUNT: usize = 12;

/// Of these so many depend on the point, in turn on its first and its second axis.
pub(super) const PLACED: usize = 10;

/// Lowest frequency of the Fourier features, in radians per unit of `z`; the other one is its double.
pub const FREQUENCY: f32 = 2.0;

/// Up to here `u` is `z`.
pub const STRAIGHT: f32 = 1.5;

/// How far `z` lies beyond the straight part of `u`.
#[inline(always)]
fn beyond(z: F4) -> F4 {
    (z.abs() - STRAIGHT).or_larger(F4::default())
}

/// The features of four points. gate: `c_skip`, noise: `ln(sigma / (2 sd)) / 4`.
#[inline(always)]
fn of(z: [F4; 2], gate: F4, noise: F4) -> [F4; COUNT] {
    let waves = z.map(|z| {
        let beyond = beyond(z);
        let u = z - (beyond - tanh(beyond)).flipped_by(z);
        sin_cos(u * FREQUENCY)
    });
    let [[s0, c0], [s1, c1]] = waves;
    // The doubled frequency by the double-angle formulas: half the sines and cosines.
    let twice = gate + gate;
    [
        z[0],
        z[1],
        gate * s0,
        gate * s1,
        twice * s0 * c0,
        twice * s1 * c1,
        gate * c0,
        gate * c1,
        gate - twice * s0 * s0,
        gate - twice * s1 * s1,
        noise,
        F4::splat(1.0),
    ]
}

/// The features of one point. x: stage coordinates, sigma: stage units.
pub fn on_host(pre: &Preconditioning, x: [f32; 2], sigma: f32) -> [f32; COUNT] {
    let level = Level::new(pre, sigma);
    let z = [0, 1].map(|k| F4::splat((x[k] - pre.mean[k]) * level.input_gain));
    of(z, F4::splat(level.skip), F4::splat(level.noise)).map(|feature| feature.numbers()[0])
}

/// What the features depend on beside the point.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    input_gain: f32,
    skip: f32,
    noise: f32,
}

impl Level {
    fn new(pre: &Preconditioning, sigma: f32) -> Self {
        Self {
            input_gain: pre.input_gain(sigma),
            skip: pre.skip(sigma),
            noise: pre.noise_input(sigma),
        }
    }
}

/// Fills a block with the features of its rows; what is missing of it is of no meaning, but finite.
///
/// points: `[x0, y0, …]` stage coordinates, at most as many as a block has rows; sigma: the noise level of a row.
pub fn fill(pre: &Preconditioning, points: &[f32], sigma: impl Fn(usize) -> f32, features: &mut [Unit]) {
    let (mut z, mut gates, mut noises) = ([[0.0; ROWS]; 2], [0.0; ROWS], [0.0; ROWS]);
    let (mut known, mut level) = (f32::NAN, Level::default());
    for (i, point) in points.as_chunks::<2>().0.iter().enumerate().take(ROWS) {
        let sigma = sigma(i);
        if sigma.to_bits() != known.to_bits() {
            (known, level) = (sigma, Level::new(pre, sigma));
        }
        z[0][i] = (point[0] - pre.mean[0]) * level.input_gain;
        z[1][i] = (point[1] - pre.mean[1]) * level.input_gain;
        (gates[i], noises[i]) = (level.skip, level.noise);
    }
    let vector = |numbers: &[f32; ROWS], i: usize| F4::new(std::array::from_fn(|lane| numbers[4 * i + lane]));
    for i in 0..ROWS / 4 {
        let values = of(
            [vector(&z[0], i), vector(&z[1], i)],
            vector(&gates, i),
            vector(&noises, i),
        );
        for (unit, value) in features.iter_mut().zip(values) {
            unit[i / 2][i % 2] = value;
        }
    }
}

/// The derivative of each feature by the axis it depends on, for a block; zero for those that depend on none.
///
/// By `u` the slope of `gate sin f u` is `f` times the feature `gate cos f u`, that of the cosine `-f` times the sine; and
/// `du/dz = 1 - tanh²`.
pub(super) fn slopes(features: &[Unit], slopes: &mut [Unit]) {
    for i in 0..ROWS / 4 {
        let at = |j: usize| features[j][i / 2][i % 2];
        let bends = [at(0), at(1)].map(|z| {
            let t = tanh(beyond(z));
            F4::splat(1.0) - t * t
        });
        for (j, slope) in slopes.iter_mut().enumerate().take(PLACED) {
            let wave = |of: usize, frequency: f32| at(of) * bends[j % 2] * frequency;
            slope[i / 2][i % 2] = match j {
                0 | 1 => F4::splat(1.0),
                2 | 3 => wave(j + 4, FREQUENCY),
                4 | 5 => wave(j + 4, 2.0 * FREQUENCY),
                6 | 7 => wave(j - 4, -FREQUENCY),
                _ => wave(j - 4, -2.0 * FREQUENCY),
            };
        }
    }
}
