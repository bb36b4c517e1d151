//! The keyboard.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, KeyboardEvent};

use super::app::Handle;
use super::dom;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One of the page's `data-action`s.
    Action(&'static str),
    /// Takes a tool.
    Tool(&'static str),
    /// Shows a source.
    Source(&'static str),
    /// So many rungs down the ladder.
    Rungs(i32),
}

/// The meaning of a key; `command` is Ctrl or ⌘.
pub fn meaning(key: &str, command: bool, shift: bool) -> Option<Key> {
    let key = match (key.to_ascii_lowercase().as_str(), command) {
        ("z", true) if shift => Key::Action("redo"),
        ("z", true) => Key::Action("undo"),
        ("y", true) => Key::Action("redo"),
        (_, true) => return None,
        (" ", _) => Key::Action("play-all"),
        ("r", _) => Key::Action("restart"),
        ("s", _) => Key::Action("scenes"),
        ("m", _) => Key::Action("levels"),
        ("t", _) => Key::Action("lessons"),
        ("f", _) => Key::Action("projector"),
        ("w", _) => Key::Action("describe"),
        ("?", _) => Key::Action("keys"),
        ("d", _) => Key::Tool("draw"),
        ("e", _) => Key::Tool("erase"),
        ("p", _) => Key::Tool("drop"),
        ("l", _) => Key::Tool("loop"),
        ("i" | "q", _) => Key::Tool("probe"),
        ("v", _) => Key::Tool("look"),
        ("escape", _) => Key::Action("let-go"),
        ("+" | "=", _) => Key::Action("nearer"),
        ("-", _) => Key::Action("farther"),
        ("0", _) => Key::Action("home"),
        ("1", _) => Key::Source("exact"),
        ("2", _) => Key::Source("learned"),
        ("3", _) => Key::Source("error"),
        ("arrowleft", _) => Key::Rungs(-1),
        ("arrowright", _) => Key::Rungs(1),
        _ => return None,
    };
    Some(key)
}

/// Starts listening.
///
/// # Errors
/// When there is no page.
pub fn start(app: &Handle) -> Result<EventListener, JsValue> {
    let app = app.clone();
    Ok(dom::listen_active(dom::document()?.as_ref(), "keydown", move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        if event.alt_key() || event.default_prevented() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let inside = |selector: &str| {
            target
                .as_ref()
                .is_some_and(|target| target.closest(selector).ok().flatten().is_some())
        };
        // Fields and open dialogs keep their keys, and a focused button is pressed by the space bar.
        let own = inside("input, select, textarea, dialog") || (event.key() == " " && inside("button, summary"));
        let command = event.ctrl_key() || event.meta_key();
        if let Some(key) = meaning(&event.key(), command, event.shift_key())
            && !own
            && !(event.repeat() && event.key() == " ")
        {
            event.prevent_default();
            app.act(move |app| app.press(key));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says() {
        assert_eq!(meaning(" ", false, false), Some(Key::Action("play-all")));
        assert_eq!(meaning("Z", true, true), Some(Key::Action("redo")));
        assert_eq!(meaning("z", true, false), Some(Key::Action("undo")));
        assert_eq!(meaning("ArrowRight", false, false), Some(Key::Rungs(1)));
        assert_eq!(meaning("L", false, false), Some(Key::Tool("loop")));
        assert_eq!(meaning("m", false, false), Some(Key::Action("levels")));
        assert_eq!(meaning("f", false, false), Some(Key::Action("projector")));
        assert_eq!(meaning("t", false, false), Some(Key::Action("lessons")));
        assert_eq!(meaning("i", false, false), Some(Key::Tool("probe")));
        assert_eq!(meaning("w", false, false), Some(Key::Action("describe")));
        assert_eq!(meaning("Escape", false, false), Some(Key::Action("let-go")));
        assert_eq!(meaning("r", true, false), None, "reloading stays the browser's");
    }
}
