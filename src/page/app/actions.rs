//! What people do besides what they do on the stage: buttons, keys, controls.

use web_sys::{HtmlDialogElement, HtmlInputElement};

use super::reports::log;
use super::{App, DRAWS, sharing};
use crate::distribution::{Preset, Target};
use crate::engine::protocol::Command;
use crate::engine::settings::Settings;
use crate::page::announce::{self, Topic};
use crate::page::banner::{self, Kind};
use crate::page::charts::Bars;
use crate::page::controls::Chosen;
use crate::page::editor::Editor;
use crate::page::flat;
use crate::page::keys::Key;
use crate::page::lab::{Lab, sigma_text};
use crate::page::{captions, dom, offline};

/// What a key comes nearer by.
const APPROACH: f32 = 1.15;

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
            "undo" | "redo" | "clear" | "reset" | "race" | "load-weights" | "afresh" if self.is_locked() => {}
            "train" | "train-once" | "sample" | "sample-once" | "play-all" | "restart" => self.start_or_hold(action),
            "keys" | "scenes" | "save" | "sharing" => self.open_dialog(action),
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
                self.charts.against = self.charts.against.other();
                self.screen.charts_changed();
            }
            "race" => self.take_settings(Settings {
                race: !self.lab.settings.race,
                ..self.lab.settings.clone()
            }),
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
            "theme" => self.change_theme(),
            "levels" => self.show_levels(!self.lab.settings.all_levels),
            "projector" => self.project(!self.lab.settings.projector),
            "leave-scene" => self.leave_scene(),
            "measure-again" => self.measure_again(),
            "afresh" => self.start_afresh(),
            "replay" => self.play_recording(),
            "live" => self.go_live(),
            "let-go" => {
                self.show_levels(false);
                self.project(false);
                self.put_away();
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

    /// Training and sampling: on, off, or for once.
    fn start_or_hold(&mut self, action: &str) {
        if matches!(action, "train" | "train-once" | "play-all") {
            self.drop_goal();
        }
        match action {
            "train" => self.lab.training = !self.lab.training,
            "train-once" => {
                self.lab.training = false;
                self.send(&Command::TrainOnce);
            }
            "sample" => self.lab.sampling = !self.lab.sampling,
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
            _ => {
                let on = !(self.lab.training || self.lab.sampling);
                (self.lab.training, self.lab.sampling) = (on, on);
            }
        }
    }

    fn open_dialog(&mut self, name: &str) {
        match name {
            "save" => self.offer_views(),
            "sharing" => self.share(),
            _ => {}
        }
        if let Ok(dialog) = dom::element::<HtmlDialogElement>(name)
            && !dialog.open()
        {
            if let Err(error) = dialog.show_modal() {
                log(&error);
            }
            // Where it is longer than the screen, the browser shows what it gives the focus to, which may be its end.
            dialog.set_scroll_top(0);
        }
    }

    fn change_theme(&mut self) {
        self.theme = self.theme.next();
        self.theme.remember();
        self.put_on_theme();
        banner::clear(Kind::Notice);
        banner::show(Kind::Notice, &format!("Theme: {}.", self.theme.name()), None);
    }

    /// Has the engine compare the network's density with the truth.
    pub fn measure(&mut self, request: u32, count: u32) {
        self.send(&Command::Likelihood { request, count });
    }

    fn show_bars(&mut self, bars: Bars) {
        self.charts.bars = bars;
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
