//! Denoising score matching.
//!
//! Vincent (2011): the score of `p_sigma` minimises
//!
//! ```text
//! E |s(x0 + sigma eps) + eps / sigma|²
//! ```
//!
//! for the mean of `-eps / sigma` over all ways to get to a point is the score there. No derivative of the network is
//! needed; the price is the variance of the target, `2 - sigma² E|s*|²` in units of `1 / sigma²`, which hides the score
//! where the noise is small. Song & Ermon (2019) do it at many noise levels at once, here all of the ladder's range.

use rand::rngs::StdRng;

use super::{Batch, Noised, Problem, Task, noised::target};

/// Draws a batch over the ladder's range.
pub fn batch(problem: &Problem, rng: &mut StdRng) -> Batch {
    towards_the_source(problem, Noised::over_ladder(problem, rng))
}

/// Draws a batch at one noise level.
pub fn batch_at(problem: &Problem, sigma: f32, rng: &mut StdRng) -> Batch {
    towards_the_source(problem, Noised::at(problem, sigma, rng))
}

fn towards_the_source(problem: &Problem, rows: Noised) -> Batch {
    let sources = rows.clean.chunks_exact(2).zip(rows.eps.chunks_exact(2));
    let targets = sources
        .zip(&rows.sigmas)
        .flat_map(|((x, eps), &sigma)| target(problem.preconditioning, [x[0], x[1]], [eps[0], eps[1]], sigma))
        .collect();
    rows.ask(Task::Target(targets))
}
