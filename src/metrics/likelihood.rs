//! The likelihood of a score field: the density at which its probability flow delivers.

use burn::tensor::{Device, ExecutionError, Tensor};
use web_time::Instant;

use super::{entirely, until};
use crate::field::Field;
use crate::sampler::karras;

/// Noise levels of the integral; the error of Heun's scheme with so many is far below that of any mean over points.
pub const NODES: usize = 96;

/// How many points cross an interval at once on the CPU: natively in about a millisecond, with the default network.
pub const PIECE: usize = 256;

/// The range of noise levels and the Gaussian that stands at its upper end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Mean of the data.
    pub mean: [f32; 2],
    /// Scale of the data: the root of their mean per-axis variance.
    pub scale: f32,
    /// Noise level of the Gaussian `N(mean, (sigma_max² + scale²) I)`, stage units.
    pub sigma_max: f32,
    /// Noise level whose density is asked for. At 0 a distribution may have none.
    pub sigma_min: f32,
    /// Noise levels from one to the other; see [`NODES`].
    pub nodes: usize,
}

/// `log p_sigma_min` of a field's probability flow at points `[n, 2]` on the field's device, nats, `[n]`:
///
/// ```text
/// log p_sigma_min(x) = log N(x(sigma_max); mean, (sigma_max² + scale²) I)
///                      - ∫ sigma div s(x(sigma), sigma) d sigma      from sigma_min to sigma_max
/// dx / d sigma       = -sigma s(x, sigma)                            from x(sigma_min) = x
/// ```
///
/// (Song et al. 2021, equation 39, with the exact divergence in place of its estimate.) Both are integrated upwards by
/// Heun's scheme. Nothing is clipped: the flow of a clipped field has another divergence.
pub fn log_likelihood(field: &dyn Field, points: &Tensor<2>, flow: &Flow) -> Tensor<1> {
    let mut likelihood = Likelihood::new(points, flow, points.dims()[0]);
    entirely(|| likelihood.piece(field))
}

/// [`log_likelihood`] a piece of the points and an interval of noise levels at a time.
#[derive(Clone, Debug)]
pub struct Likelihood {
    flow: Flow,
    /// Noise levels, ascending.
    sigmas: Vec<f32>,
    pieces: Vec<Piece>,
    device: Device,
    /// The interval and the piece that come next.
    next: (usize, usize),
}

/// Some of the points on their way up.
#[derive(Clone, Debug)]
struct Piece {
    /// Where they are, `[n, 2]`.
    x: Tensor<2>,
    /// `∫ sigma div s d sigma` up to here, `[n]`.
    integral: Tensor<1>,
}

impl Likelihood {
    /// The likelihood of these points, `[n, 2]`, `piece` of them at once: [`PIECE`] on the CPU, and rather all of them
    /// on a GPU, where a few thousand take no longer than one.
    pub fn new(points: &Tensor<2>, flow: &Flow, piece: usize) -> Self {
        let [n, _] = points.dims();
        let mut sigmas = karras(flow.sigma_max, flow.sigma_min, flow.nodes);
        sigmas.reverse();
        let pieces = (0..n).step_by(piece.max(1)).map(|first| {
            let x = points.clone().slice([first..(first + piece.max(1)).min(n), 0..2]);
            let integral = Tensor::zeros([x.dims()[0]], &x.device());
            Piece { x, integral }
        });
        Self {
            flow: *flow,
            sigmas,
            pieces: pieces.collect(),
            device: points.device(),
            next: (0, 0),
        }
    }

    /// Works until the deadline (on a GPU: asks for work until then); the log densities, `[n]` on the points' device,
    /// once they are known.
    pub fn advance(&mut self, field: &dyn Field, deadline: Instant) -> Option<Tensor<1>> {
        until(deadline, || self.piece(field))
    }

    /// Waits until the device has done what it was asked for. On a GPU, work is queued, and nothing else slows a caller
    /// down.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn settle(&self) -> Result<(), ExecutionError> {
        if let Some(piece) = self.pieces.last() {
            piece.integral.clone().slice(0..1).into_data_async().await?;
        }
        Ok(())
    }

    /// The part that is done, from 0 to 1.
    pub fn progress(&self) -> f32 {
        let (interval, piece) = self.next;
        let done = interval as f32 + piece as f32 / self.pieces.len().max(1) as f32;
        done / (self.sigmas.len() - 1) as f32
    }

    /// One piece crosses one interval. All pieces cross an interval before the first goes on, so that a field that
    /// prepares something for a noise level does it once.
    fn piece(&mut self, field: &dyn Field) -> Option<Tensor<1>> {
        let (interval, index) = self.next;
        if let (Some(sigmas), Some(piece)) = (self.sigmas.get(interval..interval + 2), self.pieces.get_mut(index)) {
            piece.climb(field, sigmas[0], sigmas[1]);
            self.next = if index + 1 < self.pieces.len() {
                (interval, index + 1)
            } else {
                (interval + 1, 0)
            };
        }
        (self.next.0 + 1 >= self.sigmas.len() || self.pieces.is_empty()).then(|| self.result())
    }

    fn result(&self) -> Tensor<1> {
        if self.pieces.is_empty() {
            return Tensor::zeros([0], &self.device);
        }
        let parts = self.pieces.iter().map(|piece| piece.log_density(&self.flow)).collect();
        Tensor::cat(parts, 0)
    }
}

impl Piece {
    /// From noise level `low` to noise level `high` by Heun's scheme.
    fn climb(&mut self, field: &dyn Field, low: f32, high: f32) {
        let half = 0.5 * (high - low);
        let first = field.differential(&self.x, low);
        let euler = self.x.clone() - first.score.clone() * (2.0 * half * low);
        let second = field.differential(&euler, high);
        self.x = self.x.clone() - (first.score * (half * low) + second.score * (half * high));
        self.integral = self.integral.clone() + (first.divergence * (half * low) + second.divergence * (half * high));
    }

    /// What the starting points' log density is, once all intervals are crossed.
    fn log_density(&self, flow: &Flow) -> Tensor<1> {
        let variance = flow.sigma_max * flow.sigma_max + flow.scale * flow.scale;
        let mean = Tensor::<2>::from_floats([flow.mean], &self.x.device());
        let offset = self.x.clone() - mean;
        let squared = (offset.clone() * offset).sum_dim(1).reshape([self.x.dims()[0]]);
        let prior = squared.div_scalar(-2.0 * variance) - (std::f32::consts::TAU * variance).ln();
        prior - self.integral.clone()
    }
}
