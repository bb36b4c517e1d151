//! Sliced Wasserstein distance: how far apart two clouds of points are.

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
    let count = a.len() / 2;
    if a.len() != b.len() || count == 0 || a.iter().chain(b).any(|x| !x.is_finite()) {
        return f32::NAN;
    }
    let mut sum = 0.0;
    let (mut along_a, mut along_b) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for k in 0..ANGLES {
        let (sin, cos) = ((k as f32 + 0.5) * std::f32::consts::PI / ANGLES as f32).sin_cos();
        project(a, cos, sin, &mut along_a);
        project(b, cos, sin, &mut along_b);
        // In double precision: half a million squares are added.
        sum += along_a
            .iter()
            .zip(&along_b)
            .map(|(p, q)| f64::from(p - q).powi(2))
            .sum::<f64>();
    }
    (sum / (ANGLES * count) as f64).sqrt() as f32
}

/// The sorted coordinates along the direction `(cos, sin)`.
fn project(points: &[f32], cos: f32, sin: f32, sorted: &mut Vec<f32>) {
    sorted.clear();
    sorted.extend(points.chunks_exact(2).map(|p| cos * p[0] + sin * p[1]));
    sorted.sort_unstable_by(f32::total_cmp);
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
