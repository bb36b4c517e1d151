//! The stage's pictures as pure functions: field samples, particles and a view go in, pixel buffers come out.
//!
//! No DOM lives here, so every layer can be tested, timed and looked at natively; `stage` and `strip` only copy the
//! finished buffers to their canvases. Pixels are RGBA, rows from the top; stage coordinates have y up.
//!
//! One [`paint::FieldPainter`] composes everything that changes only with the field ([`energy`], [`error`] or a
//! [`derivative`] as heat, [`contours`], [`arrows`], [`streamlines`], the [`denoiser`], [`data`]) in bands of rows, so
//! that no call is long; [`particles`] is painted every frame.
//! [`surface`] is the same field as a landscape.

pub mod arrows;
pub mod camera;
mod choice;
pub mod contours;
pub mod coverage;
pub mod data;
pub mod denoiser;
pub mod depth;
pub mod derivative;
pub mod energy;
pub mod error;
pub mod exact_picture;
pub mod flow;
pub mod hues;
pub mod jumps;
pub mod labels;
pub mod lens;
mod light;
pub mod morph;
pub mod motion;
pub mod paint;
pub mod palette;
pub mod particles;
pub mod path;
pub mod raster;
pub mod resample;
pub mod scale;
pub mod shading;
mod stamps;
pub mod streamlines;
pub mod surface;

pub use palette::{Palette, Ramp};

use crate::distribution::ExactField;
use crate::engine::protocol::Grid;

/// A field sampled on a square grid at one noise level, exact or learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridField {
    /// Where and how fine.
    pub grid: Grid,
    /// Noise level, stage units.
    pub sigma: f32,
    /// Energy in nats above its lowest value, rows from low to high y; NaN where it is masked.
    pub energy: Vec<f32>,
    /// Scores `[s0x, s0y, …]` at the same points.
    pub score: Vec<f32>,
}

impl GridField {
    /// Both arrays have the length that the grid says, which has at least two points an axis.
    pub fn is_whole(&self) -> bool {
        let n = self.grid.side as usize;
        n >= 2 && self.energy.len() == n * n && self.score.len() == 2 * n * n && self.grid.half_width > 0.0
    }

    /// The log density of an exact field of this distribution where its energy is lowest.
    pub fn top(&self, truth: &ExactField) -> f32 {
        let n = self.grid.side as usize;
        let lowest = (0..self.energy.len()).min_by(|a, b| self.energy[*a].total_cmp(&self.energy[*b]));
        let at = |k: usize| truth.local(self.grid.point(k % n, k / n), self.sigma).log_density;
        lowest.map_or(f32::NAN, at)
    }

    /// A position is within the grid.
    pub fn covers(&self, at: [f32; 2]) -> bool {
        (0..2).all(|axis| (at[axis] - self.grid.centre[axis]).abs() <= self.grid.half_width)
    }

    /// The score between the grid's points, bilinear; outside the grid that of the nearest point on its edge.
    pub fn score_at(&self, at: [f32; 2]) -> [f32; 2] {
        let (corner, [fx, fy]) = self.cell(at);
        let n = self.grid.side as usize;
        let value = |k: usize, axis: usize| self.score.get(2 * k + axis).copied().unwrap_or(0.0);
        [0, 1].map(|axis| {
            let low = value(corner, axis) * (1.0 - fx) + value(corner + 1, axis) * fx;
            let high = value(corner + n, axis) * (1.0 - fx) + value(corner + n + 1, axis) * fx;
            low * (1.0 - fy) + high * fy
        })
    }

    /// The energy between the grid's points, bilinear; NaN next to masked points.
    pub fn energy_at(&self, at: [f32; 2]) -> f32 {
        let (corner, [fx, fy]) = self.cell(at);
        let n = self.grid.side as usize;
        let value = |k: usize| self.energy.get(k).copied().unwrap_or(f32::NAN);
        let low = value(corner) * (1.0 - fx) + value(corner + 1) * fx;
        low * (1.0 - fy) + (value(corner + n) * (1.0 - fx) + value(corner + n + 1) * fx) * fy
    }

    /// Index of the lower left point of the cell that holds a position, and the position within the cell.
    fn cell(&self, at: [f32; 2]) -> (usize, [f32; 2]) {
        let (h, n) = (self.grid.spacing(), self.grid.side.max(2) as usize);
        let [u, v] = [0, 1].map(|axis| {
            let u = (at[axis] - self.grid.centre[axis] + self.grid.half_width) / h;
            u.clamp(0.0, (n - 1) as f32)
        });
        let (i, j) = ((u as usize).min(n - 2), (v as usize).min(n - 2));
        (j * n + i, [u - i as f32, v - j as f32])
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A grid field with a given energy and its score, `(energy, score)` at a point.
    pub(crate) fn sampled(half_width: f32, side: u32, of: impl Fn([f32; 2]) -> (f32, [f32; 2])) -> GridField {
        let grid = Grid {
            centre: [0.0, 0.0],
            half_width,
            side,
        };
        let at: Vec<_> = grid.points().chunks_exact(2).map(|p| of([p[0], p[1]])).collect();
        GridField {
            grid,
            sigma: 0.2,
            energy: at.iter().map(|(e, _)| *e).collect(),
            score: at.iter().flat_map(|(_, s)| *s).collect(),
        }
    }

    #[test]
    fn samples_between_points_are_exact_for_a_linear_score() {
        let field = sampled(1.0, 17, |[x, y]| (0.5 * (x * x + y * y), [-x, -2.0 * y]));
        assert!(field.is_whole());
        let s = field.score_at([0.33, -0.71]);
        assert!((s[0] + 0.33).abs() < 1e-5 && (s[1] - 1.42).abs() < 1e-5);
        assert!((field.score_at([7.0, 0.0])[0] + 1.0).abs() < 1e-6);
        assert!(field.covers([0.3, -1.0]) && !field.covers([0.3, 1.1]) && !field.covers([f32::NAN, 0.0]));
    }
}
