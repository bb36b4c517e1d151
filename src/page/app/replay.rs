//! Looking back: the recorded run on the stage, and the way of one particle. The live run goes on meanwhile.

use web_sys::{Element, HtmlButtonElement, HtmlInputElement};

use super::App;
use crate::engine::protocol::{Cloud, SamplerState};
use crate::page::lab::sigma_text;
use crate::page::layers::path::nearest;
use crate::page::recording::{Extent, Recordings};
use crate::page::stage::sight;
use crate::page::{captions, dom};

/// Moments a second in a replay, if that makes it neither shorter nor longer than these seconds.
const RATE: f32 = 60.0;
const SECONDS: [f32; 2] = [2.0, 8.0];
/// A click finds a particle within this distance, CSS pixels.
const REACH: f32 = 14.0;

/// What is looked back at.
#[derive(Default)]
pub(super) struct Replay {
    recordings: Recordings,
    /// What is shown, in reports since the run began, which thinning does not change; `None` while the stage is live.
    at: Option<f32>,
    playing: bool,
    last_ms: f64,
    /// The moment that the stage has.
    drawn: Option<usize>,
    /// The particle whose way is drawn.
    picked: Option<usize>,
    way_stale: bool,
    positions: Vec<f32>,
    way: Vec<f32>,
}

impl Replay {
    /// The stage shows the recording.
    pub fn is_on(&self) -> bool {
        self.at.is_some()
    }

    /// Where the sampler was at the moment shown; `None` while the stage is live.
    pub fn state(&self) -> Option<&SamplerState> {
        let run = self.recordings.shown();
        run.state(run.moment(self.at?))
    }
}

impl App {
    /// Keeps what was just reported.
    pub(super) fn record(&mut self, positions: &[f32], cloud: &Cloud) {
        let (fit, state) = (self.fit, cloud.sampler);
        let sigma = self.ladder().sigma_max.max(state.sigma);
        self.replay.recordings.report(positions, cloud.cast, state, || {
            Extent::around(fit.mean, fit.scale, sigma)
        });
        self.replay.way_stale = true;
    }

    /// Plays the recording, or stops there.
    pub(super) fn play_recording(&mut self) {
        if !self.replay.is_on() {
            self.look_back(0.0);
        }
        self.replay.playing = !self.replay.playing;
    }

    /// Shows the moment at which the slider is; its end is now.
    pub fn scrub(&mut self) {
        let Ok(slider) = dom::element::<HtmlInputElement>("replay") else {
            return;
        };
        // The slider's own end: more may have been recorded since it was drawn.
        let end: u32 = slider.max().parse().unwrap_or(0);
        let moment = slider.value_as_number();
        if moment < f64::from(end) {
            self.look_back(moment as f32);
        } else {
            self.go_live();
        }
        self.screen.words_changed();
    }

    fn look_back(&mut self, moment: f32) {
        let replay = &mut self.replay;
        replay.recordings.hold();
        let at = moment * replay.recordings.shown().every() as f32;
        (replay.at, replay.playing, replay.drawn) = (Some(at), false, None);
        self.hand_tool();
    }

    /// The stage shows what is going on again.
    pub(super) fn go_live(&mut self) {
        if !self.replay.is_on() {
            return;
        }
        let replay = &mut self.replay;
        replay.recordings.release();
        (replay.at, replay.playing, replay.drawn, replay.way_stale) = (None, false, None, true);
        self.stage.show_live();
        self.hand_tool();
        self.screen.words_changed();
    }

    /// Other data: what was recorded has nothing to do with them.
    pub(super) fn forget_recordings(&mut self) {
        self.go_live();
        self.replay.recordings.clear();
        self.let_go();
    }

