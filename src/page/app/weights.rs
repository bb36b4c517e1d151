//! Weights in files: saved, loaded, dropped on the page, and those shipped with it.
//!
//! For every named set the site has the averaged weights of a network trained before (`make weights`). They are taken
//! where nothing speaks against it: the address leaves the start open, the network is fresh or itself from shipped weights
//! and of the default kind and size, and no script has trained or reset anything. All else starts from the seed, so that
//! a scripted run is a function of link, seed and step.

use gloo_events::EventListener;
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, File, FileList, HtmlInputElement, Response};

use super::reports::log;
use super::saving::is_points;
use super::{App, Handle};
use crate::distribution::{Preset, Target};
use crate::engine::protocol::{self, Command};
use crate::engine::settings::Settings;
use crate::page::banner::{self, Kind};
use crate::page::{dom, lab};

/// No file of weights is longer, in bytes.
const LONGEST: f64 = 67_108_864.0;

/// A network with fewer steps behind it is still fresh: shipped weights may be a moment late.
const FRESH: u64 = 300;

/// Where the network's weights come from and may yet come from.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    /// Nobody has asked for a network of their own yet.
    pub(super) untouched: bool,
    /// The request by which shipped weights were loaded last.
    shipped: Option<u32>,
    /// Their fingerprint.
    print: u32,
    /// The network is from a file of the user's, which no link brings.
    pub(super) own: bool,
    /// The step and the fingerprint of the shipped weights from which the network that runs started.
    pub(super) start: Option<(u64, u32)>,
}

impl Weights {
    /// Somebody asks for a network of their own: no shipped weights from now on.
    pub fn touch(&mut self) {
        self.untouched = false;
    }

    /// What the caption says of where the network started.
    pub(super) fn caption(&self) -> String {
        self.start
            .map_or_else(String::new, |(step, _)| format!(" · from shipped weights, step {step}"))
    }

    /// The request was one of the page's own, for shipped weights.
    pub(super) fn is_shipped(&self, request: u32) -> bool {
        self.shipped == Some(request)
    }
}

/// Refuses files that no network needs, before they are read.
///
/// # Errors
/// In words, when the file is too long.
pub fn check_length(bytes: f64) -> Result<(), String> {
    if bytes > LONGEST {
        return Err(format!(
            "this file has {bytes} bytes, and no file of weights here has more than {LONGEST}"
        ));
    }
    Ok(())
}

impl App {
    /// Asks the site for the weights shipped for the set that is to be learned, if they are wanted.
    pub(super) fn fetch_shipped(&mut self) {
        let Some(preset) = self.shipped_set() else { return };
        // The number tells builds apart, which a cache could mix up.
        let address = format!("weights/{}.bpk?{:x}", preset.name(), protocol::VERSION);
        if let Ok(window) = dom::window() {
            self.read(window.fetch_with_str(&address), Some(preset), String::new());
        }
    }

    /// Reads a file on its way (the promise of a response), shipped for a set or the user's own, which has a name.
    fn read(&self, response: Promise, shipped: Option<Preset>, name: String) {
        let handle = self.handle.clone();
        dom::spawn(async move {
            let read = bytes_of(response).await.ok();
            handle.act(move |app| app.receive(read, shipped, &name));
        });
    }

    /// Loads a file that is here. Without shipped weights, whatever the reason, the network starts from its seed.
    fn receive(&mut self, bytes: Option<Vec<u8>>, shipped: Option<Preset>, name: &str) {
        if shipped.is_some() {
            let print = bytes.as_deref().map(protocol::fingerprint);
            let linked = self.lab.goal.and_then(|goal| goal.from);
            if linked.is_some_and(|linked| print != Some(linked)) {
                return self.begin_with_seed();
            }
            if shipped != self.shipped_set() {
                return;
            }
            self.weights.print = print.unwrap_or_default();
        }
        let Some(bytes) = bytes else {
            if shipped.is_none() {
                banner::show(Kind::Error, "This file could not be read.", None);
            }
            return;
        };
        if is_points(name) {
            return self.take_points(name, &bytes);
        }
        let request = self.requests.number();
        if shipped.is_some() {
            self.weights.shipped = Some(request);
        } else {
            self.weights.touch();
        }
        self.load_weights(request, bytes);
    }

