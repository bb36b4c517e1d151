//! The exact field on a grid, computed on the page in slices too short to notice.

use web_time::Instant;

use super::GridField;
use crate::distribution::Smoothed;
use crate::engine::protocol::Grid;

/// Points an axis so that their spacing is at most `sigma / 1.5`, between 48 and 192.
pub fn side_for(half_width: f32, sigma: f32) -> u32 {
    let points = (2.0 * half_width * 1.5 / sigma.max(1e-6)).ceil() + 1.0;
    (points as u32).clamp(48, 192)
}

/// An exact field in the making.
pub struct ExactPicture {
    smoothed: Smoothed,
    field: GridField,
    next_row: usize,
}

impl ExactPicture {
    /// To be computed on a grid.
    pub fn new(smoothed: Smoothed, grid: Grid) -> Self {
        let points = (grid.side as usize).pow(2);
        let sigma = smoothed.sigma();
        let field = GridField {
            grid,
            sigma,
            energy: vec![0.0; points],
            score: vec![0.0; 2 * points],
        };
        Self {
            smoothed,
            field,
            next_row: 0,
        }
    }

    /// Computes rows until the budget is spent, at least one; true when the field is whole.
    pub fn advance(&mut self, budget_ms: f64) -> bool {
        let (start, n) = (Instant::now(), self.field.grid.side as usize);
        while self.next_row < n {
            let j = self.next_row;
            for i in 0..n {
                let local = self.smoothed.local(self.field.grid.point(i, j));
                let k = j * n + i;
                self.field.energy[k] = -local.log_density;
                self.field.score[2 * k..2 * k + 2].copy_from_slice(&local.score);
            }
            self.next_row += 1;
            if self.next_row < n && start.elapsed().as_secs_f64() * 1e3 > budget_ms {
                return false;
            }
        }
        true
    }

    /// The field, with energies counted from the lowest. Rows not yet computed are masked.
    pub fn finish(mut self) -> GridField {
        let n = self.field.grid.side as usize;
        let known = (self.next_row * n).min(self.field.energy.len());
        let (done, rest) = self.field.energy.split_at_mut(known);
        let lowest = done.iter().copied().fold(f32::INFINITY, f32::min);
        done.iter_mut().for_each(|e| *e -= lowest);
        rest.fill(f32::NAN);
        self.field
    }
}
