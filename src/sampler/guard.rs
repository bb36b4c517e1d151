//! The guard: what keeps particles in the picture where a learned field is wrong.

use burn::tensor::{Bool, Tensor, TensorData};
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

    /// The box in which particles may be at this noise level, `[lower left, upper right]`: the data's reach and 4 sigma.
    pub fn reach(&self, sigma: f32) -> [[f32; 2]; 2] {
        let noise = NOISE_REACH * sigma;
        [
            self.reach_low.map(|corner| corner - noise),
            self.reach_high.map(|corner| corner + noise),
        ]
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

    /// Whether particles are outside the data's reach by more than 4 sigma, `[n]`; as [`Guard::recycle`] decides, but
    /// false for NaN. x: `[n, 2]`.
    pub(super) fn outside(&self, x: &Tensor<2>, sigma: f32) -> Tensor<1, Bool> {
        let corner = |c: [f32; 2]| Tensor::<2>::from_data(TensorData::from([c]), &x.device()).expand(x.dims());
        let [low, high] = self.reach(sigma).map(corner);
        let stray = x.clone() - x.clone().max_pair(low).min_pair(high);
        stray.abs().sum_dim(1).squeeze_dim::<1>(1).greater_elem(0.0)
    }

    /// Whether a particle may be here at this noise level. False for what is not finite.
    fn holds(&self, x: [f32; 2], sigma: f32) -> bool {
        let [low, high] = self.reach(sigma);
        (0..2).all(|a| x[a] >= low[a] && x[a] <= high[a])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::Guard;
    use crate::distribution::Preset;
    use crate::field::points_on;
    use crate::sampler::noise::tests::{MANY, assert_normal};
    use crate::sampler::{Stream, start, stream};

    fn clip(guard: &Guard, points: &[f32]) -> Vec<f32> {
        let data = TensorData::new(points.to_vec(), [points.len() / 2, 2]);
        guard
            .clip(Tensor::from_data(data, &Device::flex()))
            .to_data()
            .try_into_vec()
            .unwrap()
    }

    #[test]
    fn the_guard_leaves_the_truth_of_every_named_set_alone() {
        for preset in Preset::ALL {
            let field = preset.field();
            let guard = Guard::new(field.mean(), field.scale(), Some(field.bounds()));
            let mut points = vec![0.0; 400];
            field.sample(&mut StdRng::seed_from_u64(3), &mut points);
            for sigma in [0.01, 0.1, 0.5, 3.0] {
                let noise = start(200, [0.0; 2], 0.0, sigma, 4);
                let denoised: Vec<f32> = points
                    .chunks_exact(2)
                    .zip(noise.chunks_exact(2))
                    .flat_map(|(p, z)| field.denoiser([p[0] + z[0], p[1] + z[1]], sigma))
                    .collect();
                assert_eq!(clip(&guard, &denoised), denoised, "{} at sigma {sigma}", preset.name());
            }
        }
    }

    #[test]
    fn clipping_clamps_each_axis_to_its_own_interval_and_keeps_nan() {
        let guard = Guard::new([0.5, -0.5], 0.1, None);
        let clipped = clip(&guard, &[0.4, -0.6, 9.0, 9.0, -9.0, -9.0, f32::NAN, f32::INFINITY]);
        let expected = [0.4, -0.6, 0.85, -0.15, 0.15, -0.85];
        assert!(
            clipped.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{clipped:?}"
        );
        assert!(clipped[6].is_nan() && (clipped[7] + 0.15).abs() < 1e-6, "{clipped:?}");
    }

    #[test]
    fn recycling_redraws_lost_particles_and_no_others() {
        let guard = Guard::new([0.2, 0.1], 0.5, Some([[-1.3, -1.2], [1.3, 2.5]]));
        // Reach at sigma 0.1: x in [-1.3 - 0.4, 1.7 + 0.4], y in [-1.4 - 0.4, 2.5 + 0.4].
        let legitimate = [0.0, 0.0, -1.69, -1.79, 2.09, 2.89];
        let lost = [
            f32::NAN,
            0.0,
            0.0,
            f32::INFINITY,
            -1.71,
            0.0,
            2.11,
            0.0,
            0.0,
            -1.81,
            0.0,
            2.91,
        ];
        let mut points = [legitimate.as_slice(), lost.as_slice()].concat();
        let recycled = guard.recycle(&mut points, 0.1, &mut stream(1, Stream::Recycle(0)));
        assert_eq!(recycled, 6);
        assert_eq!(points[..6], legitimate);
        assert!(points[6..].iter().all(|x| x.is_finite() && x.abs() < 4.0), "{points:?}");
        assert_eq!(
            guard.recycle(&mut points[..6], 0.1, &mut stream(1, Stream::Recycle(1))),
            0
        );
        // The same place is legitimate under more noise.
        assert_eq!(
            guard.recycle(&mut [-1.71, 2.91], 0.2, &mut stream(1, Stream::Recycle(2))),
            0
        );

        // The same on the device, but for what is not a number: that has no energy either.
        let on_device = guard.outside(&points_on(&Device::flex(), lost.to_vec()), 0.1).to_data();
        let outside: Vec<bool> = on_device.iter::<bool>().collect();
        assert_eq!(outside, [false, true, true, true, true, true]);
        let on_device = guard
            .outside(&points_on(&Device::flex(), legitimate.to_vec()), 0.1)
            .to_data();
        assert!(on_device.iter::<bool>().all(|outside| !outside));

        let mut all = vec![f32::NAN; 2 * MANY];
        assert_eq!(guard.recycle(&mut all, 0.3, &mut stream(1, Stream::Recycle(3))), MANY);
        let centred: Vec<f32> = all.iter().enumerate().map(|(i, x)| x - guard.mean[i % 2]).collect();
        assert_normal(&centred, 0.25 + 0.09);
    }
}
