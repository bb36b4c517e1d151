//! The axis of heights beside a landscape.

use super::super::camera::Projection;
use super::super::error;
use super::mesh::{HEIGHT, height};
use crate::engine::settings::Source;

/// Energies with a mark, nats above the lowest, and what is written there.
const NATS: [(f32, &str); 3] = [(0.0, "0"), (3.0, "3"), (6.0, "6")];
/// Errors with a mark, in units of 1 / sigma.
const ERRORS: [(f32, &str); 3] = [(0.0, "0"), (0.3, ".3"), (1.0, "1")];

/// An axis in the picture, pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is measured, and its unit.
    pub title: &'static str,
    /// Its upper end.
    pub top: [f32; 2],
    /// Where the marks are, from the foot up, and what is written there.
    pub marks: [([f32; 2], &'static str); 3],
}

impl Axis {
    /// The axis on the block's edge that is farthest to the right.
    pub fn new(projection: &Projection, source: Source) -> Self {
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0_f32]];
        let seen = |[x, y]: [f32; 2], z| projection.project([x, y, z]);
        let right = corners
            .into_iter()
            .max_by(|a, b| seen(*a, 0.0)[0].total_cmp(&seen(*b, 0.0)[0]))
            .unwrap_or_default();
        let at = |z: f32| {
            let [x, y, _] = seen(right, z);
            [x, y]
        };
        let (title, marks) = if source == Source::Error {
            ("σ|Δs|", ERRORS.map(|(e, text)| (at(HEIGHT * error::tone(e)), text)))
        } else {
            ("E, nat", NATS.map(|(nats, text)| (at(height(nats)), text)))
        };
        Self {
            title,
            top: at(HEIGHT),
            marks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::camera::Camera;
    use super::*;

    #[test]
    fn the_axis_stands_at_the_right_and_its_marks_are_as_high_as_what_they_say() {
        let mut camera = Camera::default();
        for _ in 0..40 {
            camera.turn([0.17, 0.0]);
            let projection = camera.projection(600.0);
            let axis = Axis::new(&projection, Source::Exact);
            let right = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
                .map(|[x, y]| projection.project([x, y, 0.0])[0])
                .into_iter()
                .fold(f32::MIN, f32::max);
            assert!((axis.marks[0].0[0] - right).abs() < 1e-3);
            let ys = axis.marks.map(|(at, _)| at[1]);
            assert!(ys.windows(2).all(|w| w[1] < w[0]) && axis.top[1] < ys[2], "upwards");
            let steps = [ys[0] - ys[1], ys[1] - ys[2]];
            assert!((steps[0] / steps[1] - 1.0).abs() < 0.1, "even: {steps:?}");
        }
        let error = Axis::new(&camera.projection(600.0), Source::Error);
        assert_eq!((error.title, error.marks[1].1), ("σ|Δs|", ".3"));
    }
}
