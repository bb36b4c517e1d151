//! Where particles start.

use rand::RngExt;

use super::protocol::Grid;
use super::settings::Start;
use crate::distribution::ExactField;
use crate::sampler::{self, Guard, Stream};

/// How far the square of [`Start::Uniform`] reaches beyond the data's box, in starting noise levels. With 3 of them it is
/// that of Song & Ermon (2019, figure 3) about two modes.
const BEYOND: f32 = 3.0;

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
            let (middle, half) = square(exact, guard, sigma);
            (0..2 * count)
                .map(|i| middle[i % 2] + half * rng.random_range(-1.0..1.0))
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
    let (middle, half) = square(exact, guard, sigma);
    let spot = points(Start::Spot, 1, exact, guard, sigma, seed);
    let near = 0.5 * grid.spacing();
    let at = |p: &[f32]| {
        let off = |from: [f32; 2]| [p[0] - from[0], p[1] - from[1]];
        let within = |from, reach| f32::from(off(from).into_iter().all(|x| x.abs() <= reach));
        match start {
            Start::Noise => {
                let [x, y] = off(guard.mean);
                (-(x * x + y * y) / (2.0 * variance)).exp()
            }
            Start::Uniform => within(middle, half),
            Start::Spot => within([spot[0], spot[1]], near),
        }
    };
    grid.points().chunks_exact(2).map(at).collect()
}

/// Middle and half-width of the square, no wider than the guard lets particles be: those outside would be drawn anew in
/// the middle.
fn square(exact: &ExactField, guard: &Guard, sigma: f32) -> ([f32; 2], f32) {
    let ([first, last], [low, high]) = (exact.bounds(), guard.reach(sigma));
    let middle: [f32; 2] = std::array::from_fn(|axis| 0.5 * (first[axis] + last[axis]));
    let wide = 0.5 * (last[0] - first[0]).max(last[1] - first[1]) + BEYOND * sigma;
    let half = (0..2)
        .flat_map(|axis| [middle[axis] - low[axis], high[axis] - middle[axis]])
        .fold(wide, f32::min);
    (middle, half)
}
