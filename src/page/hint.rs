//! The line that explains whatever the pointer or the keyboard is on, from the `data-hint` of the controls.

use std::cell::Cell;

use gloo_events::EventListener;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::dom;

/// What the line says when nothing is pointed at.
const IDLE: &str = "Point at anything to read what it is, with its symbol in the theory.";
/// The same over the tiles of the ladder.
const IDLE_LEVELS: &str = "Most noise σ first. Click a tile to see it on the stage; arrow keys and Enter do the same.";

/// How long the line floats over a phone's page, milliseconds.
const FLOATS_MS: i32 = 4500;

/// Gives assistive technology the same explanations and starts listening.
///
/// # Errors
/// When there is no page.
pub fn start() -> Result<Vec<EventListener>, JsValue> {
    let document = dom::document()?;
    for element in dom::all::<Element>("[data-hint]") {
        if let Some(text) = element.get_attribute("data-hint") {
            let field = element.query_selector("input, select")?.unwrap_or(element);
            field.set_attribute("aria-description", &text)?;
        }
    }
    show(None);
    let listeners = ["pointerover", "focusin"].map(|name| {
        dom::listen(&document, name, |event| {
            show(dom::closest::<Element>(event, "[data-hint]").and_then(|e| e.get_attribute("data-hint")));
        })
    });
    Ok(listeners.into())
}

thread_local! {
    /// Counts what was shown, so that an older message's end does not take a newer one away.
    static SHOWN: Cell<u32> = const { Cell::new(0) };
}

/// On a phone the line floats over the page: there it is empty when it has nothing to say, and goes by itself.
fn show(text: Option<String>) {
    let docked = dom::media("(min-width: 761px)");
    dom::set_text("hint", text.as_deref().unwrap_or(if docked { IDLE } else { "" }));
    dom::set_text("levels-hint", text.as_deref().unwrap_or(IDLE_LEVELS));
    let number = SHOWN.get().wrapping_add(1);
    SHOWN.set(number);
    if docked || text.is_none() {
        return;
    }
    // Without a timer the line stays until the next touch.
    let _ = dom::after(FLOATS_MS, move || {
        if SHOWN.get() == number {
            dom::set_text("hint", "");
        }
    });
}
