//! Hands on the stage: mouse, pen and touch become strokes in stage coordinates.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use super::{StageEvent, Tool};
use crate::page::viewport::Viewport;

/// A pointer that moved less than this between down and up has clicked, CSS pixels.
const CLICK: f32 = 6.0;
/// What a key turns a landscape by, CSS pixels of a drag, and what it comes nearer by.
const KEY_TURN: f32 = 24.0;
const KEY_APPROACH: f32 = 1.15;

/// Which pointer draws. Kept apart from the DOM so that its rules can be tested.
#[derive(Debug, Default)]
struct Gesture {
    drawing: Option<i32>,
    fingers: Vec<i32>,
}

impl Gesture {
    /// A pointer came down; `(ends, begins)`: whether a stroke ends and whether one begins. Two fingers never draw: the
    /// second one ends the stroke of the first, and none begins until all are lifted.
    fn down(&mut self, id: i32, touch: bool) -> (bool, bool) {
        if touch && !self.fingers.contains(&id) {
            self.fingers.push(id);
        }
        let crowd = self.fingers.len() > 1;
        let ends = crowd && self.drawing.take().is_some();
        let begins = !crowd && self.drawing.is_none();
        if begins {
            self.drawing = Some(id);
        }
        (ends, begins)
    }

    /// A pointer left; true when that ends a stroke.
    fn up(&mut self, id: i32) -> bool {
        self.fingers.retain(|&finger| finger != id);
        self.drawing.take_if(|drawing| *drawing == id).is_some()
    }
}

/// What the listeners and the stage share.
pub(super) struct Hands {
    /// The tool in hand.
    pub tool: Cell<Tool>,
    /// The window on a canvas measured in CSS pixels.
    pub view: Cell<Viewport>,
    /// Where the mouse or pen is, CSS pixels from the stage's corner.
    pub hover: Cell<Option<[f32; 2]>>,
    /// There is a landscape to turn, where there is no tool in hand.
    pub orbits: Cell<bool>,
    /// How far it was turned since this was last asked, CSS pixels of a drag to the right and down, and how much nearer
    /// it was brought.
    pub turned: Cell<Option<([f32; 2], f32)>>,
    /// Which pointer came down without a tool, and where, CSS pixels.
    pressed: Cell<Option<(i32, [f32; 2])>>,
    gesture: RefCell<Gesture>,
    surface: HtmlElement,
    events: Box<dyn Fn(StageEvent)>,
}

