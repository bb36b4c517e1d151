//! Where the stage looks: the map between stage coordinates (y up) and canvas pixels (y down), and smooth zooming.

/// A square window onto the plane, drawn on a square canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Centre of the window, stage coordinates.
    pub centre: [f32; 2],
    /// Half the window's width, stage coordinates; positive.
    pub half_width: f32,
    /// Side of the canvas, in whatever pixels the caller draws in.
    pub pixels: f32,
}

impl Viewport {
    /// Pixels per stage unit.
    pub fn scale(&self) -> f32 {
        0.5 * self.pixels / self.half_width
    }

    /// The pixel position of a point; pixel `(i, j)` covers `[i, i+1) x [j, j+1)`, its centre is at `(i+.5, j+.5)`.
    pub fn to_pixel(&self, at: [f32; 2]) -> [f32; 2] {
        let (s, half) = (self.scale(), 0.5 * self.pixels);
        [half + s * (at[0] - self.centre[0]), half - s * (at[1] - self.centre[1])]
    }

    /// The point at a pixel position: the inverse of [`Self::to_pixel`].
    pub fn to_stage(&self, pixel: [f32; 2]) -> [f32; 2] {
        let (s, half) = (self.scale(), 0.5 * self.pixels);
        [
            self.centre[0] + (pixel[0] - half) / s,
            self.centre[1] - (pixel[1] - half) / s,
        ]
    }

    /// The same window on a canvas of another size.
    pub fn with_pixels(self, pixels: f32) -> Self {
        Self { pixels, ..self }
    }
}

/// Seconds in which a zoom covers all but 1/e of its way.
const ZOOM_SECONDS: f32 = 0.16;

/// A window on its way to another: the width moves exponentially on a logarithmic scale, so that zooming feels even
/// at every width and does not depend on the frame rate.
#[derive(Clone, Copy, Debug)]
pub struct Zoom {
    centre: [f32; 2],
    half_width: f32,
    target_centre: [f32; 2],
    target_half_width: f32,
}

impl Zoom {
    /// At rest at a window.
    pub fn new(centre: [f32; 2], half_width: f32) -> Self {
        Self {
            centre,
            half_width,
            target_centre: centre,
            target_half_width: half_width,
        }
    }

    /// Sets out for another window; what is not finite or not positive is ignored.
    pub fn aim(&mut self, centre: [f32; 2], half_width: f32) {
        if centre.iter().all(|v| v.is_finite()) && half_width.is_finite() && half_width > 0.0 {
            self.target_centre = centre;
            self.target_half_width = half_width;
        }
    }

    /// Goes on for some seconds; true while the window moved.
    pub fn advance(&mut self, seconds: f32) -> bool {
        if self.resting() {
            return false;
        }
        let rest = (-seconds.max(0.0) / ZOOM_SECONDS).exp();
        let ratio = self.half_width / self.target_half_width;
        self.half_width = self.target_half_width * ratio.powf(rest);
        for axis in 0..2 {
            self.centre[axis] = self.target_centre[axis] + rest * (self.centre[axis] - self.target_centre[axis]);
        }
        // Two thousandths of the window are about a pixel: arrive, so that the picture can rest.
        let near = 2e-3 * self.target_half_width;
        let off = |axis: usize| (self.centre[axis] - self.target_centre[axis]).abs();
        if (self.half_width - self.target_half_width).abs() < near && off(0) < near && off(1) < near {
            self.arrive();
        }
        true
    }

    /// Jumps to the target, for those who asked for less motion.
    pub fn arrive(&mut self) {
        self.centre = self.target_centre;
        self.half_width = self.target_half_width;
    }

    /// True when the window is the target.
    pub fn resting(&self) -> bool {
        let off = |axis: usize| (self.centre[axis] - self.target_centre[axis]).abs();
        off(0).max(off(1)).max((self.half_width - self.target_half_width).abs()) < f32::EPSILON * self.half_width
    }

    /// The window now, on a canvas of that many pixels a side.
    pub fn viewport(&self, pixels: f32) -> Viewport {
        Viewport {
            centre: self.centre,
            half_width: self.half_width,
            pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixel_and_stage_maps_are_inverse_and_y_points_up() {
        let view = Viewport {
            centre: [0.3, -0.2],
            half_width: 1.7,
            pixels: 640.0,
        };
        for at in [[0.0, 0.0], [1.2, -1.4], [-1.0, 0.9]] {
            let back = view.to_stage(view.to_pixel(at));
            assert!(
                (back[0] - at[0]).abs() < 1e-5 && (back[1] - at[1]).abs() < 1e-5,
                "{at:?} came back as {back:?}"
            );
        }
        assert!(view.to_pixel([0.0, 1.0])[1] < view.to_pixel([0.0, 0.0])[1]);
        assert_eq!(view.to_pixel([0.3 - 1.7, -0.2 + 1.7]).map(|v| v.round() as i32), [0, 0]);
    }

    #[test]
    fn a_zoom_does_not_depend_on_the_frame_rate_and_arrives() {
        let (mut coarse, mut fine) = (Zoom::new([0.0, 0.0], 1.45), Zoom::new([0.0, 0.0], 1.45));
        coarse.aim([0.5, 0.0], 6.7);
        fine.aim([0.5, 0.0], 6.7);
        coarse.advance(0.1);
        (0..10).for_each(|_| {
            fine.advance(0.01);
        });
        let (a, b) = (coarse.viewport(1.0), fine.viewport(1.0));
        assert!((a.half_width - b.half_width).abs() < 1e-4 && (a.centre[0] - b.centre[0]).abs() < 1e-5);
        let frames = (0..600).take_while(|_| coarse.advance(1.0 / 60.0)).count();
        assert!(
            coarse.resting() && frames < 120,
            "still on its way after {frames} frames"
        );
    }

    #[test]
    fn a_zoom_refuses_windows_that_are_none() {
        let mut zoom = Zoom::new([0.0, 0.0], 1.45);
        zoom.aim([f32::NAN, 0.0], 2.0);
        zoom.aim([0.0, 0.0], -1.0);
        assert!(zoom.resting());
    }
}
