//! The stage: stacked canvases that show the field, the data and the particles, and turn pointers into strokes.
//!
//! Everything is drawn by the page's one animation loop through [`Stage::frame`]: the picture of the field on a canvas
//! below, the particles, which are new in every frame, on one above it, and lines over both.

mod canvas;
mod cloud;
mod cursor;
mod draft;
mod event;
mod field_picture;
mod gesture;
mod landscape;
mod lines;
mod looking;
mod over;
mod pointer;
mod probe;
mod ring;
mod shot;
mod shown;
mod tick;
mod view;

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use self::canvas::{Width, child, style};
use self::cloud::Cloud;
use self::field_picture::FieldPicture;
use self::landscape::Landscape;
use self::lines::Lines;
use self::pointer::Hands;
use self::ring::Ring;
use self::tick::Tick;
use self::view::View;
use super::dom;
use super::layers::camera::Camera;
use super::layers::lens::Lens;
use super::layers::paint::Layers;
use super::layers::shading::Sight;
use super::layers::{GridField, Palette, contours};
use super::probe::Probed;
use super::viewport::{Viewport, Zoom};
use crate::distribution::modes::Modes;
use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::Settings;

pub(super) use self::canvas::{context, show};
pub(super) use self::cloud::sight;
pub use self::event::{StageEvent, Tool};
pub use self::lines::Ink;

/// The stage in its container; dropping it removes its listeners.
pub struct Stage {
    hands: Rc<Hands>,
    width: Width,
    view: View,
    picture: FieldPicture,
    cloud: Cloud,
    lines: Lines,
    ring: Ring,
    /// The field as a landscape, while it is shown as one.
    landscape: Option<Box<Landscape>>,
    reduced_motion: bool,
    /// Nothing is to flow.
    still: bool,
    last_ms: Option<f64>,
    /// The frame of which the field is still to be painted.
    to_paint: Option<Tick>,
    _listeners: Vec<EventListener>,
}

impl Stage {
    /// Builds the canvases as the first children of the container, which must be positioned and square.
    ///
    /// # Errors
    /// What the browser says when it cannot make a canvas.
    pub fn new(container: &HtmlElement, events: Box<dyn Fn(StageEvent)>) -> Result<Box<Self>, JsValue> {
        let (palette, settings) = (Palette::new(true), Settings::default());
        let cloud = Cloud::new(container, &palette, &settings)?;
        let picture = FieldPicture::new(container, palette, Layers::from(&settings))?;
        let lines = Lines::new(container)?;
        let hand_surface = child(container, "div")?;
        let ring = Ring::new(&hand_surface)?;
        style(&hand_surface, "overflow", "hidden")?;
        style(&hand_surface, "user-select", "none")?;
        // Below the container's own children, in this order.
        let fields = [picture.over.element(), picture.surface.element()];
        let canvases = [lines.element(), cloud.element()].into_iter().chain(fields);
        for element in [&hand_surface].into_iter().chain(canvases) {
            container.prepend_with_node_1(element)?;
        }
        let width = Width::of(container)?;
        let view = View {
            zoom: Zoom::new([0.0; 2], STAGE_HALF_WIDTH),
            lens: Lens::default(),
            camera: Camera::default(),
        };
        let (hands, listeners) = Hands::new(hand_surface, view.window(width.get().max(1.0)), events);
        hands.take(Tool::Look)?;
        Ok(Box::new(Self {
            hands,
            width,
            view,
            picture,
            cloud,
            lines,
            ring,
            landscape: None,
            reduced_motion: false,
            still: false,
            last_ms: None,
            to_paint: None,
            _listeners: listeners,
        }))
    }

    /// The keyboard may come to the stage as a pointer does.
    ///
    /// # Errors
    /// What the browser says when an element cannot be changed.
    pub fn take_keys(&self) -> Result<(), JsValue> {
        self.hands.take_keys()
    }

    /// Colours of the dark or the light theme.
    pub fn set_theme(&mut self, dark: bool) {
        self.picture.set_palette(Palette::new(dark));
        self.cloud.recolour(&self.picture.palette);
    }

