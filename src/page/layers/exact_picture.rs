//! The exact field on a grid, computed on the page in slices too short to notice.

use web_time::Instant;

use super::GridField;
use crate::distribution::Smoothed;
use crate::engine::protocol::Grid;

/// Points an axis so that their spacing is at most `sigma / 1.5`, between 48 and 192.
pub fn side_for(half_width: f32, sigma: f32) -> u32 {
    Grid::side_resolving(half_width, sigma).clamp(48, 192)
}

/// Points are computed eight at a time, in patches of so many columns and rows: they must be near each other.
const PATCH: [usize; 2] = [4, 2];

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

    /// Computes rows until the budget is spent, at least two; true when the field is whole.
    pub fn advance(&mut self, budget_ms: f64) -> bool {
        let (start, n) = (Instant::now(), self.field.grid.side as usize);
        while self.next_row < n {
            for i in (0..n).step_by(PATCH[0]) {
                self.patch(i, self.next_row);
            }
            self.next_row = (self.next_row + PATCH[1]).min(n);
            if self.next_row < n && start.elapsed().as_secs_f64() * 1e3 > budget_ms {
                return false;
            }
        }
        true
    }

    /// Computes the patch whose first point is `(i, j)`; beyond the grid's edge it repeats the last points.
    fn patch(&mut self, i: usize, j: usize) {
        let n = self.field.grid.side as usize;
        let at = |k: usize| [(i + k % PATCH[0]).min(n - 1), (j + k / PATCH[0]).min(n - 1)];
        let locals = self.smoothed.eight(&std::array::from_fn(|k| {
            let [i, j] = at(k);
            self.field.grid.point(i, j)
        }));
        for (k, local) in locals.into_iter().enumerate() {
            let [i, j] = at(k);
            let k = j * n + i;
            self.field.energy[k] = -local.log_density;
            self.field.score[2 * k..2 * k + 2].copy_from_slice(&local.score);
        }
    }

    /// All of it at once: [`Self::finish`] after the last slice.
    pub fn whole(mut self) -> GridField {
        while !self.advance(f64::INFINITY) {}
        self.finish()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Preset;

    fn picture() -> ExactPicture {
        let grid = Grid {
            centre: [0.1, -0.1],
            half_width: 1.2,
            side: 24,
        };
        ExactPicture::new(Preset::Moons.field().at(0.2), grid)
    }

    #[test]
    fn a_sliced_picture_is_the_exact_field_counted_from_its_lowest_energy() {
        let mut sliced = picture();
        let slices = (0..100).take_while(|_| !sliced.advance(0.0)).count();
        assert!((1..24).contains(&slices), "{slices} slices");
        let field = sliced.finish();
        assert!(field.is_whole() && field.energy.iter().all(|e| *e >= 0.0) && field.energy.contains(&0.0));
        let exact = Preset::Moons.field();
        let direct = |i: usize, j: usize| exact.local(field.grid.point(i, j), 0.2);
        let difference = |k: usize| direct(k % 24, k / 24).log_density + field.energy[k];
        for k in [0, 100, 333, 575] {
            assert!((difference(k) - difference(250)).abs() < 1e-3, "point {k}");
            let s = direct(k % 24, k / 24).score;
            let error = (field.score[2 * k] - s[0]).hypot(field.score[2 * k + 1] - s[1]);
            assert!(error < 1e-3 * s[0].hypot(s[1]) + 1e-4, "point {k}");
        }
    }

    #[test]
    fn what_is_not_yet_computed_is_masked() {
        let mut begun = picture();
        begun.advance(0.0);
        let field = begun.finish();
        assert!(field.energy[0].is_finite() && field.energy[575].is_nan());
    }

    #[test]
    fn grids_are_finer_than_the_noise_within_limits() {
        assert_eq!((side_for(1.45, 3.0), side_for(1.45, 0.001)), (48, 192));
        let grid = Grid {
            centre: [0.0; 2],
            half_width: 1.45,
            side: side_for(1.45, 0.05),
        };
        assert!(grid.spacing() <= 0.05 / 1.5);
    }
}
