//! What the scenes measure: pure functions of what runs on the page, and what theory says of it.

use crate::distribution::{ExactField, keys};

/// The step `a = eta sigma²` in units of the local variance of the smoothed data, where they are Gaussians of variance
/// `variance` before smoothing. Langevin dynamics is stable below 2.
pub fn local_step(step_size: f32, sigma: f32, variance: f32) -> f32 {
    let a = step_size * sigma * sigma;
    a / (sigma * sigma + variance)
}

/// The variance at which plain Langevin comes to rest on a Gaussian, over that of the Gaussian: `c² / (1 - eta / 2)`,
/// with steps of `local` local variances and noise multiplied by `noise_scale`. Infinite where nothing comes to rest.
pub fn inflation(local: f32, noise_scale: f32) -> f32 {
    if local < 2.0 {
        noise_scale * noise_scale / (1.0 - local / 2.0)
    } else {
        f32::INFINITY
    }
}

/// Depth bins: upper ends of the log density below its maximum, nats. The first begins at 0, the last has no end.
pub const DEPTHS: [f32; 4] = [3.0, 8.0, 20.0, 80.0];

/// Median of the squared relative error `|s - s*|² / |s*|²` in each bin of depth below the maximal log density; NaN
/// where a bin has no point.
///
/// points, scores: flat pairs, as many of one as of the other.
pub fn errors_by_depth(truth: &ExactField, sigma: f32, points: &[f32], scores: &[f32]) -> [f32; DEPTHS.len() + 1] {
    let locals: Vec<_> = points
        .chunks_exact(2)
        .map(|x| truth.local([x[0], x[1]], sigma))
        .collect();
    let top = locals
        .iter()
        .fold(f32::NEG_INFINITY, |top, local| top.max(local.log_density));
    // The bits of positive numbers are ordered as the numbers are.
    let mut bins: [Vec<u64>; DEPTHS.len() + 1] = Default::default();
    for (local, score) in locals.iter().zip(scores.chunks_exact(2)) {
        let [x, y] = local.score;
        let off = (score[0] - x).powi(2) + (score[1] - y).powi(2);
        let depth = top - local.log_density;
        bins[DEPTHS.partition_point(|end| *end < depth)].push(u64::from((off / (x * x + y * y)).to_bits()));
    }
    bins.map(|mut errors| {
        let middle = errors.len() / 2;
        keys::select(&mut errors, middle).map_or(f32::NAN, |key| f32::from_bits(key as u32))
    })
}

/// The way from one well to another: how high, and how long it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Barrier {
    /// Energy of its top above the bottom, nats: the slope, by Kramers (1940), of the logarithm of the time of crossing
    /// against the inverse temperature, where the barrier is high.
    pub height: f32,
    /// Energies from far outside to the middle, at the middles of cells of this length; that of the bottom is 0.
    energies: Vec<f32>,
    spacing: f32,
}

/// Cells of the line from one well to the other; the first well's far side is as long.
const CELLS: usize = 200;

impl Barrier {
    /// The barrier on the straight line between two equal wells at one noise level.
    pub fn between(truth: &ExactField, [from, to]: [[f32; 2]; 2], sigma: f32) -> Self {
        let energy = |k: usize| {
            let u = (k as f32 + 0.5) / CELLS as f32 - 1.0;
            let at = [0, 1].map(|axis| from[axis] + u * (to[axis] - from[axis]));
            -truth.local(at, sigma).log_density
        };
        let mut energies: Vec<f32> = (0..CELLS + CELLS / 2).map(energy).collect();
        let bottom = energies.iter().copied().fold(f32::INFINITY, f32::min);
        energies.iter_mut().for_each(|energy| *energy -= bottom);
        Self {
            height: energies[CELLS..].iter().copied().fold(0.0, f32::max),
            energies,
            spacing: (to[0] - from[0]).hypot(to[1] - from[1]) / CELLS as f32,
        }
    }

    /// Mean time of crossing at inverse temperature `beta`, in the time of `dx = s dt + sqrt(2 / beta) dW`, stage units
    /// squared: twice that of the first passage from the bottom to the middle, where half turn back,
    ///
    /// ```text
    /// 2 beta ∫ dy exp(beta E(y)) ∫ dz exp(-beta E(z)),   y from the bottom to the middle, z from far outside to y
    /// ```
    ///
    /// exact where the density is a product of one along and one across the line, as that of two round wells is.
    pub fn crossing_time(&self, beta: f32) -> f32 {
        let (mut inside, mut time) = (0.0, 0.0);
        for (k, energy) in self.energies.iter().enumerate() {
            let weight = (-beta * energy).exp() * self.spacing;
            if k >= CELLS {
                time += (beta * energy).exp() * (inside + 0.5 * weight) * self.spacing;
            }
            inside += weight;
        }
        2.0 * beta * time
    }
}

/// The mean time of crossing between two equal wells, from the share of particles that are on the other side after a
/// time, when all began on one: `share = (1 - exp(-2 time / tau)) / 2`. NaN where the share says nothing.
pub fn crossing_time(share: f32, time: f32) -> f32 {
    if share > 0.0 && share < 0.5 {
        -2.0 * time / (1.0 - 2.0 * share).ln()
    } else {
        f32::NAN
    }
}

