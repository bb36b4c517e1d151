//! The lab's state in the address: `#v=1&data=rings&width=128&sampler=langevin`, only what differs from the defaults.
//!
//! Beside the settings a link may say
//!
//! | key | what it says |
//! |---|---|
//! | `v` | the version of its form, [`VERSION`]; a link without one is of a page from before it was written |
//! | `data` | a named set, or `d.` and the code of a drawing |
//! | `close` | how the stage is enlarged: [`Lens`], as factor and shift |
//! | `orbit` | from where the landscape is seen: [`Camera`], as turn and height, and if it is enlarged its lens as above |
//! | `lesson` | the chapter of the lessons that is open |
//! | `step`, `from` | the training step to which the network is to be brought, and the shipped weights from which: [`Goal`] |
//! | `hide`, `lock`, `embed` | for whom the page is: [`Parts`] |
//! | `present` | `1` is the setting `projector` |
//!
//! Everything here is text to text. Whatever is wrong with a link is named, and the rest of it still applies. Reading
//! takes bounded time and memory, whatever the link.

mod parts;

use thiserror::Error;

pub use self::parts::Parts;
use super::flat::{self, FlatError};
use super::layers::camera::Camera;
use super::layers::lens::Lens;
use super::number;
use crate::distribution::{Drawing, Preset, Target};
use crate::engine::protocol::Backend;
use crate::engine::settings::Settings;

/// Longer links than a full drawing and all settings need are refused unread.
const LONGEST: usize = 100_000;

/// The version of the form of links that this page writes.
const VERSION: u32 = 1;

/// What follows so many pairs is not read: a link of this page has each key once.
const MOST_PAIRS: usize = 200;

/// To no later step does a link train a network.
const LAST_STEP: u32 = 10_000_000;

/// Something in a link that could not be applied.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LinkError {
    /// Longer than any link of this page.
    #[error("this link is {0} characters long, and no link of this page is longer than {LONGEST}")]
    TooLong(usize),
    /// Not of the form `key=value`.
    #[error("\"{0}\" in this link is no key=value")]
    NoPair(String),
    /// `data` is neither a named set nor a readable drawing.
    #[error("the data of this link could not be read: {0}")]
    BadData(String),
    /// A setting is out of its range.
    #[error("a setting of this link does not apply: {0}")]
    BadSetting(FlatError),
    /// No setting and nothing else that a link says.
    #[error("\"{0}\" in this link is no setting of this page")]
    UnknownKey(String),
    /// A number or name is not what its key asks for.
    #[error("{key} in this link must be {allowed}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Written by a page that this one does not know yet.
    #[error("this link is of a newer version of the page; reload the page to have that")]
    TooNew,
    /// It never ends.
    #[error("this link says more than {MOST_PAIRS} things")]
    TooMany,
    /// `?backend=` names none.
    #[error("backend must be webgpu or cpu, and \"{0}\" is not")]
    BadBackend(String),
}

/// What a link says, as far as it could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The data.
    pub target: Target,
    /// The settings, checked.
    pub settings: Settings,
    /// How the stage is enlarged and slid.
    pub lens: Lens,
    /// From where the landscape is seen.
    pub camera: Camera,
    /// The chapter of the lessons that is open; empty when none is.
    pub lesson: String,
    /// What is hidden and locked.
    pub parts: Parts,
    /// To where the network is to be trained.
    pub goal: Option<Goal>,
    /// What could not be read and was left at its default.
    pub errors: Vec<LinkError>,
}

/// Where training stops: the weights are a function of the link's data, seed and settings, and of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The training step.
    pub step: u32,
    /// The fingerprint of the shipped weights with which it begins; none when it begins with the seed's.
    pub from: Option<u32>,
}

