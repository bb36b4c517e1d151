//! A closer look at a picture: a square is enlarged and slid, as by two fingers.

use crate::page::viewport::Viewport;

/// Most that a flat picture is enlarged: its grid has some hundred points an axis.
const CLOSEST: f32 = 16.0;

/// What was at `p` on a square, whose corners are (0, 0) and (1, 1), is seen at `factor * p + shift`; y points down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Enlargement; positive.
    pub factor: f32,
    /// Where the upper left corner is seen.
    pub shift: [f32; 2],
}

impl Default for Lens {
    /// The picture as it is.
    fn default() -> Self {
        Self {
            factor: 1.0,
            shift: [0.0; 2],
        }
    }
}

impl Lens {
    /// Enlarges about a place that stays where it is.
    pub fn about(at: [f32; 2], factor: f32) -> Self {
        Self {
            factor,
            shift: at.map(|v| v * (1.0 - factor)),
        }
    }

    /// Takes what is at one place to another and enlarges about it.
    pub fn moving(from: [f32; 2], to: [f32; 2], factor: f32) -> Self {
        Self {
            factor,
            shift: [0, 1].map(|axis| to[axis] - factor * from[axis]),
        }
    }

    /// One lens after another.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            factor: self.factor * next.factor,
            shift: [0, 1].map(|axis| next.factor * self.shift[axis] + next.shift[axis]),
        }
    }

    /// The same lens of a square of another side.
    #[must_use]
    pub fn scaled(self, side: f32) -> Self {
        Self {
            shift: self.shift.map(|v| v * side),
            ..self
        }
    }

    /// One lens after another onto a flat picture that has to fill its square: never smaller than as it is, and never
    /// beyond its edges. A step that would come too close slides only.
    #[must_use]
    pub fn filled(self, step: Self) -> Self {
        let next = self.then(step);
        if next.factor <= 1.0 {
            return Self::default();
        }
        let next = if next.factor > CLOSEST { self } else { next };
        Self {
            shift: next.shift.map(|v| v.clamp(1.0 - next.factor, 0.0)),
            ..next
        }
    }

    /// Where a place is seen.
    pub fn to(&self, at: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|axis| self.factor * at[axis] + self.shift[axis])
    }

    /// The window that is seen through the lens where the whole picture is that of another one.
    pub fn window(&self, whole: Viewport) -> Viewport {
        let centre = self.shift.map(|shift| 2.0 * (0.5 - shift) / self.factor - 1.0);
        Viewport {
            centre: [
                whole.centre[0] + centre[0] * whole.half_width,
                whole.centre[1] - centre[1] * whole.half_width,
            ],
            half_width: whole.half_width / self.factor,
            ..whole
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f32; 2], b: [f32; 2]) -> bool {
        (a[0] - b[0]).hypot(a[1] - b[1]) < 1e-4
    }

    #[test]
    fn what_was_under_the_fingers_stays_under_them() {
        let pinch = Lens::moving([0.3, 0.6], [0.4, 0.5], 1.7);
        assert!(near(pinch.to([0.3, 0.6]), [0.4, 0.5]));
        let twice = pinch.then(Lens::about([0.4, 0.5], 0.5));
        assert!(near(twice.to([0.3, 0.6]), [0.4, 0.5]) && (twice.factor - 0.85).abs() < 1e-6);
        assert!(near(pinch.scaled(600.0).to([180.0, 360.0]), [240.0, 300.0]));
    }

    #[test]
    fn a_window_shows_every_place_where_the_lens_puts_it() {
        let whole = Viewport {
            centre: [0.2, -0.1],
            half_width: 1.45,
            pixels: 500.0,
        };
        let lens = Lens::moving([0.3, 0.6], [0.4, 0.5], 3.0);
        let window = lens.window(whole);
        for at in [[0.0, 0.0], [0.7, -0.9], [-1.1, 0.4]] {
            let p = whole.to_pixel(at).map(|v| v / 500.0);
            let seen = window.to_pixel(at).map(|v| v / 500.0);
            assert!(near(lens.to(p), seen), "{at:?} is seen at {seen:?}");
        }
    }

    #[test]
    fn a_flat_picture_always_fills_its_square_and_going_back_leads_home() {
        let mut lens = Lens::default().filled(Lens::moving([0.5; 2], [0.9, 0.1], 2.0));
        for step in 0..60 {
            let corners = [lens.to([0.0; 2]), lens.to([1.0; 2])];
            assert!(corners[0].iter().all(|v| *v <= 0.0) && corners[1].iter().all(|v| *v >= 1.0 - 1e-5));
            let by = if step % 3 == 0 { 1.6 } else { 0.9 };
            lens = lens.filled(Lens::moving([0.2, 0.7], [0.5, 0.3], by));
            assert!((1.0..=16.0).contains(&lens.factor));
        }
        for _ in 0..30 {
            lens = lens.filled(Lens::about([0.1, 0.8], 0.8));
        }
        assert_eq!(lens, Lens::default());
    }
}