/// Share of points, flat pairs, that are nearer to the second place than to the first.
pub fn crossed(points: &[f32], [from, to]: [[f32; 2]; 2]) -> f32 {
    let far = |x: &[f32], place: [f32; 2]| (x[0] - place[0]).hypot(x[1] - place[1]);
    let there = points.chunks_exact(2).filter(|x| far(x, to) < far(x, from)).count();
    there as f32 / (points.len() / 2) as f32
}

/// Slope of the straight line that fits points best; NaN for fewer than two.
pub fn slope(points: &[[f32; 2]]) -> f32 {
    let n = points.len() as f32;
    let [x, y] = [0, 1].map(|k| points.iter().map(|p| p[k]).sum::<f32>() / n);
    let (mut above, mut below) = (0.0, 0.0);
    for p in points {
        above += (p[0] - x) * (p[1] - y);
        below += (p[0] - x) * (p[0] - x);
    }
    above / below
}

/// A figure in as many digits as it is worth: 12, 1.05, 0.21, 0.023, 0.0008; a dash where there is none.
pub fn figure(value: f32) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        v if v >= 9.95 => 0,
        v if !(5e-5..0.0995).contains(&v) => 2,
        v if v >= 0.00995 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::page::scenes::{PAIR_WIDTH, WELLS};

    #[test]
    fn errors_are_sorted_into_the_bins_of_their_depth() {
        let truth = ExactField::mixture(vec![[0.0; 2]], vec![1.0], vec![0.0]).unwrap_or_else(|_| unreachable!());
        // N(0, I): r²/2 nats below the top, score -x. The scores here are off by 10 % at depth 2, by all of it at 50.
        let radii = [0.1_f32, 2.0, 10.0, 10.0, 14.0];
        let points: Vec<f32> = radii.iter().flat_map(|r| [*r, 0.0]).collect();
        let scores: Vec<f32> = radii
            .iter()
            .zip([1.0, 1.1, 0.0, 0.0, 3.0])
            .flat_map(|(r, f)| [-r * f, 0.0])
            .collect();
        let found = errors_by_depth(&truth, 1.0, &points, &scores);
        assert!((found[0] - 0.01).abs() < 1e-4, "{found:?}");
        assert!(found[1].is_nan() && found[2].is_nan());
        assert!(
            (found[3] - 1.0).abs() < 1e-5 && (found[4] - 4.0).abs() < 1e-4,
            "{found:?}"
        );
    }

    #[test]
    fn the_barrier_between_two_gaussians_is_that_of_their_closed_form() {
        // Of equal Gaussians at ±m: E(0) - E(m) = m²/2t - ln 2, but for exp(-2m²/t).
        let (sigma, soft, m) = (0.1414_f32, 0.2002_f32, 0.75_f32);
        let t = sigma * sigma + soft * soft;
        let truth = ExactField::mixture(WELLS.to_vec(), vec![1.0; 2], vec![soft * soft; 2]);
        let barrier = Barrier::between(&truth.unwrap_or_else(|_| unreachable!()), WELLS, sigma);
        let height = m * m / (2.0 * t) - 2.0_f32.ln();
        assert!((barrier.height - height).abs() < 2e-3 * height, "{barrier:?} {height}");
        // High barriers are overcome in Kramers' time, 2 pi exp(beta height) / sqrt(E'' |E''_top|), corrected by terms of
        // order 1 / (beta height): at beta = 6, 24 nats high, by some percent.
        let kramers = TAU * (6.0 * height).exp() * t / (m * m / t - 1.0).sqrt();
        let ratio = barrier.crossing_time(6.0) / kramers;
        assert!((1.0..1.1).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_time_of_crossing_comes_back_from_the_share_that_has_crossed() {
        let share = |time: f32, tau: f32| 0.5 * (1.0 - (-2.0 * time / tau).exp());
        assert!((crossing_time(share(3.0, 11.0), 3.0) - 11.0).abs() < 1e-3);
        assert!(crossing_time(0.0, 1.0).is_nan() && crossing_time(0.5, 1.0).is_nan());
        let points = [-0.7, 0.1, 0.2, 0.0, 0.9, -0.3, -0.1, 0.0];
        assert!((crossed(&points, WELLS) - 0.5).abs() < 1e-6);
        assert!((slope(&[[1.0, 3.0], [2.0, 5.0], [3.0, 7.0]]) - 2.0).abs() < 1e-6);
        assert!(slope(&[]).is_nan());
    }

    #[test]
    fn figures_have_the_digits_that_they_are_worth() {
        let texts = [12.34, 1.053, 0.2134, 0.02345, 0.00081, 0.0, f32::NAN].map(figure);
        assert_eq!(texts, ["12", "1.05", "0.21", "0.023", "0.0008", "0.00", "–"]);
    }

    #[test]
    fn the_theory_of_steps_gives_the_figures_on_the_cards() {
        // Closed form, and measured: eta .1/.2/.5/1/1.5 -> variance 1.05/1.11/1.33/2/4.
        let variances = [0.1, 0.2, 0.5, 1.0, 1.5].map(|eta| figure(inflation(eta, 1.0)));
        assert_eq!(variances, ["1.05", "1.11", "1.33", "2.00", "4.00"]);
        assert!(inflation(2.0, 1.0).is_infinite());
        let variance = PAIR_WIDTH.powi(2);
        assert!((local_step(1.0, 0.12127, variance) - 0.5).abs() < 1e-4);
        assert!((local_step(0.25, 0.060_634, variance) - 0.05).abs() < 1e-5);
    }
}