/// The fragment (without `#`) that brings back this state.
pub fn write(target: &Target, settings: &Settings) -> String {
    let mut text = String::new();
    match target {
        Target::Preset(Preset::Moons) => {}
        Target::Preset(preset) => append(&mut text, "data", preset.name()),
        Target::Drawing(drawing) => append(&mut text, "data", &(DRAWING.to_owned() + &drawing.encode())),
    }
    let defaults = flat::pairs(&Settings::default());
    for pair in flat::pairs(settings) {
        if !defaults.contains(&pair) {
            append(&mut text, pair.0, &pair.1.to_string());
        }
    }
    text
}

/// Has a fragment say one thing more.
pub fn append(fragment: &mut String, key: &str, value: &str) {
    if fragment.is_empty() {
        *fragment = format!("v={VERSION}");
    }
    for part in ["&", key, "=", value] {
        fragment.push_str(part);
    }
}

/// Has a fragment say to where the network is to be trained.
pub fn append_goal(fragment: &mut String, goal: &Goal) {
    append(fragment, "step", &goal.step.to_string());
    if let Some(from) = goal.from {
        append(fragment, "from", &from.to_string());
    }
}

/// Has a fragment say how the stage is enlarged, if it is.
pub fn append_lens(fragment: &mut String, lens: &Lens) {
    if *lens != Lens::default() {
        append_numbers(fragment, "close", &[lens.factor, lens.shift[0], lens.shift[1]]);
    }
}

/// Has a fragment say from where the landscape is seen, if hands have turned it.
pub fn append_camera(fragment: &mut String, camera: &Camera) {
    if *camera != Camera::default() {
        let Lens { factor, shift } = camera.lens;
        let all = [camera.yaw, camera.pitch, factor, shift[0], shift[1]];
        let usual = camera.lens == Lens::default();
        append_numbers(fragment, "orbit", &all[..if usual { 2 } else { 5 }]);
    }
}

fn append_numbers(fragment: &mut String, key: &str, numbers: &[f32]) {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    append(fragment, key, &text);
}

/// The numbers of a value and how many there are, if it is made of numbers and of no more than five.
fn numbers(value: &str) -> Option<([f32; 5], usize)> {
    let (mut all, mut count) = ([0.0; 5], 0);
    for text in value.split(',') {
        let number = number::parse(text)? as f32;
        *all.get_mut(count)? = number;
        if !number.is_finite() {
            return None;
        }
        count += 1;
    }
    Some((all, count))
}

fn read_lens(value: &str) -> Result<Lens, LinkError> {
    let lens = match numbers(value) {
        Some(([factor, x, y, ..], 3)) => Some(Lens { factor, shift: [x, y] }),
        _ => None,
    };
    lens.map(|lens| Lens::default().filled(lens))
        .ok_or(LinkError::BadValue {
            key: "close",
            allowed: "three numbers: an enlargement up to 16, and where it shifts the upper left corner",
        })
}

fn read_camera(value: &str) -> Result<Camera, LinkError> {
    let camera = match numbers(value) {
        Some(([yaw, pitch, ..], 2)) => Some(Camera {
            yaw,
            pitch,
            lens: Lens::default(),
        }),
        Some(([yaw, pitch, factor, x, y], 5)) => Some(Camera {
            yaw,
            pitch,
            lens: Lens { factor, shift: [x, y] },
        }),
        _ => None,
    };
    camera.map(Camera::in_reach).ok_or(LinkError::BadValue {
        key: "orbit",
        allowed: "two angles, and perhaps three numbers as close has",
    })
}

/// Marks the code of a drawing, so that it can never be taken for a named set.
const DRAWING: &str = "d.";

/// Reads a fragment, with or without its `#`.
pub fn read(fragment: &str) -> Link {
    let mut link = Link {
        target: Target::Preset(Preset::Moons),
        settings: Settings::default(),
        lens: Lens::default(),
        camera: Camera::default(),
        lesson: String::new(),
        parts: Parts::default(),
        goal: None,
        errors: Vec::new(),
    };
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    if fragment.len() > LONGEST {
        link.errors.push(LinkError::TooLong(fragment.len()));
        return link;
    }
    for (k, pair) in fragment.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if k == MOST_PAIRS {
            link.errors.push(LinkError::TooMany);
            break;
        }
        if let Err(error) = link.take(&plain(pair)) {
            link.errors.push(error);
        }
    }
    link.goal = link.goal.filter(|goal| goal.step > 0);
    link
}

