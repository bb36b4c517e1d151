//! The whole ladder on the screen, while it takes the place of the lab.

use wasm_bindgen::JsValue;
use web_sys::Element;

use super::App;
use crate::engine::settings::{Settings, Source};
use crate::page::lab::nearest;
use crate::page::layers::error;
use crate::page::multiples::{Event, ROWS, error_at, percent};
use crate::page::{dom, legend};

/// Time in a frame for painting tiles, milliseconds.
const PAINT_MS: f64 = 6.0;

impl App {
    /// Opens the view of all noise levels, or closes it.
    pub(super) fn show_levels(&mut self, all_levels: bool) {
        if all_levels != self.lab.settings.all_levels {
            self.take_settings(Settings {
                all_levels,
                ..self.lab.settings.clone()
            });
        }
    }

    pub(super) fn on_levels(&mut self, event: Event) {
        match event {
            Event::Closed => self.show_levels(false),
            Event::Key(key) => self.multiples.press(&key),
            // What was small is now on the stage.
            Event::Picked(number) => {
                if let Some((sigma, source)) = self.multiples.tile(number) {
                    self.take_settings(Settings {
                        source,
                        all_levels: false,
                        ..self.lab.settings.clone()
                    });
                    self.select_sigma(sigma);
                }
            }
        }
    }

    pub(super) fn draw_levels(&mut self) -> Result<(), JsValue> {
        let (levels, settings) = (self.rungs(), &self.lab.settings);
        self.multiples.set_levels(&levels)?;
        self.multiples.set_look(settings.colour, settings.own_scale);
        let annealing = self.is_annealing();
        let sampled = self.last.cloud.sampler.sigma;
        let sampled = nearest(&levels, sampled).filter(|_| settings.show_particles && sampled > 0.0);
        self.multiples.set_sampled(sampled);
        self.multiples.set_lit(nearest(&levels, self.shown_sigma()), annealing);
        for (level, &sigma) in levels.iter().enumerate() {
            for (row, source) in ROWS.into_iter().enumerate() {
                let picture = if self.truth.is_ok() {
                    self.pictures.get(source, sigma, true)
                } else {
                    None
                };
                self.multiples.set_picture(level, row, picture);
            }
        }
        self.multiples.frame(PAINT_MS)
    }

    /// Errors on the tiles, and the legends below them.
    pub(super) fn write_levels(&mut self) {
        let levels = self.multiples.levels().to_vec();
        for (level, sigma) in levels.into_iter().enumerate() {
            let measured = self
                .known
                .progress
                .as_ref()
                .and_then(|progress| error_at(progress, sigma));
            let text = measured.map(percent).or_else(|| {
                let difference = self.pictures.get(Source::Error, sigma, true)?;
                let exact = self.pictures.get(Source::Exact, sigma, true)?;
                error::relative(&difference, &exact).map(percent)
            });
            self.multiples.set_error(level, text.as_deref().unwrap_or("–"));
        }
        let own = self.lab.settings.own_scale;
        // Tiles are coloured whatever the layers of the stage are.
        let settings = Settings {
            energy: true,
            ..self.lab.settings.clone()
        };
        for (id, source) in [("levels-fields", Source::Exact), ("levels-errors", Source::Error)] {
            let words = legend::words(&settings, source);
            let (Some((of, low, high)), Ok(legend)) = (words, dom::element::<Element>(id)) else {
                continue;
            };
            dom::set_attribute(&legend, "data-of", of);
            dom::set_text(&format!("{id}-low"), if own { "0" } else { &low });
            dom::set_text(
                &format!("{id}-high"),
                if own { "the number on the tile" } else { &high },
            );
        }
    }
}
