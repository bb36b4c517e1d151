//! Where a noised point may have come from: the posterior `p(x0 | x) ∝ p(x0) N(x; x0, sigma² I)` at one noise level.
//!
//! Denoising score matching asks for the target `(x0 - x) / sigma²` at the noised point `x`, another one for every `x0`.
//! Under the posterior the targets average to the score (Tweedie's formula, Vincent 2011), and they scatter about it
//! with `E|(x0 - x) / sigma² - s|² = (2 + sigma² div s) / sigma²`.

use super::ExactField;
use super::boxes::Boxes;
use super::mixture::Mixture;

/// Components less likely than the likeliest by more than this many nats are left out.
const NATS: f32 = 18.0;
/// Points of the midpoint rule across a box or as much of it as the noise reaches.
const MIDPOINTS: usize = 24;

/// A component of the posterior: an isotropic Gaussian, for data that are points a point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// Its share; all shares have sum 1.
    pub weight: f32,
    /// Its mean, stage units.
    pub mean: [f32; 2],
    /// Its standard deviation an axis, stage units.
    pub spread: f32,
}

impl ExactField {
    /// The posterior of the noise-free point given the noised point `x`, component by component: the nodes of a mixture,
    /// for boxes a midpoint rule of points. `sigma` > 0.
    pub fn posterior(&self, x: [f32; 2], sigma: f32) -> Vec<Origin> {
        // The logarithms of the weights stand in for the weights at first.
        let mut origins = match self {
            Self::Mixture(mixture) => of_mixture(mixture, x, sigma),
            Self::Boxes(boxes) => of_boxes(boxes, x, sigma),
        };
        let peak = origins.iter().fold(f32::NEG_INFINITY, |peak, o| peak.max(o.weight));
        origins.retain(|origin| origin.weight > peak - NATS);
        let mut sum = 0.0_f64;
        for origin in &mut origins {
            origin.weight = (origin.weight - peak).exp();
            sum += f64::from(origin.weight);
        }
        for origin in &mut origins {
            origin.weight = (f64::from(origin.weight) / sum) as f32;
        }
        origins
    }

    /// So many points `[x0, y0, …]` that spread over the posterior given `x` as evenly as they can: one for every equal
    /// share of it, in the order of the components, which lie in the order of the plane. The same for the same question.
    pub fn origins(&self, x: [f32; 2], sigma: f32, count: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(2 * count);
        let mut behind = 0.0_f64;
        for origin in self.posterior(x, sigma) {
            behind += f64::from(origin.weight);
            while out.len() < 2 * count && behind * count as f64 > (out.len() / 2) as f64 + 0.5 {
                let z = normal(out.len() / 2);
                out.extend([0, 1].map(|axis| origin.mean[axis] + origin.spread * z[axis]));
            }
        }
        out
    }
}

/// With `t = v + sigma²` and `u = (m - x) / t`, the posterior under a node is `N(x + sigma² u, sigma² v / t)`.
fn of_mixture(mixture: &Mixture, x: [f32; 2], sigma: f32) -> Vec<Origin> {
    let noise = sigma * sigma;
    let mut out = Vec::with_capacity(mixture.len());
    mixture.for_each(x, sigma, |log_weight, u, t| {
        out.push(Origin {
            weight: log_weight,
            mean: [x[0] + noise * u[0], x[1] + noise * u[1]],
            spread: sigma * ((t - noise).max(0.0) / t).sqrt(),
        });
    });
    out
}

