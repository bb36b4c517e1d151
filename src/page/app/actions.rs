//! What people do: buttons, keys, controls, strokes, links.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use web_sys::{HtmlDialogElement, HtmlInputElement};

use super::reports::log;
use super::{App, DRAWS, sharing};
use crate::distribution::{Preset, Target};
use crate::engine::protocol::Command;
use crate::engine::settings::Settings;
use crate::page::announce::{self, Topic};
use crate::page::banner::{self, Kind};
use crate::page::charts::Bars;
use crate::page::controls::{self, Chosen};
use crate::page::editor::Editor;
use crate::page::flat;
use crate::page::keys::Key;
use crate::page::lab::{Lab, sigma_text};
use crate::page::stage::{StageEvent, Tool};
use crate::page::{captions, dom, offline};

/// What a key comes nearer by.
const APPROACH: f32 = 1.15;
/// Particles in one drop, over a disc of the brush's size.
const DROP: usize = 40;
/// While the pointer moves, no more than this many wait to be sent.
const MOST_DROPPED: usize = 2000;

impl App {
    /// A setting was chosen at a control.
    pub fn set_by_hand(&mut self, key: &str, chosen: Chosen) {
        if !matches!(key, "projector" | "source") && self.is_locked() {
            return;
        }
        let value = match chosen {
            Chosen::Text(value) => value,
            Chosen::Ladder(u) => return self.select_sigma(self.ladder().at(u)),
        };
        // Whoever pins keeps what is shown.
        let shown = self.shown_sigma().to_string();
        let mut changes = vec![(key, value.as_str())];
        if key == "pinned" {
            changes.push(("sigma", shown.as_str()));
        }
        match flat::with(&self.lab.settings, changes) {
            Ok(settings) => self.take_settings(settings),
            Err(error) => banner::show(Kind::Error, &error.to_string(), None),
        }
        self.screen.words_changed();
    }

    /// Takes over settings that were checked.
    pub fn take_settings(&mut self, settings: Settings) {
        let consequences = self.lab.apply(settings);
        if consequences.new_network {
            self.renew();
        }
        self.screen.settings_changed();
    }

    /// Puts a noise level on the stage and keeps it there.
    pub fn select_sigma(&mut self, sigma: f32) {
        let settings = Settings {
            sigma,
            pinned: true,
            ..self.lab.settings.clone()
        };
        if settings.check().is_ok() && !self.is_locked() {
            self.go_live();
            self.take_settings(settings);
        }
    }

    /// Replaces the data; undo brings the old ones back.
    pub fn take_target(&mut self, target: Target) {
        self.editor.replace(&mut self.lab, target);
        self.look_at_truth();
        self.forget_recordings();
        // Other data, other basins: the particles start over.
        if self.truth.is_ok() && self.runs() {
            self.send(&Command::Restart);
        }
        self.screen.target_changed();
        self.fetch_shipped();
    }

    /// A named set was chosen by its name.
    pub fn choose_preset(&mut self, name: &str) {
        match Preset::from_name(name) {
            _ if self.is_locked() => {}
            Ok(preset) => self.take_target(Target::Preset(preset)),
            Err(error) => banner::show(Kind::Error, &error.to_string(), None),
        }
    }

