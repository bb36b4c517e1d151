//! The camera that orbits the landscape, and what it sees where.

/// Distance of the eye from the middle of the landscape, whose floor is the square [-1, 1]².
const DISTANCE: f32 = 4.2;
/// Half sides of the picture per unit of right over depth: the landscape's diagonal just fits in.
const FOCUS: f32 = 2.65;
/// The eye is lower than the zenith and higher than the plateau, radians above the horizon.
const PITCH: [f32; 2] = [0.2, 1.5];
/// Nearest and farthest, relative to the usual distance.
const ZOOM: [f32; 2] = [0.6, 4.0];
/// Height of the middle of the picture.
const MIDDLE: f32 = 0.2;

/// From where the landscape is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Turn about the vertical, radians; at 0 the x axis points right and the y axis away from the eye.
    pub yaw: f32,
    /// Height of the eye above the horizon, radians.
    pub pitch: f32,
    /// Enlargement.
    pub zoom: f32,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            yaw: 0.42,
            pitch: 0.95,
            zoom: 1.0,
        }
    }
}

impl Camera {
    /// Turns by angles in radians: the landscape's front to the right, and the eye up.
    pub fn turn(&mut self, [right, up]: [f32; 2]) {
        self.yaw = (self.yaw + right) % std::f32::consts::TAU;
        self.pitch = (self.pitch + up).clamp(PITCH[0], PITCH[1]);
    }

    /// Comes nearer by a factor.
    pub fn approach(&mut self, factor: f32) {
        self.zoom = (self.zoom * factor).clamp(ZOOM[0], ZOOM[1]);
    }

    /// What it sees on a square picture of that many pixels a side.
    pub fn projection(&self, side: f32) -> Projection {
        let (yaw, pitch) = (self.yaw.sin_cos(), self.pitch.sin_cos());
        Projection {
            yaw,
            pitch,
            half: 0.5 * side,
            focus: 0.5 * side * FOCUS * self.zoom,
        }
    }
}

/// A camera's map from the landscape to a picture.
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    yaw: (f32, f32),
    pitch: (f32, f32),
    half: f32,
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
        [self.half + scale * right, self.half - scale * up, near]
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
            zoom: 1.0,
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
            camera.approach(if step % 50 < 25 { 1.2 } else { 0.8 });
            let projection = camera.projection(300.0);
            for corner in [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]] {
                for z in [-0.2, 1.0] {
                    assert!(projection.project([corner[0], corner[1], z])[2] > 0.1);
                }
            }
            assert!((0.6..=4.0).contains(&camera.zoom) && camera.pitch > 0.1 && camera.pitch < 1.55);
        }
    }
}
