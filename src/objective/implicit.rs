//! Implicit score matching.
//!
//! Hyvarinen (2005): integration by parts takes the unknown score out of `1/2 E|s - s*|²`,
//!
//! ```text
//! J = E [ 1/2 |s|² + div s ] + const
//! ```
//!
//! as long as `p s` vanishes far away. With the weight `2 / gain²` and `s = -y / (sigma² + sd²) + gain F` this is, up to
//! a constant,
//!
//! ```text
//! E [ |F|² + 2 sigma / sd (div_z F - z · F) ]
//! ```
//!
//! Only points are needed, no clean data; but the divergence is, here exact (see `model::Along`): in two
//! dimensions it costs three forward passes.

use rand::rngs::StdRng;

use super::{Batch, Noised, Problem, Task};

/// Draws a batch over the ladder's range.
pub fn batch(problem: &Problem, rng: &mut StdRng) -> Batch {
    Noised::over_ladder(problem, rng).ask(Task::Divergence)
}
