//! What is seen of the plane: a window that goes where the page wants it, looked at through a lens that is in somebody's
//! hands.

use super::looking::Looking;
use crate::page::layers::lens::Lens;
use crate::page::viewport::{Viewport, Zoom};

/// Window and lens.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub zoom: Zoom,
    /// Through which the flat picture is looked at.
    pub lens: Lens,
}

impl View {
    /// What is seen now, on a canvas of so many pixels a side.
    pub fn window(&self, pixels: f32) -> Viewport {
        self.lens.window(self.zoom.viewport(pixels))
    }

    /// Lets the window go on for some seconds, or with `calm` arrive; true while it is on its way.
    pub fn advance(&mut self, seconds: f32, calm: bool) -> bool {
        let moved = self.zoom.advance(seconds);
        if moved && calm {
            self.zoom.arrive();
        }
        moved && !self.zoom.resting()
    }

    /// Looks as hands had it on a stage of so many CSS pixels a side; true when that is a change.
    pub fn look(&mut self, done: Looking, side: f32) -> bool {
        let before = self.lens;
        self.lens = if done.home {
            Lens::default()
        } else {
            before.filled(done.lens.scaled(1.0 / side))
        };
        self.lens != before
    }
}
