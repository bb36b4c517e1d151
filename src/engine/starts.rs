//! Where particles start.

use rand::RngExt;

use super::protocol::Grid;
use super::settings::Start;
use crate::distribution::ExactField;
use crate::sampler::{self, Guard, Stream};

/// Half-width of the square of [`Start::Uniform`]: so many scales of the data and so many starting noise levels.
const SQUARE: (f32, f32) = (3.2, 2.0);

/// Draws of which [`Start::Spot`] takes the leftmost.
const DRAWS: usize = 256;

/// The first `count` starting points `[x0, y0, …]` of a seed; more of them only add to these.
///
/// sigma: the noise level at which the sampler begins.
pub fn points(start: Start, count: usize, exact: &ExactField, guard: &Guard, sigma: f32, seed: u32) -> Vec<f32> {
    let mut rng = sampler::stream(seed, Stream::Start);
    match start {
        Start::Noise => sampler::start(count, guard.mean, guard.scale, sigma, seed),
        Start::Uniform => {
            let half = square(guard, sigma);
            (0..2 * count)
                .map(|i| guard.mean[i % 2] + half * rng.random_range(-1.0..1.0))
                .collect()
        }
        Start::Spot => {
            let mut draws = vec![0.0; 2 * DRAWS];
            exact.sample(&mut rng, &mut draws);
            let leftmost = draws.chunks_exact(2).min_by(|a, b| a[0].total_cmp(&b[0]));
            leftmost.unwrap_or(&guard.mean).repeat(count)
        }
    }
}

/// The density from which [`points`] draws, at the points of a grid and up to a factor.
pub fn density(start: Start, grid: &Grid, exact: &ExactField, guard: &Guard, sigma: f32, seed: u32) -> Vec<f32> {
    let variance = sigma * sigma + guard.scale * guard.scale;
    let half = square(guard, sigma);
    let spot = points(Start::Spot, 1, exact, guard, sigma, seed);
    let near = 0.5 * grid.spacing();
    let at = |p: &[f32]| {
        let [x, y] = [p[0] - guard.mean[0], p[1] - guard.mean[1]];
        match start {
            Start::Noise => (-(x * x + y * y) / (2.0 * variance)).exp(),
            Start::Uniform => f32::from(x.abs().max(y.abs()) <= half),
            Start::Spot => f32::from((p[0] - spot[0]).abs().max((p[1] - spot[1]).abs()) <= near),
        }
    };
    grid.points().chunks_exact(2).map(at).collect()
}

/// Half the width of the square, no wider than the guard lets particles be: those outside would be drawn anew in the
/// middle.
fn square(guard: &Guard, sigma: f32) -> f32 {
    let wide = SQUARE.0 * guard.scale + SQUARE.1 * sigma;
    let [low, high] = guard.reach(sigma);
    (0..2)
        .flat_map(|axis| [guard.mean[axis] - low[axis], high[axis] - guard.mean[axis]])
        .fold(wide, f32::min)
}
