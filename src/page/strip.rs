//! The ladder strip: the field at several noise levels side by side, each a button that selects its level.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlButtonElement, HtmlCanvasElement, HtmlElement};

use super::layers::paint::{FieldPainter, Layers};
use super::layers::{GridField, Palette};
use super::stage::{context, document, show};
use super::viewport::Viewport;
use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::{Colour, Source};

/// Largest side of a tile's pixel buffer.
const TILE_SIDE: f32 = 256.0;

struct Rung {
    sigma: f32,
    button: HtmlButtonElement,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    picture: Option<Rc<GridField>>,
    stale: bool,
    _on_click: EventListener,
}

/// The strip in its container.
pub struct Strip {
    container: HtmlElement,
    on_select: Rc<dyn Fn(f32)>,
    rungs: Vec<Rung>,
    painter: FieldPainter,
    source: Source,
    colour: Colour,
    ratio: f32,
}

impl Strip {
    /// An empty strip; `on_select` gets the noise level of a rung that was clicked.
    pub fn new(container: HtmlElement, on_select: impl Fn(f32) + 'static) -> Self {
        Self {
            container,
            on_select: Rc::new(on_select),
            rungs: Vec::new(),
            painter: FieldPainter::new(colours(true)),
            source: Source::Learned,
            colour: Colour::Energy,
            ratio: 0.0,
        }
    }

    /// One rung for each noise level, stage units. Pictures of unchanged levels stay.
    ///
    /// # Errors
    /// What the browser says when it cannot make a button.
    pub fn set_rungs(&mut self, sigmas: &[f32]) -> Result<(), JsValue> {
        if self.rungs.iter().map(|r| r.sigma).eq(sigmas.iter().copied()) {
            return Ok(());
        }
        for rung in self.rungs.drain(..) {
            rung.button.remove();
        }
        for &sigma in sigmas {
            let rung = self.build(sigma)?;
            self.rungs.push(rung);
        }
        Ok(())
    }

    /// The noise levels of the rungs.
    pub fn sigmas(&self) -> impl Iterator<Item = f32> + '_ {
        self.rungs.iter().map(|r| r.sigma)
    }

    /// The picture of a rung, or `None` to empty it. For [`Source::Error`] that is a
    /// [`super::layers::error::difference`].
    pub fn set_picture(&mut self, rung: usize, picture: Option<Rc<GridField>>) {
        if let Some(rung) = self.rungs.get_mut(rung) {
            rung.picture = picture;
            rung.stale = true;
        }
    }

    /// What the pictures are, and what their colours say.
    pub fn set_source(&mut self, source: Source, colour: Colour) {
        if (source, colour) != (self.source, self.colour) {
            (self.source, self.colour) = (source, colour);
            self.repaint();
        }
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.painter.set_palette(colours(dark));
        self.repaint();
    }

    /// Marks the rung that the stage shows with `aria-current`, and while annealing with the class `lit` as well.
    ///
    /// # Errors
    /// What the browser says when an attribute cannot be set.
    pub fn set_lit(&mut self, lit: Option<usize>, annealing: bool) -> Result<(), JsValue> {
        for (k, rung) in self.rungs.iter().enumerate() {
            let current = lit == Some(k);
            if current != rung.button.has_attribute("aria-current") {
                if current {
                    rung.button.set_attribute("aria-current", "true")?;
                } else {
                    rung.button.remove_attribute("aria-current")?;
                }
            }
            let class = if current && annealing { "rung lit" } else { "rung" };
            if rung.button.class_name() != class {
                rung.button.set_class_name(class);
            }
        }
        Ok(())
    }

    /// Paints at most one tile that changed; to be called once an animation frame.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&mut self) -> Result<(), JsValue> {
        let ratio = web_sys::window().map_or(1.0, |w| w.device_pixel_ratio()) as f32;
        if (ratio - self.ratio).abs() > f32::EPSILON {
            self.ratio = ratio;
            self.repaint();
        }
        let Some(rung) = self.rungs.iter_mut().find(|r| r.stale) else {
            return Ok(());
        };
        let width = rung.canvas.client_width() as f32;
        let side = (width * ratio).min(TILE_SIDE).floor();
        if side < 2.0 {
            return Ok(());
        }
        rung.stale = false;
        let scale = side / width;
        let picture = rung.picture.as_deref();
        let grid = picture.map(|p| p.grid).unwrap_or_default();
        let view = Viewport {
            centre: grid.centre,
            half_width: grid.half_width.max(1e-3),
            pixels: side,
        };
        let layers = Layers {
            source: self.source,
            heat: true,
            colour: self.colour,
            contours: true,
            ..Layers::default()
        };
        self.painter.begin(picture, &[], view, 0.8 * scale, layers);
        if grid.half_width > 1.05 * STAGE_HALF_WIDTH {
            let stage = Viewport {
                centre: [0.0; 2],
                half_width: STAGE_HALF_WIDTH,
                pixels: 1.0,
            };
            self.painter.outline(stage, scale);
        }
        while !self.painter.advance(side as usize) {}
        show(&rung.canvas, &rung.context, self.painter.pixels(), side as u32)
    }

    fn repaint(&mut self) {
        self.rungs.iter_mut().for_each(|rung| rung.stale = true);
    }

    fn build(&self, sigma: f32) -> Result<Rung, JsValue> {
        let document = document()?;
        let button: HtmlButtonElement = document.create_element("button")?.dyn_into()?;
        button.set_type("button");
        button.set_class_name("rung");
        let text = label(sigma);
        button.set_attribute("aria-label", &format!("noise level σ = {text}"))?;
        let canvas: HtmlCanvasElement = document.create_element("canvas")?.dyn_into()?;
        canvas.set_attribute("aria-hidden", "true")?;
        let small: HtmlElement = document.create_element("small")?.dyn_into()?;
        small.set_text_content(Some(&text));
        button.append_child(&canvas)?;
        button.append_child(&small)?;
        self.container.append_child(&button)?;
        let on_select = Rc::clone(&self.on_select);
        let listener = EventListener::new(&button, "click", move |_| on_select(sigma));
        Ok(Rung {
            sigma,
            context: context(&canvas)?,
            canvas,
            button,
            picture: None,
            stale: true,
            _on_click: listener,
        })
    }
}

/// A theme's colours for tiles, whose contours are fainter than those of the stage: they have less room.
fn colours(dark: bool) -> Palette {
    let mut palette = Palette::new(dark);
    palette.contour.1 *= 0.6;
    palette
}

/// A noise level in three figures at most, two below 1, with no trailing zeros.
fn label(sigma: f32) -> String {
    let digits = if sigma >= 1.0 {
        2
    } else {
        (1.0 - sigma.max(1e-9).log10().floor()) as usize
    };
    let text = format!("{sigma:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_levels_are_written_short() {
        let texts = [3.0, 1.341_f32, 0.6, 0.273, 0.1, 0.0201, 0.0126].map(label);
        assert_eq!(texts, ["3", "1.34", "0.6", "0.27", "0.1", "0.02", "0.013"]);
    }
}