/// Midpoints of what the noise reaches of every cell.
fn of_boxes(boxes: &Boxes, x: [f32; 2], sigma: f32) -> Vec<Origin> {
    let mut out = Vec::new();
    for (column, row) in boxes.corners() {
        let [across, up] = [(column, x[0]), (row, x[1])].map(|(interval, x)| reached(interval, x, sigma));
        let width = [across, up].map(|[low, high]| (high - low) / MIDPOINTS as f32);
        let area = (width[0] * width[1]).ln();
        for j in 0..MIDPOINTS {
            for i in 0..MIDPOINTS {
                let mean = [
                    across[0] + (i as f32 + 0.5) * width[0],
                    up[0] + (j as f32 + 0.5) * width[1],
                ];
                let square = (mean[0] - x[0]).powi(2) + (mean[1] - x[1]).powi(2);
                let weight = area - square / (2.0 * sigma * sigma);
                out.push(Origin {
                    weight,
                    mean,
                    spread: 0.0,
                });
            }
        }
    }
    out
}

/// The part of an interval in which the noise density is within [`NATS`] of its largest value there.
fn reached([low, high]: [f32; 2], x: f32, sigma: f32) -> [f32; 2] {
    let near = x.clamp(low, high);
    let away = (near - x).abs();
    let square = 2.0 * NATS * sigma * sigma;
    // (away + reach)² = away² + square, written so that nothing cancels.
    let reach = square / (away + (away * away + square).sqrt());
    [low.max(near - reach), high.min(near + reach)]
}

