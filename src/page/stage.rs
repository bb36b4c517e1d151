//! The stage: stacked canvases that show the field, the data and the particles, and turn pointers into strokes.
//!
//! Everything is drawn by the page's one animation loop through [`Stage::frame`]. The field is painted into a pixel
//! buffer in slices and copied to its canvas when it is whole; the particles have a canvas of their own above it.

mod canvas;
mod cloud;
mod cursor;
mod event;
mod landscape;
mod lines;
mod looking;
mod over;
mod pointer;
mod probe;
mod shot;
mod shown;

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;
use web_time::Instant;

use self::canvas::{Resize, Surface, child, ring, style};
use self::landscape::Landscape;
use self::lines::Lines;
use self::over::Over;
use self::pointer::Hands;
use super::layers::camera::Camera;
use super::layers::lens::Lens;
use super::layers::morph::Morph;
use super::layers::motion::Motion;
use super::layers::paint::{FieldPainter, Layers};
use super::layers::particles::ParticlePainter;
use super::layers::shading::Shading;
use super::layers::{GridField, Palette, contours};
use super::probe::Probed;
use super::viewport::{Viewport, Zoom};
use super::{captions, dom};
use crate::distribution::modes::Modes;
use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::{Settings, Source};

pub(super) use self::canvas::{context, show};
pub(super) use self::cloud::sight;
pub use self::event::{StageEvent, Tool};
pub use self::lines::Ink;

/// Time in a frame for painting the field, milliseconds.
const FIELD_MS: f64 = 6.0;
/// Time between two pictures of a field that flows into another, milliseconds.
const MORPH_MS: f64 = 45.0;
/// Rows of pixels painted between two looks at the clock.
const ROWS: usize = 48;
/// Largest side of the field's and the particles' pixel buffers, and of the field's while the view moves. Larger
/// canvases are enlarged by the browser, which these soft pictures bear well.
const FIELD_SIDE: f32 = 1280.0;
const PARTICLE_SIDE: f32 = 1200.0;
const DRAFT_SIDE: f32 = 640.0;
/// Least diameter of the keyboard's cursor, CSS pixels.
const CURSOR: f32 = 18.0;
/// Most device pixels per CSS pixel for the particles, which are painted every frame.
const PARTICLE_SCALE: f32 = 1.5;

/// The stage in its container; dropping it removes its listeners.
pub struct Stage {
    hands: Rc<Hands>,
    css_side: Rc<Cell<f32>>,
    field_surface: Surface,
    over: Over,
    particle_surface: Surface,
    lines: Lines,
    ring: HtmlElement,
    brush: f32,
    zoom: Zoom,
    /// Through which the flat picture is looked at, and from where the landscape, as turned by hand.
    lens: Lens,
    camera: Camera,
    reduced_motion: bool,
    /// Nothing is to flow.
    still: bool,
    palette: Palette,
    layers: Layers,
    show_particles: bool,
    trails: bool,
    field: Morph,
    data: Vec<f32>,
    painter: FieldPainter,
    /// The field as a landscape, while it is shown as one.
    landscape: Option<Box<Landscape>>,
    stale: bool,
    painting: bool,
    paint_ms: f64,
    painted_ms: f64,
    /// Counts the pictures on the field's canvas; beside another stage, that stage's.
    pictures: u32,
    motion: Motion,
    /// Positions of an earlier moment, and whether they are shown instead of the live ones.
    recorded: Motion,
    replaying: bool,
    /// What the colours of the live particles say, and of those.
    shading: Shading,
    recorded_shading: Shading,
    particles: ParticlePainter,
    /// Where particles on a landscape are seen, and whether they were on one.
    seen: Vec<f32>,
    lifted: bool,
    glowing: bool,
    last_ms: Option<f64>,
    _resize: Resize,
    _listeners: Vec<EventListener>,
}

