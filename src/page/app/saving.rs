//! What the user takes along: pictures, films, tables and the drawing as files; and files of points brought back.
//!
//! Weights are in [`super::weights`], pictures in [`super::printing`].

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Element, HtmlAnchorElement, HtmlOptionElement, HtmlSelectElement, Url};

use super::App;
use super::reports::log;
use crate::distribution::{Dot, Drawing, Target};
use crate::page::banner::{self, Kind};
use crate::page::csv::{self, Table};
use crate::page::dom;
use crate::page::editor::dots_of;
use crate::page::lab::sigma_text;
use crate::page::picture::Film;
use crate::page::tile::source_name;

/// A film ends by itself after this time, milliseconds: it is kept in memory.
const FILM_MS: f64 = 120_000.0;

/// What is being saved or loaded.
#[derive(Default)]
pub(super) struct Saving {
    film: Option<Film>,
    /// A picture is being made; set when it is not wanted any more.
    pub picture: Option<Rc<Cell<bool>>>,
    /// Points that were brought and do not fit yet.
    strange: Vec<Dot>,
}

/// The file is one of points, by its name.
pub(super) fn is_points(name: &str) -> bool {
    name.ends_with(".csv") || name.ends_with(".txt")
}

impl App {
    /// The dialog offers what can be seen.
    pub(super) fn offer_views(&self) {
        let all_levels = self.lab.settings.all_levels;
        let Ok(select) = dom::element::<HtmlSelectElement>("save-view") else {
            return;
        };
        let mut first = None;
        let mut chosen = false;
        for option in dom::all::<HtmlOptionElement>("#save-view option") {
            let of = option.value();
            let seen = dom::all::<Element>(&of).iter().any(|part| part.client_width() > 0);
            let offered = seen && all_levels == of.starts_with("#levels");
            option.set_disabled(!offered);
            if offered {
                chosen |= select.value() == of;
                first = first.or(Some(of));
            }
        }
        if !chosen {
            select.set_value(&first.unwrap_or_default());
        }
    }

    /// Saves something by its name.
    pub(super) fn save(&mut self, what: &str) {
        match what {
            "png" => self.save_picture(),
            "particles" => {
                let mut table = Table::new("x,y,energy");
                for at in self.stage.positions().chunks_exact(2) {
                    table.row("", &[at[0], at[1], self.stage.energy_at([at[0], at[1]])]);
                }
                self.offer_table("particles", table);
            }
            "field" => self.save_field(),
            "metrics" => self.save_metrics(),
            "drawing" => {
                let drawing = match &self.lab.target {
                    Target::Drawing(drawing) => Ok(drawing.clone()),
                    Target::Preset(preset) => dots_of(*preset, self.lab.settings.seed),
                };
                if let Ok(drawing) = drawing {
                    self.offer_bytes("points.csv", csv::drawing(drawing.dots()).as_bytes());
                }
            }
            _ => {}
        }
    }

    fn save_field(&self) {
        let Some(field) = self.stage.field().filter(|field| field.is_whole()) else {
            return banner::show(Kind::Notice, "There is no field yet.", None);
        };
        let mut table = Table::new("x,y,sx,sy,energy");
        let scores = field.score.chunks_exact(2);
        for ((at, s), energy) in field.grid.points().chunks_exact(2).zip(scores).zip(&field.energy) {
            table.row("", &[at[0], at[1], s[0], s[1], *energy]);
        }
        let name = format!("{}-field-{}", source_name(self.screen.source), sigma_text(field.sigma));
        self.offer_table(&name, table);
    }

    fn save_metrics(&self) {
        let mut table = Table::new("quantity,step,seconds,sigma,evaluations,value");
        let none = f32::NAN;
        let [by_step, by_seconds] = self.known.histories.each_ref().map(|history| history.points());
        for ((step, nats), (seconds, _)) in by_step.iter().zip(by_seconds) {
            table.row("nats,", &[*step as f32, *seconds as f32, none, none, *nats as f32]);
        }
        if let Some(progress) = &self.known.progress {
            let place = [progress.step as f32, progress.seconds as f32];
            for (sigma, error) in progress.sigmas.iter().zip(&progress.error) {
                table.row("relative error,", &[place[0], place[1], *sigma, none, *error]);
            }
        }
        for (name, track) in ["distance,", "rival distance,"].iter().zip(&self.tracks) {
            for (evaluations, distance) in track.history.points() {
                table.row(name, &[none, none, none, *evaluations as f32, *distance as f32]);
            }
        }
        self.offer_table("metrics", table);
    }

