//! Sliced score matching.
//!
//! Song, Garg, Shi & Ermon (2019), with their variance reduction (SSM-VR): the divergence of
//! [`implicit`](super::implicit) is estimated along one random direction a row,
//!
//! ```text
//! J = E [ 1/2 |s|² + vᵀ (ds/dx) v ] + const,   E v vᵀ = I
//! ```
//!
//! which needs one derivative of the network whatever the dimension. The components of `v` are +1 or -1, the choice of
//! least variance. In two dimensions there is little to save: this is here to be compared.

use rand::RngExt;
use rand::rngs::StdRng;

use super::{Batch, Noised, Problem, Task};

/// Draws a batch over the ladder's range.
pub fn batch(problem: &Problem, rng: &mut StdRng) -> Batch {
    let rows = Noised::over_ladder(problem, rng);
    let directions = rows
        .points
        .iter()
        .map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 })
        .collect();
    rows.ask(Task::Slice(directions))
}
