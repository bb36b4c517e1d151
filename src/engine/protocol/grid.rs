//! Windows of the plane, and grids of points in them.

use serde::{Deserialize, Serialize};

/// Half the width of the usual stage, in which data are drawn.
pub const STAGE_HALF_WIDTH: f32 = 1.45;

/// A square grid of points: `side` points an axis, the outermost ones on the window's edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Centre of the window, stage coordinates.
    pub centre: [f32; 2],
    /// Half the window's width.
    pub half_width: f32,
    /// Points along an axis, at least 2.
    pub side: u32,
}

impl Grid {
    /// Half the width of the window in which everything of interest lies at a noise level: the usual stage, or wider
    /// where the noise spreads the data (scale: mean per-axis standard deviation).
    pub fn half_width_at(scale: f32, sigma: f32) -> f32 {
        (2.2 * scale.hypot(sigma)).max(STAGE_HALF_WIDTH)
    }

    /// That window, with `side` points an axis. The usual stage does not move, so that a drawing stays where it was
    /// drawn; the wider the window, the more it centres on the data.
    pub fn window(mean: [f32; 2], scale: f32, sigma: f32, side: u32) -> Self {
        let half_width = Self::half_width_at(scale, sigma);
        let drift = 1.0 - STAGE_HALF_WIDTH / half_width;
        Self {
            centre: [mean[0] * drift, mean[1] * drift],
            half_width,
            side,
        }
    }

    /// Points an axis by which a window of this half-width resolves a noise level: their spacing is at most
    /// `sigma / 1.5`.
    pub fn side_resolving(half_width: f32, sigma: f32) -> u32 {
        ((2.0 * half_width * 1.5 / sigma.max(1e-6)).ceil() as u32).saturating_add(1)
    }

    /// The grid is fine enough for this noise level.
    pub fn resolves(&self, sigma: f32) -> bool {
        self.spacing() <= sigma / 1.5
    }

    /// Distance between neighbouring points.
    pub fn spacing(&self) -> f32 {
        2.0 * self.half_width / (self.side.max(2) - 1) as f32
    }

    /// The point in column `i` and row `j`; row 0 has the lowest y.
    pub fn point(&self, i: usize, j: usize) -> [f32; 2] {
        let h = self.spacing();
        [
            self.centre[0] - self.half_width + h * i as f32,
            self.centre[1] - self.half_width + h * j as f32,
        ]
    }

    /// All points `[x0, y0, x1, y1, …]`, rows from low to high y.
    pub fn points(&self) -> Vec<f32> {
        let n = self.side as usize;
        (0..n)
            .flat_map(|j| (0..n).flat_map(move |i| self.point(i, j)))
            .collect()
    }
}
