//! What is on the screen: pictures on stage and strip, words, charts. Derived, once a frame, from the app's state; each
//! part only when what it shows has changed.

use std::rc::Rc;

use plotters::style::RGBColor;
use wasm_bindgen::JsValue;

use super::App;
use super::charts::complain;
use super::reports::log;
use crate::engine::settings::Source;
use crate::page::lab::same_sigma;
use crate::page::layers::GridField;
use crate::page::stage::Ink;
use crate::page::theme::Colours;
use crate::page::{controls, dom};

/// Words and numbers change no more often than one can read, charts no more often than one can see.
const WORDS_EVERY_MS: f64 = 100.0;
const CHARTS_EVERY_MS: f64 = 260.0;

/// What is on the screen now, and what is known to be out of date.
#[derive(Default)]
pub(super) struct Screen {
    /// How many particles were reported last.
    pub particles: usize,
    /// Which field is on the stage.
    pub source: Source,
    /// The highest log density of an exact picture.
    pub highest: Option<(Rc<GridField>, f32)>,
    pub layers_stale: bool,
    pub data_stale: bool,
    pub words_stale: bool,
    controls_stale: bool,
    charts_stale: bool,
    shown_sigma: f32,
    words_ms: f64,
    /// When the stage was described last.
    pub described_ms: Option<f64>,
    charts_ms: f64,
    /// Device pixels per CSS pixel, and whether readers are far away.
    pub seen: (f64, bool),
    /// Everything is to be drawn anew.
    pub outdated: bool,
    /// Hands enlarged or turned what is on the stage.
    pub closer: bool,
    frames: u32,
    counted_ms: f64,
    /// Animation frames a second, over the last second.
    pub frames_per_second: f32,
    complained: bool,
}

impl Screen {
    pub fn words_changed(&mut self) {
        self.words_stale = true;
    }

    pub fn charts_changed(&mut self) {
        (self.charts_stale, self.words_stale) = (true, true);
    }

    /// Charts are drawn anew at once.
    pub fn charts_hurry(&mut self) {
        (self.charts_stale, self.charts_ms) = (true, 0.0);
    }

    pub fn settings_changed(&mut self) {
        (self.layers_stale, self.controls_stale) = (true, true);
        self.charts_changed();
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
        self.keep_surroundings();
        let drawn = self.keep_race().and_then(|()| self.draw_whatever_is_seen(now_ms));
        self.complain_once(drawn);
        let sigma = self.shown_sigma();
        if !same_sigma(sigma, self.screen.shown_sigma) {
            self.screen.shown_sigma = sigma;
            self.screen.controls_stale = true;
            self.screen.charts_changed();
        }
    }

    /// Writes an error of the browser to its console, the first time: the next frame will most likely fail the same way.
    pub(super) fn complain_once(&mut self, drawn: Result<(), JsValue>) {
        if let Err(error) = drawn
            && !std::mem::replace(&mut self.screen.complained, true)
        {
            log(&error);
        }
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

    /// Paints and writes what can wait, a little at a time.
    pub(super) fn draw_the_rest(&mut self, now_ms: f64) {
        self.compute_exact();
        if !self.lab.settings.all_levels {
            let drawn = self.draw_strip();
            self.complain_once(drawn);
        }
        self.write_and_chart(now_ms);
    }

    /// One thing at a time.
    fn write_and_chart(&mut self, now_ms: f64) {
        let sigma = self.shown_sigma();
        let screen = &mut self.screen;
        if screen.words_stale && now_ms - screen.words_ms >= WORDS_EVERY_MS {
            // Whatever the words tell of, the stage may show as well.
            self.show_layers();
            (self.screen.words_stale, self.screen.words_ms) = (false, now_ms);
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

    /// After a change of size or colours: in the next frame, once.
    pub(super) fn redraw_everything(&mut self) {
        self.screen.outdated = true;
    }

    /// The same at once.
    pub(super) fn begin_everything_anew(&mut self) {
        self.hand.look();
        let colours = Colours::now();
        self.charts.colours = Some(colours);
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
