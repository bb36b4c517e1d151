//! The particles on the stage: the live ones, or those of an earlier moment.

use wasm_bindgen::JsValue;

use super::{PARTICLE_SIDE, Stage};
use crate::engine::protocol::SamplerState;
use crate::page::layers::particles::Glow;
use crate::page::layers::shading::Sight;
use crate::page::layers::surface::SurfacePainter;

/// What there is to see of a cloud whose sampler is at this state.
pub fn sight<'a>(positions: &'a [f32], cast: u32, state: &SamplerState) -> Sight<'a> {
    Sight {
        positions,
        cast,
        recycled: state.recycled,
        steps: state.steps,
    }
}

impl Stage {
    /// The particles as just reported; those of one cast glide from report to report, but for those that were drawn anew.
    pub fn set_particles(&mut self, sight: Sight<'_>, now_ms: f64) {
        if sight.cast != self.motion.cast() && !self.replaying {
            self.particles.forget();
        }
        self.motion.report(sight.positions, sight.cast, sight.recycled, now_ms);
        self.shading.see(sight);
        self.glowing |= !self.replaying;
    }

    /// Shows recorded particles instead of the live ones; `glides`: as what came after those shown before.
    pub fn show_recorded(&mut self, sight: Sight<'_>, glides: bool, now_ms: f64) {
        let glides = glides && self.replaying;
        if !glides {
            self.particles.forget();
        }
        let cast = self.recorded.cast().wrapping_add(u32::from(!glides));
        self.recorded.report(sight.positions, cast, sight.recycled, now_ms);
        self.recorded_shading.look_back(sight, glides, &self.shading);
        (self.replaying, self.glowing) = (true, true);
    }

    /// Shows the live particles again.
    pub fn show_live(&mut self) {
        if std::mem::take(&mut self.replaying) {
            self.particles.forget();
            self.glowing = true;
        }
    }

    /// Positions of the particles as they are seen now, `[x0, y0, …]`.
    pub fn positions(&self) -> &[f32] {
        if self.replaying {
            self.recorded.positions()
        } else {
            self.motion.positions()
        }
    }

    /// How many modes the data have.
    pub fn modes(&self) -> usize {
        self.shading.modes()
    }

    /// Draws the particles, on a landscape where there is one.
    pub(super) fn draw_particles(
        &mut self,
        landscape: Option<&SurfacePainter>,
        css_side: f32,
        ratio: f32,
        seconds: f32,
        moving: bool,
        now_ms: f64,
    ) -> Result<(), JsValue> {
        let side = (css_side * ratio).min(PARTICLE_SIDE).floor();
        if self.particles.side() != side as usize {
            self.particles.resize(side as usize, side / css_side);
            self.glowing = true;
        }
        if self.lifted != landscape.is_some() {
            self.particles.forget();
            (self.lifted, self.glowing) = (landscape.is_some(), true);
        }
        // Under reduced motion a report is shown as it came.
        let motion = if self.replaying {
            &mut self.recorded
        } else {
            &mut self.motion
        };
        let gliding = motion.advance(if self.reduced_motion { f64::INFINITY } else { now_ms });
        if !(self.glowing || gliding || moving) {
            return Ok(());
        }
        let motion = if self.replaying { &self.recorded } else { &self.motion };
        let shading = if self.replaying {
            &self.recorded_shading
        } else {
            &self.shading
        };
        let positions = if self.show_particles { motion.positions() } else { &[] };
        let glow = Glow {
            seconds,
            trails: self.trails && self.show_particles && !self.reduced_motion,
            moving,
        };
        let window = self.window(side);
        self.glowing = if let Some(painter) = landscape {
            painter.project(positions, &mut self.seen);
            let look = |k: usize, seen| {
                let nats = painter.energy_at(seen);
                (nats, shading.shade(k, [positions[2 * k], positions[2 * k + 1]], nats))
            };
            self.particles.frame(&self.seen, &painter.view(), glow, look)
        } else {
            let field = self.field.target().filter(|f| f.is_whole());
            let look = |k: usize, at| {
                let nats = field.map_or(0.0, |f| f.energy_at(at));
                (nats, shading.shade(k, at, nats))
            };
            self.particles.frame(positions, &window, glow, look)
        };
        self.particle_surface.put(self.particles.pixels(), side as u32)
    }
}
