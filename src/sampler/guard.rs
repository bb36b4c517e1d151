//! The guard: what keeps particles in the picture where a learned field is wrong.

use burn::tensor::{Tensor, TensorData};
use rand::Rng;

use super::noise::normal;

/// Half-width of the clipping box in scales of the data: 1.75 for the named sets, which reach to about 1.35.
const CLIP: f32 = 3.5;

/// Half-width of the box in which particles without noise belong, in scales of the data.
const REACH: f32 = 3.0;

/// How far noise may carry a particle out of that box, in sigmas.
const NOISE_REACH: f32 = 4.0;

/// What the clipping box adds to the data's own box, as a fraction of its sides.
const MARGIN: f32 = 0.1;

/// Where the data are, and so where a denoised point can be.
///
/// The true denoiser `D(x) = E[x0 | x] = x + sigma² s(x)` lies in the convex hull of the data. A learned one that leaves
/// their box is wrong, and far outside, where nothing was learned, it can send particles to infinity. So `D` is clamped
/// to the box, and the clipped Langevin step `x' = (1 - eta) x + eta D + noise` is stable for every field when
/// `eta < 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guard {
    /// Lower left corner of the box to which denoised points are clamped.
    pub low: [f32; 2],
    /// Upper right corner of that box.
    pub high: [f32; 2],
    /// Lower left corner of the box in which particles without noise belong.
    pub reach_low: [f32; 2],
    /// Upper right corner of that box.
    pub reach_high: [f32; 2],
    /// Mean of the data.
    pub mean: [f32; 2],
    /// Scale of the data: the root of their mean per-axis variance.
    pub scale: f32,
}

impl Guard {
    /// The guard for data of this mean and scale: within 3.5 scales of the mean, more where the bounds
    /// (`[lower left, upper right]` of all nodes, [`crate::distribution::ExactField::bounds`]) reach further.
    ///
    /// The bounds alone would not do: nodes have a width of their own, and denoised points of eight wide Gaussians lie
    /// outside the box of the eight nodes.
    pub fn new(mean: [f32; 2], scale: f32, bounds: Option<[[f32; 2]; 2]>) -> Self {
        let [first, last] = bounds.unwrap_or([mean, mean]);
        let margin = |axis: usize| MARGIN * (last[axis] - first[axis]);
        Self {
            low: std::array::from_fn(|a| (first[a] - margin(a)).min(mean[a] - CLIP * scale)),
            high: std::array::from_fn(|a| (last[a] + margin(a)).max(mean[a] + CLIP * scale)),
            reach_low: std::array::from_fn(|a| first[a].min(mean[a] - REACH * scale)),
            reach_high: std::array::from_fn(|a| last[a].max(mean[a] + REACH * scale)),
            mean,
            scale,
        }
    }

    /// Clamps denoised points, `[n, 2]`, to the box. NaN stays NaN: such particles are recycled.
    pub fn clip(&self, denoised: Tensor<2>) -> Tensor<2> {
        let device = denoised.device();
        let shape = denoised.dims();
        let corner = |c: [f32; 2]| Tensor::<2>::from_data(TensorData::from([c]), &device).expand(shape);
        denoised.max_pair(corner(self.low)).min_pair(corner(self.high))
    }

    /// Draws particles anew that are not finite or outside the data's reach by more than 4 sigma, and returns how many
    /// they were. The new ones come from `N(mean, (sigma² + scale²) I)`.
    ///
    /// - `positions`: `[x0, y0, …]`, stage coordinates
    /// - `sigma`: that of [`super::Sampler::spread`], the noise level *before* the current one: right after a drop,
    ///   legitimate particles still carry the wider noise
    ///
    /// For a run that does not depend on the frame rate call this after a fixed number of steps, with the stream
    /// [`super::Stream::Recycle`] of that step.
    pub fn recycle<R: Rng + ?Sized>(&self, positions: &mut [f32], sigma: f32, rng: &mut R) -> usize {
        let spread = sigma.hypot(self.scale);
        let mut recycled = 0;
        for point in positions.chunks_exact_mut(2) {
            if !self.holds([point[0], point[1]], sigma) {
                point[0] = self.mean[0] + spread * normal(rng);
                point[1] = self.mean[1] + spread * normal(rng);
                recycled += 1;
            }
        }
        recycled
    }

    /// Whether a particle may be here at this noise level. False for what is not finite.
    fn holds(&self, x: [f32; 2], sigma: f32) -> bool {
        let noise = NOISE_REACH * sigma;
        (0..2).all(|a| x[a] >= self.reach_low[a] - noise && x[a] <= self.reach_high[a] + noise)
    }
}
