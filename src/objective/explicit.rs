//! Explicit score matching: the exact score is the target.
//!
//! ```text
//! J = E |s - s*|²
//! ```
//!
//! Nobody has `s*` for data of the real world; here it is known in closed form, so that this objective shows how well the
//! network could learn at all: its target has no variance. An exact field must be prepared for each noise level, which
//! costs more than a training step, so that a batch has only [`LEVELS`] of them: stratified over the ladder's range and
//! shifted at random from batch to batch, so that in the mean all count as in the other objectives.

use rand::rngs::StdRng;

use super::{Batch, Noised, Problem, Task};

/// Noise levels in a batch.
pub const LEVELS: usize = 8;

/// Draws a batch over the ladder's range.
pub fn batch(problem: &Problem, rng: &mut StdRng) -> Batch {
    let rows = Noised::on_few_levels(problem, LEVELS, rng);
    let pre = problem.preconditioning;
    let mut targets = vec![0.0; rows.points.len()];
    let mut start = 0;
    for level in rows.sigmas.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
        let (sigma, end) = (level[0], start + 2 * level.len());
        let points = &rows.points[start..end];
        let targets = &mut targets[start..end];
        problem.data.at(sigma).scores(points, targets);
        // F = (s + y / (sigma² + sd²)) / gain
        let (variance, gain) = (pre.variance(sigma), pre.score_gain(sigma));
        for (i, (target, x)) in targets.iter_mut().zip(points).enumerate() {
            *target = (*target + (x - pre.mean[i % 2]) / variance) / gain;
        }
        start = end;
    }
    rows.ask(Task::Target(targets))
}
