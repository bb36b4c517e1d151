//! Films of what is on the page, and how pictures of it are laid out: its canvases and the words on them, on a canvas of
//! their own, with a caption below.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobEvent, CanvasRenderingContext2d, CssStyleDeclaration, DomRect, Element, HtmlCanvasElement, MediaRecorder,
};

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

/// The parts of a view where they are on the page now.
pub struct Layout {
    /// Canvases, and elements with words, in the page's order, and where they are.
    pub parts: Vec<(DomRect, Element)>,
    low: [f64; 2],
    size: [f64; 2],
}

impl Layout {
    /// Of a view; none when there is nothing to see of it.
    pub fn of(view: &View) -> Option<Self> {
        let parts: Vec<_> = dom::all::<Element>(&view.of)
            .into_iter()
            .map(|part| (part.get_bounding_client_rect(), part))
            .filter(|(place, _)| place.width() > 0.0)
            .collect();
        let (mut low, mut high) = ([f64::MAX; 2], [0.0_f64; 2]);
        for (place, _) in &parts {
            low = [low[0].min(place.x()), low[1].min(place.y())];
            high = [high[0].max(place.right()), high[1].max(place.bottom())];
        }
        let size = [high[0] - low[0], high[1] - low[1]];
        (!parts.is_empty()).then_some(Self { parts, low, size })
    }

    /// A place on the picture, CSS pixels.
    pub fn corner(&self, place: &DomRect) -> [f64; 2] {
        [place.x() - self.low[0], place.y() - self.low[1]]
    }

    /// Gives a canvas the size of the picture, `scale` pixels to a CSS pixel, and a ground with the caption, to be drawn
    /// on in CSS pixels.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn begin(
        &self,
        canvas: &HtmlCanvasElement,
        context: &CanvasRenderingContext2d,
        caption: &[String],
        scale: f64,
    ) -> Result<(), JsValue> {
        let [width, height] = self.size;
        let whole = height + LINE * caption.len() as f64 + MARGIN;
        let sides = [width, whole].map(|side| (side * scale).round() as u32);
        if [canvas.width(), canvas.height()] != sides {
            canvas.set_width(sides[0]);
            canvas.set_height(sides[1]);
        }
        context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0)?;
        let body = dom::document()?.body().ok_or(JsValue::NULL)?;
        let style = style(&body)?;
        context.set_fill_style_str(&of(&style, "background-color"));
        context.fill_rect(0.0, 0.0, width, whole);
        context.set_text_baseline("middle");
        context.set_text_align("start");
        context.set_font(FACE);
        context.set_fill_style_str(&of(&style, "color"));
        for (line, text) in caption.iter().enumerate() {
            let y = height + 0.5 * MARGIN + LINE * (line as f64 + 0.5);
            context.fill_text_with_max_width(text, MARGIN, y, width - 2.0 * MARGIN)?;
        }
        Ok(())
    }
}

/// Composes what is seen of a view, `scale` pixels to a CSS pixel. The canvas takes on the view's size, unless there is
/// nothing to see of it: then nothing is done, and the answer is false.
///
/// # Errors
/// What the browser says when it cannot draw.
pub fn compose(canvas: &HtmlCanvasElement, view: &View, scale: f64) -> Result<bool, JsValue> {
    let Some(layout) = Layout::of(view) else {
        return Ok(false);
    };
    let context = context(canvas)?;
    layout.begin(canvas, &context, &view.caption, scale)?;
    for (place, part) in &layout.parts {
        let corner = layout.corner(place);
        if let Some(canvas) = is_seen(part)? {
            let ([x, y], width, height) = (corner, place.width(), place.height());
            context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, x, y, width, height)?;
        }
        for words in Words::of(part, place, corner)? {
            words.write(&context)?;
        }
    }
    Ok(true)
}

/// A part as a canvas on which there is something to see, if it is one.
///
/// # Errors
/// Outside a page.
pub fn is_seen(part: &Element) -> Result<Option<&HtmlCanvasElement>, JsValue> {
    let visible = of(&style(part)?, "visibility");
    let canvas = part.dyn_ref::<HtmlCanvasElement>();
    Ok(canvas.filter(|canvas| canvas.width() > 0 && visible == "visible"))
}

/// What is written on a part of a view.
pub struct Words {
    text: String,
    font: String,
    colour: String,
    align: &'static str,
    at: [f64; 2],
    sideways: bool,
}

impl Words {
    /// Those of a part with its upper left corner at a place: its own, or what the style sheet writes on a tile, which is
    /// its error and the mark of its own scale.
    ///
    /// # Errors
    /// Outside a page.
    pub fn of(part: &Element, place: &DomRect, corner: [f64; 2]) -> Result<Vec<Self>, JsValue> {
        let style = style(part)?;
        let size = [place.width(), place.height()];
        let mut all = Vec::new();
        let mut put = |text: Option<String>, align, at: [f64; 2], font| {
            let text = text.filter(|text| !text.is_empty() && of(&style, "visibility") == "visible");
            all.extend(text.map(|text| Self {
                text,
                font,
                colour: of(&style, "color"),
                align,
                at: [corner[0] + at[0], corner[1] + at[1]],
                sideways: of(&style, "writing-mode").starts_with("sideways"),
            }));
        };
        if part.is_instance_of::<HtmlCanvasElement>() {
            let tile = part.parent_element();
            for (name, down) in [("data-error", size[1] - 9.0), ("data-mark", 9.0)] {
                let text = tile.as_ref().and_then(|tile| tile.get_attribute(name));
                put(text, "end", [size[0] - 5.0, down], String::new());
            }
        } else {
            let middle = size.map(|side| 0.5 * side);
            put(part.text_content(), "center", middle, of(&style, "font"));
        }
        Ok(all)
    }

    /// Writes them in CSS pixels.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn write(&self, context: &CanvasRenderingContext2d) -> Result<(), JsValue> {
        context.save();
        context.translate(self.at[0], self.at[1])?;
        if self.sideways {
            context.rotate(-std::f64::consts::FRAC_PI_2)?;
        }
        // Where a browser has no word for the whole of a face.
        context.set_font(FACE);
        context.set_font(&self.font);
        context.set_fill_style_str(&self.colour);
        context.set_text_align(self.align);
        context.fill_text(&self.text, 0.0, 0.0)?;
        context.restore();
        Ok(())
    }
}

/// How an element looks now.
fn style(of: &Element) -> Result<CssStyleDeclaration, JsValue> {
    dom::window()?.get_computed_style(of)?.ok_or(JsValue::NULL)
}

/// One of the styles of an element.
fn of(style: &CssStyleDeclaration, name: &str) -> String {
    style.get_property_value(name).unwrap_or_default()
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
