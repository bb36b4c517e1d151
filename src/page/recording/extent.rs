//! Positions as 16-bit numbers.

use crate::engine::protocol::STAGE_HALF_WIDTH;

/// The code of a particle that is not in the window, or nowhere.
const NOWHERE: u16 = u16::MAX;
/// Steps across the window.
const STEPS: f32 = (NOWHERE - 1) as f32;

/// The square of the plane in which positions are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// Its middle, stage coordinates.
    pub centre: [f32; 2],
    /// Half its width, stage units.
    pub half_width: f32,
}

impl Extent {
    /// Wide enough for particles around data of this mean and scale (mean per-axis standard deviation) under noise of up
    /// to `sigma`: whoever leaves 3 scales and 4 sigma is drawn anew.
    pub fn around(mean: [f32; 2], scale: f32, sigma: f32) -> Self {
        Self {
            centre: mean,
            half_width: (4.0 * scale).max(1.5 * STAGE_HALF_WIDTH) + 6.0 * sigma,
        }
    }

    /// How far a recorded coordinate may be off, stage units, besides the rounding of `f32`.
    pub fn error(&self) -> f32 {
        self.half_width / STEPS
    }

    /// The number of a coordinate, x for axis 0.
    pub fn code(&self, value: f32, axis: usize) -> u16 {
        let steps = ((value - self.centre[axis]) / self.half_width + 1.0) * (0.5 * STEPS);
        if (0.0..=STEPS).contains(&steps) {
            steps.round() as u16
        } else {
            NOWHERE
        }
    }

    /// The coordinate of a number; NaN where there was none in the window.
    pub fn value(&self, code: u16, axis: usize) -> f32 {
        if code == NOWHERE {
            return f32::NAN;
        }
        self.centre[axis] + (f32::from(code) * (2.0 / STEPS) - 1.0) * self.half_width
    }
}
