//! What a link hides and locks: for whom the page is.

use super::{LinkError, append};

/// What may be hidden, in the words of the key `hide`.
const PANELS: [&str; 11] = [
    "data", "train", "noise", "sampler", "view", "strip", "tools", "replay", "source", "caption", "header",
];
/// What may be said beside that, each a key with the value 1: settings and data cannot be changed by hand, but
/// everything runs; the page is a frame in another.
const WISHES: [&str; 2] = ["lock", "embed"];

/// Parts of the page that are hidden, and whether it is locked and a frame in another page. The document's root carries
/// their names in `data-parts`; what they look like is said in the style sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u32);

impl Parts {
    /// Has one of the names.
    pub fn has(self, name: &str) -> bool {
        bit(name).is_some_and(|bit| self.0 & bit != 0)
    }

    /// With one of the names; what is none changes nothing.
    pub fn with(self, name: &str) -> Self {
        Self(self.0 | bit(name).unwrap_or_default())
    }

    /// All names, separated.
    pub fn names(self, separator: &str) -> String {
        let all: Vec<&str> = PANELS.into_iter().chain(WISHES).filter(|name| self.has(name)).collect();
        all.join(separator)
    }

    pub(super) fn take(&mut self, key: &str, value: &str) -> Result<(), LinkError> {
        if key != "hide" {
            if switch("lock and embed", value)? {
                *self = self.with(key);
            }
            return Ok(());
        }
        for name in value.split(',') {
            if !PANELS.contains(&name) {
                return Err(LinkError::BadValue {
                    key: "hide",
                    allowed: "names of panels: data train noise sampler view strip tools replay source caption header",
                });
            }
            *self = self.with(name);
        }
        Ok(())
    }

    /// Has a fragment say it.
    pub fn append_to(self, fragment: &mut String) {
        let panels = Self(self.0 & ((1 << PANELS.len()) - 1)).names(",");
        if !panels.is_empty() {
            append(fragment, "hide", &panels);
        }
        for wish in WISHES {
            if self.has(wish) {
                append(fragment, wish, "1");
            }
        }
    }
}

fn bit(name: &str) -> Option<u32> {
    let place = PANELS.into_iter().chain(WISHES).position(|other| other == name);
    place.map(|place| 1 << place)
}

/// 1 or 0, in digits or words.
pub(super) fn switch(key: &'static str, value: &str) -> Result<bool, LinkError> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(LinkError::BadValue { key, allowed: "1 or 0" }),
    }
}
