//! Denoising towards the posterior mean over the batch.
//!
//! Xu, Tong & Jaakkola (2023), "Stable Target Field": where [`denoising`](super::denoising) points back to the one source
//! that a noised point came from, this asks which sources of the batch it may have come from,
//!
//! ```text
//! D(x) = sum_j softmax_j( -|x - x0_j|² / (2 sigma²) ) x0_j,   target of the score: (D - x) / sigma²
//! ```
//!
//! with the row's own sigma and its own source among them. The mean target is unchanged: given all sources of a batch
//! and a noised point, each source is the true one with just this probability, so `D` is the conditional mean of the
//! source, and the score is the mean of `(x0 - x) / sigma²`. Only the variance shrinks, and with it the error after
//! equally many steps, by 2 to 4.
//!
//! With all points of a finite set in place of a batch it is [`explicit`](super::explicit) score matching.

use rand::Rng;

use super::{Batch, Noised, Problem, Task, noised::target};
use crate::{
    distribution::lanes::{LANES, exp, lanes},
    model::Preconditioning,
};

/// Sources whose probability is below `exp(-CUT)` of the own source's are left out.
const CUT: f32 = 17.0;

/// Draws a batch over the ladder's range.
pub fn batch<R: Rng + ?Sized>(problem: &Problem, rng: &mut R) -> Batch {
    let rows = Noised::over_ladder(problem, rng);
    let sources = Sources::new(&rows.clean);
    let noised = rows.points.chunks_exact(2).zip(rows.eps.chunks_exact(2));
    let targets = noised
        .zip(&rows.sigmas)
        .flat_map(|((x, eps), &sigma)| {
            let (x, eps) = ([x[0], x[1]], [eps[0], eps[1]]);
            stable(problem.preconditioning, &sources, x, eps, sigma)
        })
        .collect();
    rows.ask(Task::Target(targets))
}

fn stable(pre: &Preconditioning, sources: &Sources, x: [f32; 2], eps: [f32; 2], sigma: f32) -> [f32; 2] {
    let toward = sources.mean_offset(x, eps, sigma);
    let denoised = std::array::from_fn(|k| x[k] + sigma * toward[k]);
    target(pre, denoised, toward.map(|t| -t), sigma)
}

/// The sources of a batch from left to right, so that those near a point are a contiguous piece.
struct Sources {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Sources {
    fn new(points: &[f32]) -> Self {
        let mut pairs: Vec<[f32; 2]> = points.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
        pairs.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]));
        Self {
            x: pairs.iter().map(|p| p[0]).collect(),
            y: pairs.iter().map(|p| p[1]).collect(),
        }
    }

    /// `(D(x) - x) / sigma` for a point that came from one of these sources by the noise `eps`.
    ///
    /// Exponents are taken relative to the own source's, which is `-|eps|² / 2`: the largest is at most `|eps|² / 2`, so
    /// nothing overflows, and one pass is enough.
    fn mean_offset(&self, x: [f32; 2], eps: [f32; 2], sigma: f32) -> [f32; 2] {
        let own = 0.5 * (eps[0] * eps[0] + eps[1] * eps[1]);
        let reach = sigma * (2.0 * (own + CUT)).sqrt();
        let first = self.x.partition_point(|&sx| sx < x[0] - reach);
        let last = self.x.partition_point(|&sx| sx <= x[0] + reach);
        let (sx, sy) = (&self.x[first..last], &self.y[first..last]);
        let per_sigma = 1.0 / sigma;
        let (mut mass, mut sum_x, mut sum_y) = ([0.0_f32; LANES], [0.0_f32; LANES], [0.0_f32; LANES]);
        let (packs_x, rest_x) = sx.as_chunks::<LANES>();
        let (packs_y, rest_y) = sy.as_chunks::<LANES>();
        for (px, py) in packs_x.iter().zip(packs_y) {
            let dx = lanes(|i| (px[i] - x[0]) * per_sigma);
            let dy = lanes(|i| (py[i] - x[1]) * per_sigma);
            let weight = lanes(|i| exp(own - 0.5 * (dx[i] * dx[i] + dy[i] * dy[i])));
            mass = lanes(|i| mass[i] + weight[i]);
            sum_x = lanes(|i| sum_x[i] + weight[i] * dx[i]);
            sum_y = lanes(|i| sum_y[i] + weight[i] * dy[i]);
        }
        for (i, (px, py)) in rest_x.iter().zip(rest_y).enumerate() {
            let (dx, dy) = ((px - x[0]) * per_sigma, (py - x[1]) * per_sigma);
            let weight = exp(own - 0.5 * (dx * dx + dy * dy));
            mass[i] += weight;
            sum_x[i] += weight * dx;
            sum_y[i] += weight * dy;
        }
        let total = mass.iter().sum::<f32>();
        [sum_x.iter().sum::<f32>() / total, sum_y.iter().sum::<f32>() / total]
    }
}
