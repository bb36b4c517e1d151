//! The exact field prepared for many points at one noise level.

use super::exact::{ExactField, Local};

/// An [`ExactField`] at one sigma, prepared for many evaluations.
#[derive(Clone, Debug)]
pub struct Smoothed {
    field: ExactField,
    sigma: f32,
}

impl Smoothed {
    pub(super) fn new(field: &ExactField, sigma: f32) -> Self {
        Self {
            field: field.clone(),
            sigma,
        }
    }

    /// The noise level it was prepared for.
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// Log density and score at `x`.
    pub fn local(&self, x: [f32; 2]) -> Local {
        self.field.local(x, self.sigma)
    }

    /// Scores at many points. points, out: `[x0, y0, x1, y1, …]`, equally long.
    pub fn scores(&self, points: &[f32], out: &mut [f32]) {
        for (x, s) in points.chunks_exact(2).zip(out.chunks_exact_mut(2)) {
            s.copy_from_slice(&self.local([x[0], x[1]]).score);
        }
    }

    /// Log densities and scores at many points. points, score: `[x0, y0, …]` of n points; log_density: n values.
    pub fn fill(&self, points: &[f32], log_density: &mut [f32], score: &mut [f32]) {
        let outputs = log_density.iter_mut().zip(score.chunks_exact_mut(2));
        for (x, (value, s)) in points.chunks_exact(2).zip(outputs) {
            let local = self.local([x[0], x[1]]);
            *value = local.log_density;
            s.copy_from_slice(&local.score);
        }
    }
}
