//! What is on the screen: pictures on stage and strip, words, charts. Derived, once a frame, from the app's state; each
//! part only when what it shows has changed.

use std::rc::Rc;

use plotters::style::RGBColor;
use wasm_bindgen::JsValue;

use super::App;
use super::reports::log;
use crate::distribution::Target;
use crate::distribution::modes::modes;
use crate::engine::settings::{Objective, Source};
use crate::page::charts::{ChartError, Paper};
use crate::page::lab::{nearest, same_sigma};
use crate::page::layers::{GridField, coverage};
use crate::page::pictures::Wanted;
use crate::page::stage::{Ink, Tool};
use crate::page::theme::Colours;
use crate::page::tile::Look;
use crate::page::{charts, controls, dom};

/// Time in a frame for exact pictures, milliseconds.
const EXACT_MS: f64 = 4.0;
/// Words and numbers change no more often than one can read, charts no more often than one can see.
const WORDS_EVERY_MS: f64 = 100.0;
const CHARTS_EVERY_MS: f64 = 260.0;
/// Points of the data layer.
const DATA_POINTS: usize = 1200;

/// What is on the screen now, and what is known to be out of date.
#[derive(Default)]
pub(super) struct Screen {
    /// How many particles were reported last.
    pub particles: usize,
    /// Which field is on the stage.
    pub source: Source,
    pub field: Option<Rc<GridField>>,
    /// The highest log density of an exact picture.
    highest: Option<(Rc<GridField>, f32)>,
    layers_stale: bool,
    data_stale: bool,
    words_stale: bool,
    controls_stale: bool,
    charts_stale: bool,
    shown_sigma: f32,
    words_ms: f64,
    /// When the stage was described last.
    pub described_ms: Option<f64>,
    charts_ms: f64,
    /// Device pixels per CSS pixel, and whether readers are far away.
    seen: (f64, bool),
    /// Hands enlarged or turned what is on the stage.
    closer: bool,
    frames: u32,
    counted_ms: f64,
    /// Animation frames a second, over the last second.
    pub frames_per_second: f32,
    colours: Option<Colours>,
    /// The chart under the pointer, and where on it.
    pointed: Option<(String, f64)>,
    complained: bool,
}

impl Screen {
    pub fn words_changed(&mut self) {
        self.words_stale = true;
    }

    pub fn charts_changed(&mut self) {
        (self.charts_stale, self.words_stale) = (true, true);
    }

    pub fn settings_changed(&mut self) {
        (
            self.layers_stale,
            self.controls_stale,
            self.charts_stale,
            self.words_stale,
        ) = (true, true, true, true);
    }

    pub fn target_changed(&mut self) {
        self.words_stale = true;
    }

    pub fn data_changed(&mut self) {
        (self.data_stale, self.words_stale) = (true, true);
    }

    fn count(&mut self, now_ms: f64) {
        self.frames += 1;
        let elapsed = now_ms - self.counted_ms;
        if elapsed >= 1000.0 {
            self.frames_per_second = (f64::from(self.frames) * 1e3 / elapsed) as f32;
            (self.frames, self.counted_ms) = (0, now_ms);
            self.words_stale = true;
        }
    }
}

impl App {
    /// Draws whatever changed.
    pub(super) fn draw(&mut self, now_ms: f64) {
        self.screen.count(now_ms);
        self.compute_exact();
        self.keep_surroundings();
        let drawn = self.keep_race().and_then(|()| self.draw_whatever_is_seen(now_ms));
        if let Err(error) = drawn
            && !std::mem::replace(&mut self.screen.complained, true)
        {
            // Once: the next frame will most likely fail the same way.
            log(&error);
        }
        let sigma = self.shown_sigma();
        if !same_sigma(sigma, self.screen.shown_sigma) {
            self.screen.shown_sigma = sigma;
            (
                self.screen.controls_stale,
                self.screen.charts_stale,
                self.screen.words_stale,
            ) = (true, true, true);
        }
        self.write_and_chart(now_ms, sigma);
    }

