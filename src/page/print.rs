//! A picture in the making: whatever is on it is drawn anew, as fine as the picture is, in tasks that are short, while
//! the page goes on.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, DomRect, Element, HtmlCanvasElement, ImageData, MessageEvent};

use super::picture::{Layout, View, Words, canvas, is_seen};
use super::stage::context;
use super::{dom, engine_client};

/// A task ends after this time, milliseconds.
const TASK_MS: f64 = 8.0;
/// Rows of pixels, or lines, that are painted between two looks at the clock.
pub const ROWS: usize = 16;
/// Rows of pixels that are brought onto the canvas at once.
pub const BAND: usize = 64;

/// A square on a picture.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its upper left corner, pixels.
    pub corner: [f64; 2],
    /// Its side, pixels.
    pub side: usize,
    /// Pixels to a CSS pixel.
    pub ratio: f32,
}

/// Something that is drawn on a picture, step by step.
pub trait Work {
    /// The next step, of some milliseconds at most; true when there is no other.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    fn step(&mut self, print: &Print) -> Result<bool, JsValue>;
}

/// The picture.
pub struct Print {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// Pixels with transparency come over this one.
    band: HtmlCanvasElement,
    layout: Layout,
    /// Charts as they were, and where they are.
    charts: Vec<(HtmlCanvasElement, DomRect)>,
    words: Vec<Words>,
    scale: f64,
    stopped: Rc<Cell<bool>>,
}

impl Print {
    /// A picture of a view, `scale` pixels to a CSS pixel, with the words on it as they are now.
    ///
    /// # Errors
    /// When there is nothing to see of the view, and what the browser says when it has no canvas.
    pub fn new(view: &View, scale: f64) -> Result<Self, JsValue> {
        let layout = Layout::of(view).ok_or(JsValue::NULL)?;
        let canvas = canvas()?;
        let mut words = Vec::new();
        for (place, part) in &layout.parts {
            words.extend(Words::of(part, place, layout.corner(place))?);
        }
        Ok(Self {
            context: context(&canvas)?,
            canvas,
            band: self::canvas()?,
            layout,
            charts: Vec::new(),
            words,
            scale,
            stopped: Rc::default(),
        })
    }

