//! The field at every noise level of the ladder at once: columns of tiles, in rows exact, learned and error, over the
//! whole screen.

mod figures;
pub mod layout;

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

use self::figures::two_figures;
pub use self::figures::{error_at, percent};
use self::layout::{Layout, Place, SOURCES};
use super::dom;
use super::layers::GridField;
use super::print::Print;
use super::tile::{Look, Tile, TilePainter, TileShot, sigma_label, source_name};
use crate::engine::settings::{Colour, Source};

/// The rows, from the top.
pub const ROWS: [Source; SOURCES] = [Source::Exact, Source::Learned, Source::Error];

/// A room narrower than this, and higher than wide, gets three columns down which one scrolls.
const NARROW: f32 = 700.0;

/// What the user does here.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A tile was chosen, by its number.
    Picked(usize),
    /// A key that may lead from tile to tile.
    Key(String),
    /// The dialog was closed.
    Closed,
}

/// The tiles in their dialog.
pub struct Multiples {
    dialog: HtmlDialogElement,
    grid: HtmlElement,
    levels: Vec<f32>,
    /// Level by level, a tile for each row.
    tiles: Vec<Tile>,
    heads: Vec<Element>,
    layout: Layout,
    ratio: f32,
    painter: TilePainter,
    colour: Colour,
    own_scale: bool,
    particles: Vec<f32>,
    /// The level where the particles are.
    sampled: Option<usize>,
    /// The tile that the tabulator key leads to.
    at: Place,
    /// That tile is to have the focus as soon as there is one.
    focus: bool,
    _listeners: [EventListener; 3],
}

impl Multiples {
    /// Nothing yet; `act` hears what the user does.
    ///
    /// # Errors
    /// When the page has no such dialog.
    pub fn new(act: impl Fn(Event) + 'static) -> Result<Self, JsValue> {
        let dialog: HtmlDialogElement = dom::element("levels")?;
        let grid: HtmlElement = dom::element("levels-grid")?;
        let act = Rc::new(act);
        let (on_click, on_key) = (Rc::clone(&act), Rc::clone(&act));
        let listeners = [
            dom::listen(&grid, "click", move |event| {
                let tile = dom::closest::<Element>(event, "[data-tile]");
                let number = tile.and_then(|tile| tile.get_attribute("data-tile")?.parse().ok());
                number.into_iter().for_each(|number| on_click(Event::Picked(number)));
            }),
            dom::listen_active(&grid, "keydown", move |event| {
                let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
                if let Some(key) = key.filter(|key| key.starts_with("Arrow") || key == "Home" || key == "End") {
                    event.prevent_default();
                    on_key(Event::Key(key));
                }
            }),
            dom::listen(&dialog, "close", move |_| act(Event::Closed)),
        ];
        Ok(Self {
            dialog,
            grid,
            levels: Vec::new(),
            tiles: Vec::new(),
            heads: Vec::new(),
            layout: Layout::default(),
            ratio: 0.0,
            painter: TilePainter::new(true),
            colour: Colour::Energy,
            own_scale: false,
            particles: Vec::new(),
            sampled: None,
            at: [0, 1],
            focus: false,
            _listeners: listeners,
        })
    }

    /// Opens or closes the dialog, if it is not so already.
    ///
    /// # Errors
    /// What the browser says when it cannot show it.
    pub fn set_open(&mut self, open: bool) -> Result<(), JsValue> {
        if open && !self.dialog.open() {
            self.dialog.show_modal()?;
            self.focus = true;
        } else if !open && self.dialog.open() {
            self.dialog.close();
        }
        Ok(())
    }

    /// The noise levels, stage units.
    pub fn levels(&self) -> &[f32] {
        &self.levels
    }

    /// The noise level and the source of a tile.
    pub fn tile(&self, number: usize) -> Option<(f32, Source)> {
        Some((*self.levels.get(number / SOURCES)?, ROWS[number % SOURCES]))
    }

