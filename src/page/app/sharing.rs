//! Links: what this lab's says, how one is followed, the dialog that makes one, and the step to which one trains.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};

use super::App;
use super::reports::log;
use crate::engine::protocol::Command;
use crate::page::banner::{self, Kind};
use crate::page::dom;
use crate::page::link::{self, Goal, Parts};

/// What a lock takes out of reach. Whoever looks may still choose the field that is shown.
const LOCKED: &str = "main [data-setting]:not([data-setting=source]), [data-preset], [data-tool=draw], [data-tool=erase], [data-action=clear], [data-action=reset], [data-action=load-weights], [data-action=race], [id^=brush-]";

/// How a frame in another page goes on after the link.
const FRAME: &str = "\" width=\"960\" height=\"540\" style=\"border:0\" allow=\"clipboard-write\"></iframe>";

impl App {
    /// The address that brings this state back.
    pub fn link(&self) -> String {
        self.link_for(self.lab.parts, true)
    }

    /// The same for others: with these parts hidden or locked, and with the network's step or without.
    fn link_for(&self, parts: Parts, with_step: bool) -> String {
        let mut fragment = self.lesson_link().unwrap_or_else(|| {
            let mut text = link::write(&self.lab.target, &self.lab.settings);
            if let Some(goal) = self.here().filter(|_| with_step) {
                link::append_goal(&mut text, &goal);
            }
            link::append_lens(&mut text, &self.stage.lens());
            text
        });
        parts.append_to(&mut fragment);
        let here = dom::window()
            .and_then(|window| window.location().href())
            .unwrap_or_default();
        let base = here.split('#').next().unwrap_or_default();
        if fragment.is_empty() {
            base.to_owned()
        } else {
            [base, &fragment].join("#")
        }
    }

    /// What a link says of the network: nothing of a scene's, and of one whose weights no link brings.
    fn here(&self) -> Option<Goal> {
        let from = self.weights.start.map(|(_, print)| print);
        let step = self.last.stamp.step as u32;
        let here = (step > 0).then_some(Goal { step, from });
        self.lab
            .goal
            .or(here)
            .filter(|_| self.playing.is_none() && !self.weights.own)
    }

    /// The address was changed by hand, or by going back.
    pub(super) fn follow_link(&mut self) {
        let Ok(hash) = dom::window().and_then(|window| window.location().hash()) else {
            return;
        };
        let found = link::read(&hash);
        if let Some(message) = found.complaint() {
            banner::show(Kind::Error, &message, None);
        }
        self.leave_scene();
        self.lab.parts = found.parts;
        self.show_parts();
        self.stage.set_lens(found.lens);
        if found.settings != self.lab.settings {
            self.take_settings(found.settings);
        }
        if found.target != self.lab.target {
            self.take_target(found.target);
        }
        if let Some(goal) = found.goal {
            self.aim_for(goal);
        }
        self.follow_lesson(found.lesson);
    }

    /// Shows the page as its link wants it for those who read it.
    pub(super) fn show_parts(&self) {
        if let Some(root) = dom::root() {
            dom::set_attribute(&root, "data-parts", &self.lab.parts.names(" "));
        }
        let locked = self.lab.parts.has("lock");
        for control in dom::all::<Element>(LOCKED) {
            // Fails only for names that are no names.
            let _ = control.toggle_attribute_with_force("disabled", locked);
        }
    }

    /// Whether settings and data are only to be looked at; says so.
    pub(super) fn is_locked(&mut self) -> bool {
        let locked = self.lab.parts.has("lock");
        if locked {
            banner::show(
                Kind::Notice,
                "This link lets the lab run, and keeps its settings.",
                None,
            );
            self.screen.settings_changed();
        }
        locked
    }