impl Stage {
    /// Builds the canvases as the first children of the container, which must be positioned and square.
    ///
    /// # Errors
    /// What the browser says when it cannot make a canvas.
    pub fn new(container: &HtmlElement, events: Box<dyn Fn(StageEvent)>) -> Result<Box<Self>, JsValue> {
        let field_surface = Surface::new(container)?;
        let over = Over::new(container)?;
        let particle_surface = Surface::new(container)?;
        let lines = Lines::new(container)?;
        let hand_surface = child(container, "div")?;
        let ring = ring(&hand_surface)?;
        style(&hand_surface, "overflow", "hidden")?;
        style(&hand_surface, "user-select", "none")?;
        // Below the container's own children, in this order.
        let fields = [over.element(), field_surface.element()];
        let canvases = [lines.element(), particle_surface.element()].into_iter().chain(fields);
        for element in [&hand_surface].into_iter().chain(canvases) {
            container.prepend_with_node_1(element)?;
        }
        let side = container.client_width() as f32;
        let zoom = Zoom::new([0.0; 2], STAGE_HALF_WIDTH);
        let (hands, listeners) = Hands::new(hand_surface, zoom.viewport(side.max(1.0)), events);
        let css_side = Rc::new(Cell::new(side));
        let resize = Resize::watch(container, Rc::clone(&css_side))?;
        let (palette, settings) = (Palette::new(true), Settings::default());
        let mut stage = Box::new(Self {
            hands,
            css_side,
            field_surface,
            over,
            particle_surface,
            lines,
            ring,
            brush: 0.1,
            zoom,
            lens: Lens::default(),
            camera: Camera::default(),
            reduced_motion: false,
            still: false,
            painter: FieldPainter::new(palette.clone()),
            landscape: None,
            particles: ParticlePainter::new(&palette),
            seen: Vec::new(),
            lifted: false,
            palette,
            layers: Layers::from(&settings),
            show_particles: settings.show_particles,
            trails: settings.trails,
            field: Morph::default(),
            data: Vec::new(),
            stale: true,
            painting: false,
            paint_ms: 0.0,
            painted_ms: 0.0,
            pictures: 0,
            motion: Motion::default(),
            recorded: Motion::default(),
            replaying: false,
            shading: Shading::default(),
            recorded_shading: Shading::default(),
            glowing: true,
            last_ms: None,
            _resize: resize,
            _listeners: listeners,
        });
        stage.set_tool(Tool::Look)?;
        Ok(stage)
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.palette = Palette::new(dark);
        self.painter.set_palette(self.palette.clone());
        self.particles.set_palette(&self.palette, self.shading.says());
        (self.stale, self.glowing) = (true, true);
    }