    /// One of the page's `data-action`s.
    pub fn perform(&mut self, action: &str) {
        match action {
            "train" => {
                self.drop_goal();
                self.lab.training = !self.lab.training;
            }
            "sample" => self.lab.sampling = !self.lab.sampling,
            "play-all" => {
                let on = !(self.lab.training || self.lab.sampling);
                self.drop_goal();
                (self.lab.training, self.lab.sampling) = (on, on);
            }
            "train-once" => {
                self.drop_goal();
                self.lab.training = false;
                self.send(&Command::TrainOnce);
            }
            "sample-once" => {
                self.lab.sampling = false;
                self.send(&Command::SampleOnce);
            }
            "restart" => {
                self.lab.sampling = true;
                self.go_live();
                if self.runs() {
                    self.send(&Command::Restart);
                }
            }
            "undo" | "redo" | "clear" | "reset" | "race" | "load-weights" | "afresh" if self.is_locked() => {}
            "copy-link" | "copy-frame" => sharing::copy(action),
            "stop-goal" => self.drop_goal(),
            "take-over" => offline::take_over(),
            "reset" => self.renew(),
            "measure" => {
                let request = self.requests.number();
                self.measure(request, DRAWS);
            }
            "errors" => self.show_bars(Bars::Errors),
            "losses" => self.show_bars(Bars::Losses),
            "seconds" => {
                self.against = self.against.other();
                self.screen.charts_changed();
            }
            "race" => {
                let race = !self.lab.settings.race;
                let settings = Settings {
                    race,
                    ..self.lab.settings.clone()
                };
                self.take_settings(settings);
            }
            "save-weights" => {
                let request = self.requests.number();
                self.send(&Command::SaveWeights { request });
            }
            "load-weights" => {
                if let Ok(input) = dom::element::<HtmlInputElement>("weights-file") {
                    input.click();
                }
            }
            "undo" => self.edit(Editor::undo),
            "redo" => self.edit(Editor::redo),
            "clear" => self.edit(Editor::clear),
            "theme" => {
                self.theme = self.theme.next();
                self.theme.remember();
                self.put_on_theme();
                banner::clear(Kind::Notice);
                banner::show(Kind::Notice, &format!("Theme: {}.", self.theme.name()), None);
            }
            "levels" => self.show_levels(!self.lab.settings.all_levels),
            "keys" | "scenes" | "save" | "sharing" => {
                match action {
                    "save" => self.offer_views(),
                    "sharing" => self.share(),
                    _ => {}
                }
                if let Ok(dialog) = dom::element::<HtmlDialogElement>(action)
                    && !dialog.open()
                    && let Err(error) = dialog.show_modal()
                {
                    log(&error);
                }
            }
            "projector" => self.project(!self.lab.settings.projector),
            "leave-scene" => self.leave_scene(),
            "measure-again" => self.measure_again(),
            "afresh" => self.start_afresh(),
            "replay" => self.play_recording(),
            "live" => self.go_live(),
            "let-go" => {
                self.show_levels(false);
                self.project(false);
                self.let_go();
                self.drop_loop();
                self.drop_probe();
            }
            "nearer" => self.stage.approach(APPROACH),
            "farther" => self.stage.approach(1.0 / APPROACH),
            "home" => self.stage.go_home(),
            "restart-engine" => self.restart_engine(),
            "film" => self.film(),
            "stop-picture" => self.stop_picture(),
            "fit-points" => self.fit_points(),
            _ => match action.strip_prefix("save-") {
                Some(what) => self.save(what),
                None => self.turn_page(action),
            },
        }
        self.screen.words_changed();
    }

    /// Has the engine compare the network's density with the truth.
    pub fn measure(&mut self, request: u32, count: u32) {
        self.send(&Command::Likelihood { request, count });
    }

    fn show_bars(&mut self, bars: Bars) {
        self.bars = bars;
        self.screen.charts_changed();
    }

