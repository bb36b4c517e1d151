//! What the browser keeps of the lab, so that a reload, a closed tab or a crash loses neither drawing nor settings nor the
//! network.
//!
//! The lab is kept as the fragment of a link, together with the fragment that the address had then; the network as the
//! engine's last checkpoint, if it is of ordinary size. A tab that is loaded again
//! comes back as it was left; another tab takes over what was kept last, unless its address says something itself.
//! A scene keeps nothing: behind it is the lab to which it returns.

use wasm_bindgen::JsValue;
use web_sys::Storage;

use super::App;
use super::reports::log;
use crate::distribution::{Preset, Target, base64url};
use crate::engine::protocol::{self, Checkpoint};
use crate::engine::settings::Settings;
use crate::page::banner::{self, Kind};
use crate::page::layers::camera::Camera;
use crate::page::layers::lens::Lens;
use crate::page::{dom, link};

/// The name under which the lab is kept, with the version of the form.
const KEY: &str = "scorefield-lab-1";
/// The same for the network; what other builds have kept they may have kept in another form.
const NETWORK: &str = "scorefield-network-1";
/// Changes are kept no more often than this, milliseconds, and those of the network, which is long, than this.
const EVERY_MS: f64 = 1000.0;
const NETWORK_EVERY_MS: f64 = 10_000.0;
/// Networks with more weights than this are not kept: browsers keep some 5 MB, and one of these is 1 MB.
const MOST_WEIGHTS: usize = 24_000;

/// What was kept last.
#[derive(Default)]
pub(super) struct Kept {
    /// The network's run and step, and when it was kept.
    network: Option<(u32, u64)>,
    network_ms: f64,
    /// Revisions of settings and data, and how the stage was seen.
    pub of: (u32, u32, Lens, Camera),
    at_ms: f64,
    /// The browser refused, and that was said.
    refused: bool,
}

/// The fragment that was kept, if it is to be taken up under this fragment and query of an address.
pub(super) fn kept(fragment: &str, query: &str) -> Option<String> {
    taken(KEY, fragment, query)
}

fn taken(key: &str, fragment: &str, query: &str) -> Option<String> {
    if !link::leaves_start_open("", query) {
        return None;
    }
    let [tab, browser] = storages().map(|storage| storage?.get_item(key).ok()?);
    choose(fragment, tab.as_deref(), browser.as_deref()).map(str::to_owned)
}

/// Keeps a text for the tab and for the browser, under what the address says now; false where neither keeps it.
fn put(key: &str, text: &str) -> bool {
    let address = dom::window().and_then(|window| window.location().hash());
    let text = format!("{}\n{text}", address.unwrap_or_default());
    let done = storages().map(|storage| storage?.set_item(key, &text).ok());
    done.iter().any(Option::is_some)
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
    pub(super) fn revisions(&self) -> (u32, u32, Lens, Camera) {
        let lab = &self.lab;
        (
            lab.settings_revision,
            lab.target_revision,
            self.stage.lens(),
            self.stage.camera(),
        )
    }

    /// What is here is not what one comes back to: a scene, or a frame in another page.
    fn is_elsewhere(&self) -> bool {
        self.playing.is_some() || self.lab.parts.has("embed")
    }

    /// Keeps the lab if it has changed. `hurry`: the page may be gone in a moment.
    pub(super) fn keep(&mut self, hurry: bool) {
        let now_ms = dom::now_ms();
        let early = self.editor.is_drawing() || now_ms - self.kept.at_ms < EVERY_MS;
        let of = self.revisions();
        if of == self.kept.of || (early && !hurry) || self.is_elsewhere() || self.truth.is_err() {
            return;
        }
        (self.kept.of, self.kept.at_ms) = (of, now_ms);
        let mut fragment = link::write(&self.lab.target, &self.lab.settings);
        self.append_sight(&mut fragment);
        if !put(KEY, &fragment) && !std::mem::replace(&mut self.kept.refused, true) {
            let message = "This browser keeps nothing for this page: a link by Share brings drawing and settings back.";
            banner::show(Kind::Notice, message, None);
        }
    }

    /// Keeps the network if it has changed; see [`Self::keep`].
    pub(super) fn keep_network(&mut self, hurry: bool) {
        let now_ms = dom::now_ms();
        let early = now_ms - self.kept.network_ms < NETWORK_EVERY_MS;
        let of = self.checkpoint.as_ref().map(|kept| (kept.stamp.run, kept.stamp.step));
        if of == self.kept.network || (early && !hurry) || self.is_elsewhere() {
            return;
        }
        (self.kept.network, self.kept.network_ms) = (of, now_ms);
        let short = self
            .checkpoint
            .as_deref()
            .filter(|kept| kept.weights.0.len() <= MOST_WEIGHTS);
        let code = short.and_then(|kept| {
            let bytes = protocol::encode(&(protocol::VERSION, self.weights.start, self.weights.own, kept)).ok()?;
            Some(base64url::encode(&bytes))
        });
        // Nothing is kept rather than what was before.
        if !put(NETWORK, &code.unwrap_or_default()) {
            put(NETWORK, "");
        }
    }

    /// Takes up the network that was kept with the lab that was taken up, if the settings ask for one like it.
    pub(super) fn take_up_network(&mut self, fragment: &str, query: &str) {
        let read = || {
            let bytes = base64url::decode(&taken(NETWORK, fragment, query)?)?;
            type Kept = (u32, Option<(u64, u32)>, bool, Box<Checkpoint>);
            let (version, start, own, checkpoint): Kept = protocol::decode(&bytes).ok()?;
            let settings = &self.lab.settings;
            let shape = (checkpoint.network, checkpoint.width, checkpoint.depth);
            let fits = shape == (settings.network, settings.width, settings.depth);
            (fits && version == protocol::VERSION).then_some((start, own, checkpoint))
        };
        let Some((start, own, checkpoint)) = read() else { return };
        self.weights.untouched &= start.is_some();
        (self.weights.start, self.weights.own) = (start, own);
        (self.fit.mean, self.fit.scale) = (checkpoint.mean, checkpoint.scale);
        (self.lab.run, self.last.stamp.step) = (checkpoint.stamp.run, checkpoint.stamp.step);
        self.kept.network = Some((checkpoint.stamp.run, checkpoint.stamp.step));
        self.checkpoint = Some(checkpoint);
    }

    /// Everything as at a first visit, and nothing kept; undo brings the data back.
    pub(super) fn start_afresh(&mut self) {
        self.leave_scene();
        self.take_settings(Settings::default());
        self.take_target(Target::Preset(Preset::Moons));
        self.stage.set_lens(Lens::default());
        self.stage.set_camera(Camera::default());
        self.renew();
        self.weights.untouched = true;
        self.fetch_shipped();
        self.kept.of = self.revisions();
        for storage in storages().into_iter().flatten() {
            // Refused only where nothing could be kept either.
            let _ = storage.remove_item(KEY);
            let _ = storage.remove_item(NETWORK);
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
