//! The ladder strip: the field at several noise levels side by side, each a button that selects its level.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::dom;
use super::layers::GridField;
use super::print::Print;
use super::tile::{Look, Tile, TilePainter, TileShot, source_name};
use crate::engine::settings::{Colour, Source};

/// Largest side of a tile's pixel buffer.
const TILE_SIDE: f32 = 256.0;

struct Rung {
    sigma: f32,
    tile: Tile,
    _on_click: EventListener,
}

/// The strip in its container.
pub struct Strip {
    container: HtmlElement,
    on_select: Rc<dyn Fn(f32)>,
    rungs: Vec<Rung>,
    painter: TilePainter,
    look: Look,
    ratio: f32,
}

impl Strip {
    /// An empty strip; `on_select` gets the noise level of a rung that was clicked.
    pub fn new(container: HtmlElement, on_select: impl Fn(f32) + 'static) -> Self {
        Self {
            container,
            on_select: Rc::new(on_select),
            rungs: Vec::new(),
            painter: TilePainter::new(true),
            look: Look {
                source: Source::Exact,
                colour: Colour::Energy,
                own_scale: false,
            },
            ratio: 0.0,
        }
    }

    /// One rung for each noise level, stage units. A rung that only moved a little keeps the picture that it had until
    /// its own is in.
    ///
    /// # Errors
    /// What the browser says when it cannot make a button.
    pub fn set_rungs(&mut self, sigmas: &[f32]) -> Result<(), JsValue> {
        if self.rungs.iter().map(|r| r.sigma).eq(sigmas.iter().copied()) {
            return Ok(());
        }
        let old = std::mem::take(&mut self.rungs);
        for (k, &sigma) in sigmas.iter().enumerate() {
            let mut rung = self.build(sigma)?;
            rung.tile
                .set_picture(old.get(k).and_then(|old| old.tile.picture().cloned()));
            self.rungs.push(rung);
        }
        old.iter().for_each(|rung| rung.tile.button.remove());
        Ok(())
    }

    /// The picture of a rung, or `None` to empty it. For [`Source::Error`] that is a
    /// [`super::layers::error::difference`].
    pub fn set_picture(&mut self, rung: usize, picture: Option<Rc<GridField>>) {
        if let Some(rung) = self.rungs.get_mut(rung) {
            rung.tile.set_picture(picture);
        }
    }

    /// What the pictures are, and what their colours say.
    pub fn set_look(&mut self, look: Look) {
        if look != self.look {
            self.look = look;
            self.repaint();
            let name = source_name(look.source);
            dom::set_attribute(&self.container, "data-source", name);
            let label = format!("The {name} field at eight noise levels, most noise first");
            dom::set_attribute(&self.container, "aria-label", &label);
        }
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.painter.set_theme(dark);
        self.repaint();
    }

    /// Marks the rung that the stage shows with `aria-current`, and while annealing with the class `lit` as well.
    pub fn set_lit(&mut self, lit: Option<usize>, annealing: bool) {
        for (k, rung) in self.rungs.iter().enumerate() {
            rung.tile.set_lit(lit == Some(k), annealing);
        }
    }

    /// All tiles as they are now, for a picture.
    pub fn shots(&self, print: &Print) -> Vec<TileShot> {
        let tiles = self.rungs.iter().map(|rung| &rung.tile);
        tiles.map(|tile| tile.shot(print, self.look, &[])).collect()
    }

    /// Paints at most one tile that changed; to be called once an animation frame.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&mut self) -> Result<(), JsValue> {
        let ratio = dom::pixel_ratio() as f32;
        if (ratio - self.ratio).abs() > f32::EPSILON {
            self.ratio = ratio;
            self.repaint();
        }
        if let Some(rung) = self.rungs.iter_mut().find(|r| r.tile.stale) {
            let width = rung.tile.width();
            let side = (width * ratio).min(TILE_SIDE).floor();
            if side >= 2.0 {
                self.painter.paint(&mut rung.tile, self.look, &[], side, side / width)?;
            }
        }
        Ok(())
    }

    fn repaint(&mut self) {
        self.rungs.iter_mut().for_each(|rung| rung.tile.stale = true);
    }

    fn build(&self, sigma: f32) -> Result<Rung, JsValue> {
        let tile = Tile::new(&self.container)?;
        tile.set_sigma("", sigma);
        let on_select = Rc::clone(&self.on_select);
        let listener = dom::listen(&tile.button, "click", move |_| on_select(sigma));
        Ok(Rung {
            sigma,
            tile,
            _on_click: listener,
        })
    }
}