    /// Brings the stage to the moment that is to be shown, and draws the way of the picked particle.
    pub(super) fn go_on_replaying(&mut self, now_ms: f64) {
        let replay = &mut self.replay;
        let seconds = ((now_ms - std::mem::replace(&mut replay.last_ms, now_ms)) / 1e3).clamp(0.0, 0.1) as f32;
        if let Some(at) = &mut replay.at {
            let run = replay.recordings.shown();
            if replay.playing {
                let moments = run.len() as f32;
                *at += seconds * RATE.clamp(moments / SECONDS[1], moments / SECONDS[0]) * run.every() as f32;
            }
            let moment = run.moment(*at);
            if replay.playing && moment + 1 >= run.len() {
                return self.go_live();
            }
            if replay.drawn != Some(moment) {
                run.positions(moment, &mut replay.positions);
                let state = run.state(moment).copied().unwrap_or_default();
                let glides = replay.playing && replay.drawn.is_some();
                self.stage
                    .show_recorded(sight(&replay.positions, 0, &state), glides, now_ms);
                (replay.drawn, replay.way_stale) = (Some(moment), true);
                self.screen.words_changed();
            }
        }
        if std::mem::take(&mut self.replay.way_stale) {
            self.draw_way();
        }
    }

    fn draw_way(&mut self) {
        let replay = &mut self.replay;
        let run = if replay.is_on() {
            replay.recordings.shown()
        } else {
            replay.recordings.live()
        };
        let Some(particle) = replay.picked.filter(|&k| k < run.count()) else {
            return self.stage.set_way(None, &[]);
        };
        let moments = replay.drawn.map_or(run.len(), |moment| moment + 1);
        run.path(particle, moments, &mut replay.way);
        // The stage knows best where the particle is seen now, on its way from the moment before.
        replay.way.truncate(replay.way.len().saturating_sub(2));
        self.stage.set_way(Some(particle), &replay.way);
    }

    /// Picks the particle at a place, or lets go.
    pub(super) fn pick(&mut self, at: [f32; 2]) {
        let count = self.replay.recordings.live().count();
        let seen = self.stage.positions();
        let recorded = if self.replay.is_on() {
            seen
        } else {
            &seen[..seen.len().min(2 * count)]
        };
        self.replay.picked = nearest(recorded, at, REACH / self.stage.viewport().scale());
        self.replay.way_stale = true;
        self.screen.words_changed();
    }

    /// Lets go of the picked particle.
    pub(super) fn let_go(&mut self) {
        (self.replay.picked, self.replay.way_stale) = (None, true);
        self.screen.words_changed();
    }

    /// The words around the recording.
    pub(super) fn write_replay(&self) {
        let replay = &self.replay;
        let run = replay.recordings.shown();
        let last = run.len().saturating_sub(1);
        let (Ok(bar), Ok(slider)) = (
            dom::element::<Element>("replay-bar"),
            dom::element::<HtmlInputElement>("replay"),
        ) else {
            return;
        };
        dom::set_flag(&bar, "data-empty", last == 0);
        dom::set_flag(&bar, "data-playing", replay.playing);
        let moment = replay.at.map_or(last, |at| run.moment(at));
        dom::set_attribute(&slider, "max", &last.to_string());
        if slider.value_as_number() as usize != moment {
            slider.set_value(&moment.to_string());
        }
        let text = run.state(moment).map_or_else(String::new, |state| {
            format!("σ = {} · step {}", sigma_text(state.sigma), state.steps)
        });
        dom::set_attribute(&slider, "aria-valuetext", &text);
        dom::set_text("replayed", &text);
        if let Ok(live) = dom::element::<HtmlButtonElement>("live") {
            live.set_disabled(!replay.is_on());
        }
        let picked = self.picked_words();
        dom::set_hidden("picked", picked.is_empty());
        dom::set_text("picked", &picked);
    }

    /// Where the picked particle came from and where it is.
    fn picked_words(&self) -> String {
        let replay = &self.replay;
        let now = replay.picked.and_then(|k| self.stage.positions().get(2 * k..2 * k + 2));
        let start = replay.way.chunks_exact(2).find(|p| p[0].is_finite());
        let (Some(now), Some(start)) = (now.filter(|p| p[0].is_finite()), start) else {
            return String::new();
        };
        let energy = |p: &[f32]| self.stage.energy_at([p[0], p[1]]);
        captions::way(start, now, energy(now) - energy(start), self.shown_sigma())
    }

    /// The caption while the recording is shown.
    pub(super) fn replay_caption(&self) -> Option<String> {
        let state = self.replay.state()?;
        let run = self.replay.recordings.shown();
        Some(captions::replay(state, run.is_partial().then_some(run.count())))
    }
}
