//! A small picture of the field that is a button: one of the strip's, or of those of the whole ladder.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, Element, HtmlButtonElement, HtmlCanvasElement};

use super::dom;
use super::layers::paint::{FieldPainter, Layers};
use super::layers::scale::{self, Scale};
use super::layers::{GridField, Palette};
use super::print::{Place, Print, ROWS, Work};
use super::stage::{context, show};
use super::viewport::Viewport;
use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::{Colour, Source};

/// Opacity of particles on a tile.
const PARTICLE_ALPHA: f32 = 0.75;

/// What a picture is, and what its colours say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Which field.
    pub source: Source,
    /// What of it.
    pub colour: Colour,
    /// On a scale of the picture's own, and not on the one that all share.
    pub own_scale: bool,
}

/// A button with a canvas.
pub struct Tile {
    /// The button.
    pub button: HtmlButtonElement,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    label: Element,
    picture: Option<Rc<GridField>>,
    /// Something of what it shows has changed since it was painted.
    pub stale: bool,
}

impl Tile {
    /// An empty tile at the end of a container.
    ///
    /// # Errors
    /// What the browser says when it cannot make one.
    pub fn new(container: &Element) -> Result<Self, JsValue> {
        let button: HtmlButtonElement = dom::put(container, "button", &[("type", "button"), ("class", "rung")])?;
        let canvas: HtmlCanvasElement = dom::put(&button, "canvas", &[("aria-hidden", "true")])?;
        let label = dom::put(&button, "small", &[])?;
        Ok(Self {
            button,
            context: context(&canvas)?,
            canvas,
            label,
            picture: None,
            stale: true,
        })
    }

    /// Writes on it which noise level it shows, behind what the number is, and says so.
    pub fn set_sigma(&self, what: &str, sigma: f32) {
        let text = sigma_label(sigma);
        dom::set_attribute(&self.button, "aria-label", &format!("noise level σ = {text}"));
        let text = what.to_owned() + &text;
        if self.label.text_content().as_deref() != Some(&text) {
            self.label.set_text_content(Some(&text));
        }
    }

    /// Its picture.
    pub fn picture(&self) -> Option<&Rc<GridField>> {
        self.picture.as_ref()
    }

    /// Gives it another picture, or none.
    pub fn set_picture(&mut self, picture: Option<Rc<GridField>>) {
        if picture.as_ref().map(Rc::as_ptr) != self.picture.as_ref().map(Rc::as_ptr) {
            self.picture = picture;
            self.stale = true;
        }
    }

    /// Marks it while the stage shows its level, with `aria-current`, and while the sampler has brought it there with
    /// `data-lit` as well.
    pub fn set_lit(&self, current: bool, annealing: bool) {
        if current {
            dom::set_attribute(&self.button, "aria-current", "true");
        } else if self.button.has_attribute("aria-current") {
            // Fails only for names that are no names.
            let _ = self.button.remove_attribute("aria-current");
        }
        dom::set_flag(&self.button, "data-lit", current && annealing);
    }

    /// What it shows, for a picture; `particles` as for [`TilePainter::paint`].
    #[inline(never)]
    pub fn shot(&self, print: &Print, look: Look, particles: &[f32]) -> TileShot {
        TileShot {
            place: print.place(&self.canvas),
            picture: self.picture.clone(),
            look,
            particles: particles.to_vec(),
        }
    }

    /// The width on the screen, CSS pixels.
    pub fn width(&self) -> f32 {
        self.canvas.client_width() as f32
    }
}

/// A tile as it is now, and its place on a picture.
pub struct TileShot {
    place: Place,
    picture: Option<Rc<GridField>>,
    look: Look,
    particles: Vec<f32>,
}

/// Tiles on a picture.
pub struct TilesShot {
    painter: TilePainter,
    tiles: Vec<TileShot>,
    /// The next one, what comes next of it, and from which row on.
    next: usize,
    part: u32,
    row: usize,
}

impl TilesShot {
    /// In the colours of the dark or the light theme.
    pub fn new(tiles: Vec<TileShot>, dark: bool) -> Self {
        Self {
            painter: TilePainter::new(dark),
            tiles,
            next: 0,
            part: 0,
            row: 0,
        }
    }
}