    /// Begins a film of the chosen view, or ends the one that is being made.
    pub(super) fn film(&mut self) {
        let done = match &self.saving.film {
            Some(film) => film.end(),
            None => self.begin_film(),
        };
        if let Err(error) = done {
            log(&error);
            banner::show(Kind::Error, "This browser cannot film a canvas.", None);
        }
    }

    fn begin_film(&mut self) -> Result<(), JsValue> {
        let handle = self.handle.clone();
        let scale = dom::pixel_ratio().clamp(1.0, 2.0);
        let film = Film::begin(self.view()?, scale, move |blob| {
            handle.act(move |app| {
                banner::clear(Kind::Offer);
                app.saving.film = None;
                let kind = if blob.type_().starts_with("video/mp4") {
                    "film.mp4"
                } else {
                    "film.webm"
                };
                app.offer_file(kind, Some(blob));
            });
        })?;
        self.saving.film = Some(film);
        banner::show(
            Kind::Offer,
            "Filming, for two minutes at most.",
            Some(("Stop and save", "film")),
        );
        Ok(())
    }

    /// The film takes up what was drawn.
    pub(super) fn go_on_filming(&mut self, now_ms: f64) {
        let Some(film) = &self.saving.film else { return };
        let over = now_ms - film.began_ms > FILM_MS;
        if let Err(error) = if over { film.end() } else { film.frame() } {
            log(&error);
        }
    }

    /// A file of points becomes the data, or the page says what is wrong with it.
    pub(super) fn take_points(&mut self, name: &str, bytes: &[u8]) {
        match std::str::from_utf8(bytes)
            .map_err(|_| "this is no text".to_owned())
            .and_then(csv::points)
        {
            Err(message) => banner::show(Kind::Error, &format!("{name}, {message}."), None),
            Ok(read) => match read.strange {
                None => self.draw_dots(read.dots),
                Some(message) => {
                    self.saving.strange = read.dots;
                    banner::show(
                        Kind::Offer,
                        &format!("{name}, {message}."),
                        Some(("Make it fit", "fit-points")),
                    );
                }
            },
        }
    }

    /// Points that do not fit as they are become the data as they do.
    pub(super) fn fit_points(&mut self) {
        let dots = csv::fitted(std::mem::take(&mut self.saving.strange));
        self.draw_dots(dots);
    }

    /// Points without a softness have that of the brush.
    fn draw_dots(&mut self, mut dots: Vec<Dot>) {
        for dot in &mut dots {
            if dot.softness.is_nan() {
                dot.softness = self.editor.softness;
            }
        }
        match Drawing::from_dots(&dots) {
            Ok(drawing) => self.take_target(Target::Drawing(drawing)),
            Err(error) => banner::show(Kind::Error, &error.to_string(), None),
        }
    }

    fn offer_table(&self, what: &str, mut table: Table) {
        table.0.push('\n');
        self.offer_bytes(&format!("{what}.csv"), table.0.as_bytes());
    }

    /// Offers bytes for download under a name that begins with that of the data.
    pub(super) fn offer_bytes(&self, what: &str, bytes: &[u8]) {
        let parts = Array::of1(&Uint8Array::from(bytes));
        self.offer_file(what, Blob::new_with_u8_array_sequence(&parts).ok());
    }

    pub(super) fn offer_file(&self, what: &str, blob: Option<Blob>) {
        let data = match &self.lab.target {
            Target::Preset(preset) => preset.name(),
            Target::Drawing(_) => "drawing",
        };
        let name = format!("scorefield-{data}-{what}");
        match blob.ok_or(JsValue::NULL).and_then(|blob| download(&name, &blob)) {
            Ok(()) => banner::show(Kind::Notice, &format!("Saved as {name}."), None),
            Err(error) => {
                log(&error);
                banner::show(Kind::Error, "This file could not be made.", None);
            }
        }
    }
}

/// Offers a file for download.
fn download(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = dom::document()?.create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}