    fn draw_whatever_is_seen(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let all_levels = self.lab.settings.all_levels;
        self.multiples.set_open(all_levels)?;
        if all_levels {
            return self.draw_levels();
        }
        self.draw_pictures(now_ms)?;
        self.draw_rival(now_ms)
    }

    /// One thing a frame, so that no frame is long.
    fn write_and_chart(&mut self, now_ms: f64, sigma: f32) {
        let screen = &mut self.screen;
        if screen.words_stale && now_ms - screen.words_ms >= WORDS_EVERY_MS {
            (screen.words_stale, screen.words_ms) = (false, now_ms);
            self.write_words();
        } else if std::mem::take(&mut screen.controls_stale) {
            controls::show(&self.lab.settings, &self.ladder(), sigma);
        } else if screen.charts_stale && !self.lab.settings.all_levels && now_ms - screen.charts_ms >= CHARTS_EVERY_MS {
            (screen.charts_stale, screen.charts_ms) = (false, now_ms);
            complain(self.draw_charts(&|_| dom::pixel_ratio()));
        } else if self.marginals_due(now_ms) {
            complain(self.draw_marginals(now_ms, dom::pixel_ratio()));
        } else if let Err(error) = self.thumbnails.go_on() {
            log(&error);
        }
    }

    /// The source that can be shown: the exact field until there is a learned one.
    fn source(&self) -> Source {
        if self.pictures.has_learned() {
            self.lab.settings.source
        } else {
            Source::Exact
        }
    }

