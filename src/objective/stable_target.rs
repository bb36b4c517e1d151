//! Denoising towards the posterior mean over a reference batch.
//!
//! Xu, Tong & Jaakkola (2023), "Stable Target Field": where [`denoising`](super::denoising) points back to the one source
//! that a noised point came from, this asks which sources of a reference batch it may have come from,
//!
//! ```text
//! D(x) = sum_j softmax_j( -|x - x0_j|² / (2 sigma²) ) x0_j,   target of the score: (D - x) / sigma²
//! ```
//!
//! with the row's own sigma and its own source among them. The mean target is unchanged: given all sources and a noised
//! point, each source is the true one with just this probability, so `D` is the conditional mean of the source, and the
//! score is the mean of `(x0 - x) / sigma²`. Only the variance shrinks, by about the number of sources within sigma, and
//! with it the error after equally many steps, by 3 to 5.
//!
//! What helps is sources near the point. So the rows of large noise, to which all are near, share the sources of a
//! quarter of the batch, and those of small noise have [`SURPLUS`] batches of further sources beside their own.
//!
//! With all points of a finite set in place of a batch this would be [`explicit`](super::explicit) score matching.

use rand::rngs::StdRng;

use super::{Batch, Noised, Problem, Task, noised::target, reference::Reference};

/// Points beyond the batch's own among which the sources of small noise are looked for, in batches.
pub const SURPLUS: usize = 3;

/// Below this noise level the further sources are used, in units of the data's scale.
const SMALL_NOISE: f32 = 0.2;

/// Draws a batch over the ladder's range.
pub fn batch(problem: &Problem, rng: &mut StdRng) -> Batch {
    let (rows, pre) = (Noised::over_ladder(problem, rng), problem.preconditioning);
    let mut all = rows.clean.clone();
    all.resize((1 + SURPLUS) * rows.clean.len(), 0.0);
    problem.data.sample(rng, &mut all[rows.clean.len()..]);
    // Noise levels ascend.
    let small = rows.sigmas.partition_point(|&sigma| sigma < SMALL_NOISE * pre.scale);
    let large = small.max(3 * rows.sigmas.len() / 4);
    let (near, own, far) = (
        Reference::new(&all),
        Reference::new(&rows.clean),
        Reference::new(&rows.clean[2 * large..]),
    );
    let mut targets = Vec::with_capacity(rows.points.len());
    for (i, &sigma) in rows.sigmas.iter().enumerate() {
        let pair = |values: &[f32]| [values[2 * i], values[2 * i + 1]];
        let (x, eps) = (pair(&rows.points), pair(&rows.eps));
        let sources = match i {
            _ if i < small => &near,
            _ if i < large => &own,
            _ => &far,
        };
        let toward = sources.mean_offset(x, eps, sigma);
        let denoised = std::array::from_fn(|k| x[k] + sigma * toward[k]);
        targets.extend(target(pre, denoised, toward.map(|t| -t), sigma));
    }
    rows.ask(Task::Target(targets))
}
