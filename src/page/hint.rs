//! The line that explains whatever the pointer or the keyboard is on, from the `data-hint` of the controls.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::Element;

use super::dom;

/// What the line says when nothing is pointed at.
const IDLE: &str = "Point at anything to read what it is, with its symbol in the theory.";

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

/// On a phone the line floats over the page, so there it is empty when it has nothing to say.
fn show(text: Option<String>) {
    let docked = dom::media("(min-width: 761px)");
    dom::set_text("hint", text.as_deref().unwrap_or(if docked { IDLE } else { "" }));
}