    /// Tiles for these noise levels. Where there are as many as before, pictures stay until their own are in.
    ///
    /// # Errors
    /// What the browser says when it cannot make a tile.
    pub fn set_levels(&mut self, levels: &[f32]) -> Result<(), JsValue> {
        if self.levels == levels {
            return Ok(());
        }
        if self.levels.len() != levels.len() {
            self.tiles.drain(..).for_each(|tile| tile.button.remove());
            for number in 0..SOURCES * levels.len() {
                let tile = Tile::new(&self.grid)?;
                let (number, name) = (number.to_string(), source_name(ROWS[number % SOURCES]));
                tile.button.set_attribute("data-tile", &number)?;
                tile.button.set_attribute("data-source", name)?;
                self.tiles.push(tile);
            }
            self.layout = Layout::default();
        }
        self.levels = levels.to_vec();
        for (number, tile) in self.tiles.iter().enumerate() {
            // The first row says for all what the numbers are.
            let what = if number % SOURCES == 0 { "σ " } else { "" };
            tile.set_sigma(what, levels[number / SOURCES]);
        }
        self.at[0] = self.at[0].min(levels.len().saturating_sub(1));
        Ok(())
    }

    /// What the colours say, and whether each tile has a scale of its own.
    pub fn set_look(&mut self, colour: Colour, own_scale: bool) {
        if (colour, own_scale) != (self.colour, self.own_scale) {
            (self.colour, self.own_scale) = (colour, own_scale);
            self.repaint();
        }
        dom::set_flag(&self.dialog, "data-own", own_scale);
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.painter.set_theme(dark);
        self.repaint();
    }

    /// The picture of a tile, or none. For the row of errors that is a [`super::layers::error::difference`].
    pub fn set_picture(&mut self, level: usize, row: usize, picture: Option<Rc<GridField>>) {
        if let Some(tile) = self.tiles.get_mut(level * SOURCES + row) {
            tile.set_picture(picture);
        }
    }

    /// The live particles (`[x0, y0, …]`).
    pub fn set_particles(&mut self, particles: &[f32]) {
        self.particles.clear();
        self.particles.extend_from_slice(particles);
        self.repaint_level(self.sampled);
    }

    /// The level whose tiles show the particles; none to show none.
    pub fn set_sampled(&mut self, level: Option<usize>) {
        if level != self.sampled {
            self.repaint_level(self.sampled);
            self.repaint_level(level);
            self.sampled = level;
        }
    }

    /// Marks the level that the stage would show, and whether the sampler has brought it there.
    pub fn set_lit(&mut self, lit: Option<usize>, annealing: bool) {
        for (number, tile) in self.tiles.iter().enumerate() {
            tile.set_lit(lit == Some(number / SOURCES), annealing);
        }
        if let Some(level) = lit.filter(|_| self.focus) {
            self.at = [level, 1];
        }
    }

    /// Writes the error on the tile of a level, and says what its tiles are.
    pub fn set_error(&self, level: usize, error: &str) {
        for (tile, source) in self.tiles.iter().skip(level * SOURCES).zip(ROWS) {
            let button = &tile.button;
            let sigma = sigma_label(self.levels[level]);
            let mut name = format!("{}, σ = {sigma}", source_name(source));
            if source == Source::Error {
                dom::set_attribute(button, "data-error", error);
                name = format!("{name}: {error}");
            }
            dom::set_attribute(button, "aria-label", &name);
        }
    }

    /// An arrow key leads the focus to another tile.
    pub fn press(&mut self, key: &str) {
        let there = self.layout.moved(self.at, key, self.levels.len());
        self.focus_on(there);
    }

