//! The fields on stage and strip: which pictures there are to be, and which there are.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::App;
use crate::distribution::Target;
use crate::distribution::modes::modes;
use crate::engine::settings::{Objective, Source};
use crate::page::dom;
use crate::page::lab::nearest;
use crate::page::layers::coverage;
use crate::page::pictures::Wanted;
use crate::page::tile::Look;

/// Time in a frame for exact pictures, milliseconds.
const EXACT_MS: f64 = 4.0;
/// Points of the data layer.
const DATA_POINTS: usize = 1200;

impl App {
    /// The source that can be shown: the exact field until there is a learned one.
    fn source(&self) -> Source {
        if self.pictures.has_learned() {
            self.lab.settings.source
        } else {
            Source::Exact
        }
    }

    /// Goes on with the exact pictures that are wanted, for a while.
    pub(super) fn compute_exact(&mut self) {
        let source = self.source();
        let Ok(truth) = &self.truth else { return };
        let settings = &self.lab.settings;
        let all_levels = settings.all_levels;
        let unseen = source == Source::Learned && !all_levels;
        if unseen && !self.probe.is_on() && !settings.coverage {
            return;
        }
        // The probe tells the exact energy too.
        let rungs = if unseen { Vec::new() } else { self.rungs() };
        let wanted = Wanted {
            stage: if all_levels { f32::NAN } else { self.shown_sigma() },
            tiles: &rungs,
        };
        self.pictures
            .compute(truth, u64::from(self.lab.target_revision), self.fit, &wanted, EXACT_MS);
    }

    /// Draws the stage.
    pub(super) fn draw_pictures(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let (source, sigma) = (self.source(), self.shown_sigma());
        self.show_field(source, sigma);
        self.show_layers();
        if self.stage.set_surface(self.lab.settings.surface)? {
            self.hand_tool();
            self.put_away();
        }
        if std::mem::take(&mut self.screen.data_stale) {
            self.show_data();
        }
        self.cover(sigma);
        self.stage.set_still(!self.lab.sampling);
        let window = self.window();
        self.stage.set_target_window(window.centre, window.half_width);
        self.stage.frame(now_ms)?;
        let closer = self.stage.is_closer();
        if std::mem::replace(&mut self.screen.closer, closer) != closer {
            dom::set_hidden("home", !closer);
        }
        self.place_loop_label()?;
        self.place_probe_label()
    }

    /// Gives the stage a field; one whose picture is not here yet leaves the old one in its place.
    fn show_field(&mut self, source: Source, sigma: f32) {
        let empty = self.truth.is_err();
        let picture = if empty {
            None
        } else {
            self.pictures.get(source, sigma, false)
        };
        if picture.is_none() && !empty {
            return;
        }
        if picture.as_ref().map(Rc::as_ptr) != self.stage.field().map(Rc::as_ptr) {
            self.stage.set_field(picture);
        }
        if source != self.screen.source || self.screen.layers_stale {
            self.screen.source = source;
            self.screen.words_stale = true;
        }
    }

    /// Gives the stage its layers where they may have changed.
    pub(super) fn show_layers(&mut self) {
        if std::mem::take(&mut self.screen.layers_stale) || self.screen.words_stale {
            let mut settings = self.lab.settings.clone();
            settings.source = self.screen.source;
            // Over an empty canvas particles mean nothing.
            settings.show_particles &= self.truth.is_ok();
            self.stage.set_layers(&settings);
        }
    }

    /// Tells the stage where training has been at a noise level, if that is to be seen.
    fn cover(&mut self, sigma: f32) {
        let settings = &self.lab.settings;
        let exact = if settings.coverage {
            self.pictures.get(Source::Exact, sigma, false)
        } else {
            None
        };
        let (Some(exact), Ok(truth)) = (exact, &self.truth) else {
            return self.stage.set_coverage(None);
        };
        // Its own energies count from the lowest, which is found once a picture.
        let known = self.screen.highest.as_ref().filter(|(of, _)| Rc::ptr_eq(of, &exact));
        let highest = known.map_or_else(|| exact.top(truth), |(_, highest)| *highest);
        let steps = self.last.stamp.step as f32;
        let folds = (settings.noise_max / settings.noise_min).ln();
        let folds = if settings.objective == Objective::DenoisingOneLevel {
            1.0
        } else {
            folds
        };
        let border = coverage::border(steps * settings.batch as f32 / folds, highest, exact.sigma);
        self.screen.highest = Some((exact.clone(), highest));
        self.stage.set_coverage(Some((exact, border)));
    }

    /// Draws the strip, a tile at a time.
    pub(super) fn draw_strip(&mut self) -> Result<(), JsValue> {
        let (source, sigma) = (self.source(), self.shown_sigma());
        let (rungs, settings, empty) = (self.rungs(), &self.lab.settings, self.truth.is_err());
        self.strip.set_rungs(&rungs)?;
        self.strip.set_look(Look {
            source,
            colour: settings.colour,
            own_scale: settings.own_scale,
        });
        for (k, &rung) in rungs.iter().enumerate() {
            let picture = if empty {
                None
            } else {
                self.pictures.get(source, rung, true)
            };
            // An old picture may stay for a while, but not with the colours of an error.
            let keep = picture.is_none() && !empty && source != Source::Error;
            if !keep {
                self.strip.set_picture(k, picture);
            }
        }
        self.strip.set_lit(nearest(&rungs, sigma), self.is_annealing());
        self.strip.frame()
    }

    fn show_data(&mut self) {
        use rand::SeedableRng;
        let points = match (&self.lab.target, &self.truth) {
            (Target::Drawing(drawing), _) => drawing.dots().flat_map(|dot| dot.at).collect(),
            (_, Ok(truth)) => {
                let mut points = vec![0.0; 2 * DATA_POINTS];
                truth.sample(&mut rand::rngs::StdRng::seed_from_u64(1), &mut points);
                points
            }
            _ => Vec::new(),
        };
        let modes = match self.lab.target {
            Target::Preset(preset) => modes(preset),
            Target::Drawing(_) => None,
        };
        self.stage.set_data(&points, self.fit.mean, modes);
    }
}
