//! Pictures and films of what is on the page: its canvases and the words on them, put together on a canvas of its own,
//! with a caption below.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobEvent, CanvasRenderingContext2d, Element, HtmlCanvasElement, MediaRecorder};

use super::dom;
use super::stage::context;

/// Height of a line of the caption, CSS pixels, and what it keeps from the edges.
const LINE: f64 = 18.0;
const MARGIN: f64 = 10.0;
/// The face of words.
const FACE: &str = "12px system-ui, sans-serif";

/// What a picture is of, and what is written below it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Canvases, and elements whose words lie on them, by a selector.
    pub of: String,
    /// What it is called in the names of files.
    pub name: String,
    /// The caption, line by line.
    pub caption: Vec<String>,
}

/// Composes what is seen of a view, `scale` pixels to a CSS pixel. The canvas takes on the view's size, unless there is
/// nothing to see of it: then nothing is done, and the answer is false.
///
/// # Errors
/// What the browser says when it cannot draw.
pub fn compose(canvas: &HtmlCanvasElement, view: &View, scale: f64) -> Result<bool, JsValue> {
    let parts: Vec<_> = dom::all::<Element>(&view.of)
        .into_iter()
        .map(|part| (part.get_bounding_client_rect(), part))
        .filter(|(place, _)| place.width() > 0.0)
        .collect();
    if parts.is_empty() {
        return Ok(false);
    }
    let (mut low, mut high) = ([f64::MAX; 2], [0.0_f64; 2]);
    for (place, _) in &parts {
        low = [low[0].min(place.x()), low[1].min(place.y())];
        high = [high[0].max(place.right()), high[1].max(place.bottom())];
    }
    let [width, height] = [high[0] - low[0], high[1] - low[1]];
    let whole = height + LINE * view.caption.len() as f64 + MARGIN;
    let sides = [width, whole].map(|side| (side * scale).round() as u32);
    if [canvas.width(), canvas.height()] != sides {
        canvas.set_width(sides[0]);
        canvas.set_height(sides[1]);
    }
    let context = context(canvas)?;
    context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0)?;
    let body = dom::document()?.body().ok_or(JsValue::NULL)?;
    let [ground, ink] = style(&body, ["background-color", "color"])?;
    context.set_fill_style_str(&ground);
    context.fill_rect(0.0, 0.0, width, whole);
    context.set_text_baseline("middle");
    for (place, part) in &parts {
        let middle = [
            place.x() - low[0] + 0.5 * place.width(),
            place.y() - low[1] + 0.5 * place.height(),
        ];
        context.save();
        context.translate(middle[0], middle[1])?;
        draw(&context, part, [place.width(), place.height()])?;
        context.restore();
    }
    context.set_font(FACE);
    context.set_fill_style_str(&ink);
    for (line, text) in view.caption.iter().enumerate() {
        let y = height + 0.5 * MARGIN + LINE * (line as f64 + 0.5);
        context.fill_text_with_max_width(text, MARGIN, y, width - 2.0 * MARGIN)?;
    }
    Ok(true)
}

/// Draws a canvas or a word about the origin, as wide and high as it is on the page.
fn draw(context: &CanvasRenderingContext2d, part: &Element, [width, height]: [f64; 2]) -> Result<(), JsValue> {
    let [visible, font, colour, way] = style(part, ["visibility", "font", "color", "writing-mode"])?;
    if visible != "visible" {
        return Ok(());
    }
    if let Some(part) = part.dyn_ref::<HtmlCanvasElement>() {
        if part.width() == 0 {
            return Ok(());
        }
        let corner = [-0.5 * width, -0.5 * height];
        context.draw_image_with_html_canvas_element_and_dw_and_dh(part, corner[0], corner[1], width, height)?;
        // What the style sheet writes on a tile.
        let error = part.parent_element().and_then(|tile| tile.get_attribute("data-error"));
        context.set_font(FACE);
        context.set_fill_style_str(&colour);
        context.set_text_align("end");
        return context.fill_text(&error.unwrap_or_default(), 0.5 * width - 5.0, 0.5 * height - 9.0);
    }
    if way.starts_with("sideways") {
        context.rotate(-std::f64::consts::FRAC_PI_2)?;
    }
    // Where a browser has no word for the whole of a face.
    context.set_font(FACE);
    context.set_font(&font);
    context.set_fill_style_str(&colour);
    context.set_text_align("center");
    context.fill_text(&part.text_content().unwrap_or_default(), 0.0, 0.0)
}

/// Some styles of an element as they are.
fn style<const N: usize>(of: &Element, names: [&str; N]) -> Result<[String; N], JsValue> {
    let style = dom::window()?.get_computed_style(of)?.ok_or(JsValue::NULL)?;
    Ok(names.map(|name| style.get_property_value(name).unwrap_or_default()))
}

/// A canvas that is not on the page.
///
/// # Errors
/// What the browser says when it cannot make one.
pub fn canvas() -> Result<HtmlCanvasElement, JsValue> {
    Ok(dom::document()?.create_element("canvas")?.unchecked_into())
}

/// A film under way.
pub struct Film {
    canvas: HtmlCanvasElement,
    recorder: MediaRecorder,
    view: View,
    scale: f64,
    /// When it began, as [`dom::now_ms`] has it.
    pub began_ms: f64,
    _on_end: EventListener,
}

impl Film {
    /// Begins a film; `end` gets it when it is over.
    ///
    /// # Errors
    /// Where a browser cannot record canvases.
    pub fn begin(view: View, scale: f64, end: impl Fn(Blob) + 'static) -> Result<Self, JsValue> {
        let canvas = canvas()?;
        compose(&canvas, &view, scale)?;
        let recorder = MediaRecorder::new_with_media_stream(&canvas.capture_stream()?)?;
        // Without a length of pieces there is one, at the end.
        let on_end = dom::listen(&recorder, "dataavailable", move |event| {
            if let Some(data) = event.dyn_ref::<BlobEvent>().and_then(BlobEvent::data) {
                end(data);
            }
        });
        recorder.start()?;
        Ok(Self {
            canvas,
            recorder,
            view,
            scale,
            began_ms: dom::now_ms(),
            _on_end: on_end,
        })
    }

    /// Takes up what is seen now.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&self) -> Result<(), JsValue> {
        compose(&self.canvas, &self.view, self.scale).map(|_| ())
    }

    /// Ends the film, which comes in a moment.
    ///
    /// # Errors
    /// What the browser says when there is nothing to end.
    pub fn end(&self) -> Result<(), JsValue> {
        self.recorder.stop()
    }
}
