//! The worker's shell around the lab: messages in and out, one loop, and a last word when something panics.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use burn::tensor::ExecutionError;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

use super::constructors;
use super::lab::Lab;
use super::protocol::{self, Backend, Command, Report};

/// Starts the engine in the worker that calls this.
///
/// # Errors
/// When called anywhere but in a dedicated worker.
pub fn start() -> Result<(), JsValue> {
    constructors::run_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    speak_before_dying(&scope);

    let inbox: Rc<Inbox> = Rc::default();
    let outlet = Rc::new(Outlet::new(scope.clone()));
    let listener = Closure::<dyn FnMut(MessageEvent)>::new({
        let (inbox, outlet) = (inbox.clone(), outlet.clone());
        move |event: MessageEvent| match protocol::decode(&Uint8Array::new(&event.data()).to_vec()) {
            Ok(command) => inbox.put(command),
            Err(error) => outlet.post(&Report::Failed {
                request: None,
                message: error.to_string(),
            }),
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget(); // lives as long as the worker

    // The page says so where a query names no backend there is.
    let forced = address_query(&scope).and_then(|search| Backend::of_query(&search).ok().flatten());
    outlet.post(&Report::Ready {
        version: protocol::VERSION,
    });
    spawn_local(run(outlet, inbox, Lab::new(forced)));
    Ok(())
}

/// Serves until the worker is terminated: commands first, then a turn of work, then what there is to say.
async fn run(outlet: Rc<Outlet>, inbox: Rc<Inbox>, mut lab: Lab) {
    let breath = Breath::new();
    loop {
        match serve(&outlet, &inbox, &mut lab).await {
            Ok(true) => breath.take().await,
            Ok(false) => inbox.filled().await,
            Err(error) => {
                // A lost device cannot be had back in this worker: a second initialisation fails.
                let last_word = format!("its compute device is gone ({})", plain(&error));
                let _ = outlet.scope.post_message(&last_word.into());
                return;
            }
        }
    }
}

/// One round; true when there is more to do.
async fn serve(outlet: &Outlet, inbox: &Inbox, lab: &mut Lab) -> Result<bool, ExecutionError> {
    while let Some(command) = inbox.take() {
        lab.obey(command).await?;
    }
    let busy = lab.turn().await?;
    for report in lab.reports() {
        outlet.post(&report);
    }
    Ok(busy)
}

fn address_query(scope: &DedicatedWorkerGlobalScope) -> Option<String> {
    let location = js_sys::Reflect::get(scope, &"location".into()).ok()?;
    js_sys::Reflect::get(&location, &"search".into()).ok()?.as_string()
}

/// An error of the device in one line: what is at the bottom of it.
pub(super) fn plain(error: &ExecutionError) -> String {
    let text = error.to_string();
    let causes = text.split("\nBacktrace").next().unwrap_or_default().lines();
    causes
        .last()
        .unwrap_or_default()
        .trim()
        .trim_end_matches('.')
        .to_owned()
}

/// A panic ends a wasm module for good: the page must hear of it, with its message.
fn speak_before_dying(scope: &DedicatedWorkerGlobalScope) {
    let scope = Unshared(scope.clone());
    std::panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        let scope = &scope;
        // Nothing more can be done if this fails: the console has the message.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().and_then(|message| message.lines().next());
        let last_word = format!("an error of its own ({}, {place})", message.unwrap_or("a panic"));
        let _ = scope.0.post_message(&last_word.into());
    }));
}

/// A panic hook must be shareable between threads; a worker has one thread.
struct Unshared(DedicatedWorkerGlobalScope);
#[allow(unsafe_code)]
// SAFETY: wasm without atomics has one thread a module, so nothing is ever sent or shared.
unsafe impl Send for Unshared {}
#[allow(unsafe_code)]
// SAFETY: as above.
unsafe impl Sync for Unshared {}

/// Says things to the page.
struct Outlet {
    scope: DedicatedWorkerGlobalScope,
    /// Where every message is put together: as large as the largest so far.
    bytes: RefCell<Vec<u8>>,
}

impl Outlet {
    fn new(scope: DedicatedWorkerGlobalScope) -> Self {
        Self {
            scope,
            bytes: RefCell::default(),
        }
    }

    fn post(&self, report: &Report) {
        let mut kept = self.bytes.take();
        kept.clear();
        let sent = protocol::encode_into(report, kept)
            .map_err(|error| JsValue::from(error.to_string()))
            .and_then(|bytes| {
                let array = Uint8Array::from(bytes.as_slice());
                self.bytes.replace(bytes);
                self.scope
                    .post_message_with_transfer(&array, &Array::of1(&array.buffer()))
            });
        if let Err(error) = sent {
            web_sys::console::error_1(&error);
        }
    }
}

/// Commands that have arrived, and the loop that may be waiting for one.
#[derive(Default)]
struct Inbox {
    commands: RefCell<VecDeque<Command>>,
    waiting: RefCell<Option<js_sys::Function>>,
}

impl Inbox {
    fn put(&self, command: Command) {
        self.commands.borrow_mut().push_back(command);
        if let Some(wake) = self.waiting.borrow_mut().take() {
            let _ = wake.call0(&JsValue::NULL); // resolving a promise cannot fail
        }
    }

    fn take(&self) -> Option<Command> {
        self.commands.borrow_mut().pop_front()
    }

    async fn filled(&self) {
        if self.commands.borrow().is_empty() {
            let promise = Promise::new(&mut |resolve, _| *self.waiting.borrow_mut() = Some(resolve));
            let _ = JsFuture::from(promise).await; // never rejects
        }
    }
}

/// Lets the browser deliver messages between two turns. A message to oneself, because nested timeouts are clamped to
/// 4 ms and a resolved promise lets nothing through.
struct Breath {
    channel: MessageChannel,
    resolve: Rc<RefCell<Option<js_sys::Function>>>,
    _listener: Closure<dyn FnMut()>,
}

impl Breath {
    #[allow(clippy::expect_used)] // every worker has message channels
    fn new() -> Self {
        let channel = MessageChannel::new().expect("a worker can make message channels");
        let resolve: Rc<RefCell<Option<js_sys::Function>>> = Rc::default();
        let listener = Closure::<dyn FnMut()>::new({
            let resolve = resolve.clone();
            move || {
                if let Some(resolve) = resolve.borrow_mut().take() {
                    let _ = resolve.call0(&JsValue::NULL);
                }
            }
        });
        channel.port1().set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Self {
            channel,
            resolve,
            _listener: listener,
        }
    }

    async fn take(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            *self.resolve.borrow_mut() = Some(resolve);
            let _ = self.channel.port2().post_message(&JsValue::NULL);
        });
        let _ = JsFuture::from(promise).await;
    }
}
