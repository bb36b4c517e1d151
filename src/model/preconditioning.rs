//! The scaling that makes every noise level the same problem.

use serde::{Deserialize, Serialize};

/// Mean and scale of the data, by which inputs and outputs of the network are scaled.
///
/// With `sd` the scale and `y = x - mean`, the score is
///
/// ```text
/// s(x, sigma) = -y / (sigma² + sd²) + gain(sigma) F(z),    z = c_in y,    gain = sd / (sigma sqrt(sigma² + sd²))
/// ```
///
/// (Karras et al. 2022, EDM, Table 1, in score form). `F = 0` is already the exact answer for `N(mean, sd² I)`, and the
/// target of `F` has unit variance at every noise level. Scaling data, noise and `sd` together by `k` leaves all the
/// network sees and says unchanged, and divides the score by `k`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preconditioning {
    /// Mean of the data, stage coordinates.
    pub mean: [f32; 2],
    /// Root of the data's mean variance along an axis, stage units; more than 0.
    pub scale: f32,
}

impl Preconditioning {
    /// `sigma² + sd²`: the variance of a noised point along an axis.
    pub fn variance(&self, sigma: f32) -> f32 {
        sigma * sigma + self.scale * self.scale
    }

    /// `c_in = 1 / sqrt(sigma² + sd²)`: brings a noised point to unit size.
    pub fn input_gain(&self, sigma: f32) -> f32 {
        1.0 / self.variance(sigma).sqrt()
    }

    /// `c_skip = sd² / (sigma² + sd²)`: the share of a noised point that the denoiser keeps before the network speaks.
    /// The same number gates the Fourier features, which are of use only where the noise leaves fine structure.
    pub fn skip(&self, sigma: f32) -> f32 {
        self.scale * self.scale / self.variance(sigma)
    }

    /// `c_out = sigma sd / sqrt(sigma² + sd²)`: what one unit of the network's output moves the denoiser by.
    pub fn output_gain(&self, sigma: f32) -> f32 {
        sigma * self.scale * self.input_gain(sigma)
    }

    /// `c_out / sigma²`: what one unit of the network's output adds to the score.
    pub fn score_gain(&self, sigma: f32) -> f32 {
        self.scale / sigma * self.input_gain(sigma)
    }

    /// `ln(sigma / (2 sd)) / 4`: how the network is told the noise level.
    pub fn noise_input(&self, sigma: f32) -> f32 {
        0.25 * (0.5 * sigma / self.scale).ln()
    }
}
