//! How hands change what is seen: fingers that pinch and slide, the wheel, a drag, keys.

use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent, TouchEvent, WheelEvent};

use super::Tool;
use super::pointer::Hands;
use crate::page::layers::lens::Lens;

/// Events of which [`Hands::look`] hears.
pub(super) const EVENTS: [&str; 8] = [
    "keydown",
    "keyup",
    "focus",
    "blur",
    "wheel",
    "dblclick",
    "touchstart",
    "touchmove",
];
/// What a key turns a landscape by, CSS pixels of a drag.
const KEY_TURN: f32 = 24.0;

/// What hands did since this was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looking {
    /// A drag to the right and down, CSS pixels: it turns a landscape.
    pub turn: [f32; 2],
    /// By how much two fingers turned, radians with the clock.
    pub twist: f32,
    /// The picture was enlarged and slid, in CSS pixels.
    pub lens: Lens,
    /// Back to how it was at first.
    pub home: bool,
}

/// The fingers on the stage.
#[derive(Debug, Default)]
pub struct Fingers(Vec<(i32, [f32; 2])>);

impl Fingers {
    /// A finger came down, CSS pixels.
    pub fn down(&mut self, id: i32, at: [f32; 2]) {
        self.up(id);
        self.0.push((id, at));
    }

    /// A finger left.
    pub fn up(&mut self, id: i32) {
        self.0.retain(|(finger, _)| *finger != id);
    }

    /// There are two or more.
    pub fn are_many(&self) -> bool {
        self.0.len() > 1
    }

    /// A finger moved; with one other on the stage, what that does: whatever was under the two stays under them.
    pub fn moved(&mut self, id: i32, to: [f32; 2]) -> Option<Looking> {
        let (_, at) = self.0.iter_mut().find(|(finger, _)| *finger == id)?;
        let from = std::mem::replace(at, to);
        let [(a, one), (_, two)] = self.0[..] else { return None };
        let other = if a == id { two } else { one };
        let (before, after) = (between(other, from), between(other, to));
        // Fingers on one point pinch nothing.
        let factor = if before.1 > 1.0 && after.1 > 1.0 {
            after.1 / before.1
        } else {
            1.0
        };
        let twist = (after.2 - before.2 + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU);
        Some(Looking {
            twist: twist - std::f32::consts::PI,
            lens: Lens::moving(before.0, after.0, factor),
            ..Looking::default()
        })
    }
}

/// Middle, distance and direction of two points.
fn between(a: [f32; 2], b: [f32; 2]) -> ([f32; 2], f32, f32) {
    let d = [b[0] - a[0], b[1] - a[1]];
    (
        [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])],
        d[0].hypot(d[1]),
        d[1].atan2(d[0]),
    )
}

impl Hands {
    /// The wheel enlarges, keys turn a landscape or move a cursor, a double click leads home, and two fingers are not the
    /// browser's; false where the event means something else.
    pub(super) fn look(&self, event: &Event) -> bool {
        if let Some(event) = event.dyn_ref::<TouchEvent>() {
            return event.touches().length() > 1;
        }
        if let Some(event) = event.dyn_ref::<WheelEvent>() {
            // A pinch on a trackpad comes as a wheel with Ctrl, in smaller steps.
            let rate = if event.ctrl_key() { 0.01 } else { 0.0015 };
            let factor = (-rate * event.delta_y() as f32).clamp(-0.3, 0.3).exp();
            // What cannot become smaller leaves the wheel to the page.
            let means = self.orbits.get() || self.closer.get() || factor > 1.0;
            if means {
                self.enlarge(Lens::about(self.pixel(event), factor));
            }
            return means;
        }
        if event.type_() != "dblclick" {
            return if self.orbits.get() {
                self.turn_by(event)
            } else {
                self.key(event)
            };
        }
        let leads_home = self.tool.get() == Tool::Look;
        if leads_home {
            self.lead_home();
        }
        leads_home
    }

    /// Back to how it was at first.
    pub(super) fn lead_home(&self) {
        self.looking.update(|done| Looking { home: true, ..done });
    }

    /// Turns the landscape by a key; false where it means something else.
    fn turn_by(&self, event: &Event) -> bool {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return false;
        };
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.type_() == "keyup" {
            return false;
        }
        self.turn(match event.key().as_str() {
            "ArrowLeft" => [-KEY_TURN, 0.0],
            "ArrowRight" => [KEY_TURN, 0.0],
            "ArrowUp" => [0.0, -KEY_TURN],
            "ArrowDown" => [0.0, KEY_TURN],
            _ => return false,
        });
        true
    }

    /// Turns the landscape as by a drag, CSS pixels.
    pub(super) fn turn(&self, by: [f32; 2]) {
        self.looking.update(|done| Looking {
            turn: [done.turn[0] + by[0], done.turn[1] + by[1]],
            ..done
        });
    }

    /// Enlarges and slides the picture, CSS pixels.
    pub(super) fn enlarge(&self, by: Lens) {
        self.looking.update(|done| Looking {
            lens: done.lens.then(by),
            ..done
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fingers_that_part_enlarge_about_their_middle_and_one_finger_does_nothing() {
        let mut fingers = Fingers::default();
        fingers.down(1, [100.0, 200.0]);
        assert!(fingers.moved(1, [110.0, 200.0]).is_none() && !fingers.are_many());
        fingers.down(2, [210.0, 200.0]);
        assert!(fingers.are_many());
        let steps = [(1, [60.0, 200.0]), (2, [260.0, 200.0])].map(|(id, to)| fingers.moved(id, to).unwrap_or_default());
        let lens = steps[0].lens.then(steps[1].lens);
        assert!((lens.factor - 2.0).abs() < 1e-5);
        let middle = lens.to([160.0, 200.0]);
        assert!(
            (middle[0] - 160.0).abs() < 1e-3 && (middle[1] - 200.0).abs() < 1e-3,
            "{middle:?}"
        );
        fingers.up(1);
        assert!(fingers.moved(2, [0.0, 0.0]).is_none());
    }

    #[test]
    fn fingers_that_go_round_each_other_with_the_clock_twist_by_their_angle() {
        let mut fingers = Fingers::default();
        fingers.down(7, [0.0, 0.0]);
        fingers.down(8, [-100.0, 1.0]);
        // Over the place where the angle of atan2 jumps; y points down.
        let done = fingers.moved(8, [-100.0, -1.0]).unwrap_or_default();
        assert!((done.twist - 0.02).abs() < 1e-4, "{}", done.twist);
        assert!(fingers.moved(9, [5.0, 5.0]).is_none());
    }
}
