//! Messages over the page: what went wrong and what can be done, never in the way of the work.

use web_sys::Element;

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
    let list: Element = dom::element("banners").ok()?;
    let shown = |paragraph: &Element| paragraph.text_content().as_deref() == Some(message);
    if dom::all(".banner p").iter().any(shown) {
        return Some(());
    }
    while list.child_element_count() >= MOST {
        list.first_element_child()?.remove();
    }
    // The page's one voice says it too; of a page that has stopped nobody is left who would.
    let role = if kind == Kind::Stopped { "alert" } else { "presentation" };
    announce::say(Topic::Message, message.to_owned());
    let attributes = [("class", "banner"), ("data-kind", kind.name()), ("role", role)];
    let banner: Element = dom::put(&list, "div", &attributes).ok()?;
    let text: Element = dom::put(&banner, "p", &[]).ok()?;
    text.set_text_content(Some(message));
    let (label, action) = button.unwrap_or(("OK", "dismiss"));
    if kind != Kind::Stopped {
        let attributes = [("type", "button"), ("data-action", action)];
        let button: Element = dom::put(&banner, "button", &attributes).ok()?;
        button.set_text_content(Some(label));
    }
    if let Some(seconds) = kind.lasts() {
        dom::after(1000 * seconds, move || banner.remove()).ok()?;
    }
    Some(())
}

/// Takes away the message that offers an action.
pub fn take_back(action: &str) {
    let offers = format!(".banner:has([data-action={action}])");
    dom::all::<Element>(&offers).iter().for_each(Element::remove);
}

/// Takes away every message of a kind.
pub fn clear(kind: Kind) {
    for banner in dom::all::<Element>(&format!(".banner[data-kind={}]", kind.name())) {
        banner.remove();
    }
}