    /// Whoever sets this wants the picture no more.
    pub fn stopped(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.stopped)
    }

    /// Where a square element is on the picture.
    pub fn place(&self, element: &Element) -> Place {
        let place = element.get_bounding_client_rect();
        let pixels = |css: f64| (css * self.scale).round().max(0.0);
        let side = pixels(place.width());
        Place {
            corner: self.layout.corner(&place).map(pixels),
            side: side as usize,
            ratio: (side / place.width().max(1.0)) as f32,
        }
    }

    /// An element with this id is on the picture.
    pub fn has(&self, id: &str) -> bool {
        self.layout.parts.iter().any(|(_, part)| part.id() == id)
    }

    /// Takes up the canvases with a name of their own, which are charts, as they are now.
    ///
    /// # Errors
    /// What the browser says when it cannot copy one.
    pub fn take_charts(&mut self) -> Result<(), JsValue> {
        for (place, part) in self.layout.parts.iter().filter(|(_, part)| !part.id().is_empty()) {
            if let Some(chart) = is_seen(part)? {
                let copy = canvas()?;
                copy.set_width(chart.width());
                copy.set_height(chart.height());
                context(&copy)?.draw_image_with_html_canvas_element(chart, 0.0, 0.0)?;
                self.charts.push((copy, place.clone()));
            }
        }
        Ok(())
    }

    /// Draws everything, with a caption, and makes a PNG of it.
    ///
    /// # Errors
    /// What the browser says when it cannot, and when the picture is not wanted any more.
    pub async fn make(self, mut work: Vec<Box<dyn Work>>, caption: Vec<String>) -> Result<Blob, JsValue> {
        dom::pause().await;
        let mut began_ms = dom::now_ms();
        self.layout.begin(&self.canvas, &self.context, &caption, self.scale)?;
        for work in &mut work {
            while !work.step(&self)? {
                // A page that nobody sees does not wait.
                if dom::now_ms() - began_ms > TASK_MS && !dom::is_hidden() {
                    dom::pause().await;
                    began_ms = dom::now_ms();
                }
                if self.stopped.get() {
                    return Err(JsValue::NULL);
                }
            }
        }
        drop(work);
        for (chart, place) in &self.charts {
            let ([x, y], [width, height]) = (self.layout.corner(place), [place.width(), place.height()]);
            self.context
                .draw_image_with_html_canvas_element_and_dw_and_dh(chart, x, y, width, height)?;
        }
        for words in &self.words {
            words.write(&self.context)?;
        }
        dom::pause().await;
        png(&self.canvas).await
    }

    /// Brings a band of a square of pixels onto the picture, RGBA without transparency, from a row on; true when it is the
    /// last.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn put(&self, place: Place, rgba: &[u8], row: &mut usize) -> Result<bool, JsValue> {
        let [left, top] = place.corner;
        if let Some(band) = band_of(rgba, place.side, *row) {
            let image = image(band, place.side)?;
            self.context.put_image_data(&image, left, top + *row as f64)?;
        }
        *row += BAND;
        Ok(*row >= place.side)
    }

    /// Lays rows of a square over the picture, RGBA, not premultiplied, from a row on; true when they are the last.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn lay(&self, place: Place, rgba: &[u8], row: &mut usize) -> Result<bool, JsValue> {
        if !rgba.is_empty() {
            let (image, band) = (image(rgba, place.side)?, &self.band);
            if [band.width(), band.height()] != [image.width(), image.height()] {
                band.set_width(image.width());
                band.set_height(image.height());
            }
            context(band)?.put_image_data(&image, 0.0, 0.0)?;
            let [left, top] = place.corner;
            self.in_pixels(&mut |context| context.draw_image_with_html_canvas_element(band, left, top + *row as f64))?;
        }
        *row += BAND;
        Ok(*row >= place.side)
    }

    /// Draws in a square, in pixels of the picture; nothing goes beyond it.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn within(
        &self,
        place: Place,
        draw: &mut dyn FnMut(&CanvasRenderingContext2d) -> Result<(), JsValue>,
    ) -> Result<(), JsValue> {
        self.in_pixels(&mut |context| {
            let ([left, top], side) = (place.corner, place.side as f64);
            context.begin_path();
            context.rect(left, top, side, side);
            context.clip();
            draw(context)
        })
    }

    fn in_pixels(&self, draw: &mut dyn FnMut(&CanvasRenderingContext2d) -> Result<(), JsValue>) -> Result<(), JsValue> {
        self.context.save();
        self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)?;
        let drawn = draw(&self.context);
        self.context.restore();
        drawn
    }
}

/// A band of the rows of a square of pixels, from a row on; none past its end.
pub fn band_of(rgba: &[u8], side: usize, row: usize) -> Option<&[u8]> {
    rgba.chunks(4 * side.max(1) * BAND).nth(row / BAND)
}

/// Rows of pixels as the browser takes them.
fn image(rgba: &[u8], side: usize) -> Result<ImageData, JsValue> {
    let rows = rgba.len() / (4 * side.max(1));
    ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), side as u32, rows as u32)
}

/// A PNG of a canvas, by a worker: it would keep the page for a fifth of a second.
async fn png(canvas: &HtmlCanvasElement) -> Result<Blob, JsValue> {
    let image = dom::window()?.create_image_bitmap_with_html_canvas_element(canvas)?;
    let image = JsFuture::from(image).await?;
    let worker = engine_client::picture_worker()?;
    let promise = Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
    });
    worker.post_message_with_transfer(&image, &Array::of1(&image))?;
    let answer = JsFuture::from(promise).await;
    worker.terminate();
    answer?.unchecked_into::<MessageEvent>().data().dyn_into()
}
