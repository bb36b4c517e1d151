//! Messages over the page: what went wrong and what can be done, never in the way of the work.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::announce::{self, Topic};
use super::dom;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something could not be done; nothing was changed.
    Error,
    /// Something worth knowing. Goes by itself.
    Notice,
    /// The same, and it stays: there is something to do about it.
    Offer,
    /// The engine is gone; stays until it is back.
    Lost,
    /// The page itself has stopped. Stays.
    Stopped,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Notice | Self::Offer => "notice",
            Self::Lost | Self::Stopped => "lost",
        }
    }

    /// Seconds until it goes by itself.
    fn lasts(self) -> Option<i32> {
        match self {
            Self::Error => Some(12),
            Self::Notice => Some(6),
            Self::Offer | Self::Lost | Self::Stopped => None,
        }
    }
}

/// How many messages are kept in sight.
const MOST: u32 = 3;

/// Shows a message, with a button of the given label and action (one of the page's `data-action`s).
/// The same message twice is one message.
pub fn show(kind: Kind, message: &str, button: Option<(&str, &str)>) {
    // A page that cannot even show a message has no better place to say so.
    let _ = try_show(kind, message, button);
}

fn try_show(kind: Kind, message: &str, button: Option<(&str, &str)>) -> Option<()> {
    let document = dom::document().ok()?;
    let list: Element = dom::element("banners").ok()?;
    if list.text_content().unwrap_or_default().contains(message) {
        return Some(());
    }
    while list.child_element_count() >= MOST {
        list.first_element_child()?.remove();
    }
    let banner = document.create_element("div").ok()?;
    banner.set_class_name("banner");
    banner.set_attribute("data-kind", kind.name()).ok()?;
    if kind == Kind::Stopped {
        // Nobody is left who would say it.
        banner.set_attribute("role", "alert").ok()?;
    }
    announce::say(Topic::Message, message.to_owned());
    let text = document.create_element("p").ok()?;
    text.set_text_content(Some(message));
    banner.append_child(&text).ok()?;
    let (label, action) = button.unwrap_or(("OK", "dismiss"));
    if kind != Kind::Stopped {
        let button: HtmlElement = document.create_element("button").ok()?.dyn_into().ok()?;
        button.set_text_content(Some(label));
        button.set_attribute("type", "button").ok()?;
        button.set_attribute("data-action", action).ok()?;
        banner.append_child(&button).ok()?;
    }
    list.append_child(&banner).ok()?;
    if let Some(seconds) = kind.lasts() {
        let gone = wasm_bindgen::closure::Closure::once_into_js(move || banner.remove());
        let window = dom::window().ok()?;
        window
            .set_timeout_with_callback_and_timeout_and_arguments_0(gone.unchecked_ref(), seconds * 1000)
            .ok()?;
    }
    Some(())
}

/// Takes away every message of a kind.
pub fn clear(kind: Kind) {
    for banner in dom::all::<Element>(&format!(".banner[data-kind={}]", kind.name())) {
        banner.remove();
    }
}
