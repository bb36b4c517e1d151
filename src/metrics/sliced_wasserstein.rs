//! Sliced Wasserstein distance: how far apart two clouds of points are.

use web_time::Instant;

use super::{entirely, until};

/// Directions on which the clouds are projected, spread evenly over the half circle.
const ANGLES: usize = 128;

/// Sliced 2-Wasserstein distance between two clouds of equally many points, in stage units:
///
/// ```text
/// SW2² = mean over angles (k + 1/2) π / 128 and ranks i of  (a_(i) - b_(i))²
/// ```
///
/// with the projections on each direction sorted: in one dimension the best transport pairs equal ranks (Rabin et al.
/// 2011; Bonneel et al. 2015). Clouds shifted by `d` against each other are `d / sqrt(2)` apart.
///
/// Two independent clouds of `n` points from one density are about `n^-1/2` apart, and this floor varies by a third from
/// draw to draw: compare distances with it, never with 0.
///
/// `a`, `b`: `[x0, y0, …]`. Returns NaN when the counts differ, or when there is no point, or when a coordinate is not
/// finite.
pub fn sliced_wasserstein(a: &[f32], b: &[f32]) -> f32 {
    let mut distance = SlicedWasserstein::new(a, b);
    entirely(|| distance.piece())
}

/// [`sliced_wasserstein`] a few angles at a time.
#[derive(Clone, Debug)]
pub struct SlicedWasserstein {
    a: Vec<f32>,
    b: Vec<f32>,
    /// Angles that are done.
    angles: usize,
    /// Sum of squares over them, in double precision: half a million are added.
    sum: f64,
    /// The latest projections.
    along: [Vec<i32>; 2],
}

impl SlicedWasserstein {
    /// The distance between these clouds, to be computed by [`SlicedWasserstein::advance`].
    pub fn new(a: &[f32], b: &[f32]) -> Self {
        let comparable = a.len() == b.len() && a.len() >= 2 && a.iter().chain(b).all(|x| x.is_finite());
        Self {
            a: a.to_vec(),
            b: b.to_vec(),
            angles: if comparable { 0 } else { ANGLES },
            sum: if comparable { 0.0 } else { f64::NAN },
            along: Default::default(),
        }
    }

    /// Works until the deadline; the distance, once it is known.
    pub fn advance(&mut self, deadline: Instant) -> Option<f32> {
        until(deadline, || self.piece())
    }

    /// One angle; the distance, once it is known.
    pub(super) fn piece(&mut self) -> Option<f32> {
        if self.angles < ANGLES {
            let angle = (self.angles as f32 + 0.5) * std::f32::consts::PI / ANGLES as f32;
            project(&self.a, angle, &mut self.along[0]);
            project(&self.b, angle, &mut self.along[1]);
            let [a, b] = &self.along;
            self.sum += a
                .iter()
                .zip(b)
                .map(|(&p, &q)| f64::from(from_key(p) - from_key(q)).powi(2))
                .sum::<f64>();
            self.angles += 1;
        }
        let terms = (ANGLES * (self.a.len() / 2)) as f64;
        (self.angles == ANGLES).then(|| (self.sum / terms).sqrt() as f32)
    }
}

/// The sorted coordinates along this direction, as keys.
fn project(points: &[f32], angle: f32, sorted: &mut Vec<i32>) {
    let (sin, cos) = angle.sin_cos();
    sorted.clear();
    sorted.extend(points.chunks_exact(2).map(|p| key(cos * p[0] + sin * p[1])));
    sorted.sort_unstable();
}

/// An integer for each number, in the same order (that of `f32::total_cmp`): integers are sorted faster.
fn key(x: f32) -> i32 {
    let bits = x.to_bits().cast_signed();
    bits ^ ((bits >> 31) & i32::MAX)
}

/// The number of a [`key`].
fn from_key(key: i32) -> f32 {
    f32::from_bits((key ^ ((key >> 31) & i32::MAX)).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::sliced_wasserstein;

    fn gaussian(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = StdRng::seed_from_u64(seed);
        (0..2 * count).map(|_| StandardNormal.sample(&mut rng)).collect()
    }

    fn close(value: f32, truth: f32, tolerance: f32) {
        assert!(
            (value - truth).abs() <= tolerance,
            "{value} is not {truth} within {tolerance}"
        );
    }

    #[test]
    fn a_cloud_shifted_by_d_is_d_over_root_two_away() {
        let cloud = gaussian(4000, 1);
        for shift in [[0.3, 0.0], [0.0, -0.7], [1.2, 1.6]] {
            let mut moved: Vec<f32> = cloud.iter().enumerate().map(|(i, x)| x + shift[i % 2]).collect();
            let expected = shift[0].hypot(shift[1]) / 2.0_f32.sqrt();
            close(sliced_wasserstein(&cloud, &moved), expected, 1e-5);
            // The order of the points is no part of a cloud.
            moved.rotate_left(334);
            close(sliced_wasserstein(&moved, &cloud), expected, 1e-5);
        }
    }

    #[test]
    fn a_cloud_grown_by_a_factor_is_as_far_away_as_its_points_moved_on_average() {
        // The projections keep their order, so that each direction moves by (c - 1) times its own coordinate, and the
        // mean of their squares over all directions is |x|² / 2.
        let cloud = gaussian(4000, 2);
        let grown: Vec<f32> = cloud.iter().map(|x| 1.5 * x).collect();
        let mean_square = cloud.iter().map(|x| x * x).sum::<f32>() / cloud.len() as f32;
        close(sliced_wasserstein(&cloud, &grown), 0.5 * mean_square.sqrt(), 1e-5);
    }

    #[test]
    fn two_draws_from_one_gaussian_are_about_one_over_root_n_apart() {
        // The expected squared distance of two samples of a normal's quantiles is about 2 ln ln n / n a direction; a
        // factor of three either way holds for every draw that will ever be seen.
        let distance = sliced_wasserstein(&gaussian(4000, 3), &gaussian(4000, 4));
        let scale = 4000.0_f32.sqrt().recip();
        assert!(distance > 0.5 * scale && distance < 6.0 * scale, "{distance}");
    }

    #[test]
    fn clouds_that_cannot_be_compared_have_no_distance() {
        assert!(sliced_wasserstein(&[0.0; 4], &[0.0; 6]).is_nan());
        assert!(sliced_wasserstein(&[], &[]).is_nan());
        assert!(sliced_wasserstein(&[0.0, f32::NAN], &[0.0, 1.0]).is_nan());
        close(sliced_wasserstein(&[0.5, 0.25], &[0.5, 0.25]), 0.0, 0.0);
    }
}
