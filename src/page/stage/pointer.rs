//! Hands on the stage: mouse, pen and touch become strokes in stage coordinates.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, MouseEvent, PointerEvent};

use super::canvas::style;
use super::cursor::Cursor;
use super::gesture::Gesture;
use super::looking::{self, Looking};
use super::{StageEvent, Tool};
use crate::page::dom;
use crate::page::layers::lens::Lens;
use crate::page::viewport::Viewport;

/// A pointer that moved less than this between down and up has clicked, CSS pixels.
const CLICK: f32 = 6.0;

/// What the listeners and the stage share.
pub(super) struct Hands {
    /// The tool in hand.
    pub tool: Cell<Tool>,
    /// The window on a canvas measured in CSS pixels.
    pub view: Cell<Viewport>,
    /// Where the mouse or pen is, CSS pixels from the stage's corner.
    pub hover: Cell<Option<[f32; 2]>>,
    /// The same of the keyboard, in stage coordinates.
    pub cursor: Cell<Cursor>,
    /// There is a landscape to turn, where there is no tool in hand.
    pub orbits: Cell<bool>,
    /// The picture is enlarged.
    pub closer: Cell<bool>,
    /// What was done to the view since this was last asked.
    pub looking: Cell<Looking>,
    /// Which pointer came down without a tool, where it is, CSS pixels, and how far it has gone.
    pressed: Cell<Option<(i32, [f32; 2], f32)>>,
    gesture: RefCell<Gesture>,
    /// The beginning of a finger's stroke that may yet turn out to be that of a pinch, and where it was, CSS pixels.
    waiting: Cell<Option<([f32; 2], StageEvent)>>,
    surface: HtmlElement,
    events: Box<dyn Fn(StageEvent)>,
}

