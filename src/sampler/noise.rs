//! Random numbers of a sampling run: drawn on the host from seeded streams, so that every device and every frame rate
//! gives the same run.

use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use crate::field::points_on;

/// What random numbers are for. Streams of one seed for different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Where the particles start.
    Start,
    /// The noise of this step.
    Step(u64),
    /// Where particles go that were recycled after this many steps.
    Recycle(u64),
    /// The velocities of particles that have none at this step.
    Velocity(u64),
}

/// The generator of one stream of a seed.
pub fn stream(seed: u32, purpose: Stream) -> StdRng {
    let (kind, step) = match purpose {
        Stream::Start => (0_u64, 0),
        Stream::Step(step) => (1, step),
        Stream::Recycle(step) => (2, step),
        Stream::Velocity(step) => (3, step),
    };
    // All of ChaCha's key is filled from distinct numbers; a run never has 2^64 steps.
    let mut key = [0; 32];
    key[..4].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&kind.to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    StdRng::from_seed(key)
}

/// Where particles start: independent draws from `N(mean, (sigma² + scale²) I)`, which is close to the data smoothed by
/// a large sigma. Returns `[x0, y0, …]`.
pub fn start(count: usize, mean: [f32; 2], scale: f32, sigma: f32, seed: u32) -> Vec<f32> {
    let mut rng = stream(seed, Stream::Start);
    let spread = sigma.hypot(scale);
    (0..2 * count)
        .map(|i| mean[i % 2] + spread * normal(&mut rng))
        .collect()
}

/// A standard normal number.
pub(super) fn normal<R: rand::Rng + ?Sized>(rng: &mut R) -> f32 {
    StandardNormal.sample(rng)
}

/// The noise of one step for `count` particles: independent normals of this standard deviation, `[count, 2]`.
pub(super) fn step_noise(seed: u32, step: u64, count: usize, deviation: f32, device: &Device) -> Tensor<2> {
    normals(&mut stream(seed, Stream::Step(step)), count, deviation, device)
}

/// Independent normals of this standard deviation, `[count, 2]`.
pub(super) fn normals(rng: &mut StdRng, count: usize, deviation: f32, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..2 * count).map(|_| deviation * normal(rng)).collect();
    points_on(device, values)
}

/// Logarithms of independent numbers that are uniform in (0, 1], `[count]`.
pub(super) fn log_uniforms(rng: &mut StdRng, count: usize, device: &Device) -> Tensor<1> {
    let values: Vec<f32> = (0..count).map(|_| (1.0 - rng.random::<f32>()).ln()).collect();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

#[cfg(test)]
pub(super) mod tests {
    use rand::RngExt;

    use super::{Stream, start, stream};

    /// Particles in statistical tests.
    pub(in crate::sampler) const MANY: usize = 100_000;

    /// Asserts that independent coordinates have mean 0 and this variance, within six standard deviations of the
    /// estimates (`V sqrt(2 / n)` is that of a normal's sample variance).
    pub(in crate::sampler) fn assert_normal(x: &[f32], variance: f64) {
        let n = x.len() as f64;
        let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let got = x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 6.0 * (variance / n).sqrt(), "mean {mean}");
        assert!(
            (got - variance).abs() < 6.0 * variance * (2.0 / n).sqrt(),
            "variance {got}, expected {variance}"
        );
    }

    #[test]
    fn particles_start_as_a_gaussian_as_wide_as_noise_and_data() {
        let points = start(MANY, [3.0, -2.0], 0.4, 0.3, 8);
        let centred: Vec<f32> = points.iter().enumerate().map(|(i, x)| x - [3.0, -2.0][i % 2]).collect();
        assert_normal(&centred, 0.25);
        assert!(start(0, [0.0; 2], 1.0, 1.0, 1).is_empty());
    }

    #[test]
    fn the_noise_of_a_step_is_its_own_and_that_of_no_other_step_or_purpose() {
        let draws: Vec<Vec<u32>> = [
            Stream::Start,
            Stream::Step(0),
            Stream::Step(1),
            Stream::Recycle(0),
            Stream::Recycle(1),
            Stream::Velocity(0),
            Stream::Velocity(1),
        ]
        .into_iter()
        .map(|purpose| {
            let mut rng = stream(7, purpose);
            (0..8).map(|_| rng.random::<u32>()).collect()
        })
        .collect();
        for (i, a) in draws.iter().enumerate() {
            assert!(draws[..i].iter().all(|b| a.iter().zip(b).all(|(x, y)| x != y)));
        }
    }
}
