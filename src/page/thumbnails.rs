//! The named sets as small pictures of their own samples, each a button that chooses its set.

use rand::SeedableRng;
use rand::rngs::StdRng;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use super::dom;
use crate::distribution::Preset;

/// Samples in a picture.
const SAMPLES: usize = 420;
/// Half the width of the window that is shown, stage units.
const HALF_WIDTH: f32 = 1.4;

/// The buttons and what they show.
pub struct Thumbnails {
    /// Samples of each set that was drawn, `[x0, y0, …]`.
    samples: Vec<Vec<f32>>,
    colour: String,
}

impl Thumbnails {
    /// Builds the buttons, still without pictures.
    ///
    /// # Errors
    /// What the browser says when it cannot.
    pub fn new() -> Result<Self, JsValue> {
        let list: Element = dom::element("sets")?;
        for preset in Preset::ALL {
            let title = preset.title();
            let hint = format!("Learn {title}. Undo brings back what was there.");
            let attributes = [
                ("type", "button"),
                ("data-preset", preset.name()),
                ("aria-label", title),
                ("data-hint", &hint),
            ];
            let button: Element = dom::put(&list, "button", &attributes)?;
            dom::put::<Element>(&button, "canvas", &[("aria-hidden", "true")])?;
        }
        Ok(Self {
            samples: Vec::new(),
            colour: String::new(),
        })
    }

    /// Draws the next set that has no picture yet; to be called once an animation frame, so that no frame is long.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn go_on(&mut self) -> Result<(), JsValue> {
        let Some(preset) = Preset::ALL.get(self.samples.len()) else {
            return Ok(());
        };
        let mut points = vec![0.0; 2 * SAMPLES];
        preset.sample(&mut StdRng::seed_from_u64(7), &mut points);
        self.samples.push(points);
        self.draw_from(self.samples.len() - 1)
    }

    /// Draws all pictures anew, in a colour (`rgb(…)`).
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn draw(&mut self, colour: String) -> Result<(), JsValue> {
        self.colour = colour;
        self.draw_from(0)
    }

    fn draw_from(&self, first: usize) -> Result<(), JsValue> {
        let ratio = dom::pixel_ratio();
        let pictures = self.samples.iter().zip(dom::all::<HtmlCanvasElement>("#sets canvas"));
        for (points, canvas) in pictures.skip(first) {
            let side = f64::from(canvas.client_width()) * ratio;
            if side < 2.0 {
                continue;
            }
            canvas.set_width(side as u32);
            canvas.set_height(side as u32);
            let Some(context) = canvas.get_context("2d")? else {
                continue;
            };
            let context: CanvasRenderingContext2d = context.unchecked_into();
            context.set_fill_style_str(&self.colour);
            context.set_global_alpha(0.7);
            let dot = 1.2 * ratio;
            for x in points.chunks_exact(2) {
                let place = |v: f32| f64::from((v / HALF_WIDTH + 1.0) * 0.5) * side - 0.5 * dot;
                context.fill_rect(place(x[0]), place(-x[1]), dot, dot);
            }
        }
        Ok(())
    }
}

/// Marks the set that is learned now.
pub fn mark(current: Option<Preset>) {
    for button in dom::all::<Element>("#sets button") {
        let on = current.is_some_and(|preset| button.get_attribute("data-preset").as_deref() == Some(preset.name()));
        dom::set_flag(&button, "aria-pressed", on);
    }
}
