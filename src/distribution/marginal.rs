//! The density of one coordinate alone: what a histogram of that coordinate is to become.

use super::boxes::Boxes;
use super::exact::{ExactField, TAU};
use super::mixture::Mixture;

/// Cells into which the width of a Gaussian is divided.
const FINE: f32 = 16.0;
/// Widths from its middle at which a Gaussian is over.
const REACH: f32 = 6.0;
/// Most cells.
const MOST: f32 = 65_536.0;

impl ExactField {
    /// The density of one coordinate of `p_sigma` (`axis` 0: horizontal, 1: vertical) at the places `at`, per stage unit,
    /// added up in `out` of the same length. `sigma` > 0.
    ///
    /// The other coordinate integrates to one, so that of a mixture a sum of one-dimensional Gaussians is left, and of
    /// boxes one of differences of normal distribution functions. Nodes are first shared out to cells of a sixteenth of
    /// their width, by which the density is off by one in 2,000 of its largest value: thirty thousand nodes cost no more
    /// than a hundred.
    pub fn marginal(&self, axis: usize, sigma: f32, at: &[f32], out: &mut [f32]) {
        match self {
            Self::Mixture(mixture) => gaussians(mixture, axis, sigma, at, out),
            Self::Boxes(boxes) => intervals(boxes, axis, sigma, at, out),
        }
    }
}

fn gaussians(mixture: &Mixture, axis: usize, sigma: f32, at: &[f32], out: &mut [f32]) {
    let nodes = mixture.nodes();
    let places = if axis == 0 { &nodes.x } else { &nodes.y };
    for group in &nodes.groups {
        let places = &places[group.range.clone()];
        let (low, high) = places
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let variance = group.smoothed(sigma);
        let width = variance.sqrt();
        let cell = (width / FINE).max((high - low) / MOST);
        let mut cells = vec![0.0_f32; ((high - low) / cell) as usize + 2];
        for (x, log_weight) in places.iter().zip(&nodes.log_weight[group.range.clone()]) {
            let (place, weight) = ((x - low) / cell, log_weight.exp());
            let first = place as usize;
            let beyond = place - first as f32;
            cells[first] += weight * (1.0 - beyond);
            cells[first + 1] += weight * beyond;
        }
        let norm = 1.0 / (TAU * variance).sqrt();
        for (x, out) in at.iter().zip(out.iter_mut()) {
            let place = (x - low) / cell;
            let reach = REACH * width / cell;
            let first = ((place - reach).max(0.0) as usize).min(cells.len());
            let last = ((place + reach + 1.0).max(0.0) as usize).clamp(first, cells.len());
            let term = |(k, weight): (usize, &f32)| {
                let far = ((first + k) as f32 - place) * cell;
                weight * (-far * far / (2.0 * variance)).exp()
            };
            *out += norm * cells[first..last].iter().enumerate().map(term).sum::<f32>();
        }
    }
}

fn intervals(boxes: &Boxes, axis: usize, sigma: f32, at: &[f32], out: &mut [f32]) {
    for (interval, share) in boxes.shares(axis) {
        for (x, out) in at.iter().zip(out.iter_mut()) {
            *out += share * Boxes::mass(*x, interval, sigma);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{ExactField, Preset};

    const REACH: f32 = 6.0;
    const POINTS: usize = 2401;

    /// Places across everything, and the distance between them.
    fn places() -> (Vec<f32>, f32) {
        let step = 2.0 * REACH / (POINTS - 1) as f32;
        ((0..POINTS).map(|k| step * k as f32 - REACH).collect(), step)
    }

    fn fields() -> Vec<ExactField> {
        let three = ExactField::mixture(
            vec![[-0.7, 0.1], [0.4, -0.9], [0.9, 0.8]],
            vec![0.5, 0.2, 0.3],
            vec![0.0, 0.04, 0.3],
        );
        let named = [Preset::Moons, Preset::Checkerboard, Preset::TwoG].map(Preset::field);
        named.into_iter().chain(three).collect()
    }

    #[test]
    fn a_marginal_integrates_to_one() {
        let (at, step) = places();
        for (sigma, field) in [0.05, 0.3, 1.0]
            .iter()
            .flat_map(|s| fields().into_iter().map(move |f| (*s, f)))
        {
            for axis in 0..2 {
                let mut density = vec![0.0; at.len()];
                field.marginal(axis, sigma, &at, &mut density);
                let sum: f32 = density.iter().sum::<f32>() * step;
                assert!((sum - 1.0).abs() < 1e-4, "{sum} at sigma {sigma}");
            }
        }
    }

    #[test]
    fn a_marginal_is_the_integral_of_the_density_over_the_other_coordinate() {
        let (other, step) = places();
        let at: Vec<f32> = (-8..=8).map(|k| 0.23 * k as f32).collect();
        for (sigma, field) in [0.05, 0.4]
            .iter()
            .flat_map(|s| fields().into_iter().map(move |f| (*s, f)))
        {
            for axis in 0..2 {
                let mut found = vec![0.0; at.len()];
                field.marginal(axis, sigma, &at, &mut found);
                let smoothed = field.at(sigma);
                let truth: Vec<f32> = at
                    .iter()
                    .map(|&x| {
                        let points: Vec<f32> = other
                            .iter()
                            .flat_map(|&y| if axis == 0 { [x, y] } else { [y, x] })
                            .collect();
                        let log = smoothed.log_densities(&points);
                        log.iter().map(|l: &f32| l.exp()).sum::<f32>() * step
                    })
                    .collect();
                let top = truth.iter().copied().fold(0.0, f32::max);
                for (found, truth) in found.iter().zip(truth) {
                    assert!((found - truth).abs() < 1e-3 * top, "{found} for {truth}, sigma {sigma}");
                }
            }
        }
    }
}
