//! The camera that orbits the landscape, and what it sees where.

use super::lens::Lens;

/// Distance of the eye from the middle of the landscape, whose floor is the square [-1, 1]².
const DISTANCE: f32 = 4.2;
/// Half sides of the picture per unit of right over depth: the landscape's diagonal fits in, with room for its axis.
const FOCUS: f32 = 2.4;
/// The eye is lower than the zenith and higher than the plateau, radians above the horizon.
const PITCH: [f32; 2] = [0.2, 1.5];
/// Least and most enlarged.
const ZOOM: [f32; 2] = [0.6, 5.0];
/// The middle of the picture stays within so much of the picture, as shares of its side.
const MIDST: [f32; 2] = [-0.5, 1.5];
/// The middle may be so far out by the rounding of what brought it there.
const ROUNDING: f32 = 1e-3;
/// Height of the middle of the picture.
const MIDDLE: f32 = 0.08;

/// From where the landscape is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Turn about the vertical, radians; at 0 the x axis points right and the y axis away from the eye.
    pub yaw: f32,
    /// Height of the eye above the horizon, radians.
    pub pitch: f32,
    /// How the picture is enlarged and slid.
    pub lens: Lens,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            yaw: 0.42,
            pitch: 0.86,
            lens: Lens::default(),
        }
    }
}

impl Camera {
    /// Turns by angles in radians: the landscape's front to the right, and the eye up.
    pub fn turn(&mut self, [right, up]: [f32; 2]) {
        self.yaw = (self.yaw + right) % std::f32::consts::TAU;
        self.pitch = (self.pitch + up).clamp(PITCH[0], PITCH[1]);
    }

    /// Enlarges and slides the picture. A step that would come too near or go too far only slides, and the landscape
    /// stays in reach.
    pub fn look(&mut self, step: Lens) {
        let next = self.lens.then(step);
        let next = if (ZOOM[0]..=ZOOM[1]).contains(&next.factor) {
            next
        } else {
            self.lens
        };
        let middle = next.to([0.5; 2]);
        let within = middle.map(|v| v.clamp(MIDST[0], MIDST[1]));
        self.lens = next.then(Lens::moving(middle, within, 1.0));
    }

    /// The nearest camera that hands can bring about; one that they have is itself. Its numbers are finite.
    #[must_use]
    pub fn in_reach(self) -> Self {
        let mut camera = Self {
            lens: Lens::default(),
            ..self
        };
        camera.turn([0.0; 2]);
        let middle = self.lens.to([0.5; 2]);
        let free = |v: &f32| (MIDST[0] - ROUNDING..=MIDST[1] + ROUNDING).contains(v);
        if (ZOOM[0]..=ZOOM[1]).contains(&self.lens.factor) && middle.iter().all(free) {
            camera.lens = self.lens;
        } else {
            let factor = self.lens.factor.clamp(ZOOM[0], ZOOM[1]);
            let within = middle.map(|v| v.clamp(MIDST[0], MIDST[1]));
            camera.lens = Lens::moving([0.5; 2], within, factor);
        }
        camera
    }

    /// What it sees on a square picture of that many pixels a side.
    pub fn projection(&self, side: f32) -> Projection {
        let (yaw, pitch) = (self.yaw.sin_cos(), self.pitch.sin_cos());
        Projection {
            yaw,
            pitch,
            middle: self.lens.to([0.5; 2]).map(|v| v * side),
            focus: 0.5 * side * FOCUS * self.lens.factor,
        }
    }
}

/// A camera's map from the landscape to a picture.
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    yaw: (f32, f32),
    pitch: (f32, f32),
    middle: [f32; 2],
    focus: f32,
}

impl Projection {
    /// A direction in the landscape as the eye has it: to the right, up, and away.
    pub fn direction(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let ((ys, yc), (ps, pc)) = (self.yaw, self.pitch);
        let (right, far) = (x * yc - y * ys, x * ys + y * yc);
        [right, far * ps + z * pc, far * pc - z * ps]
    }

    /// Pixel position of a point, and its nearness: one over its distance along the line of sight, which, unlike the
    /// distance, changes linearly along any straight line in the picture.
    pub fn project(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let [right, up, away] = self.direction([x, y, z - MIDDLE]);
        let near = 1.0 / (DISTANCE + away);
        let scale = self.focus * near;
        [self.middle[0] + scale * right, self.middle[1] - scale * up, near]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_above_the_landscape_is_a_map_with_y_up() {
        let camera = Camera {
            yaw: 0.0,
            pitch: std::f32::consts::FRAC_PI_2,
            lens: Lens::default(),
        };
        let projection = camera.projection(200.0);
        let [left, right] = [-0.5, 0.5].map(|x| projection.project([x, 0.3, MIDDLE]));
        assert!((left[0] + right[0] - 200.0).abs() < 1e-3 && right[0] - left[0] > 50.0);
        assert!(projection.project([0.0, 0.5, MIDDLE])[1] < 90.0, "y points up");
        let [high, low] = [0.9, 0.0].map(|z| projection.project([0.0, 0.0, z])[2]);
        assert!(high > low, "what is high is near");
    }

    #[test]
    fn turning_keeps_the_eye_above_the_horizon_and_every_corner_in_front_of_it() {
        let mut camera = Camera::default();
        for step in 0..200 {
            camera.turn([0.37, if step < 100 { -0.1 } else { 0.1 }]);
            let nearer = if step % 50 < 25 { 1.2 } else { 0.8 };
            camera.look(Lens::moving([0.2, 0.7], [0.3, 0.6], nearer));
            let projection = camera.projection(300.0);
            for corner in [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]] {
                for z in [-0.2, 1.0] {
                    assert!(projection.project([corner[0], corner[1], z])[2] > 0.1);
                }
            }
            assert!((0.6..=5.0).contains(&camera.lens.factor) && camera.pitch > 0.1 && camera.pitch < 1.55);
            let middle = camera.lens.to([0.5; 2]);
            assert!(middle.iter().all(|v| (-0.51..=1.51).contains(v)), "{middle:?}");
            assert_eq!(camera.in_reach(), camera);
        }
    }
}
