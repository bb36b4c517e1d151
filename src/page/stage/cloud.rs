//! The particles on the stage: the live ones, or those of an earlier moment.

use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::canvas::Surface;
use super::field_picture::FieldPicture;
use super::tick::Tick;
use super::view::View;
use crate::distribution::modes::Modes;
use crate::engine::protocol::SamplerState;
use crate::engine::settings::Settings;
use crate::page::dom;
use crate::page::layers::Palette;
use crate::page::layers::motion::Motion;
use crate::page::layers::particles::{Glow, ParticlePainter};
use crate::page::layers::shading::{Shading, Sight};
use crate::page::layers::surface::SurfacePainter;
use crate::page::viewport::Viewport;

/// Largest side of the pixel buffer; larger canvases are enlarged by the browser.
const SIDE: f32 = 1200.0;
/// Most device pixels per CSS pixel: particles are painted every frame.
const SCALE: f32 = 1.5;

/// What there is to see of a cloud whose sampler is at this state.
pub fn sight<'a>(positions: &'a [f32], cast: u32, state: &SamplerState) -> Sight<'a> {
    Sight {
        positions,
        cast,
        recycled: state.recycled,
        steps: state.steps,
    }
}

/// Where particles are, and what their colours say.
#[derive(Default)]
struct Reported {
    motion: Motion,
    shading: Shading,
}

/// The particles on a canvas of their own.
pub(super) struct Cloud {
    surface: Surface,
    painter: ParticlePainter,
    /// They are to be seen at all, and leave trails.
    shown: bool,
    trails: bool,
    live: Reported,
    /// Those of an earlier moment, and whether they are shown instead of the live ones.
    recorded: Reported,
    replaying: bool,
    /// Where those on a landscape are seen, `[x0, y0, …]`, and whether they were on one.
    projected: Vec<f32>,
    lifted: bool,
    /// The field's picture over which they were drawn.
    over: u32,
    /// They are to be drawn anew, or their trails are still fading.
    stale: bool,
}

impl Cloud {
    /// No particles yet, on a canvas in the container.
    pub fn new(container: &HtmlElement, palette: &Palette, settings: &Settings) -> Result<Self, JsValue> {
        Ok(Self {
            surface: Surface::new(container)?,
            painter: ParticlePainter::new(palette),
            shown: settings.show_particles,
            trails: settings.trails,
            live: Reported::default(),
            recorded: Reported::default(),
            replaying: false,
            projected: Vec::new(),
            lifted: false,
            over: 0,
            stale: true,
        })
    }

    /// The canvas.
    pub fn element(&self) -> &HtmlElement {
        self.surface.element()
    }

    /// The data: their middle, and their modes if they have any.
    pub fn set_data(&mut self, middle: [f32; 2], modes: Option<Modes>) {
        self.live.shading.set_data(middle, modes);
    }

    /// How many modes the data have.
    pub fn modes(&self) -> usize {
        self.live.shading.modes()
    }

    /// Whether and how they are shown.
    pub fn set_look(&mut self, settings: &Settings, palette: &Palette) {
        self.appear(settings.show_particles, settings.trails);
        if self.live.shading.say(settings.particle_colour) {
            self.recolour(palette);
        }
    }

    /// Shown and coloured as those of another stage.
    pub fn follow(&mut self, other: &Self, palette: &Palette) {
        self.appear(other.shown, other.trails);
        if self.live.shading.follow(&other.live.shading) {
            self.recolour(palette);
        }
    }

    fn appear(&mut self, shown: bool, trails: bool) {
        self.stale |= (shown, trails) != (self.shown, self.trails);
        (self.shown, self.trails) = (shown, trails);
    }

    /// Colours are others, or say something else from now on.
    pub fn recolour(&mut self, palette: &Palette) {
        self.painter.set_palette(palette, self.live.shading.says());
        self.recorded.shading.follow(&self.live.shading);
        self.stale = true;
    }

    /// Draws everything anew in the next frame.
    pub fn redraw(&mut self) {
        self.stale = true;
    }