impl Hands {
    /// Listens on a surface; the listeners live as long as the returned vector.
    pub fn new(
        surface: HtmlElement,
        view: Viewport,
        events: impl Fn(StageEvent) + 'static,
    ) -> (Rc<Self>, Vec<EventListener>) {
        let hands = Rc::new(Self {
            tool: Cell::new(Tool::Look),
            view: Cell::new(view),
            hover: Cell::new(None),
            orbits: Cell::new(false),
            turned: Cell::new(None),
            pressed: Cell::new(None),
            gesture: RefCell::default(),
            surface,
            events: Box::new(events),
        });
        type Handler = fn(&Hands, &PointerEvent);
        let handlers: [(&'static str, Handler); 6] = [
            ("pointerdown", Hands::down),
            ("pointermove", Hands::moved),
            ("pointerup", Hands::up),
            ("pointercancel", Hands::up),
            ("lostpointercapture", Hands::up),
            ("pointerleave", Hands::left),
        ];
        let listeners = handlers.into_iter().map(|(name, handler)| {
            let hands = Rc::clone(&hands);
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&hands.surface.clone(), name, options, move |event: &Event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    handler(&hands, event);
                }
            })
        });
        let listeners = listeners.collect();
        (hands, listeners)
    }

    /// The element that the pointers touch.
    pub fn surface(&self) -> &HtmlElement {
        &self.surface
    }

    /// Ends a stroke that is under way, as when the tool is put away.
    pub fn let_go(&self) {
        let drawing = self.gesture.borrow_mut().drawing.take();
        if drawing.is_some() {
            (self.events)(StageEvent::StrokeEnd);
        }
    }

    /// Keys and the wheel turn and enlarge the landscape as long as the listeners live.
    pub fn listen_for_turns(self: &Rc<Self>) -> Vec<EventListener> {
        let listener = |name: &'static str| {
            let hands = Rc::clone(self);
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&self.surface, name, options, move |event| {
                if hands.turn_by(event) {
                    event.prevent_default();
                }
            })
        };
        vec![listener("keydown"), listener("wheel")]
    }

    /// Turns or enlarges the landscape by a key or the wheel; false where the event means something else.
    fn turn_by(&self, event: &Event) -> bool {
        let (by, nearer) = if let Some(event) = event.dyn_ref::<WheelEvent>() {
            ([0.0; 2], (-0.0015 * event.delta_y() as f32).clamp(-0.3, 0.3).exp())
        } else if let Some(event) = event.dyn_ref::<KeyboardEvent>()
            && !(event.ctrl_key() || event.meta_key() || event.alt_key())
        {
            match event.key().as_str() {
                "ArrowLeft" => ([-KEY_TURN, 0.0], 1.0),
                "ArrowRight" => ([KEY_TURN, 0.0], 1.0),
                "ArrowUp" => ([0.0, -KEY_TURN], 1.0),
                "ArrowDown" => ([0.0, KEY_TURN], 1.0),
                "+" | "=" => ([0.0; 2], KEY_APPROACH),
                "-" => ([0.0; 2], 1.0 / KEY_APPROACH),
                _ => return false,
            }
        } else {
            return false;
        };
        self.turn(by, nearer);
        true
    }

    fn turn(&self, by: [f32; 2], nearer: f32) {
        let (so_far, near) = self.turned.get().unwrap_or(([0.0; 2], 1.0));
        self.turned
            .set(Some(([so_far[0] + by[0], so_far[1] + by[1]], near * nearer)));
    }

    fn down(&self, event: &PointerEvent) {
        let tool = self.tool.get();
        if event.button() != 0 {
            return;
        }
        if tool == Tool::Look {
            self.pressed.set(Some((event.pointer_id(), self.pixel(event))));
            if self.orbits.get() {
                let _ = self.surface.set_pointer_capture(event.pointer_id());
            }
            return;
        }
        // No text selection, no emulated mouse events; but the keyboard's focus leaves whatever field it was in.
        event.prevent_default();
        let (ends, begins) = self
            .gesture
            .borrow_mut()
            .down(event.pointer_id(), event.pointer_type() == "touch");
        if ends {
            (self.events)(StageEvent::StrokeEnd);
        }
        if begins {
            // A pointer that is gone already cannot be captured, and its stroke is over anyway.
            let _ = self.surface.set_pointer_capture(event.pointer_id());
            self.follow(event);
            let pressure = if event.pressure() > 0.0 { event.pressure() } else { 0.5 };
            (self.events)(StageEvent::StrokeBegin {
                tool,
                at: self.at(event),
                pressure,
            });
        }
    }

    fn moved(&self, event: &PointerEvent) {
        self.follow(event);
        if self.orbits.get()
            && let Some((id, from)) = self.pressed.get().filter(|(id, _)| *id == event.pointer_id())
        {
            let to = self.pixel(event);
            self.turn([to[0] - from[0], to[1] - from[1]], 1.0);
            self.pressed.set(Some((id, to)));
            return;
        }
        let drawing = self.gesture.borrow().drawing == Some(event.pointer_id());
        if drawing {
            for at in coalesced(event) {
                (self.events)(StageEvent::StrokeMove { at: self.at(&at) });
            }
        }
        if event.pointer_type() != "touch" {
            (self.events)(StageEvent::Hover {
                at: Some(self.at(event)),
            });
        }
    }

    fn up(&self, event: &PointerEvent) {
        if let Some((id, from)) = self.pressed.take()
            && event.type_() == "pointerup"
            && id == event.pointer_id()
            && !self.orbits.get()
        {
            let to = self.pixel(event);
            if (to[0] - from[0]).hypot(to[1] - from[1]) < CLICK {
                (self.events)(StageEvent::Click { at: self.at(event) });
            }
        }
        let ends = self.gesture.borrow_mut().up(event.pointer_id());
        if ends {
            if event.pointer_type() == "touch" {
                self.hover.set(None);
            }
            (self.events)(StageEvent::StrokeEnd);
        }
    }

    fn left(&self, event: &PointerEvent) {
        let drawing = self.gesture.borrow().drawing == Some(event.pointer_id());
        if !drawing {
            self.hover.set(None);
            (self.events)(StageEvent::Hover { at: None });
        }
    }

    /// Remembers where the ring of the brush belongs: under mouse and pen always, under a finger while it draws.
    fn follow(&self, event: &PointerEvent) {
        let drawing = self.gesture.borrow().drawing == Some(event.pointer_id());
        if event.pointer_type() != "touch" || drawing {
            self.hover.set(Some(self.pixel(event)));
        }
    }

    /// CSS pixels from the surface's corner.
    fn pixel(&self, event: &PointerEvent) -> [f32; 2] {
        let corner = self.surface.get_bounding_client_rect();
        // The typed getters round to whole pixels, which would make slow strokes angular on fine screens.
        let client = |key: &str, whole: i32| {
            let exact = Reflect::get(event, &JsValue::from_str(key))
                .ok()
                .and_then(|v| v.as_f64());
            exact.unwrap_or(f64::from(whole))
        };
        [
            (client("clientX", event.client_x()) - corner.left()) as f32,
            (client("clientY", event.client_y()) - corner.top()) as f32,
        ]
    }

    fn at(&self, event: &PointerEvent) -> [f32; 2] {
        self.view.get().to_stage(self.pixel(event))
    }
}

/// The movements that the browser merged into one event, or the event itself where it does not tell.
fn coalesced(event: &PointerEvent) -> Vec<PointerEvent> {
    let all = Reflect::get(event, &JsValue::from_str("getCoalescedEvents"))
        .ok()
        .and_then(|f| f.dyn_into::<Function>().ok())
        .and_then(|f| f.call0(event).ok())
        .and_then(|list| list.dyn_into::<Array>().ok());
    let list: Vec<PointerEvent> = all
        .iter()
        .flat_map(Array::iter)
        .filter_map(|e| e.dyn_into().ok())
        .collect();
    if list.is_empty() { vec![event.clone()] } else { list }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pointer_draws_a_stroke() {
        let mut gesture = Gesture::default();
        assert_eq!(gesture.down(7, false), (false, true));
        assert!(!gesture.up(8) && gesture.up(7) && !gesture.up(7));
    }

    #[test]
    fn two_fingers_never_draw() {
        let mut gesture = Gesture::default();
        assert_eq!(gesture.down(1, true), (false, true));
        assert_eq!(gesture.down(2, true), (true, false));
        assert!(!gesture.up(1));
        assert_eq!(gesture.down(3, true), (false, false));
        assert!(!gesture.up(2) && !gesture.up(3));
        assert_eq!(gesture.down(4, true), (false, true));
    }
}