    fn compute_exact(&mut self) {
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

    fn draw_pictures(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let (source, sigma, rungs) = (self.source(), self.shown_sigma(), self.rungs());
        let empty = self.truth.is_err();
        let picture = if empty {
            None
        } else {
            self.pictures.get(source, sigma, false)
        };
        // A picture that is not here yet leaves the old one in its place.
        if empty || picture.is_some() {
            if !same(&picture, &self.screen.field) {
                self.stage.set_field(picture.clone());
                self.screen.field = picture;
            }
            if source != self.screen.source || self.screen.layers_stale {
                self.screen.source = source;
                self.screen.words_stale = true;
            }
        }
        if std::mem::take(&mut self.screen.layers_stale) || self.screen.words_stale {
            let mut settings = self.lab.settings.clone();
            settings.source = self.screen.source;
            // Over an empty canvas particles mean nothing.
            settings.show_particles &= !empty;
            self.stage.set_layers(&settings);
        }
        if self.stage.set_surface(self.lab.settings.surface)? {
            self.hand_tool();
            self.let_go();
            self.drop_loop();
            self.drop_probe();
        }
        if std::mem::take(&mut self.screen.data_stale) {
            self.show_data();
        }
        self.draw_strip(source, sigma, &rungs, empty)?;
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

    fn draw_strip(&mut self, source: Source, sigma: f32, rungs: &[f32], empty: bool) -> Result<(), JsValue> {
        let settings = &self.lab.settings;
        self.strip.set_rungs(rungs)?;
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
        self.strip.set_lit(nearest(rungs, sigma), self.is_annealing());
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

    /// The canvas with this id, to be drawn on with so many pixels to a CSS pixel.
    pub(super) fn paper(&self, id: &str, ratio: f64) -> Result<Paper, ChartError> {
        let pointed = self.screen.pointed.as_ref().filter(|(over, _)| over == id);
        Ok(Paper {
            canvas: dom::element(id).map_err(|_| ChartError(format!("the page lacks #{id}")))?,
            colours: self.screen.colours.unwrap_or_else(Colours::now),
            pointer: pointed.map(|(_, at)| *at),
            ratio,
        })
    }

    /// Draws the charts, as fine as `ratio` says for each of them by its id.
    pub(super) fn draw_charts(&self, ratio: &dyn Fn(&str) -> f64) -> Result<(), ChartError> {
        let paper = |id| self.paper(id, ratio(id));
        let sigma = self.shown_sigma();
        let history = &self.histories[self.against as usize];
        charts::learning(&paper("nats-chart")?, self.against, history)?;
        let nothing = Default::default();
        let progress = self.progress.as_ref().unwrap_or(&nothing);
        charts::bars(&paper("error-chart")?, progress, self.bars, sigma)?;
        let runners = self.tracks.each_ref().map(|track| &track.history);
        if self.rival.is_some() {
            charts::race(&paper("race-chart")?, runners)?;
        } else {
            charts::race(&paper("way-chart")?, [runners[0], &Default::default()])?;
            charts::approach(&paper("approach-chart")?, self.approach.points())?;
            charts::accepted(&paper("accepted-chart")?, &self.tracks[0].accepted)?;
        }
        charts::ladder(&paper("ladder-chart")?, &self.ladder(), sigma)
    }

    /// The pointer is over a chart, CSS pixels from its left edge, or over none.
    pub(super) fn point_at_chart(&mut self, pointed: Option<(String, f64)>) {
        if pointed == self.screen.pointed {
            return;
        }
        self.screen.pointed = pointed;
        // At once: a reading must not lag behind the hand.
        (self.screen.charts_stale, self.screen.charts_ms) = (true, 0.0);
    }

    /// A stroke begins: the window has to be where it is going.
    pub(super) fn settle_window(&mut self) {
        if matches!(self.tool_in_hand(), Tool::Draw | Tool::Erase) {
            self.pointer_inside = true;
            let window = self.window();
            self.stage.set_target_window(window.centre, window.half_width);
            self.stage.set_reduced_motion(true);
            if let Err(error) = self.stage.frame(dom::now_ms()) {
                log(&error);
            }
            self.follow_motion();
        }
    }

    /// Less motion where the user asked for less.
    pub(super) fn follow_motion(&mut self) {
        self.stage
            .set_reduced_motion(dom::media("(prefers-reduced-motion: reduce)"));
    }

    /// The theme on page, stage, strip, charts and thumbnails.
    pub(super) fn put_on_theme(&mut self) {
        if let Err(error) = self.theme.apply() {
            log(&error);
        }
        let dark = self.theme.is_dark();
        self.stage.set_theme(dark);
        self.strip.set_theme(dark);
        self.multiples.set_theme(dark);
        self.redraw_everything();
    }

    /// Draws everything anew where the page has come to another screen, or is to be read from elsewhere.
    fn keep_surroundings(&mut self) {
        let ratio = dom::pixel_ratio();
        let (was, far) = (self.screen.seen, self.lab.settings.projector);
        if (was.0 - ratio).abs() < 1e-6 && was.1 == far {
            return;
        }
        self.screen.seen = (ratio, far);
        if let Some(root) = dom::document().ok().and_then(|document| document.document_element()) {
            dom::set_attribute(&root, "data-projector", if far { "true" } else { "false" });
        }
        if far {
            // Whoever points at something must not draw.
            self.set_tool(Tool::Look);
        }
        self.redraw_everything();
    }

    /// After a change of size or colours.
    pub(super) fn redraw_everything(&mut self) {
        self.coarse_pointer = super::coarse_pointer();
        let colours = Colours::now();
        self.screen.colours = Some(colours);
        let css = |RGBColor(r, g, b)| format!("rgb({r},{g},{b})");
        self.stage.set_ink(Ink {
            line: css(colours.accent),
            rim: css(colours.field),
            exact: css(colours.exact),
            text: css(colours.text),
        });
        if let Err(error) = self.thumbnails.draw(css(colours.text)) {
            log(&error);
        }
        self.screen.settings_changed();
    }
}

pub(super) fn complain(drawn: Result<(), ChartError>) {
    if let Err(error) = drawn {
        log(&error.to_string().into());
    }
}

fn same(a: &Option<Rc<GridField>>, b: &Option<Rc<GridField>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Rc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}
