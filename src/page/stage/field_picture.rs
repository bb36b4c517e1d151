//! The picture of the field on the stage: painted into a pixel buffer in slices, and copied to its canvas when it is
//! whole. A landscape is painted onto the same canvas, of the same field.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::HtmlElement;
use web_time::Instant;

use super::canvas::Surface;
use super::draft::side_after;
use super::over::Over;
use super::tick::Tick;
use super::view::View;
use crate::engine::settings::Source;
use crate::page::layers::morph::Morph;
use crate::page::layers::paint::{FieldPainter, Layers};
use crate::page::layers::{GridField, Palette};

/// Time in a frame for painting, milliseconds.
const FRAME_MS: f64 = 6.0;
/// Time between two pictures of a field that flows into another, milliseconds.
const MORPH_MS: f64 = 45.0;
/// Rows of pixels painted between two looks at the clock.
const ROWS: usize = 48;
/// Largest side of the pixel buffer. Larger canvases are enlarged by the browser, which these soft pictures bear well.
const SIDE: f32 = 1280.0;
/// The same while the view moves, when a picture must be whole in every frame: as large as this time for painting
/// allows, milliseconds, between these.
const DRAFT_MS: f64 = 6.0;
const DRAFT_SIDES: [f32; 2] = [320.0, 640.0];

/// What there is to see of the field, and how far it is painted.
pub(super) struct FieldPicture {
    pub surface: Surface,
    pub over: Over,
    pub palette: Palette,
    pub layers: Layers,
    pub field: Morph,
    /// Points of the data, `[x0, y0, …]`.
    pub data: Vec<f32>,
    /// Something else is to be seen than what was painted last.
    pub stale: bool,
    /// Counts the pictures on the canvas; beside another stage, that stage's.
    pub count: u32,
    pub painter: FieldPainter,
    painting: bool,
    /// Time spent on the last picture, and when it was begun.
    paint_ms: f64,
    /// Largest side while the view moves.
    draft: f32,
    begun_ms: f64,
}

impl FieldPicture {
    /// Nothing yet, on canvases in the container.
    pub fn new(container: &HtmlElement, palette: Palette, layers: Layers) -> Result<Self, JsValue> {
        Ok(Self {
            surface: Surface::new(container)?,
            over: Over::new(container)?,
            painter: FieldPainter::new(palette.clone()),
            palette,
            layers,
            field: Morph::default(),
            data: Vec::new(),
            stale: true,
            count: 0,
            painting: false,
            paint_ms: 0.0,
            draft: DRAFT_SIDES[1],
            begun_ms: 0.0,
        })
    }

    /// Other colours.
    pub fn set_palette(&mut self, palette: Palette) {
        self.painter.set_palette(palette.clone());
        self.palette = palette;
        self.stale = true;
    }

    /// Which layers to show, and what the field is.
    pub fn set_layers(&mut self, layers: Layers) {
        let error = |source| source == Source::Error;
        if error(layers.source) != error(self.layers.source) {
            // Half a score and half a difference of scores mean nothing.
            self.field.arrive();
        }
        self.stale |= layers != self.layers;
        self.layers = layers;
    }

    /// Another field, which flows in unless the machine is too slow for that, or it is to be `calm`.
    pub fn set_field(&mut self, field: Option<Rc<GridField>>, now_ms: f64, calm: bool) {
        let smooth = !calm && self.paint_ms < FRAME_MS && !self.stale;
        self.field.aim(field, now_ms, smooth);
        self.stale = true;
    }

    /// Other data.
    pub fn set_data(&mut self, points: &[f32]) {
        self.data.clear();
        self.data.extend_from_slice(points);
        self.stale |= self.layers.data;
    }

    /// The field, unless it is known in part only.
    pub fn whole(&self) -> Option<&GridField> {
        let field = self.field.target().filter(|field| field.is_whole());
        field.map(AsRef::as_ref)
    }

    /// The field's energy at a place, nats above its lowest; NaN where it is not known.
    pub fn energy_at(&self, at: [f32; 2]) -> f32 {
        let field = self.whole().filter(|field| field.covers(at));
        field
            .filter(|_| self.layers.source != Source::Error)
            .map_or(f32::NAN, |field| field.energy_at(at))
    }

    /// Begins anew in the next frame.
    pub fn redraw(&mut self) {
        (self.stale, self.painting) = (true, false);
    }

    /// Shows another stage's picture.
    pub fn copy(&mut self, other: &Self) -> Result<(), JsValue> {
        if self.count != other.count {
            self.surface.copy(&other.surface)?;
            self.count = other.count;
        }
        Ok(())
    }

    /// Puts a picture on the canvas, RGBA of `side` pixels a side.
    pub fn put(&mut self, rgba: &[u8], side: u32) -> Result<(), JsValue> {
        self.count += 1;
        self.surface.put(rgba, side)
    }

    /// Goes on painting, if there is anything to paint.
    pub fn draw(&mut self, view: &View, tick: Tick) -> Result<(), JsValue> {
        let most = if tick.moving { self.draft } else { SIDE };
        let side = (tick.side * tick.ratio).min(most).floor();
        let start = Instant::now();
        let spent = || start.elapsed().as_secs_f64() * 1e3;
        self.begin(view, side, tick);
        if !self.painting {
            return Ok(());
        }
        let begun = spent();
        while !self.painter.is_done() && (tick.moving || spent() < FRAME_MS) {
            self.painter.advance(ROWS);
        }
        self.paint_ms += spent() - begun;
        // Copying takes time too; the last slice of a large picture leaves it to the next frame.
        if !self.painter.is_done() || (!tick.moving && spent() > FRAME_MS) {
            return Ok(());
        }
        self.painting = false;
        let painted = self.painter.view().pixels;
        if painted <= DRAFT_SIDES[1] {
            self.draft = side_after(painted, self.paint_ms, DRAFT_MS, DRAFT_SIDES);
        }
        self.count += 1;
        self.surface
            .put(self.painter.pixels(), self.painter.view().pixels as u32)?;
        let sizes = [tick.side, tick.ratio];
        self.over.finish(&self.painter, &self.surface, sizes, self.layers)
    }

    /// Begins a picture of so many pixels a side where one is due.
    fn begin(&mut self, view: &View, side: f32, tick: Tick) {
        let Tick { now_ms, .. } = tick;
        let view = view.window(side);
        // A picture under way is finished first, so that a field that changes every frame is seen at all.
        if !self.painting && (self.stale || view != self.painter.view()) {
            let field = self.field.at(now_ms);
            self.painter
                .begin(field, &self.data, view, side / tick.side, self.layers);
            let window = view.with_pixels(tick.side);
            self.over.begin(&mut self.painter, field, &window, self.layers);
            (self.painting, self.paint_ms) = (true, 0.0);
            (self.stale, self.begun_ms) = (false, now_ms);
        } else if self.field.is_moving(self.begun_ms) && now_ms - self.begun_ms > MORPH_MS {
            self.stale = true;
        }
    }
}
