//! The page's end of the engine: loads it with progress, starts it in a worker, talks to it, notices when it is lost.
//!
//! The engine travels compressed. What its worker made of it is kept, so that a new worker after a loss starts in
//! milliseconds and without the network.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, Uint8Array, WebAssembly};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, MessageEvent, Response, Worker, WorkerOptions, WorkerType};

use super::{dom, number};
use crate::engine::protocol::{self, Command, Report};

/// What the engine does, as the page sees it.
#[derive(Debug)]
pub enum EngineEvent {
    /// The engine is on its way.
    Loading {
        /// Bytes here.
        loaded: f64,
        /// Bytes in all.
        total: f64,
    },
    /// The engine says something.
    Report(Report),
    /// The engine is gone, and its worker terminated. [`EngineClient::restart`] starts a new one.
    Lost {
        /// What happened, for the user.
        message: String,
    },
}

/// A handle to the engine; clones share it.
#[derive(Clone)]
pub struct EngineClient(Rc<Inner>);

struct Inner {
    on_event: Box<dyn Fn(EngineEvent)>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    module: Option<WebAssembly::Module>,
    worker: Option<Running>,
    /// Commands given before the engine was ready, encoded.
    waiting: Vec<Vec<u8>>,
    ready: bool,
    /// WebGPU is not to be tried, whatever the address says.
    avoids_webgpu: bool,
    /// Counts the starts, so that what an earlier worker or download still says is ignored.
    generation: u32,
}

struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl EngineClient {
    /// Loads and starts the engine; `on_event` hears of everything that follows, never during this call.
    pub fn start(on_event: impl Fn(EngineEvent) + 'static) -> Self {
        let client = Self(Rc::new(Inner {
            on_event: Box::new(on_event),
            state: RefCell::default(),
        }));
        client.restart();
        client
    }

    /// A fresh worker. Commands that were waiting for the old one are dropped: the caller knows best what to say again.
    pub fn restart(&self) {
        self.terminate();
        let generation = {
            let mut state = self.0.state.borrow_mut();
            state.generation += 1;
            state.generation
        };
        let client = self.clone();
        dom::spawn(async move {
            if let Err(error) = client.launch(generation).await {
                client.lose(generation, describe(&error));
            }
        });
    }

    /// Sends a command, or keeps it until the engine is ready.
    pub fn send(&self, command: &Command) {
        let encoded = protocol::encode(command).map_err(|error| error.to_string().into());
        if let Err(error) = encoded.and_then(|bytes| self.hand_over(bytes)) {
            let (client, generation) = (self.clone(), self.0.state.borrow().generation);
            // Told later: a caller that hears of the loss may call `send` again.
            dom::spawn(async move { client.lose(generation, describe(&error)) });
        }
    }

    fn hand_over(&self, command: Vec<u8>) -> Result<(), JsValue> {
        let mut state = self.0.state.borrow_mut();
        if !state.ready {
            state.waiting.push(command);
        } else if let Some(running) = &state.worker {
            post(&running.worker, &command)?;
        }
        Ok(())
    }

    /// Does without WebGPU from the next start on.
    pub fn avoid_webgpu(&self) {
        self.0.state.borrow_mut().avoids_webgpu = true;
    }

    /// See [`Self::avoid_webgpu`].
    pub fn avoids_webgpu(&self) -> bool {
        self.0.state.borrow().avoids_webgpu
    }

    /// Ends the worker; nothing more is heard of it.
    fn terminate(&self) {
        let mut state = self.0.state.borrow_mut();
        // With its listeners, which hear no more of what it has said already.
        if let Some(running) = state.worker.take() {
            running.worker.terminate();
        }
        state.ready = false;
        state.waiting.clear();
    }

    async fn launch(&self, generation: u32) -> Result<(), JsValue> {
        let site = Site::read()?;
        let kept = self.0.state.borrow().module.clone();
        let engine: JsValue = match kept {
            Some(module) => module.into(),
            None => self.download(&site, generation).await?.into(),
        };
        if self.0.state.borrow().generation != generation {
            return Ok(());
        }
        let running = self.spawn(&site, generation)?;
        // The worker waits for the engine; whatever else it is told comes after its `Ready`.
        running.worker.post_message(&engine)?;
        self.0.state.borrow_mut().worker = Some(running);
        Ok(())
    }

    /// Fetches the engine as it is shipped, telling how far it is. Its worker unpacks and compiles it: here that would
    /// hold up everything else.
    async fn download(&self, site: &Site, generation: u32) -> Result<Blob, JsValue> {
        let response: Response = JsFuture::from(dom::window()?.fetch_with_str(&format!("{}.wasm.gz", site.name)))
            .await?
            .into();
        if !response.ok() {
            return Err(format!("the engine could not be loaded (status {})", response.status()).into());
        }
        let body = response.body().ok_or("the engine arrived empty")?;
        let reader: web_sys::ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let (parts, mut loaded) = (Array::new(), 0.0);
        loop {
            let chunk = JsFuture::from(reader.read()).await?;
            if js_sys::Reflect::get(&chunk, &"done".into())?.is_truthy() {
                break;
            }
            let bytes: Uint8Array = js_sys::Reflect::get(&chunk, &"value".into())?.unchecked_into();
            loaded += f64::from(bytes.length());
            parts.push(&bytes);
            if self.0.state.borrow().generation == generation {
                (self.0.on_event)(EngineEvent::Loading {
                    loaded,
                    total: site.bytes.max(loaded),
                });
            }
        }
        Blob::new_with_u8_array_sequence(&parts)
    }

    fn spawn(&self, site: &Site, generation: u32) -> Result<Running, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("engine");
        let query = if self.avoids_webgpu() {
            "?backend=cpu".into()
        } else {
            dom::window()?.location().search()?
        };
        let worker = Worker::new_with_options(&format!("{}.worker.js{query}", site.name), &options)?;

        let (on_message, on_error) = (self.clone(), self.clone());
        let listeners = [
            dom::listen(&worker, "message", move |event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    on_message.hear(generation, &event.data());
                }
            }),
            dom::listen(&worker, "error", move |event| {
                on_error.lose(generation, describe(event))
            }),
        ];
        Ok(Running {
            worker,
            _listeners: listeners,
        })
    }

    /// Bytes are a report; a module is the engine, compiled; a string is its last word.
    fn hear(&self, generation: u32, data: &JsValue) {
        if self.0.state.borrow().generation != generation {
            return;
        }
        if let Some(message) = data.as_string() {
            return self.lose(generation, message);
        }
        if let Some(module) = data.dyn_ref::<WebAssembly::Module>() {
            self.0.state.borrow_mut().module = Some(module.clone());
            return;
        }
        let bytes = Uint8Array::new(data).to_vec();
        match protocol::decode::<Report>(&bytes) {
            Ok(Report::Ready { version }) if version == protocol::VERSION => {
                let waiting = {
                    let mut state = self.0.state.borrow_mut();
                    state.ready = true;
                    std::mem::take(&mut state.waiting)
                };
                for command in waiting {
                    if let Err(error) = self.hand_over(command) {
                        return self.lose(generation, describe(&error));
                    }
                }
                (self.0.on_event)(EngineEvent::Report(Report::Ready { version }));
            }
            Ok(Report::Ready { .. }) => {
                self.lose(
                    generation,
                    "page and engine are of different versions; reload the page".into(),
                );
            }
            Ok(report) => (self.0.on_event)(EngineEvent::Report(report)),
            Err(error) => self.lose(generation, error.to_string()),
        }
    }

    fn lose(&self, generation: u32, message: String) {
        if self.0.state.borrow().generation == generation {
            self.0.state.borrow_mut().generation += 1;
            self.terminate();
            (self.0.on_event)(EngineEvent::Lost { message });
        }
    }
}

/// Where this build of the engine lies; the build writes it into the page.
struct Site {
    name: String,
    bytes: f64,
}

impl Site {
    fn read() -> Result<Self, JsValue> {
        let meta = dom::document()?.query_selector("meta[name=engine]")?;
        let said = |name: &str| meta.as_ref()?.get_attribute(name);
        Ok(Self {
            // Relative to the page, so that the site works from any folder.
            name: said("content").ok_or("the page does not say where its engine is")?,
            bytes: said("data-bytes")
                .and_then(|bytes| number::parse(&bytes))
                .unwrap_or(0.0),
        })
    }
}

fn post(worker: &Worker, bytes: &[u8]) -> Result<(), JsValue> {
    let array = Uint8Array::from(bytes);
    worker.post_message_with_transfer(&array, &Array::of1(&array.buffer()))
}

/// An error's own words, without the class name JavaScript puts before them. A worker that could not be loaded has none.
fn describe(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string());
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "its worker could not be loaded".into())
}
