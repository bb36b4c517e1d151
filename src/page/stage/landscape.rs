//! The stage as a landscape, while it is one: whoever does not ask for it pays nothing.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;

use super::canvas::style;
use super::{Stage, Tool};
use crate::page::layers::camera::Camera;
use crate::page::layers::surface::SurfacePainter;
use crate::page::viewport::Viewport;

/// Largest side of the picture.
const SIDE: f32 = 720.0;
/// Time between two pictures of a landscape that is not in somebody's hands, milliseconds.
const PICTURE_MS: f64 = 30.0;
/// A drag over the whole stage turns it this far, radians, to the right and up.
const TURN: [f32; 2] = [3.2, 1.8];
/// Left alone for so many seconds, it sways this far to either side, radians, once in so many seconds.
const REST_SECONDS: f32 = 2.0;
const SWAY: f32 = 0.07;
const SWAY_SECONDS: f32 = 14.0;
/// What the landscape tells those who point at it or come by with the keyboard.
const HINT: &str = "Drag or arrow keys turn the landscape; wheel, + and − come nearer. Height is the energy E.";

/// A landscape and who looks at it from where.
#[derive(Default)]
pub(super) struct Landscape {
    pub painter: SurfacePainter,
    /// As turned by hand.
    camera: Camera,
    /// Seconds since a hand was on it, and of swaying.
    rested: f32,
    swayed: f32,
    /// What the last picture shows, and when it was painted.
    window: Option<Viewport>,
    drawn: Option<(Camera, usize)>,
    drawn_ms: f64,
    _listeners: Vec<EventListener>,
}

impl Stage {
    /// Shows the field as a landscape, or flat; true when that is a change. A hand without a tool turns the landscape.
    ///
    /// # Errors
    /// What the browser says when an element cannot be changed.
    pub fn set_surface(&mut self, on: bool) -> Result<bool, JsValue> {
        if on == self.landscape.is_some() {
            return Ok(false);
        }
        self.landscape = on.then(|| {
            Box::new(Landscape {
                _listeners: self.hands.listen_for_turns(),
                ..Landscape::default()
            })
        });
        (self.stale, self.painting) = (true, false);
        self.hands.orbits.set(on);
        self.hands.turned.take();
        let (hand, lines) = (self.hands.surface(), self.lines.element());
        // Lines over the stage are lines in the plane.
        style(lines, "visibility", if on { "hidden" } else { "visible" })?;
        for (name, value) in [
            ("tabindex", "0"),
            ("role", "application"),
            ("aria-label", HINT),
            ("data-hint", HINT),
        ] {
            if on {
                hand.set_attribute(name, value)?;
            } else {
                hand.remove_attribute(name)?;
            }
        }
        self.set_tool(Tool::Look)?;
        Ok(true)
    }

    /// Draws the landscape if there is anything new to it; true while somebody turns it.
    pub(super) fn draw_landscape(
        &mut self,
        landscape: &mut Landscape,
        css_side: f32,
        ratio: f32,
        seconds: f32,
        now_ms: f64,
    ) -> Result<bool, JsValue> {
        let by = self.hands.turned.take();
        let turning = by.is_some();
        let by = by.map(|(by, nearer)| (by.map(|d| d / css_side), nearer));
        let camera = landscape.turn(by, seconds, self.reduced_motion);
        let side = (css_side * ratio).min(SIDE).floor();
        let window = Some(self.zoom.viewport(1.0));
        let field_changed = self.stale || self.field.is_moving(landscape.drawn_ms) || window != landscape.window;
        let changed = field_changed || landscape.drawn != Some((camera, side as usize));
        if !changed || !(turning || now_ms - landscape.drawn_ms >= PICTURE_MS) {
            return Ok(turning);
        }
        if field_changed {
            let field = self.field.at(now_ms);
            landscape.painter.set_field(field, self.zoom.viewport(1.0), self.layers);
            (self.stale, landscape.window) = (false, window);
        }
        landscape
            .painter
            .paint(&camera, side as usize, side / css_side, &self.palette);
        (landscape.drawn, landscape.drawn_ms) = (Some((camera, side as usize)), now_ms);
        self.pictures += 1;
        self.glowing = true;
        self.field_surface.put(landscape.painter.pixels(), side as u32)?;
        Ok(turning)
    }
}

impl Landscape {
    /// The camera of this frame: `by`, the shares of the stage's side by which it was dragged and how much nearer it
    /// came, if it was touched. `still`: it does not move by itself.
    fn turn(&mut self, by: Option<([f32; 2], f32)>, seconds: f32, still: bool) -> Camera {
        if let Some((by, nearer)) = by {
            self.rested = 0.0;
            self.camera.turn([TURN[0] * by[0], TURN[1] * by[1]]);
            self.camera.approach(nearer);
        } else {
            self.rested += seconds;
        }
        if self.rested > REST_SECONDS && !still {
            self.swayed += seconds;
        }
        let mut camera = self.camera;
        camera.turn([SWAY * (std::f32::consts::TAU * self.swayed / SWAY_SECONDS).sin(), 0.0]);
        camera
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn a_landscape_sways_only_when_left_alone_and_only_a_little() {
        let mut landscape = Landscape::default();
        let start = Camera::default().yaw;
        let mut most = 0.0f32;
        for _ in 0..1500 {
            let yaw = landscape.turn(None, 0.02, false).yaw;
            most = most.max((yaw - start).abs());
        }
        assert!((most - SWAY).abs() < 1e-3, "{most}");
        let hand = Some(([0.0, 0.01], 1.0));
        let held = landscape.turn(hand, 0.02, false).yaw;
        assert_eq!(landscape.turn(hand, 0.02, false).yaw, held, "in a hand it does not");
        let mut still = Landscape::default();
        assert!((0..500).all(|_| still.turn(None, 0.02, true) == Camera::default()));
    }

    #[test]
    fn a_drag_to_the_right_and_down_shows_more_of_the_left_and_of_the_ground() {
        let mut landscape = Landscape::default();
        let camera = landscape.turn(Some(([0.1, 0.1], 1.2)), 0.02, false);
        let usual = Camera::default();
        assert!(camera.yaw > usual.yaw && camera.pitch > usual.pitch && camera.zoom > usual.zoom);
    }
}
