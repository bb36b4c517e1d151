//! The stage as a landscape, while it is one: whoever does not ask for it pays nothing.

use wasm_bindgen::JsValue;
use web_time::Instant;

use super::draft::side_after;
use super::field_picture::FieldPicture;
use super::lines::Lines;
use super::looking::Looking;
use super::tick::Tick;
use super::{Stage, Tool};
use crate::engine::settings::Source;
use crate::page::layers::camera::Camera;
use crate::page::layers::lens::Lens;
use crate::page::layers::surface::SurfacePainter;
use crate::page::viewport::Viewport;

/// Side of the first picture, as a browser runs code slowly when it meets it, and the largest. While it may move by itself
/// it is as large as this time for painting allows, milliseconds.
const SIDES: [f32; 2] = [300.0, 720.0];
const PAINT_MS: f64 = 20.0;
/// Time between two pictures of a landscape that is not in somebody's hands, milliseconds.
const PICTURE_MS: f64 = 30.0;
/// Time in a picture for finding streamlines, milliseconds, and how many are tried between two looks at the clock.
const TRACE_MS: f64 = 3.0;
const SEEDS: usize = 48;
/// A drag over the whole stage turns it this far, radians, to the right and up.
const TURN: [f32; 2] = [3.2, 1.8];
/// Left alone for so many seconds, it sways this far to either side, radians, once in so many seconds.
const REST_SECONDS: f32 = 2.0;
const SWAY: f32 = 0.07;
const SWAY_SECONDS: f32 = 14.0;

/// A landscape, and how it was seen last.
#[derive(Default)]
pub(super) struct Landscape {
    pub painter: SurfacePainter,
    /// Seconds since a hand was on it, and of swaying.
    rested: f32,
    swayed: f32,
    /// What the last picture shows, and when it was painted.
    window: Option<Viewport>,
    drawn: Option<(Camera, usize)>,
    drawn_ms: f64,
    /// The largest side for the next.
    most: f32,
    traced: bool,
    /// What the axis was drawn for.
    axis: Option<(Camera, f32, Source)>,
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
        self.landscape = on.then(Box::default);
        self.picture.redraw();
        self.picture.over.show(!on)?;
        self.hands.orbits.set(on);
        self.hands.looking.take();
        // How it is seen is the landscape's, or the flat picture's.
        if on {
            self.view.lens = Lens::default();
        } else {
            self.view.camera = Camera::default();
        }
        // Lines over the stage are lines in the plane; over a landscape there is its axis only.
        self.lines.redraw();
        self.hands.show_cursor(false);
        self.hands.name_keys()?;
        self.set_tool(Tool::Look)?;
        Ok(true)
    }
}

impl Landscape {
    /// Draws the landscape of a picture's field in a window, if there is anything new to it; true while somebody turns
    /// it. `done`: what hands did with the camera that they hold.
    pub fn draw(
        &mut self,
        done: Looking,
        held: &mut Camera,
        window: Viewport,
        tick: Tick,
        picture: &mut FieldPicture,
        lines: &mut Lines,
    ) -> Result<bool, JsValue> {
        let turning = done != Looking::default();
        let camera = self.look(held, turning.then_some(done), tick.side, tick.seconds, tick.calm);
        let most = if tick.calm && self.drawn.is_some() {
            SIDES[1]
        } else {
            self.most.max(SIDES[0])
        };
        let side = (tick.side * tick.ratio).min(most).floor();
        let field_changed = picture.stale || Some(window) != self.window;
        let changed = field_changed || !self.traced || self.drawn != Some((camera, side as usize));
        let since = tick.now_ms - self.drawn_ms;
        if !(turning || since >= PICTURE_MS) {
            return Ok(turning);
        }
        if field_changed {
            let field = picture.field.target().map(AsRef::as_ref);
            self.painter.set_field(field, window, picture.layers, &picture.data);
            (picture.stale, self.window, self.traced) = (false, Some(window), false);
        }
        let melts = if tick.calm { f32::INFINITY } else { 1e-3 * since as f32 };
        let melting = self.painter.melt(melts);
        if !(changed || melting) {
            return Ok(turning);
        }
        self.trace();
        let start = Instant::now();
        self.painter
            .paint(&camera, side as usize, side / tick.side, &picture.palette);
        // From the first straight to the largest: buffers that grow little by little leave holes in memory.
        self.most = if self.drawn.is_none() {
            SIDES[1]
        } else {
            side_after(side, start.elapsed().as_secs_f64() * 1e3, PAINT_MS, SIDES)
        };
        (self.drawn, self.drawn_ms) = (Some((camera, side as usize)), tick.now_ms);
        picture.put(self.painter.pixels(), side as u32)?;
        let axis = Some((camera, tick.side, picture.layers.source));
        if self.axis != axis || lines.is_stale() {
            self.axis = axis;
            lines.draw_axis(&self.painter.axis(), tick.side / side, tick.side, tick.ratio)?;
        }
        Ok(turning)
    }