    /// Less motion: windows change at once, and particles neither glide nor leave trails.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
    }

    /// Energy between two contours, nats.
    pub fn spacing(&self) -> f32 {
        let window = self.view.zoom.viewport(1.0);
        contours::spacing(self.picture.layers.contour_spacing, window.half_width)
    }

    /// Nothing flows while the particles are held.
    pub fn set_still(&mut self, still: bool) {
        self.still = still;
    }

    /// Where training has been at the noise level shown, for the layer that tells where it has not: an exact field and
    /// the [`super::layers::coverage::border`] in it.
    pub fn set_coverage(&mut self, coverage: Option<(Rc<GridField>, f32)>) {
        self.picture.stale |= self.picture.over.set_coverage(coverage);
    }

    /// Which layers to show, and what the field given to [`Self::set_field`] is.
    pub fn set_layers(&mut self, settings: &Settings) {
        self.picture.set_layers(Layers::from(settings));
        self.cloud.set_look(settings, &self.picture.palette);
    }

    /// The field to show. For [`crate::engine::settings::Source::Error`] that is a
    /// [`super::layers::error::difference`]. A new field on the same grid flows in, unless the machine is too slow
    /// for that or less motion is wanted.
    pub fn set_field(&mut self, field: Option<Rc<GridField>>) {
        let now_ms = self.last_ms.unwrap_or(0.0);
        self.picture.set_field(field, now_ms, self.reduced_motion);
    }

    /// The field that is shown, or flows in.
    pub fn field(&self) -> Option<&Rc<GridField>> {
        self.picture.field.target()
    }

    /// Points of the data, `[x0, y0, …]`, their middle, and their modes if they have any.
    pub fn set_data(&mut self, points: &[f32], middle: [f32; 2], modes: Option<Modes>) {
        self.cloud.set_data(middle, modes);
        self.picture.set_data(points);
    }

    /// Points of the data.
    pub fn data(&self) -> &[f32] {
        &self.picture.data
    }

    /// How many modes the data have.
    pub fn modes(&self) -> usize {
        self.cloud.modes()
    }

    /// The particles as just reported; those of one cast glide from report to report, but for those that were drawn anew.
    pub fn set_particles(&mut self, sight: Sight<'_>, now_ms: f64) {
        self.cloud.report(sight, now_ms);
    }

    /// Shows recorded particles instead of the live ones; `glides`: as what came after those shown before.
    pub fn show_recorded(&mut self, sight: Sight<'_>, glides: bool, now_ms: f64) {
        self.cloud.show_recorded(sight, glides, now_ms);
    }

    /// Shows the live particles again.
    pub fn show_live(&mut self) {
        self.cloud.show_live();
    }

    /// Positions of the particles as they are seen now, `[x0, y0, …]`.
    pub fn positions(&self) -> &[f32] {
        self.cloud.positions()
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
        self.picture.energy_at(at)
    }

    /// Zooms to a window.
    pub fn set_target_window(&mut self, centre: [f32; 2], half_width: f32) {
        self.view.zoom.aim(centre, half_width);
    }

    /// The window now, on a canvas measured in CSS pixels; its [`Viewport::to_pixel`] places what floats over the stage.
    pub fn viewport(&self) -> Viewport {
        self.view.window(self.width.get().max(1.0))
    }

    /// The picture is enlarged, or the landscape is not seen as at first.
    pub fn is_closer(&self) -> bool {
        if self.landscape.is_some() {
            self.view.camera != Camera::default()
        } else {
            self.view.lens != Lens::default()
        }
    }

    /// How the flat picture is enlarged and slid.
    pub fn lens(&self) -> Lens {
        self.view.lens
    }

    /// Enlarges and slides the flat picture.
    pub fn set_lens(&mut self, lens: Lens) {
        self.view.lens = lens;
        self.redraw();
    }

    /// From where the landscape is seen.
    pub fn camera(&self) -> Camera {
        self.view.camera
    }

    /// Turns the landscape, also one that is still to come.
    pub fn set_camera(&mut self, camera: Camera) {
        self.view.camera = camera;
    }

    /// Comes nearer to the middle by a factor.
    pub fn approach(&self, factor: f32) {
        self.hands.enlarge(Lens::about([0.5 * self.width.get(); 2], factor));
    }

    /// Shows the whole picture again, or the landscape as at first.
    pub fn go_home(&self) {
        self.hands.lead_home();
    }

    /// Takes another tool in hand; a stroke under way ends.
    ///
    /// # Errors
    /// What the browser says when a style cannot be set.
    pub fn set_tool(&mut self, tool: Tool) -> Result<(), JsValue> {
        self.hands.take(tool)
    }

    /// Radius of the ring that shows the brush or the eraser, stage units.
    pub fn set_brush(&mut self, radius: f32) {
        self.ring.brush = radius;
    }

    /// Draws what changed; to be called once an animation frame.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let mut tick = self.tick(now_ms);
        if tick.side < 2.0 {
            return Ok(());
        }
        tick.moving = self.view.advance(tick.seconds, tick.calm);
        if self.landscape.is_none() {
            tick.moving |= self.view.look(self.hands.looking.take(), tick.side);
            self.hands.closer.set(self.view.lens != Lens::default());
        }
        let window = self.viewport();
        self.hands.view.set(window);
        self.ring.draw(&self.hands, &window)?;
        let landscape = if let Some(landscape) = &mut self.landscape {
            let (done, window) = (self.hands.looking.take(), self.view.zoom.viewport(1.0));
            let held = &mut self.view.camera;
            tick.moving |= landscape.draw(done, held, window, tick, &mut self.picture, &mut self.lines)?;
            Some(&landscape.painter)
        } else {
            self.to_paint = (!tick.moving).then_some(tick);
            if tick.moving {
                self.picture.draw(&self.view, tick)?;
            }
            self.picture.over.shine(tick.seconds, self.still || tick.calm)?;
            let head = self.head();
            self.lines.draw(window, tick.ratio, head)?;
            None
        };
        self.cloud.draw(landscape, &self.picture, &self.view, tick)
    }

    /// Paints what the last [`Self::frame`] has left to a task of its own: the field, unless it moves with the view.
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn paint(&mut self) -> Result<(), JsValue> {
        match self.to_paint.take().filter(|_| self.landscape.is_none()) {
            Some(tick) => self.picture.draw(&self.view, tick),
            None => Ok(()),
        }
    }

    /// Where the particle is seen whose way is drawn.
    fn head(&self) -> Option<[f32; 2]> {
        let k = self.lines.drawing.particle?;
        self.positions().get(2 * k..2 * k + 2).map(|p| [p[0], p[1]])
    }

    /// Draws everything anew in the next frame.
    pub fn redraw(&mut self) {
        self.picture.redraw();
        self.cloud.redraw();
        self.lines.redraw();
    }

    /// Draws these particles over another stage's picture, in its window and with its layers: the picture is copied, not
    /// painted again. To be called after that stage's own [`Self::frame`].
    ///
    /// # Errors
    /// What the browser says when it cannot draw.
    pub fn frame_beside(&mut self, other: &Self, now_ms: f64) -> Result<(), JsValue> {
        if self.picture.palette.dark != other.picture.palette.dark {
            self.set_theme(other.picture.palette.dark);
        }
        self.reduced_motion = other.reduced_motion;
        self.cloud.follow(&other.cloud, &self.picture.palette);
        let field = other.picture.field.target().cloned();
        self.picture.field.aim(field, now_ms, false);
        let before = self.view.window(1.0);
        self.view = other.view;
        let mut tick = self.tick(now_ms);
        tick.moving = before != self.view.window(1.0);
        if tick.side < 2.0 {
            return Ok(());
        }
        self.picture.copy(&other.picture)?;
        let painter = other.landscape.as_ref().map(|landscape| &landscape.painter);
        self.cloud.draw(painter, &self.picture, &self.view, tick)
    }

    /// A frame at this time, as long as nothing moves.
    fn tick(&mut self, now_ms: f64) -> Tick {
        let last = self.last_ms.replace(now_ms);
        let seconds = last.map_or(1.0 / 60.0, |last| ((now_ms - last) / 1e3) as f32);
        Tick {
            now_ms,
            seconds: seconds.clamp(0.0, 0.25),
            side: self.width.get(),
            ratio: dom::pixel_ratio() as f32,
            moving: false,
            calm: self.reduced_motion,
        }
    }
}
