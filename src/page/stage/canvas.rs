//! The few things asked of the DOM: elements, styles, and pixels on a canvas.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, ImageData, ResizeObserver};

use crate::page::dom;

/// A canvas that fills its container and shows square pixel buffers.
pub(in crate::page) struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Surface {
    /// A canvas laid over the container.
    pub fn new(container: &HtmlElement) -> Result<Self, JsValue> {
        let canvas: HtmlCanvasElement = child(container, "canvas")?.dyn_into()?;
        canvas.set_attribute("aria-hidden", "true")?;
        let context = context(&canvas)?;
        Ok(Self { canvas, context })
    }

    /// The canvas.
    pub fn element(&self) -> &HtmlElement {
        &self.canvas
    }

    /// What it is drawn on with, in its own pixels.
    pub fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }

    /// Shows what another canvas shows.
    pub fn copy(&self, other: &Self) -> Result<(), JsValue> {
        let side = other.canvas.width();
        if self.canvas.width() == side {
            let side = f64::from(side);
            self.context.clear_rect(0.0, 0.0, side, side);
        } else {
            self.canvas.set_width(side);
            self.canvas.set_height(side);
        }
        self.context
            .draw_image_with_html_canvas_element(&other.canvas, 0.0, 0.0)
    }

    /// Shows an RGBA buffer of `side` pixels a side.
    pub fn put(&self, rgba: &[u8], side: u32) -> Result<(), JsValue> {
        show(&self.canvas, &self.context, rgba, side)
    }

    /// An empty canvas of so many CSS pixels a side, to be drawn on in these.
    pub fn clean(&self, css_side: f32, ratio: f32) -> Result<&CanvasRenderingContext2d, JsValue> {
        let side = (css_side * ratio).round().max(1.0);
        // Setting a size empties a canvas, also when it is the one it had.
        self.canvas.set_width(side as u32);
        self.canvas.set_height(side as u32);
        let scale = f64::from(side / css_side);
        self.context.scale(scale, scale)?;
        Ok(&self.context)
    }
}

/// The drawing context of a canvas.
pub(in crate::page) fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let context = canvas
        .get_context("2d")?
        .ok_or_else(|| JsValue::from_str("this browser has no 2D canvas"))?;
    Ok(context.dyn_into()?)
}

/// Shows a square RGBA buffer on a canvas, which takes on the buffer's size.
pub(in crate::page) fn show(
    canvas: &HtmlCanvasElement,
    context: &CanvasRenderingContext2d,
    rgba: &[u8],
    side: u32,
) -> Result<(), JsValue> {
    if side == 0 {
        return Ok(());
    }
    if canvas.width() != side || canvas.height() != side {
        canvas.set_width(side);
        canvas.set_height(side);
    }
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), side, side)?;
    context.put_image_data(&image, 0.0, 0.0)
}

/// Appends an element that covers its parent.
pub(super) fn child(parent: &HtmlElement, tag: &str) -> Result<HtmlElement, JsValue> {
    let element: HtmlElement = dom::put(parent, tag, &[])?;
    for (name, value) in [
        ("position", "absolute"),
        ("inset", "0"),
        ("width", "100%"),
        ("height", "100%"),
    ] {
        style(&element, name, value)?;
    }
    Ok(element)
}

/// Follows the width of an element until it is dropped.
pub(super) struct Width {
    width: Rc<Cell<f32>>,
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Width {
    /// Begins to follow an element.
    pub fn of(element: &HtmlElement) -> Result<Self, JsValue> {
        let width = Rc::new(Cell::new(element.client_width() as f32));
        let (watched, seen) = (element.clone(), Rc::clone(&width));
        let callback = Closure::<dyn FnMut()>::new(move || seen.set(watched.client_width() as f32));
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref())?;
        observer.observe(element);
        Ok(Self {
            width,
            observer,
            _callback: callback,
        })
    }

    /// The element's inner width, CSS pixels.
    pub fn get(&self) -> f32 {
        self.width.get()
    }
}

impl Drop for Width {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Sets a style.
pub(super) fn style(element: &HtmlElement, name: &str, value: &str) -> Result<(), JsValue> {
    element.style().set_property(name, value)
}