impl Work for TilesShot {
    fn step(&mut self, print: &Print) -> Result<bool, JsValue> {
        let Some(tile) = self.tiles.get_mut(self.next) else {
            return Ok(true);
        };
        let (place, painter) = (tile.place, &mut self.painter);
        let done = match self.part {
            0 => {
                let picture = tile.picture.take();
                painter.begin(picture, tile.look, &tile.particles, place.side as f32, place.ratio);
                true
            }
            1 => painter.painter.advance(ROWS),
            _ => {
                if print.put(place, painter.painter.pixels(), &mut self.row)? {
                    (self.next, self.part, self.row) = (self.next + 1, 0, 0);
                }
                false
            }
        };
        self.part += u32::from(done);
        Ok(false)
    }
}

/// Paints tiles, one after the other.
pub struct TilePainter {
    painter: FieldPainter,
}

impl TilePainter {
    /// For the dark or the light theme.
    // Once in the binary.
    #[inline(never)]
    pub fn new(dark: bool) -> Self {
        Self {
            painter: FieldPainter::new(colours(dark)),
        }
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.painter.set_palette(colours(dark));
    }

    /// Paints a tile of so many device pixels a side, of which `ratio` make a CSS pixel, with some particles
    /// (`[x0, y0, …]`) on it. Returns the picture's own scale where it is on one.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn paint(
        &mut self,
        tile: &mut Tile,
        look: Look,
        particles: &[f32],
        side: f32,
        ratio: f32,
    ) -> Result<Option<Scale>, JsValue> {
        tile.stale = false;
        let own = self.begin(tile.picture.clone(), look, particles, side, ratio);
        while !self.painter.advance(side as usize) {}
        show(&tile.canvas, &tile.context, self.painter.pixels(), side as u32)?;
        Ok(own)
    }

    fn begin(
        &mut self,
        mut picture: Option<Rc<GridField>>,
        look: Look,
        particles: &[f32],
        side: f32,
        ratio: f32,
    ) -> Option<Scale> {
        let own = picture
            .as_ref()
            .filter(|_| look.own_scale)
            .and_then(|picture| scale::own(picture, look.colour, look.source));
        let is_energy = look.colour == Colour::Energy && look.source != Source::Error;
        let mut stretch = own.map_or(1.0, |own| own.stretch);
        if !is_energy && own.is_some() {
            picture = picture.map(|picture| Rc::new(scale::stretched(&picture, stretch)));
            stretch = 1.0;
        }
        let grid = picture.as_ref().map(|p| p.grid).unwrap_or_default();
        let view = Viewport {
            centre: grid.centre,
            half_width: grid.half_width.max(1e-3),
            pixels: side,
        };
        let layers = Layers {
            source: look.source,
            colour: look.colour,
            contours: true,
            data: true,
            ..Layers::default()
        };
        let painter = &mut self.painter;
        painter.begin(picture.as_deref(), particles, view, 0.8 * ratio, layers);
        painter.stretch(stretch);
        if grid.half_width > 1.05 * STAGE_HALF_WIDTH {
            let stage = Viewport {
                centre: [0.0; 2],
                half_width: STAGE_HALF_WIDTH,
                pixels: 1.0,
            };
            painter.outline(stage, ratio);
        }
        own
    }
}

/// A theme's colours for tiles, whose contours are fainter than those of the stage: they have less room. What is drawn
/// as data are the particles.
fn colours(dark: bool) -> Palette {
    let mut palette = Palette::new(dark);
    palette.contour.1 *= 0.6;
    palette.data = (palette.particle[0], PARTICLE_ALPHA);
    palette
}

/// The source's name, by which the style sheet knows it too.
pub fn source_name(source: Source) -> &'static str {
    match source {
        Source::Exact => "exact",
        Source::Learned => "learned",
        Source::Error => "error",
    }
}

/// A noise level in three figures at most, two below 1, with no trailing zeros.
pub fn sigma_label(sigma: f32) -> String {
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
        let texts = [3.0, 1.341_f32, 0.6, 0.273, 0.1, 0.0201, 0.0126].map(sigma_label);
        assert_eq!(texts, ["3", "1.34", "0.6", "0.27", "0.1", "0.02", "0.013"]);
    }
}
