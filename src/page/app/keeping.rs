//! What the browser keeps of the lab, so that a reload, a closed tab or a crash loses neither drawing nor settings.
//!
//! It is kept as the fragment of a link, together with the fragment that the address had then. A tab that is loaded again
//! comes back as it was left; another tab takes over what was kept last, unless its address says something itself.
//! A scene keeps nothing: behind it is the lab to which it returns.

use wasm_bindgen::JsValue;
use web_sys::Storage;

use super::App;
use super::reports::log;
use crate::distribution::{Preset, Target};
use crate::engine::settings::Settings;
use crate::page::banner::{self, Kind};
use crate::page::{dom, link};

/// The name under which the lab is kept, with the version of the form.
const KEY: &str = "scorefield-lab-1";
/// Changes are kept no more often than this, milliseconds.
const EVERY_MS: f64 = 1000.0;

/// What was kept last.
#[derive(Default)]
pub(super) struct Kept {
    /// Revisions of settings and data.
    of: (u32, u32),
    at_ms: f64,
    /// The browser refused, and that was said.
    refused: bool,
}

/// The fragment that was kept, if it is to be taken up under this fragment and query of an address.
pub(super) fn kept(fragment: &str, query: &str) -> Option<String> {
    if !link::leaves_start_open("", query) {
        return None;
    }
    let [tab, browser] = storages().map(|storage| storage?.get_item(KEY).ok()?);
    choose(fragment, tab.as_deref(), browser.as_deref()).map(str::to_owned)
}

/// Of what is kept for the tab and for the browser, the fragment that is to be taken up.
fn choose<'a>(address: &str, tab: Option<&'a str>, browser: Option<&'a str>) -> Option<&'a str> {
    let of_tab = tab
        .and_then(|text| text.split_once('\n'))
        .filter(|kept| kept.0 == address);
    let of_browser = browser.and_then(|text| text.split_once('\n'));
    of_tab
        .or(of_browser.filter(|_| address.is_empty()))
        .map(|(_, fragment)| fragment)
}

/// For the tab and for all tabs; none where the browser keeps nothing.
fn storages() -> [Option<Storage>; 2] {
    let of_tab = dom::window().and_then(|window| window.session_storage());
    [of_tab.ok().flatten(), dom::storage()]
}

impl App {
    fn revisions(&self) -> (u32, u32) {
        (self.lab.settings_revision, self.lab.target_revision)
    }

    /// Keeps the lab if it has changed. `hurry`: the page may be gone in a moment.
    pub(super) fn keep(&mut self, hurry: bool) {
        let now_ms = dom::now_ms();
        let early = self.editor.is_drawing() || now_ms - self.kept.at_ms < EVERY_MS;
        let of = self.revisions();
        // A frame in another page is not where one comes back to.
        let elsewhere = self.playing.is_some() || self.lab.parts.has("embed");
        if of == self.kept.of || (early && !hurry) || elsewhere || self.truth.is_err() {
            return;
        }
        (self.kept.of, self.kept.at_ms) = (of, now_ms);
        let address = dom::window().and_then(|window| window.location().hash());
        let fragment = link::write(&self.lab.target, &self.lab.settings);
        let text = format!("{}\n{fragment}", address.unwrap_or_default());
        let done = storages().map(|storage| storage?.set_item(KEY, &text).ok());
        if done.iter().all(Option::is_none) && !std::mem::replace(&mut self.kept.refused, true) {
            let message = "This browser keeps nothing for this page: a link by Share brings drawing and settings back.";
            banner::show(Kind::Notice, message, None);
        }
    }

    /// Everything as at a first visit, and nothing kept; undo brings the data back.
    pub(super) fn start_afresh(&mut self) {
        self.leave_scene();
        self.take_settings(Settings::default());
        self.take_target(Target::Preset(Preset::Moons));
        self.renew();
        self.weights.untouched = true;
        self.fetch_shipped();
        self.kept.of = self.revisions();
        for storage in storages().into_iter().flatten() {
            // Refused only where nothing could be kept either.
            let _ = storage.remove_item(KEY);
        }
        let bare = || {
            let window = dom::window()?;
            let address = window.location().pathname()? + &window.location().search()?;
            window
                .history()?
                .replace_state_with_url(&JsValue::NULL, "", Some(&address))
        };
        if let Err(error) = bare() {
            log(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_comes_back_as_it_was_left_and_a_link_wins_over_what_another_tab_left() {
        let (tab, browser) = (Some("#data=rings\nwidth=32"), Some("\ndata=d.xyz"));
        assert_eq!(choose("#data=rings", tab, browser), Some("width=32"));
        assert_eq!(choose("#data=moons", tab, browser), None);
        assert_eq!(choose("", tab, browser), Some("data=d.xyz"));
        assert_eq!(choose("", None, Some("#data=rings\n")), Some(""));
        assert_eq!(choose("", None, None), None);
        assert_eq!(choose("", Some("damaged"), Some("damaged")), None);
    }
}