    /// The particles as just reported; those of one cast glide from report to report, but for those that were drawn anew.
    pub fn report(&mut self, sight: Sight<'_>, now_ms: f64) {
        let live = &mut self.live;
        if sight.cast != live.motion.cast() && !self.replaying {
            self.painter.forget();
        }
        live.motion.report(sight.positions, sight.cast, sight.recycled, now_ms);
        live.shading.see(sight);
        self.stale |= !self.replaying;
    }

    /// Shows recorded particles instead of the live ones; `glides`: as what came after those shown before.
    pub fn show_recorded(&mut self, sight: Sight<'_>, glides: bool, now_ms: f64) {
        let glides = glides && self.replaying;
        if !glides {
            self.painter.forget();
        }
        let Reported { motion, shading } = &mut self.recorded;
        let cast = motion.cast().wrapping_add(u32::from(!glides));
        motion.report(sight.positions, cast, sight.recycled, now_ms);
        shading.look_back(sight, glides, &self.live.shading);
        (self.replaying, self.stale) = (true, true);
    }

    /// Shows the live particles again.
    pub fn show_live(&mut self) {
        if std::mem::take(&mut self.replaying) {
            self.painter.forget();
            self.stale = true;
        }
    }

    /// Those that are shown.
    fn seen(&self) -> &Reported {
        if self.replaying { &self.recorded } else { &self.live }
    }

    /// Positions of the particles as they are seen now, `[x0, y0, …]`.
    pub fn positions(&self) -> &[f32] {
        self.seen().motion.positions()
    }

    /// Draws the particles over a picture, on a landscape where there is one.
    pub fn draw(
        &mut self,
        landscape: Option<&SurfacePainter>,
        picture: &FieldPicture,
        view: &View,
        tick: Tick,
    ) -> Result<(), JsValue> {
        let side = dom::at_most(tick.side * dom::at_most(tick.ratio, SCALE), SIDE).floor();
        if self.painter.side() != side as usize {
            self.painter.resize(side as usize, side / tick.side);
            self.stale = true;
        }
        if self.lifted != landscape.is_some() {
            self.painter.forget();
            (self.lifted, self.stale) = (landscape.is_some(), true);
        }
        // Another picture of a landscape has it at another height, or from elsewhere.
        let other = std::mem::replace(&mut self.over, picture.count) != picture.count;
        self.stale |= other && self.lifted;
        if self.glide(tick) || self.stale || tick.moving {
            self.paint(landscape, picture, view.window(side), tick);
            return self.surface.put(self.painter.pixels(), side as u32);
        }
        Ok(())
    }

    /// Moves those that are shown on to a frame; true while anything moves.
    fn glide(&mut self, tick: Tick) -> bool {
        let seen = if self.replaying {
            &mut self.recorded
        } else {
            &mut self.live
        };
        // With less motion a report is shown as it came.
        let now_ms = if tick.calm { f64::INFINITY } else { tick.now_ms };
        seen.motion.advance(now_ms)
    }

    /// Paints them into the buffer.
    fn paint(&mut self, landscape: Option<&SurfacePainter>, picture: &FieldPicture, window: Viewport, tick: Tick) {
        let Reported { motion, shading } = if self.replaying { &self.recorded } else { &self.live };
        let positions = if self.shown { motion.positions() } else { &[] };
        let glow = Glow {
            seconds: tick.seconds,
            trails: self.trails && self.shown && !tick.calm,
            moving: tick.moving,
        };
        self.stale = if let Some(painter) = landscape {
            painter.project(positions, &mut self.projected);
            let look = |k: usize, seen| {
                let nats = painter.energy_at(seen);
                (nats, shading.shade(k, [positions[2 * k], positions[2 * k + 1]], nats))
            };
            self.painter.frame(&self.projected, &painter.view(), glow, look)
        } else {
            let field = picture.whole();
            let look = |k: usize, at| {
                let nats = field.map_or(0.0, |f| f.energy_at(at));
                (nats, shading.shade(k, at, nats))
            };
            self.painter.frame(positions, &window, glow, look)
        };
    }
}