    /// For readers far away, or for those who sit before it.
    fn project(&mut self, projector: bool) {
        if projector != self.lab.settings.projector {
            let settings = Settings {
                projector,
                ..self.lab.settings.clone()
            };
            self.take_settings(settings);
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, key: Key) {
        match key {
            Key::Action(action) => {
                self.perform(action);
                match action {
                    "play-all" if self.lab.sampling => tell("plays"),
                    "play-all" => tell("holds"),
                    "undo" | "redo" => tell(&captions::data(&self.lab.target)),
                    "describe" => tell(&self.description()),
                    _ => {}
                }
            }
            Key::Tool(tool) => {
                self.take_tool(tool);
                tell(tool);
            }
            Key::Source(source) => {
                self.set_by_hand("source", Chosen::Text(source.into()));
                tell(source);
            }
            Key::Rungs(down) => {
                let ladder = self.ladder();
                let last = ladder.levels as i32 - 1;
                let level = (ladder.nearest(self.shown_sigma()) as i32 + down).clamp(0, last);
                let sigma = ladder.sigma(level as usize);
                self.select_sigma(sigma);
                tell(&format!("σ = {}", sigma_text(sigma)));
            }
        }
    }

    /// The keyboard's cursor went somewhere, or left: who draws with it sees the usual window.
    fn follow_cursor(&mut self, at: Option<[f32; 2]>) {
        self.pointer_inside = at.is_some();
        if let Some(at) = at {
            announce::say(Topic::Cursor, captions::place(&at));
        }
    }

    /// Takes a tool by its name.
    pub fn take_tool(&mut self, name: &str) {
        if matches!(name, "draw" | "erase") && self.is_locked() {
            return;
        }
        self.set_tool(match name {
            "draw" => Tool::Draw,
            "erase" => Tool::Erase,
            "drop" => Tool::Drop,
            "loop" => Tool::Loop,
            "probe" => Tool::Probe,
            _ => Tool::Look,
        });
        if self.tool != Tool::Look && self.lab.settings.surface {
            banner::clear(Kind::Notice);
            banner::show(
                Kind::Notice,
                "A landscape is only looked at: switch 3-D off in View to use this tool.",
                None,
            );
        }
    }

    pub(super) fn set_tool(&mut self, tool: Tool) {
        self.tool = tool;
        if tool != Tool::Loop {
            self.drop_loop();
        }
        if tool != Tool::Probe {
            self.drop_probe();
        }
        if matches!(tool, Tool::Draw | Tool::Erase | Tool::Drop) {
            self.go_live();
        }
        self.hand_tool();
        self.screen.words_changed();
    }

    /// Takes over the brush as its sliders have it.
    pub fn take_brush(&mut self) {
        let read = |id: &str| {
            let input: HtmlInputElement = dom::element(id).ok()?;
            let value = input.value_as_number();
            controls::show_output(&input, &format!("{value:.2}"));
            Some(value as f32)
        };
        self.editor.size = read("brush-size").unwrap_or(self.editor.size);
        self.editor.softness = read("brush-softness").unwrap_or(self.editor.softness);
        self.stage.set_brush(self.editor.size);
    }

    pub(super) fn on_stage(&mut self, event: StageEvent) {
        match event {
            StageEvent::StrokeBegin { tool, at, .. } => match tool {
                Tool::Draw | Tool::Erase => {
                    self.held_sigma = Some(self.shown_sigma());
                    if let Err(error) = self.editor.begin(&mut self.lab, tool, at) {
                        banner::show(Kind::Error, &error.to_string(), None);
                    }
                    self.screen.target_changed();
                }
                Tool::Drop => self.drop_particles(at),
                Tool::Loop => {
                    self.held_sigma = Some(self.shown_sigma());
                    self.draw_loop(at, true);
                }
                Tool::Probe => self.probe_at(at),
                Tool::Look => {}
            },
            StageEvent::StrokeMove { at } => {
                if self.tool == Tool::Drop {
                    self.drop_particles(at);
                } else if self.tool == Tool::Probe {
                    self.probe_at(at);
                } else if self.tool == Tool::Loop {
                    self.draw_loop(at, false);
                } else if !self.editor.go_on(&mut self.lab, at) {
                    banner::show(
                        Kind::Notice,
                        "This drawing is full: erase something to draw more.",
                        None,
                    );
                }
            }
            StageEvent::StrokeEnd if self.tool == Tool::Loop => {
                self.held_sigma = None;
                self.close_loop();
            }
            StageEvent::StrokeEnd if self.tool == Tool::Probe => {}
            StageEvent::StrokeEnd => {
                self.editor.end(&mut self.lab);
                announce::say(Topic::Cursor, captions::data(&self.lab.target));
                self.held_sigma = None;
                self.screen.target_changed();
            }
            StageEvent::Click { at } => self.pick(at),
            StageEvent::Cursor { at } => self.follow_cursor(at),
        }
    }

    fn drop_particles(&mut self, at: [f32; 2]) {
        if self.dropped.len() >= 2 * MOST_DROPPED {
            return;
        }
        let seed = at[0].to_bits() ^ at[1].to_bits().rotate_left(16);
        let mut rng = StdRng::seed_from_u64(u64::from(seed));
        for _ in 0..DROP {
            let radius = self.editor.size * rng.random::<f32>().sqrt();
            let (sin, cos) = (std::f32::consts::TAU * rng.random::<f32>()).sin_cos();
            self.dropped.extend([at[0] + radius * cos, at[1] + radius * sin]);
        }
    }

    #[inline(never)]
    fn edit(&mut self, how: fn(&mut Editor, &mut Lab)) {
        how(&mut self.editor, &mut self.lab);
        self.screen.target_changed();
    }
}

/// Says what a key has changed.
fn tell(what: &str) {
    announce::say(Topic::State, what.to_owned());
}