    /// The set whose shipped weights are wanted.
    pub(super) fn shipped_set(&self) -> Option<Preset> {
        match self.lab.target {
            Target::Preset(preset) => Some(preset),
            Target::Drawing(_) => None,
        }
        .filter(|_| {
            // A network of shipped weights makes way for those of another set, one of the user's own does not.
            let replaceable = self.weights.start.is_some() || self.last.stamp.step < FRESH;
            self.weights.untouched && replaceable && lab::fits_shipped_weights(&self.lab.settings)
        })
    }

    /// Has the engine go on from a file.
    pub fn load_weights(&mut self, request: u32, bytes: Vec<u8>) {
        let run = self.next_run();
        self.send(&Command::LoadWeights { request, run, bytes });
    }

    /// The network of a file runs: the settings follow it. But who has asked for another network meanwhile has got that
    /// one.
    pub(super) fn adopt(&mut self, request: u32, run: u32, step: u64, settings: Settings) {
        if run <= self.lab.run {
            return;
        }
        self.begin_run(run);
        self.engine.has_network(run);
        self.last.stamp.step = step;
        let shipped = self.weights.is_shipped(request);
        (self.weights.start, self.weights.own) = (shipped.then_some((step, self.weights.print)), !shipped);
        if !shipped {
            self.drop_goal();
        }
        if settings != self.lab.settings {
            self.lab.apply(settings);
        }
        self.screen.settings_changed();
        if !shipped {
            banner::show(Kind::Notice, &format!("Weights loaded: step {step}."), None);
        }
    }

    /// Offers a file of weights for download.
    pub(super) fn download(&self, step: u64, bytes: &[u8]) {
        self.offer_bytes(&format!("{step}.bpk"), bytes);
    }

    /// A file was chosen in the dialog.
    pub fn take_chosen_file(&mut self) {
        let Ok(input) = dom::element::<HtmlInputElement>("weights-file") else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            self.take_file(&file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    }

    fn take_file(&mut self, file: &File) {
        if self.is_locked() {
            return;
        }
        if let Err(message) = check_length(file.size()) {
            return banner::show(Kind::Error, &message, None);
        }
        match Response::new_with_opt_blob(Some(file)) {
            Ok(response) => self.read(Promise::resolve(&JsValue::from(response)), None, file.name()),
            Err(error) => log(&error),
        }
    }
}

/// Takes files that are dropped on the page, which the browser would open in its place.
pub(super) fn take_dropped_files(app: &Handle, document: &Document) -> [EventListener; 2] {
    ["dragover", "drop"].map(|name| {
        let app = app.clone();
        dom::listen_active(document, name, move |event| {
            // By name: for this alone the class is not worth its bindings.
            let carried = Reflect::get(event, &"dataTransfer".into());
            let field = |key: &str| {
                let carried = carried.as_ref().ok()?;
                Reflect::get(carried, &key.into()).ok()
            };
            let kinds: Option<Array> = field("types").and_then(|kinds| kinds.dyn_into().ok());
            if !kinds.is_some_and(|kinds| kinds.includes(&"Files".into(), 0)) {
                return;
            }
            event.prevent_default();
            let files: Option<FileList> = field("files").and_then(|files| files.dyn_into().ok());
            if let Some(file) = files.and_then(|files| files.get(0)) {
                app.act(move |app| app.take_file(&file));
            }
        })
    })
}

/// The bytes of a response.
pub(super) async fn bytes_of(response: Promise) -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(response).await?.into();
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