    /// Writes the link of the dialog and what it costs.
    pub fn share(&mut self) {
        let mut parts = Parts::default();
        for part in dom::all::<HtmlInputElement>("[data-part]") {
            if part.checked() {
                parts = parts.with(&part.get_attribute("data-part").unwrap_or_default());
            }
        }
        let step = dom::element::<HtmlInputElement>("share-step");
        let step = step.is_ok_and(|step| step.checked());
        let link = self.link_for(parts, step);
        dom::set_text("share-length", &link.len().to_string());
        let framed = self.link_for(parts.with("embed"), step).replace('&', "&amp;");
        let frame = ["<iframe src=\"", &framed, FRAME].concat();
        for (id, text) in [("copy-link", &link), ("copy-frame", &frame)] {
            if let Ok(field) = dom::element::<HtmlTextAreaElement>(id) {
                field.set_value(text);
            }
        }
        dom::set_text("share-said", "");
        // A bookmark or a reload has it too, and not what others are to have.
        let address = |link: &str| {
            let history = dom::window()?.history()?;
            history.replace_state_with_url(&JsValue::NULL, "", Some(link))
        };
        if let Err(error) = address(&self.link()) {
            log(&error);
        }
    }

    /// Has the network trained up to a link's step, from the seed or from the shipped weights, and then rest.
    pub(super) fn aim_for(&mut self, goal: Goal) {
        if goal.from.is_some() {
            self.renew_from_shipped();
        } else {
            self.renew();
        }
        self.go_on_to(goal);
        if self.shipped_set().is_none() {
            self.begin_with_seed();
        }
    }

    /// The same with the network that is there.
    pub(super) fn go_on_to(&mut self, goal: Goal) {
        (self.lab.goal, self.lab.training, self.stint) = (Some(goal), false, None);
        let message = ["Training up to step ", &goal.step.to_string(), ", as the link says."].concat();
        banner::show(Kind::Offer, &message, Some(("Stop", "stop-goal")));
    }

    /// The shipped weights from which a link's network begins are not to be had.
    pub(super) fn begin_with_seed(&mut self) {
        if let Some(goal) = &mut self.lab.goal
            && goal.from.take().is_some()
        {
            self.weights.touch();
            let message =
                "The weights with which this link begins are shipped no longer: its network learns from the seed.";
            banner::show(Kind::Error, message, None);
        }
    }

    /// Asks the engine for some more of the link's steps, so many that one can stop it.
    pub(super) fn approach_goal(&mut self) {
        let Some(goal) = self.lab.goal else { return };
        let waits = goal.from.is_some() && self.weights.start.is_none();
        if waits || self.stint.is_some() || !self.runs() || self.truth.is_err() {
            return;
        }
        let left = goal.step.saturating_sub(self.last.stamp.step as u32);
        if left == 0 {
            self.drop_goal();
            banner::show(Kind::Notice, "The network is trained as far as the link says.", None);
            return;
        }
        let request = self.requests.number();
        self.stint = Some(request);
        let steps = left.min(self.last.steps_per_second.max(20.0) as u32);
        self.send(&Command::Train { request, steps });
    }

    /// The engine has answered: the network is at a step now, or the engine refuses.
    pub(super) fn end_stint(&mut self, request: u32, step: Option<u64>) {
        if self.stint != Some(request) {
            return;
        }
        self.stint = None;
        match step {
            Some(step) => self.last.stamp.step = step,
            None => self.drop_goal(),
        }
    }

    /// The network is not to be trained up to a step, any more.
    pub(super) fn drop_goal(&mut self) {
        if self.lab.goal.take().is_some() {
            let told = dom::all::<Element>(".banner:has([data-action=stop-goal])");
            told.iter().for_each(Element::remove);
        }
    }
}

/// Copies what is written in a field of the dialog.
pub(super) fn copy(field: &str) {
    let (Ok(window), Ok(field)) = (dom::window(), dom::element::<HtmlTextAreaElement>(field)) else {
        return;
    };
    field.select();
    let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    let copied = (!clipboard.is_undefined()).then(|| {
        JsFuture::from(
            clipboard
                .unchecked_into::<web_sys::Clipboard>()
                .write_text(&field.value()),
        )
    });
    dom::spawn(async move {
        let there = match copied {
            Some(copied) => copied.await.is_ok(),
            None => false,
        };
        let message = if there {
            "Copied."
        } else {
            "It is selected, and this browser lets you copy it by hand."
        };
        dom::set_text("share-said", message);
    });
}
