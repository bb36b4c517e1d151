//! The lessons in their panel: chapters come and go, a guess is made, and what the page measures is written beside it.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlSelectElement};

use super::App;
use super::playing::Learner;
use super::weights::bytes_of;
use crate::distribution::{Preset, Target};
use crate::page::announce::{self, Topic};
use crate::page::lessons::{Measured, language};
use crate::page::scenes::{self, measures, named};
use crate::page::{dom, link};

/// Under this key the browser remembers that the lessons were offered.
const OFFERED: &str = "scorefield-lessons";

/// So long after an answer what it shows is told to those who cannot see it.
const TOLD_AFTER_MS: f64 = 8000.0;

/// Where one is in the lessons.
#[derive(Default)]
pub(super) struct Lessons {
    /// The chapters, once their file is here.
    chapters: Vec<HtmlElement>,
    /// The name of the open chapter. While the file is on its way: the one that is to be opened; empty is the last one.
    pub(super) open: Option<String>,
    /// The chapter that was open last.
    at: usize,
    /// When the question was answered, until what that shows is told.
    answered_ms: Option<f64>,
}

impl App {
    /// Opens the lessons at a chapter; at the last one where there is none of this name.
    fn open_lessons(&mut self, name: &str) {
        let chapters = &self.lessons.chapters;
        if chapters.is_empty() {
            self.leave_scene();
            self.lessons.open = Some(name.to_owned());
            self.show_card();
            return self.fetch_lessons();
        }
        let named = |chapter: &HtmlElement| attribute(chapter, "data-lesson") == name;
        let at = chapters.iter().position(named).unwrap_or(self.lessons.at);
        self.open_chapter(at);
    }

    /// The chapter that a link names, if it names one.
    pub(super) fn follow_lesson(&mut self, name: String) {
        if !name.is_empty() {
            self.open_lessons(&name);
        }
    }

    /// Asks the site for the lessons in the reader's language.
    fn fetch_lessons(&self) {
        let Ok(window) = dom::window() else { return };
        dom::set_hidden("lesson-failed", true);
        let offered = dom::meta("lessons").unwrap_or_default();
        let wanted = window.navigator().language().unwrap_or_default();
        let file = window.fetch_with_str(&format!("lessons/{}.html", language(&offered, &wanted)));
        let handle = self.handle.clone();
        dom::spawn(async move {
            let text = bytes_of(file)
                .await
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            handle.act(move |app| app.take_lessons(text));
        });
    }

    fn take_lessons(&mut self, text: Option<String>) {
        let (Some(text), Ok(place)) = (text, dom::element::<Element>("lesson-text")) else {
            return dom::set_hidden("lesson-failed", false);
        };
        place.set_inner_html(&text);
        self.lessons.chapters = dom::all("#lesson-text > section");
        let count = self.lessons.chapters.len();
        let titles = dom::all::<Element>("#lesson-text h2");
        let options = titles.iter().enumerate().map(|(k, title)| {
            dom::set_attribute(title, "tabindex", "-1");
            format!("<option>{}/{count} {}</option>", k + 1, title.inner_html())
        });
        if let Ok(list) = dom::element::<Element>("lesson-list") {
            list.set_inner_html(&options.collect::<String>());
        }
        if let Some(name) = self.lessons.open.take() {
            self.open_lessons(&name);
        }
    }

    /// What a button of the lessons does.
    pub(super) fn turn_page(&mut self, action: &str) {
        match action {
            "lessons" => {
                decline_offer();
                self.open_lessons("");
            }
            "no-lessons" => decline_offer(),
            "lesson-next" => self.open_chapter(self.lessons.at + 1),
            "lesson-previous" => self.open_chapter(self.lessons.at.saturating_sub(1)),
            _ => {}
        }
    }

    /// A chapter was chosen from the list.
    pub fn choose_chapter(&mut self) {
        if let Ok(list) = dom::element::<HtmlSelectElement>("lesson-list") {
            self.open_chapter(list.selected_index() as usize);
        }
    }

    fn open_chapter(&mut self, at: usize) {
        let Some(chapter) = self.lessons.chapters.get(at).cloned() else {
            return;
        };
        self.end_play();
        (self.lessons.at, self.lessons.answered_ms) = (at, None);
        self.lessons.open = Some(attribute(&chapter, "data-lesson"));
        let lessons = &self.lessons;
        for (k, section) in lessons.chapters.iter().enumerate() {
            section.set_hidden(k != at);
        }
        if let Ok(list) = dom::element::<HtmlSelectElement>("lesson-list") {
            list.set_selected_index(at as i32);
        }
        for (id, last) in [("lesson-previous", 0), ("lesson-next", lessons.chapters.len() - 1)] {
            if let Ok(button) = dom::element::<HtmlButtonElement>(id) {
                button.set_disabled(at == last);
            }
        }
        self.set_up(&chapter);
        if chapter
            .query_selector("[data-answered]")
            .is_ok_and(|found| found.is_some())
        {
            self.run_answer(&chapter);
        }
        self.show_card();
        if let Ok(Some(title)) = chapter.query_selector("h2") {
            title.scroll_into_view_with_bool(false);
            // Fails only in a page that is being closed.
            let _ = title.unchecked_ref::<HtmlElement>().focus();
        }
    }