impl Link {
    fn take(&mut self, pair: &str) -> Result<(), LinkError> {
        let (key, value) = pair.split_once('=').ok_or_else(|| LinkError::NoPair(start_of(pair)))?;
        match key {
            "v" => {
                if whole("v", value)? > VERSION {
                    return Err(LinkError::TooNew);
                }
            }
            "data" => self.target = read_target(value)?,
            "close" => self.lens = read_lens(value)?,
            "orbit" => self.camera = read_camera(value)?,
            "lesson" => self.lesson = start_of(value),
            "step" => self.goal().step = whole("step", value)?.min(LAST_STEP),
            "from" => self.goal().from = Some(whole("from", value)?),
            "hide" | "lock" | "embed" => self.parts.take(key, value)?,
            "present" => self.settings.projector = parts::switch("present", value)?,
            _ => self.set(key, value)?,
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), LinkError> {
        let key = start_of(key);
        self.settings = flat::with(&self.settings, [(key.as_str(), value)]).map_err(|error| match error {
            FlatError::UnknownKey { key, .. } => LinkError::UnknownKey(key),
            error => LinkError::BadSetting(error),
        })?;
        Ok(())
    }

    fn goal(&mut self) -> &mut Goal {
        self.goal.get_or_insert(Goal { step: 0, from: None })
    }

    /// All that is wrong with the link, in one sentence.
    pub fn complaint(&self) -> Option<String> {
        let first = self.errors.first()?.to_string();
        let more = self.errors.len() - 1;
        Some(match more {
            0 => first,
            _ => format!("{first}; {more} more of this link could not be applied, and the rest is"),
        })
    }
}

fn whole(key: &'static str, value: &str) -> Result<u32, LinkError> {
    let allowed = "a whole number";
    value.parse().map_err(|_| LinkError::BadValue { key, allowed })
}

fn read_target(value: &str) -> Result<Target, LinkError> {
    if let Some(code) = value.strip_prefix(DRAWING) {
        // A drawing with too few dots is one that somebody has begun.
        return Drawing::decode(code)
            .map(Target::Drawing)
            .map_err(|error| LinkError::BadData(error.to_string()));
    }
    Preset::from_name(&start_of(value))
        .map(Target::Preset)
        .map_err(|error| LinkError::BadData(error.to_string()))
}

/// The backend that a query (`?backend=cpu`) asks for.
///
/// # Errors
/// When it names one that does not exist.
pub fn backend(query: &str) -> Result<Option<Backend>, LinkError> {
    Backend::of_query(query).map_err(|other| LinkError::BadBackend(start_of(other)))
}

/// The address leaves open how the network starts: it names data at most, and for whom the page is, and does not ask for
/// fresh weights (`?fresh`).
pub fn leaves_start_open(fragment: &str, query: &str) -> bool {
    let mut pairs = fragment.trim_start_matches('#').split('&');
    let mut wishes = query.trim_start_matches('?').split('&');
    let keys = [
        "v=",
        "data=",
        "lesson=",
        "projector=",
        "present=",
        "hide=",
        "lock=",
        "embed=",
    ];
    let open = |pair: &str| pair.is_empty() || keys.iter().any(|key| pair.starts_with(key));
    pairs.all(open) && wishes.all(|wish| wish != "fresh")
}

/// Enough of somebody else's text to know it again in a message.
fn start_of(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Undoes percent-encoding, which some programs put on a link when they pass it on. What is no code stays.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let code = match tail {
            [a, b, ..] if *first == b'%' => digit(a).zip(digit(b)).map(|(a, b)| (16 * a + b) as u8),
            _ => None,
        };
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod sights;
#[cfg(test)]
mod tests;