    /// The camera of this frame, after hands have moved the one that they hold, if they have. `css_side`: that of the
    /// stage. `still`: it does not move by itself.
    fn look(&mut self, held: &mut Camera, done: Option<Looking>, css_side: f32, seconds: f32, still: bool) -> Camera {
        if let Some(done) = done {
            self.rested = 0.0;
            let by = done.turn.map(|d| d / css_side);
            held.turn([TURN[0] * by[0] + done.twist, TURN[1] * by[1]]);
            held.look(done.lens.scaled(1.0 / css_side));
            if done.home {
                (*held, self.swayed) = (Camera::default(), 0.0);
            }
        } else {
            self.rested += seconds;
        }
        if self.rested > REST_SECONDS && !still {
            self.swayed += seconds;
        }
        let mut camera = *held;
        camera.turn([SWAY * (std::f32::consts::TAU * self.swayed / SWAY_SECONDS).sin(), 0.0]);
        camera
    }

    /// The camera of the last picture.
    pub fn seen_from(&self) -> Camera {
        self.drawn.map_or_else(Camera::default, |(camera, _)| camera)
    }

    /// Goes on finding streamlines for a while.
    fn trace(&mut self) {
        let start = Instant::now();
        loop {
            self.traced = self.painter.trace(SEEDS);
            if self.traced || start.elapsed().as_secs_f64() * 1e3 > TRACE_MS {
                return;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn a_landscape_sways_only_when_left_alone_and_only_a_little() {
        let (mut landscape, mut held) = (Landscape::default(), Camera::default());
        let start = Camera::default().yaw;
        let mut most = 0.0f32;
        for _ in 0..1500 {
            let yaw = landscape.look(&mut held, None, 600.0, 0.02, false).yaw;
            most = most.max((yaw - start).abs());
        }
        assert!((most - SWAY).abs() < 1e-3, "{most}");
        let hand = Some(Looking {
            turn: [0.0, 6.0],
            ..Looking::default()
        });
        let yaw = landscape.look(&mut held, hand, 600.0, 0.02, false).yaw;
        assert_eq!(
            landscape.look(&mut held, hand, 600.0, 0.02, false).yaw,
            yaw,
            "in a hand it does not"
        );
        let (mut still, mut held) = (Landscape::default(), Camera::default());
        assert!((0..500).all(|_| still.look(&mut held, None, 600.0, 0.02, true) == Camera::default()));
    }

    #[test]
    fn a_drag_to_the_right_and_down_shows_more_of_the_left_and_of_the_ground_and_home_is_where_it_began() {
        let (mut landscape, mut held) = (Landscape::default(), Camera::default());
        let hands = Looking {
            turn: [60.0, 60.0],
            lens: Lens::about([300.0, 300.0], 1.2),
            ..Looking::default()
        };
        let camera = landscape.look(&mut held, Some(hands), 600.0, 0.02, false);
        let usual = Camera::default();
        assert!(camera.yaw > usual.yaw && camera.pitch > usual.pitch && camera.lens.factor > usual.lens.factor);
        let home = Looking {
            home: true,
            ..Looking::default()
        };
        assert_eq!(landscape.look(&mut held, Some(home), 600.0, 0.02, false), usual);
        assert_eq!(held, usual);
    }
}
