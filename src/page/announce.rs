//! What the page says to those who hear it: one voice, at most one message in five seconds.
//!
//! Whatever is worth saying is collected here; of one topic only the newest counts, and nothing is said twice. The one
//! live region of the page is `#said` in `index.html`.

use std::cell::RefCell;

use super::dom;

/// Shortest time between two messages, milliseconds.
const PAUSE_MS: f64 = 5000.0;

/// What a message is about: a newer one takes the place of an older one that is still waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Where the keyboard's cursor is, or what it did.
    Cursor,
    /// What a key has changed.
    State,
    /// A message over the page, or a part of a lesson. These never replace each other.
    Message,
}

/// Messages that wait, and the last one.
#[derive(Clone, Debug, Default)]
struct Voice {
    waiting: Vec<(Topic, String)>,
    said: String,
    said_ms: Option<f64>,
}

impl Voice {
    fn say(&mut self, topic: Topic, text: String) {
        self.waiting
            .retain(|(of, old)| *old != text && (*of != topic || topic == Topic::Message));
        self.waiting.push((topic, text));
    }

    /// What the live region is to hold from now on, if that is to change: all that waits, or nothing once the last
    /// message has had its time, so that the same can be said again.
    fn next(&mut self, now_ms: f64) -> Option<String> {
        let quiet = self.said_ms.is_none_or(|said| now_ms - said >= PAUSE_MS);
        if !quiet || (self.waiting.is_empty() && self.said.is_empty()) {
            return None;
        }
        let mut text = String::new();
        for (_, part) in self.waiting.drain(..) {
            if !text.is_empty() {
                text += if text.ends_with(['.', '!', '?']) { " " } else { ". " };
            }
            text += &part;
        }
        // Emptying the region says nothing, and takes no time.
        self.said_ms = (!text.is_empty()).then_some(now_ms);
        self.said.clone_from(&text);
        Some(text)
    }
}

thread_local! {
    static VOICE: RefCell<Voice> = RefCell::default();
}

/// Says something soon.
pub fn say(topic: Topic, text: String) {
    VOICE.with_borrow_mut(|voice| voice.say(topic, text));
}

/// Once a frame: says what waits if it is time. `now_ms`: any clock that goes on.
pub(super) fn speak(now_ms: f64) {
    if let Some(text) = VOICE.with_borrow_mut(|voice| voice.next(now_ms)) {
        dom::set_text("said", &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_comes_at_once_and_the_next_five_seconds_later_with_all_that_came_between() {
        let mut voice = Voice::default();
        voice.say(Topic::State, "sigma 1".into());
        assert_eq!(voice.next(100.0).as_deref(), Some("sigma 1"));
        voice.say(Topic::Cursor, "0.1, 0.0".into());
        voice.say(Topic::Message, "Saved.".into());
        voice.say(Topic::Cursor, "0.2, 0.0".into());
        voice.say(Topic::Message, "full".into());
        voice.say(Topic::Message, "Saved.".into());
        assert_eq!(voice.next(5000.0), None, "not five seconds yet");
        assert_eq!(voice.next(5100.0).as_deref(), Some("0.2, 0.0. full. Saved."));
        assert_eq!(voice.next(9000.0), None);
        assert_eq!(voice.next(10_100.0).as_deref(), Some(""), "the region is emptied");
        assert_eq!(voice.next(10_200.0), None);
        voice.say(Topic::State, "sigma 1".into());
        assert_eq!(
            voice.next(10_300.0).as_deref(),
            Some("sigma 1"),
            "the same can be said again"
        );
    }

    #[test]
    fn however_much_is_said_it_is_at_most_one_message_in_five_seconds() {
        let mut voice = Voice::default();
        let mut spoken = Vec::new();
        for frame in 0..6000 {
            let now_ms = f64::from(frame) * 16.0;
            voice.say(Topic::Message, frame.to_string());
            if voice.next(now_ms).is_some_and(|text| !text.is_empty()) {
                spoken.push(now_ms);
            }
        }
        assert!(spoken.len() > 15 && spoken.windows(2).all(|pair| pair[1] - pair[0] >= PAUSE_MS));
    }
}