/// The k-th of points that fill the standard normal distribution evenly, in pairs that lie opposite each other: the R2
/// sequence (Roberts 2018) as radius and angle (Box & Muller 1958).
fn normal(k: usize) -> [f32; 2] {
    let pair = (k / 2) as f32;
    let [u, v] = [0.754_877_7, 0.569_840_3].map(|step: f32| (0.5 + pair * step).fract());
    let (sin, cos) = (std::f32::consts::TAU * v).sin_cos();
    let radius = (-2.0 * (1.0 - u).ln()).sqrt() * if k.is_multiple_of(2) { 1.0 } else { -1.0 };
    [radius * cos, radius * sin]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::distribution::Preset;

    /// Sum of the weights, mean, and mean square distance from a place.
    fn moments(origins: &[Origin], from: [f32; 2]) -> (f64, [f64; 2], f64) {
        let (mut sum, mut mean, mut square) = (0.0, [0.0; 2], 0.0);
        for origin in origins {
            let w = f64::from(origin.weight);
            let [dx, dy] = [0, 1].map(|a| f64::from(origin.mean[a] - from[a]));
            sum += w;
            mean = [0, 1].map(|a| mean[a] + w * f64::from(origin.mean[a]));
            square += w * (dx * dx + dy * dy + 2.0 * f64::from(origin.spread).powi(2));
        }
        (sum, mean, square)
    }

    fn points(variance: f32) -> ExactField {
        let mut rng = StdRng::seed_from_u64(5);
        let nodes: Vec<[f32; 2]> = (0..300).map(|_| [0, 1].map(|_| rng.random_range(-1.3..1.3))).collect();
        let weights = (0..300).map(|_| rng.random_range(0.2..1.0)).collect();
        ExactField::mixture(nodes, weights, vec![variance; 300]).unwrap()
    }

    /// Places within the data and far out, at noise levels from little to much.
    fn questions() -> impl Iterator<Item = ([f32; 2], f32)> {
        let places = [[0.1, -0.2], [1.1, 0.9], [-2.0, 0.4], [3.0, -5.0]];
        places
            .into_iter()
            .flat_map(|x| [0.05, 0.2, 1.0, 3.0].map(|sigma| (x, sigma)))
    }

    #[test]
    fn the_weights_of_points_are_the_softmax_of_their_likelihood() {
        let nodes = vec![[0.0, 0.0], [0.5, 0.0], [0.0, 1.0]];
        let field = ExactField::mixture(nodes, vec![1.0, 1.0, 2.0], vec![0.0; 3]).unwrap();
        let found = field.posterior([0.2, 0.1], 0.5);
        let expected: Vec<f32> = [(0.05, 1.0), (0.10, 1.0), (0.85, 2.0)]
            .map(|(square, weight): (f32, f32)| weight * (-square / 0.5).exp())
            .to_vec();
        let sum: f32 = expected.iter().sum();
        for origin in &found {
            let k = [[0.0, 0.0], [0.5, 0.0], [0.0, 1.0]]
                .iter()
                .position(|m: &[f32; 2]| (m[0] - origin.mean[0]).hypot(m[1] - origin.mean[1]) < 1e-6);
            assert!((origin.weight - expected[k.unwrap()] / sum).abs() < 1e-6, "{origin:?}");
        }
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn the_posterior_has_mass_one_the_denoiser_as_its_mean_and_the_spread_that_the_divergence_says() {
        // Mixtures are summed; for boxes an edge costs the midpoint rule some thousandths of sigma.
        for (field, error) in [
            (points(0.0), 1e-4),
            (points(0.01), 1e-4),
            (Preset::Moons.field(), 1e-4),
            (Preset::Checkerboard.field(), 1e-2),
        ] {
            for (place, sigma) in questions() {
                let denoised = field.denoiser(place, sigma);
                let (sum, mean, square) = moments(&field.posterior(place, sigma), denoised);
                assert!((sum - 1.0).abs() < 1e-5, "{sum}");
                // Places far out are left to f32: the denoiser is a small difference of large numbers there.
                let size = place[0].hypot(place[1]);
                let tolerance = error * sigma.min(1.0) + 2e-6 * size;
                let off = (mean[0] as f32 - denoised[0]).hypot(mean[1] as f32 - denoised[1]);
                assert!(off < tolerance, "mean off by {off} at {place:?}, sigma {sigma}");
                let [[xx, _], [_, yy]] = field.jacobian(place, sigma);
                let noise = f64::from(sigma * sigma);
                let expected = noise * (2.0 + noise * f64::from(xx + yy));
                let off = (square - expected).abs();
                assert!(
                    off < f64::from(error) * noise,
                    "{square} for {expected} at {place:?}, {sigma}"
                );
            }
        }
    }

    #[test]
    fn the_targets_of_point_data_average_to_the_exact_score() {
        let field = points(0.0);
        for (x, sigma) in [([0.1, -0.2], 0.1), ([1.1, 0.9], 0.4), ([-2.0, 0.4], 1.5)] {
            let (mut mean, noise) = ([0.0_f64; 2], f64::from(sigma * sigma));
            for origin in field.posterior(x, sigma) {
                for axis in 0..2 {
                    mean[axis] += f64::from(origin.weight) * f64::from(origin.mean[axis] - x[axis]) / noise;
                }
            }
            let score = field.local(x, sigma).score.map(f64::from);
            let off = (mean[0] - score[0]).hypot(mean[1] - score[1]);
            assert!(off < 1e-4 / f64::from(sigma), "{mean:?} for {score:?}");
        }
    }

    #[test]
    fn few_origins_average_to_the_denoiser_better_than_independent_draws_would() {
        let count = 48;
        for field in [
            points(0.0),
            points(0.04),
            Preset::EightGaussians.field(),
            Preset::Pinwheel.field(),
            Preset::Checkerboard.field(),
        ] {
            let (mut square, mut independent) = (0.0, 0.0);
            for (x, sigma) in questions() {
                let found = field.origins(x, sigma, count);
                assert_eq!(found.len(), 2 * count);
                let denoised = field.denoiser(x, sigma);
                let mean = [0, 1].map(|a| found.iter().skip(a).step_by(2).sum::<f32>() / count as f32);
                let [[xx, _], [_, yy]] = field.jacobian(x, sigma);
                let unit = sigma * sigma;
                square += ((mean[0] - denoised[0]).powi(2) + (mean[1] - denoised[1]).powi(2)) / unit;
                independent += (2.0 + unit * (xx + yy)) / count as f32;
            }
            let gain: f32 = independent / square;
            assert!(gain > 4.0, "only {gain} times better");
        }
    }
}