    /// Less motion: windows change at once, and particles neither glide nor leave trails.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
    }

    /// Energy between two contours, nats.
    pub fn spacing(&self) -> f32 {
        contours::spacing(self.layers.contour_spacing, self.zoom.viewport(1.0).half_width)
    }

    /// Nothing flows while the particles are held.
    pub fn set_still(&mut self, still: bool) {
        self.still = still;
    }

    /// Where training has been at the noise level shown, for the layer that tells where it has not: an exact field and
    /// the [`super::layers::coverage::border`] in it.
    pub fn set_coverage(&mut self, coverage: Option<(Rc<GridField>, f32)>) {
        self.stale |= self.over.set_coverage(coverage);
    }

    /// Which layers to show, and what the field given to [`Self::set_field`] is.
    pub fn set_layers(&mut self, settings: &Settings) {
        let layers = Layers::from(settings);
        let error = |source| source == Source::Error;
        if error(layers.source) != error(self.layers.source) {
            // Half a score and half a difference of scores mean nothing.
            self.field.arrive();
        }
        self.stale |= layers != self.layers;
        self.glowing |= self.show_particles != settings.show_particles || self.trails != settings.trails;
        self.layers = layers;
        (self.show_particles, self.trails) = (settings.show_particles, settings.trails);
        if self.shading.say(settings.particle_colour) {
            self.recolour();
        }
    }

    /// The particles' colours say something else from now on.
    fn recolour(&mut self) {
        self.particles.set_palette(&self.palette, self.shading.says());
        self.recorded_shading.follow(&self.shading);
        self.glowing = true;
    }

    /// The field to show. For [`crate::engine::settings::Source::Error`] that is a
    /// [`super::layers::error::difference`]. A new field on the same grid flows in, unless the machine is too slow
    /// for that or less motion is wanted.
    pub fn set_field(&mut self, field: Option<Rc<GridField>>) {
        let smooth = !self.reduced_motion && self.paint_ms < FIELD_MS && !self.stale;
        self.field.aim(field, self.last_ms.unwrap_or(0.0), smooth);
        self.stale = true;
    }

    /// Points of the data, `[x0, y0, …]`, their middle, and their modes if they have any.
    pub fn set_data(&mut self, points: &[f32], middle: [f32; 2], modes: Option<Modes>) {
        self.shading.set_data(middle, modes);
        self.data.clear();
        self.data.extend_from_slice(points);
        self.stale |= self.layers.data;
    }

    /// Points of the data.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Draws the way of a particle that came by the places `[x0, y0, …]` to where it is seen.
    pub fn set_way(&mut self, particle: Option<usize>, way: &[f32]) {
        self.lines.set_way(particle, way);
    }

    /// Draws a loop `[x0, y0, …]`; nothing when it is empty.
    pub fn set_ring(&mut self, ring: &[f32]) {
        self.lines.set_ring(ring);
    }

    /// Draws what is known at a point, or nothing.
    pub fn set_probe(&mut self, probed: Option<Rc<Probed>>) {
        self.lines.set_probe(probed);
    }

    /// Colours of what is drawn over the stage.
    pub fn set_ink(&mut self, ink: Ink) {
        self.lines.set_ink(ink);
    }

    /// The energy of the field on the stage at a place, nats above its lowest; NaN where it is not known.
    pub fn energy_at(&self, at: [f32; 2]) -> f32 {
        let field = self.field.target().filter(|f| f.is_whole() && f.covers(at));
        field
            .filter(|_| self.layers.source != Source::Error)
            .map_or(f32::NAN, |f| f.energy_at(at))
    }

    /// Zooms to a window.
    pub fn set_target_window(&mut self, centre: [f32; 2], half_width: f32) {
        self.zoom.aim(centre, half_width);
    }

    /// The window now, on a canvas measured in CSS pixels; its [`Viewport::to_pixel`] places what floats over the stage.
    pub fn viewport(&self) -> Viewport {
        self.window(self.css_side.get().max(1.0))
    }

    /// The window now, on a canvas of so many pixels a side.
    fn window(&self, pixels: f32) -> Viewport {
        self.lens.window(self.zoom.viewport(pixels))
    }

    /// The picture is enlarged, or the landscape is not seen as at first.
    pub fn is_closer(&self) -> bool {
        if self.landscape.is_some() {
            self.camera != Camera::default()
        } else {
            self.lens != Lens::default()
        }
    }

    /// How the flat picture is enlarged and slid.
    pub fn lens(&self) -> Lens {
        self.lens
    }

    /// Enlarges and slides the flat picture.
    pub fn set_lens(&mut self, lens: Lens) {
        self.lens = lens;
        self.redraw();
    }

    /// From where the landscape is seen.
    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// Turns the landscape, also one that is still to come.
    pub fn set_camera(&mut self, camera: Camera) {
        self.camera = camera;
    }

    /// Comes nearer to the middle by a factor.
    pub fn approach(&self, factor: f32) {
        self.hands.enlarge(Lens::about([0.5 * self.css_side.get(); 2], factor));
    }

    /// Shows the whole picture again, or the landscape as at first.
    pub fn go_home(&self) {
        self.hands.lead_home();
    }

    /// Looks as hands had it since the last frame; true when that is a change.
    fn look(&mut self) -> bool {
        let done = self.hands.looking.take();
        let before = self.lens;
        self.lens = if done.home {
            Lens::default()
        } else {
            before.filled(done.lens.scaled(1.0 / self.css_side.get()))
        };
        self.hands.closer.set(self.lens != Lens::default());
        self.lens != before
    }

    /// Takes another tool in hand; a stroke under way ends.
    ///
    /// # Errors
    /// What the browser says when a style cannot be set.
    pub fn set_tool(&mut self, tool: Tool) -> Result<(), JsValue> {
        self.hands.let_go();
        self.hands.tool.set(tool);
        let (touch, cursor) = match tool {
            Tool::Look if self.landscape.is_some() => ("none", "grab"),
            // One finger scrolls the page, two are for the picture.
            Tool::Look => ("pan-x pan-y", "default"),
            Tool::Draw | Tool::Erase => ("none", "none"),
            Tool::Drop | Tool::Probe | Tool::Loop => ("none", "crosshair"),
        };
        style(self.hands.surface(), "touch-action", touch)?;
        style(self.hands.surface(), "cursor", cursor)
    }

    /// Radius of the ring that shows the brush or the eraser, stage units.
    pub fn set_brush(&mut self, radius: f32) {
        self.brush = radius;
    }

    /// Draws what changed; to be called once an animation frame.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let seconds = self.tick(now_ms);
        let css_side = self.css_side.get();
        if css_side < 2.0 {
            return Ok(());
        }
        let moving = self.zoom.advance(seconds);
        if moving && self.reduced_motion {
            self.zoom.arrive();
        }
        let looked = self.landscape.is_none() && self.look();
        let moving = looked || (moving && !self.zoom.resting());
        let ratio = dom::pixel_ratio() as f32;
        self.hands.view.set(self.viewport());
        self.draw_ring()?;
        let glow = ratio.min(PARTICLE_SCALE);
        if let Some(mut landscape) = self.landscape.take() {
            let turning = self.draw_landscape(&mut landscape, css_side, ratio, seconds, now_ms);
            let painter = Some(&landscape.painter);
            let moving = moving || *turning.as_ref().unwrap_or(&false);
            let drawn = self.draw_particles(painter, css_side, glow, seconds, moving, now_ms);
            self.landscape = Some(landscape);
            return turning.and(drawn);
        }
        self.draw_field(css_side, ratio, moving, now_ms)?;
        self.over.shine(seconds, self.still || self.reduced_motion)?;
        self.draw_particles(None, css_side, glow, seconds, moving, now_ms)?;
        let (head, view) = (self.head(), self.viewport());
        self.lines.draw(view, ratio, head)
    }

    /// Where the particle is seen whose way is drawn.
    fn head(&self) -> Option<[f32; 2]> {
        let k = self.lines.drawing.particle?;
        self.positions().get(2 * k..2 * k + 2).map(|p| [p[0], p[1]])
    }

    /// Draws everything anew in the next frame.
    pub fn redraw(&mut self) {
        (self.stale, self.painting, self.glowing) = (true, false, true);
        self.lines.redraw();
    }

    /// Draws these particles over another stage's picture, in its window and with its layers: the picture is copied, not
    /// painted again. To be called after that stage's own [`Self::frame`].
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame_beside(&mut self, other: &Self, now_ms: f64) -> Result<(), JsValue> {
        let seconds = self.tick(now_ms);
        if self.palette.dark != other.palette.dark {
            self.set_theme(other.palette.dark);
        }
        self.reduced_motion = other.reduced_motion;
        if self.shading.follow(&other.shading) {
            self.recolour();
        }
        let shown = (other.show_particles, other.trails);
        self.glowing |= shown != (self.show_particles, self.trails);
        (self.show_particles, self.trails) = shown;
        let before = self.window(1.0);
        (self.zoom, self.lens) = (other.zoom, other.lens);
        let moving = before != self.window(1.0);
        self.field.aim(other.field.target().cloned(), now_ms, false);
        let css_side = self.css_side.get();
        if css_side < 2.0 {
            return Ok(());
        }
        if self.pictures != other.pictures {
            self.field_surface.copy(&other.field_surface)?;
            self.pictures = other.pictures;
            self.glowing |= other.landscape.is_some();
        }
        let painter = other.landscape.as_ref().map(|landscape| &landscape.painter);
        let glow = (dom::pixel_ratio() as f32).min(PARTICLE_SCALE);
        self.draw_particles(painter, css_side, glow, seconds, moving, now_ms)
    }

    /// Seconds since the frame before.
    fn tick(&mut self, now_ms: f64) -> f32 {
        let last = self.last_ms.replace(now_ms);
        last.map_or(1.0 / 60.0, |last| ((now_ms - last) / 1e3) as f32)
            .clamp(0.0, 0.25)
    }

    fn draw_field(&mut self, css_side: f32, ratio: f32, moving: bool, now_ms: f64) -> Result<(), JsValue> {
        let most = if moving { DRAFT_SIDE } else { FIELD_SIDE };
        let side = (css_side * ratio).min(most).floor();
        let view = self.window(side);
        let start = Instant::now();
        let spent = || start.elapsed().as_secs_f64() * 1e3;
        // A picture under way is finished first, so that a field that changes every frame is seen at all.
        if !self.painting && (self.stale || view != self.painter.view()) {
            let field = self.field.at(now_ms);
            self.painter
                .begin(field, &self.data, view, side / css_side, self.layers);
            let window = view.with_pixels(css_side);
            self.over.begin(&mut self.painter, field, &window, self.layers);
            (self.painting, self.paint_ms) = (true, 0.0);
            (self.stale, self.painted_ms) = (false, now_ms);
        } else if self.field.is_moving(self.painted_ms) && now_ms - self.painted_ms > MORPH_MS {
            self.stale = true;
        }
        if !self.painting {
            return Ok(());
        }
        let begun = spent();
        while !self.painter.is_done() && (moving || spent() < FIELD_MS) {
            self.painter.advance(ROWS);
        }
        self.paint_ms += spent() - begun;
        // Copying takes time too; the last slice of a large picture leaves it to the next frame.
        if !self.painter.is_done() || (!moving && spent() > FIELD_MS) {
            return Ok(());
        }
        self.painting = false;
        self.pictures += 1;
        self.field_surface
            .put(self.painter.pixels(), self.painter.view().pixels as u32)?;
        let sizes = [css_side, ratio];
        self.over
            .finish(&self.painter, &self.field_surface, sizes, &self.palette, self.layers)
    }

    /// The ring is the brush, and with keys a cursor whatever the tool.
    fn draw_ring(&self) -> Result<(), JsValue> {
        let brush = matches!(self.hands.tool.get(), Tool::Draw | Tool::Erase);
        let (cursor, view) = (self.hands.cursor.get(), self.viewport());
        let place = if cursor.shown {
            Some(view.to_pixel(cursor.at))
        } else {
            self.hands.hover.get().filter(|_| brush)
        };
        let reading = if cursor.shown {
            captions::place(&cursor.at)
        } else {
            String::new()
        };
        dom::set_attribute(self.hands.surface(), "data-at", &reading);
        let Some([x, y]) = place else {
            return style(&self.ring, "display", "none");
        };
        let radius = if brush { self.brush * view.scale() } else { 0.0 };
        let diameter = (2.0 * radius).max(if cursor.shown { CURSOR } else { 4.0 });
        style(&self.ring, "display", "block")?;
        style(&self.ring, "width", &format!("{diameter:.1}px"))?;
        style(&self.ring, "height", &format!("{diameter:.1}px"))?;
        let (left, top) = (x - 0.5 * diameter, y - 0.5 * diameter);
        style(&self.ring, "transform", &format!("translate({left:.1}px,{top:.1}px)"))
    }
}