    /// Brings the lab into the state in which a chapter begins.
    fn set_up(&mut self, chapter: &Element) {
        if let Some(scene) = named(&attribute(chapter, "data-scene")) {
            return self.begin_scene(scene);
        }
        let learner = match attribute(chapter, "data-network").as_str() {
            "shipped" => Learner::Shipped,
            "fresh" => Learner::Fresh,
            _ => Learner::Rests,
        };
        let changes = attribute(chapter, "data-changes");
        let settings = scenes::settings(&changes, learner != Learner::Rests, &self.lab.settings);
        if let (Ok(settings), Ok(preset)) = (settings, Preset::from_name(&attribute(chapter, "data-preset"))) {
            self.begin_play("", learner, settings, Target::Preset(preset));
        }
    }

    /// An answer was chosen: it is marked, run, and what that shows is no longer hidden.
    pub fn guess(&mut self, answer: &Element) {
        let part = |selector: &str| answer.closest(selector).ok().flatten();
        let (Some(question), Some(chapter)) = (part("fieldset"), part("section")) else {
            return;
        };
        if question.has_attribute("data-answered") {
            return;
        }
        let verdict = if attribute(answer, "data-guess") == "right" {
            "right"
        } else {
            "wrong"
        };
        dom::set_attribute(&question, "data-answered", verdict);
        dom::set_attribute(answer, "aria-pressed", "true");
        let words = dom::all::<Element>(&format!("#lesson-text > [data-verdict={verdict}]"));
        let words = words.first().and_then(|words| words.text_content()).unwrap_or_default();
        if let Ok(Some(reveal)) = chapter.query_selector(".reveal") {
            // Fails only for places that are no places.
            let _ = reveal.insert_adjacent_html("afterbegin", &format!("<p class=verdict>{words}</p> "));
            reveal.scroll_into_view_with_bool(false);
        }
        announce::say(Topic::Message, words);
        self.lessons.answered_ms = Some(dom::now_ms());
        self.run_answer(&chapter);
    }

    /// Does what the answer of a chapter is measured by.
    fn run_answer(&mut self, chapter: &Element) {
        let reveal = chapter.query_selector(".reveal").ok().flatten();
        match reveal.map(|reveal| attribute(&reveal, "data-run")).as_deref() {
            Some("restart") => self.perform("restart"),
            Some("train") => self.lab.training = true,
            Some(changes) => self.take_changes(changes),
            None => {}
        }
        self.screen.words_changed();
    }

    /// Writes the figures of the open chapter. `scene`: those of the scene that plays; `revision`: of the chapter's data.
    pub(super) fn write_lesson(&mut self, scene: &[f32], revision: u32) {
        let Some(chapter) = self
            .lessons
            .open
            .as_ref()
            .and(self.lessons.chapters.get(self.lessons.at))
        else {
            return;
        };
        let Ok(Some(reveal)) = chapter.query_selector("[data-answered] ~ .reveal") else {
            return;
        };
        let measured = Measured {
            tracks: &self.tracks,
            progress: self.known.progress.as_ref(),
            step: self.last.stamp.step,
            approach: self.approach.last(),
            sigma: self.lab.settings.sigma,
            scene,
        };
        // On other data they would mean something else.
        let ours = revision == self.lab.target_revision;
        for output in dom::all::<Element>("#lesson-text > :not([hidden]) [data-figure]") {
            let figure = measured.figure(&attribute(&output, "data-figure")).filter(|_| ours);
            let text = measures::figure(figure.unwrap_or(f32::NAN));
            if output.text_content().as_deref() != Some(&text) {
                output.set_text_content(Some(&text));
            }
        }
        if self
            .lessons
            .answered_ms
            .is_some_and(|at| dom::now_ms() - at > TOLD_AFTER_MS)
        {
            self.lessons.answered_ms = None;
            announce::say(Topic::Message, reveal.text_content().unwrap_or_default());
        }
    }

    /// The fragment that brings back the open chapter, and what was there before it.
    pub(super) fn lesson_link(&self) -> Option<String> {
        let (name, playing) = self.lessons.open.as_ref().zip(self.playing.as_ref())?;
        let mut text = link::write(&playing.before.target, &playing.before.settings);
        link::append(&mut text, "lesson", name);
        Some(text)
    }
}

fn attribute(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}

/// Offers the lessons to whoever comes for the first time, unless the browser could not remember that.
pub(super) fn offer(wanted: bool) {
    let new = dom::storage().is_some_and(|storage| storage.get_item(OFFERED).is_ok_and(|found| found.is_none()));
    dom::set_hidden("offer", !(wanted && new));
}

/// Takes the offer away for good.
fn decline_offer() {
    dom::set_hidden("offer", true);
    if let Some(storage) = dom::storage() {
        // Refused where there is no room; then it is offered again.
        let _ = storage.set_item(OFFERED, "no");
    }
}
