//! The keyboard's hand on the stage: a cursor that arrow keys move, and that Enter and the space bar press down.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, KeyboardEvent};

use super::pointer::Hands;
use super::{StageEvent, Tool};
use crate::page::dom;
use crate::page::viewport::Viewport;

/// An arrow key goes this part of half the window's width: 0.05 in the usual window.
const STEP: f32 = 1.0 / 29.0;
/// With Shift so many steps.
const FAR: f32 = 5.0;

/// Where the keyboard's hand is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cursor {
    /// Its place, stage coordinates.
    pub at: [f32; 2],
    /// The stage has the keyboard.
    pub shown: bool,
    /// The tool is down.
    pub down: bool,
}

impl Cursor {
    /// After an arrow key, within the window; `None` for other keys.
    fn moved(self, key: &str, far: bool, view: &Viewport) -> Option<Self> {
        let way = match key {
            "ArrowLeft" => [-1.0, 0.0],
            "ArrowRight" => [1.0, 0.0],
            "ArrowUp" => [0.0, 1.0],
            "ArrowDown" => [0.0, -1.0],
            _ => return None,
        };
        let half = view.half_width;
        let step = half * STEP * if far { FAR } else { 1.0 };
        let mut at = self.at;
        for (k, at) in at.iter_mut().enumerate() {
            *at = (*at + step * way[k]).clamp(view.centre[k] - half, view.centre[k] + half);
        }
        Some(Self { at, ..self })
    }
}

impl Hands {
    /// The keyboard may come to the stage as a pointer does.
    pub(super) fn take_keys(&self) -> Result<(), JsValue> {
        let hand = self.surface();
        hand.set_attribute("tabindex", "0")?;
        hand.set_attribute("role", "application")?;
        hand.set_attribute("aria-describedby", "stage-says")?;
        self.name_keys()
    }

    /// What keys do on the stage, for those who hear it and for the line of hints.
    pub(super) fn name_keys(&self) -> Result<(), JsValue> {
        let name = if self.orbits.get() {
            "landscape-keys"
        } else {
            "stage-keys"
        };
        let hand = self.surface();
        hand.set_attribute("aria-labelledby", name)?;
        let words: Element = dom::element(name)?;
        hand.set_attribute("data-hint", &words.text_content().unwrap_or_default())
    }

    /// A key went down or up on the flat stage, or the keyboard came or left; false where that means something else.
    pub(super) fn key(&self, event: &Event) -> bool {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            // Whoever comes with a pointer has one.
            let by_keys = event.type_() == "focus" && self.surface().matches(":focus-visible").unwrap_or(false);
            self.show_cursor(by_keys);
            return false;
        };
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let (key, cursor) = (event.key(), self.cursor.get());
        let presses = key == "Enter" || (key == " " && cursor.shown);
        if event.type_() == "keyup" {
            return presses && self.lift();
        }
        if presses {
            if !event.repeat() {
                self.press();
            }
            return true;
        }
        if key == "Escape" {
            self.show_cursor(false);
        }
        let Some(moved) = cursor
            .moved(&key, event.shift_key(), &self.view.get())
            .filter(|_| cursor.shown)
        else {
            return false;
        };
        self.cursor.set(moved);
        if moved.down {
            self.tell(StageEvent::StrokeMove { at: moved.at });
        }
        self.tell(StageEvent::Cursor { at: Some(moved.at) });
        true
    }

    /// Shows the cursor, or lifts it and hides it.
    pub(super) fn show_cursor(&self, shown: bool) {
        self.lift();
        let cursor = Cursor {
            shown,
            ..self.cursor.get()
        };
        if self.cursor.replace(cursor) != cursor {
            self.tell(StageEvent::Cursor {
                at: shown.then_some(cursor.at),
            });
        }
    }

    /// Puts the tool down at the cursor, or calls the cursor.
    fn press(&self) {
        let cursor = self.cursor.get();
        let (at, tool) = (cursor.at, self.tool.get());
        if !cursor.shown {
            self.show_cursor(true);
        } else if tool == Tool::Look {
            self.tell(StageEvent::Click { at });
        } else if !cursor.down {
            self.cursor.set(Cursor { down: true, ..cursor });
            self.tell(StageEvent::StrokeBegin {
                tool,
                at,
                pressure: 0.5,
            });
        }
    }

    /// Lifts the tool; true if it was down.
    pub(super) fn lift(&self) -> bool {
        let cursor = self.cursor.get();
        if cursor.down {
            self.cursor.set(Cursor { down: false, ..cursor });
            self.tell(StageEvent::StrokeEnd);
        }
        cursor.down
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_keys_go_their_way_with_shift_five_times_as_far_and_never_leave_the_window() {
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 600.0,
        };
        let walk = |keys: &[(&str, bool)]| {
            keys.iter()
                .try_fold(Cursor::default(), |cursor, (key, far)| cursor.moved(key, *far, &view))
                .unwrap_or_default()
                .at
        };
        let near = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).abs() < 1e-5 && (a[1] - b[1]).abs() < 1e-5;
        assert!(near(walk(&[("ArrowRight", false), ("ArrowUp", true)]), [0.05, 0.25]));
        assert!(near(walk(&[("ArrowLeft", true), ("ArrowDown", false)]), [-0.25, -0.05]));
        assert!(near(walk(&[("ArrowUp", true); 9]), [0.0, 1.45]), "up is up");
        // Enlarged, steps are finer, and the cursor comes along.
        let closer = Viewport {
            centre: [1.0, 0.0],
            half_width: 0.145,
            pixels: 600.0,
        };
        let at = Cursor::default()
            .moved("ArrowUp", false, &closer)
            .unwrap_or_default()
            .at;
        assert!(near(at, [0.855, 0.005]), "{at:?}");
        assert_eq!(Cursor::default().moved("x", false, &view), None);
    }
}
