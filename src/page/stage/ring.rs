//! The ring on the stage: how far the brush or the eraser reaches, and where the keyboard's cursor is.

use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::Tool;
use super::canvas::{child, style};
use super::pointer::Hands;
use crate::page::viewport::Viewport;
use crate::page::{captions, dom};

/// Least diameter of the keyboard's cursor, CSS pixels.
const CURSOR: f32 = 18.0;

/// The ring.
pub(super) struct Ring {
    element: HtmlElement,
    /// Radius of brush and eraser, stage units.
    pub brush: f32,
}

impl Ring {
    /// Appends the ring, hidden.
    pub fn new(parent: &HtmlElement) -> Result<Self, JsValue> {
        let element = child(parent, "div")?;
        for (name, value) in [
            ("inset", "0 auto auto 0"),
            ("box-sizing", "border-box"),
            ("border", "1.5px solid currentColor"),
            ("border-radius", "50%"),
            ("opacity", "0.75"),
            ("pointer-events", "none"),
            ("display", "none"),
        ] {
            style(&element, name, value)?;
        }
        Ok(Self { element, brush: 0.1 })
    }

    /// Puts the ring where the hands are; `view` is in CSS pixels. It is the brush, and with keys a cursor whatever the
    /// tool.
    pub fn draw(&self, hands: &Hands, view: &Viewport) -> Result<(), JsValue> {
        let brush = matches!(hands.tool.get(), Tool::Draw | Tool::Erase);
        let cursor = hands.cursor.get();
        let place = if cursor.shown {
            Some(view.to_pixel(cursor.at))
        } else {
            hands.hover.get().filter(|_| brush)
        };
        let reading = if cursor.shown {
            captions::place(&cursor.at)
        } else {
            String::new()
        };
        dom::set_attribute(hands.surface(), "data-at", &reading);
        let Some([x, y]) = place else {
            return style(&self.element, "display", "none");
        };
        let radius = if brush { self.brush * view.scale() } else { 0.0 };
        let diameter = (2.0 * radius).max(if cursor.shown { CURSOR } else { 4.0 });
        style(&self.element, "display", "block")?;
        style(&self.element, "width", &format!("{diameter:.1}px"))?;
        style(&self.element, "height", &format!("{diameter:.1}px"))?;
        let (left, top) = (x - 0.5 * diameter, y - 0.5 * diameter);
        style(
            &self.element,
            "transform",
            &format!("translate({left:.1}px,{top:.1}px)"),
        )
    }
}