    /// Lays the tiles out anew if there is another room for them, and paints those that changed until so many
    /// milliseconds are over; to be called once an animation frame.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&mut self, budget_ms: f64) -> Result<(), JsValue> {
        let started = dom::now_ms();
        let ratio = dom::pixel_ratio() as f32;
        let room = [self.grid.client_width() as f32, self.grid.client_height() as f32];
        let narrow = room[0] < NARROW && room[0] < room[1];
        let layout = Layout::new(self.levels.len(), room, narrow, ratio);
        if layout != self.layout || (ratio - self.ratio).abs() > f32::EPSILON {
            (self.layout, self.ratio) = (layout, ratio);
            self.arrange()?;
            self.repaint();
        }
        if std::mem::take(&mut self.focus) {
            self.focus_on(self.at);
        }
        let side = (layout.side * ratio).round();
        let first = self.sampled.map_or(0, |level| level * SOURCES);
        let count = self.tiles.len();
        // The particles' level before the others.
        for number in (0..count).map(|k| (first + k) % count).filter(|_| side >= 2.0) {
            if !self.tiles[number].stale {
                continue;
            }
            self.paint(number, side)?;
            if dom::now_ms() - started > budget_ms {
                break;
            }
        }
        Ok(())
    }

    fn paint(&mut self, number: usize, side: f32) -> Result<(), JsValue> {
        let (look, here) = (self.look(number), self.has_particles(number));
        let particles = if here { &self.particles[..] } else { &[] };
        let tile = &mut self.tiles[number];
        let own = self.painter.paint(tile, look, particles, side, self.ratio)?;
        let mark = own.map(|own| two_figures(own.mark)).unwrap_or_default();
        dom::set_attribute(&tile.button, "data-mark", &mark);
        Ok(())
    }

    /// All tiles as they are now, for a picture.
    pub fn shots(&self, print: &Print) -> Vec<TileShot> {
        let shot = |(k, tile): (usize, &Tile)| {
            let here = self.has_particles(k);
            tile.shot(print, self.look(k), if here { &self.particles } else { &[] })
        };
        self.tiles.iter().enumerate().map(shot).collect()
    }

    fn look(&self, number: usize) -> Look {
        Look {
            source: ROWS[number % SOURCES],
            colour: self.colour,
            own_scale: self.own_scale,
        }
    }

    fn has_particles(&self, number: usize) -> bool {
        self.sampled == Some(number / SOURCES)
    }

    /// Puts every tile and every word into its cell.
    fn arrange(&mut self) -> Result<(), JsValue> {
        let layout = self.layout;
        let style = self.grid.style();
        style.set_property("--tile", &format!("{}px", layout.side))?;
        style.set_property("--columns", &layout.columns.max(SOURCES).to_string())?;
        let down = layout.columns == 0;
        self.grid.set_class_name(if down { "down" } else { "across" });
        // The first row of every band but the first stands off.
        let put = |element: &Element, [row, column]: [usize; 2]| {
            element
                .class_list()
                .toggle_with_force("band", !down && row > 1 && row % SOURCES == 1)?;
            element.set_attribute("style", &format!("grid-area:{row}/{column}"))
        };
        for (number, tile) in self.tiles.iter().enumerate() {
            put(&tile.button, layout.cell([number / SOURCES, number % SOURCES]))?;
        }
        self.heads.drain(..).for_each(|head| head.remove());
        let bands = if down {
            1
        } else {
            self.levels.len().div_ceil(layout.columns)
        };
        for number in 0..SOURCES * bands {
            let name = source_name(ROWS[number % SOURCES]);
            let head: Element = dom::put(&self.grid, "b", &[("class", name)])?;
            head.set_text_content(Some(name));
            let [row, column] = layout.cell([number / SOURCES * layout.columns, number % SOURCES]);
            put(&head, if down { [1, column] } else { [row, 1] })?;
            self.heads.push(head);
        }
        self.rove();
        Ok(())
    }

    fn focus_on(&mut self, place: Place) {
        self.at = place;
        self.rove();
        if let Some(tile) = self.tiles.get(place[0] * SOURCES + place[1]) {
            // Refused only by what is not on the page.
            let _ = tile.button.focus();
        }
    }

    /// One tile at a time is on the way of the tabulator key.
    fn rove(&self) {
        let at = self.at[0] * SOURCES + self.at[1];
        for (number, tile) in self.tiles.iter().enumerate() {
            tile.button.set_tab_index(if number == at { 0 } else { -1 });
        }
    }

    fn repaint(&mut self) {
        self.tiles.iter_mut().for_each(|tile| tile.stale = true);
    }

    fn repaint_level(&mut self, level: Option<usize>) {
        let Some(level) = level else { return };
        let tiles = self.tiles.iter_mut().skip(level * SOURCES).take(SOURCES);
        tiles.for_each(|tile| tile.stale = true);
    }
}
