//! What plays, a scene or a chapter of the lessons: how it comes and goes, and the card beside it.

use web_sys::{Element, HtmlElement};

use super::figures::Inquiry;
use super::{App, Weights};
use crate::distribution::Target;
use crate::engine::protocol::Checkpoint;
use crate::engine::settings::Settings;
use crate::page::dom;
use crate::page::editor::Editor;
use crate::page::scenes::{self, Scene, named};

/// What becomes of the network while something plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learner {
    /// It takes no part, and rests.
    Rests,
    /// One from the shipped weights takes its place, and learns on.
    Shipped,
    /// A fresh one takes its place, and waits.
    Fresh,
}

/// The lab as it was before.
pub(super) struct Before {
    pub(super) settings: Settings,
    pub(super) target: Target,
    editor: Editor,
    training: bool,
    sampling: bool,
    checkpoint: Option<Box<Checkpoint>>,
    weights: Weights,
}

/// What is under way.
pub(super) struct Playing {
    /// The scene's name; none for a chapter on data of its own.
    pub(super) name: &'static str,
    learner: Learner,
    pub(super) before: Before,
    /// The data's revision while they are the scene's.
    pub(super) revision: u32,
    /// What it asks the engine.
    pub(super) inquiry: Inquiry,
}

impl App {
    /// Begins a scene.
    pub fn play(&mut self, name: &str) {
        let Some(scene) = named(name) else { return };
        self.leave_scene();
        self.begin_scene(scene);
        self.show_card();
    }

    pub(super) fn begin_scene(&mut self, scene: &'static Scene) {
        let learner = if scene.learns { Learner::Shipped } else { Learner::Rests };
        if let (Ok(settings), Ok(target)) = (scene.settings(&self.lab.settings), scene.target()) {
            self.begin_play(scene.name, learner, settings, target);
        }
    }

    /// Puts other settings, data and perhaps another network in the place of those that are there, which are kept.
    pub(super) fn begin_play(&mut self, name: &'static str, learner: Learner, settings: Settings, target: Target) {
        let before = Before {
            settings: self.lab.settings.clone(),
            target: self.lab.target.clone(),
            editor: self.editor.clone(),
            training: self.lab.training,
            sampling: self.lab.sampling,
            checkpoint: self.checkpoint.clone(),
            weights: self.weights.clone(),
        };
        (self.lab.training, self.lab.sampling) = (learner == Learner::Shipped, true);
        self.drop_goal();
        self.weights.touch();
        self.take_settings(settings);
        self.take_target(target);
        if learner == Learner::Shipped {
            self.renew_from_shipped();
        } else if learner == Learner::Fresh {
            self.renew();
        } else if let Ok(truth) = &self.truth
            && !(0.98..1.02).contains(&(self.fit.scale / truth.scale()))
        {
            self.renew(); // the ladder is as wide as the data to which the network was fitted
        }
        self.playing = Some(Playing {
            name,
            learner,
            before,
            revision: self.lab.target_revision,
            inquiry: Inquiry::default(),
        });
    }

    /// Ends scene and lesson.
    pub(super) fn leave_scene(&mut self) {
        self.end_play();
        self.lessons.open = None;
        self.show_card();
    }

    /// Settings, data and network are those from before again.
    pub(super) fn end_play(&mut self) {
        let Some(Playing { learner, before, .. }) = self.playing.take() else {
            return;
        };
        // The network from before comes back, and not the one that is shipped for its data.
        self.weights.touch();
        self.take_settings(before.settings);
        self.take_target(before.target);
        self.editor = before.editor;
        (self.lab.training, self.lab.sampling) = (before.training, before.sampling);
        match before.checkpoint {
            Some(mut checkpoint) => {
                let run = self.next_run();
                self.begin_run(run);
                (self.weights.start, self.weights.own) = (before.weights.start, before.weights.own);
                (checkpoint.stamp.run, self.last.stamp.step) = (run, checkpoint.stamp.step);
                self.checkpoint = Some(checkpoint);
            }
            // Nothing was kept, as nothing was learned yet.
            None if learner == Learner::Rests => {}
            None if before.weights.untouched => self.renew_from_shipped(),
            None => self.renew(),
        }
        self.weights.untouched = before.weights.untouched;
    }

    /// A new network, with the weights shipped for these data if there are any for a network of its kind.
    pub(super) fn renew_from_shipped(&mut self) {
        self.renew();
        self.weights.untouched = true;
        self.fetch_shipped();
    }

    /// Several settings at once, as a button of a card names them.
    pub fn take_changes(&mut self, changes: &str) {
        if let Ok(settings) = scenes::set(&self.lab.settings, changes) {
            self.take_settings(settings);
            self.screen.words_changed();
        }
    }

    /// The card of the scene that plays, or the lesson, and none else; the style sheet makes room for it.
    pub(super) fn show_card(&mut self) {
        let lesson = self.lessons.open.as_deref();
        let playing = self.playing.as_ref().filter(|_| lesson.is_none());
        let name = playing.map_or("", |playing| playing.name);
        dom::set_hidden("scene", name.is_empty());
        dom::set_hidden("lesson", lesson.is_none());
        if let Ok(main) = dom::element::<Element>("lab") {
            dom::set_attribute(&main, "data-scene", name);
            dom::set_attribute(&main, "data-lesson", lesson.unwrap_or_default());
        }
        for card in dom::all::<HtmlElement>("[data-card]") {
            card.set_hidden(card.get_attribute("data-card").as_deref() != Some(name));
        }
        if !name.is_empty()
            && let Ok(card) = dom::element::<HtmlElement>("scene")
        {
            card.scroll_into_view_with_bool(false);
        }
        self.redraw_everything();
    }
}
