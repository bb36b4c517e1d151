//! Without a network: the service worker that keeps the site's files (`www/service-worker.js`), and how a new build of
//! the site takes over from the one that is kept.
//!
//! A site that is being worked on names no service worker, and neither has a page that did not come from a safe place
//! (plain HTTP from another machine): then nothing here does anything.

use std::sync::atomic::{AtomicBool, Ordering};

use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration};

use super::banner::{self, Kind};
use super::dom;

/// What the worker that waits understands.
const TAKE_OVER: &str = "take over";

static BEGUN: AtomicBool = AtomicBool::new(false);

/// Has the site kept, once, and offers a new build of it when there is one. Called when the engine is in, so that the files
/// are not fetched a second time while they are fetched the first.
pub fn keep() {
    if BEGUN.swap(true, Ordering::Relaxed) {
        return;
    }
    dom::spawn(async {
        // Without it the page works as ever, with a network.
        if let Err(reason) = try_keep().await {
            web_sys::console::warn_2(&"the site is not kept for use without a network:".into(), &reason);
        }
    });
}

async fn try_keep() -> Result<(), JsValue> {
    let (Some(path), Some(workers)) = (dom::meta("service-worker"), workers()) else {
        return Ok(());
    };
    let registration: ServiceWorkerRegistration = JsFuture::from(workers.register(&path)).await?.dyn_into()?;
    if registration.waiting().is_some() {
        offer();
    }
    let found = registration.clone();
    let on_found = dom::listen(&registration, "updatefound", move |_| {
        if let Some(worker) = found.installing() {
            offer_when_installed(worker);
        }
    });
    on_found.forget(); // lives as long as the page
    // Browsers look for a new build by themselves, but not at once after they could not reach the host. When there is
    // no network now either, what is kept is the newest there is. The first worker of all is the newest build, and
    // Chromium never ends an update that begins while that one is being installed.
    if registration.installing().is_none() {
        let _ = JsFuture::from(registration.update()?).await;
    }
    Ok(())
}

/// The first worker of all has nothing to take over from.
fn offer_when_installed(worker: ServiceWorker) {
    let installed = worker.clone();
    let on_change = dom::listen(&worker, "statechange", move |_| {
        let updates = workers().and_then(|workers| workers.controller()).is_some();
        if installed.state() == web_sys::ServiceWorkerState::Installed && updates {
            offer();
        }
    });
    on_change.forget(); // once for every build that comes while the page is open
}

fn offer() {
    let message = "A new version of this page is here.";
    banner::show(Kind::Offer, message, Some(("Reload", "take-over")));
}

/// Lets the new build take over, and reloads the page from it.
pub fn take_over() {
    dom::spawn(async {
        if try_take_over().await.is_none()
            && let Ok(window) = dom::window()
        {
            // Another tab was quicker: the new build is here already.
            let _ = window.location().reload();
        }
    });
}

async fn try_take_over() -> Option<()> {
    let workers = workers()?;
    let registration = JsFuture::from(workers.get_registration()).await.ok()?;
    let waiting = registration.dyn_into::<ServiceWorkerRegistration>().ok()?.waiting()?;
    let taken = Promise::new(&mut |done, _| workers.set_oncontrollerchange(Some(&done)));
    waiting.post_message(&TAKE_OVER.into()).ok()?;
    JsFuture::from(taken).await.ok()?;
    dom::window().ok()?.location().reload().ok()
}

/// The browser's keeper of workers; none where it is switched off or not allowed.
fn workers() -> Option<ServiceWorkerContainer> {
    let navigator = dom::window().ok()?.navigator();
    Reflect::get(&navigator, &"serviceWorker".into()).ok()?.dyn_into().ok()
}