impl Hands {
    /// Listens on a surface; the listeners live as long as the returned vector.
    pub fn new(
        surface: HtmlElement,
        view: Viewport,
        events: Box<dyn Fn(StageEvent)>,
    ) -> (Rc<Self>, Vec<EventListener>) {
        let hands = Rc::new(Self {
            tool: Cell::new(Tool::Look),
            view: Cell::new(view),
            hover: Cell::new(None),
            cursor: Cell::default(),
            orbits: Cell::new(false),
            closer: Cell::new(false),
            looking: Cell::default(),
            pressed: Cell::new(None),
            gesture: RefCell::default(),
            waiting: Cell::new(None),
            surface,
            events,
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
            dom::listen_active(&hands.surface.clone(), name, move |event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    handler(&hands, event);
                }
            })
        });
        let mut listeners: Vec<EventListener> = listeners.collect();
        for name in looking::EVENTS {
            let hands = Rc::clone(&hands);
            listeners.push(dom::listen_active(&hands.surface.clone(), name, move |event| {
                if hands.look(event) {
                    event.prevent_default();
                }
            }));
        }
        (hands, listeners)
    }

    /// The element that the pointers touch.
    pub fn surface(&self) -> &HtmlElement {
        &self.surface
    }

    /// Tells the page what was done.
    pub fn tell(&self, event: StageEvent) {
        (self.events)(event);
    }

    /// Takes another tool in hand; a stroke under way ends.
    pub fn take(&self, tool: Tool) -> Result<(), JsValue> {
        self.let_go();
        self.tool.set(tool);
        let (touch, cursor) = match tool {
            Tool::Look if self.orbits.get() => ("none", "grab"),
            // One finger scrolls the page, two are for the picture.
            Tool::Look => ("pan-x pan-y", "default"),
            Tool::Draw | Tool::Erase => ("none", "none"),
            Tool::Drop | Tool::Probe | Tool::Loop => ("none", "crosshair"),
        };
        style(&self.surface, "touch-action", touch)?;
        style(&self.surface, "cursor", cursor)
    }

    /// Ends a stroke that is under way.
    fn let_go(&self) {
        self.lift();
        let drawing = self.gesture.borrow_mut().drawing.take();
        if drawing.is_some() && self.waiting.take().is_none() {
            self.tell(StageEvent::StrokeEnd);
        }
    }

    fn down(&self, event: &PointerEvent) {
        let tool = self.tool.get();
        if event.button() != 0 {
            return;
        }
        self.show_cursor(false);
        if event.pointer_type() == "touch" {
            let at = self.pixel(event);
            self.gesture.borrow_mut().fingers.down(event.pointer_id(), at);
        }
        if tool == Tool::Look {
            let alone = !self.gesture.borrow().fingers.are_many();
            self.pressed
                .set(alone.then(|| (event.pointer_id(), self.pixel(event), 0.0)));
            if self.orbits.get() || self.closer.get() {
                let _ = self.surface.set_pointer_capture(event.pointer_id());
            }
            return;
        }
        // No text selection, no emulated mouse events; but the keyboard's focus leaves whatever field it was in.
        event.prevent_default();
        let (ends, begins) = self.gesture.borrow_mut().down(event.pointer_id());
        if ends && self.waiting.take().is_none() {
            self.tell(StageEvent::StrokeEnd);
        }
        if begins {
            // A pointer that is gone already cannot be captured, and its stroke is over anyway.
            let _ = self.surface.set_pointer_capture(event.pointer_id());
            self.follow(event);
            let pressure = if event.pressure() > 0.0 { event.pressure() } else { 0.5 };
            let begin = StageEvent::StrokeBegin {
                tool,
                at: self.at(event),
                pressure,
            };
            if event.pointer_type() == "touch" {
                self.waiting.set(Some((self.pixel(event), begin)));
            } else {
                self.tell(begin);
            }
        }
    }

    fn moved(&self, event: &PointerEvent) {
        self.follow(event);
        let pinch = self
            .gesture
            .borrow_mut()
            .fingers
            .moved(event.pointer_id(), self.pixel(event));
        if let Some(pinch) = pinch {
            self.enlarge(pinch.lens);
            self.looking.update(|done| Looking {
                twist: done.twist + pinch.twist,
                ..done
            });
            return;
        }
        if let Some((id, from, way)) = self.pressed.get().filter(|(id, ..)| *id == event.pointer_id()) {
            let to = self.pixel(event);
            let by = [to[0] - from[0], to[1] - from[1]];
            self.pressed.set(Some((id, to, way + by[0].hypot(by[1]))));
            if self.orbits.get() && !event.shift_key() {
                self.turn(by);
            } else if event.pointer_type() != "touch" || self.orbits.get() {
                self.enlarge(Lens::moving(from, to, 1.0));
            }
        }
        let drawing = self.gesture.borrow().drawing == Some(event.pointer_id());
        if drawing {
            if let Some((from, begin)) = self.waiting.get() {
                let to = self.pixel(event);
                if (to[0] - from[0]).hypot(to[1] - from[1]) < CLICK {
                    return;
                }
                self.waiting.set(None);
                self.tell(begin);
            }
            for at in coalesced(event) {
                self.tell(StageEvent::StrokeMove { at: self.at(&at) });
            }
        }
    }

    fn up(&self, event: &PointerEvent) {
        if let Some((id, _, way)) = self.pressed.take()
            && event.type_() == "pointerup"
            && id == event.pointer_id()
            && !self.orbits.get()
            && way < CLICK
        {
            self.tell(StageEvent::Click { at: self.at(event) });
        }
        let ends = self.gesture.borrow_mut().up(event.pointer_id());
        if ends {
            if event.pointer_type() == "touch" {
                self.hover.set(None);
            }
            if let Some((_, tap)) = self.waiting.take() {
                if event.type_() != "pointerup" {
                    return;
                }
                self.tell(tap);
            }
            self.tell(StageEvent::StrokeEnd);
        }
    }

    fn left(&self, event: &PointerEvent) {
        let drawing = self.gesture.borrow().drawing == Some(event.pointer_id());
        if !drawing {
            self.hover.set(None);
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
    pub fn pixel(&self, event: &MouseEvent) -> [f32; 2] {
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
