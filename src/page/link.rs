//! The lab's state in the address: `#data=rings&width=128&sampler=langevin`, only what differs from the defaults.
//!
//! Everything here is text to text. Whatever is wrong with a link is named, and the rest of it still applies.

use thiserror::Error;

use super::flat::{self, FlatError};
use crate::distribution::{Drawing, Preset, Target, TargetError};
use crate::engine::protocol::Backend;
use crate::engine::settings::Settings;

/// Longer links than a full drawing and all settings need are refused unread.
const LONGEST: usize = 100_000;

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
    /// A setting is unknown or out of its range.
    #[error("a setting of this link does not apply: {0}")]
    BadSetting(#[from] FlatError),
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
    /// The chapter of the lessons that is open; empty when none is.
    pub lesson: String,
    /// What could not be read and was left at its default.
    pub errors: Vec<LinkError>,
}

/// The fragment (without `#`) that brings back this state.
pub fn write(target: &Target, settings: &Settings) -> String {
    let data = match target {
        Target::Preset(Preset::Moons) => None,
        Target::Preset(preset) => Some(format!("data={}", preset.name())),
        Target::Drawing(drawing) => Some(format!("data={}{}", DRAWING, drawing.encode())),
    };
    let defaults = flat::pairs(&Settings::default());
    let changed = flat::pairs(settings)
        .into_iter()
        .filter(|pair| !defaults.contains(pair));
    let settings = changed.map(|(key, value)| format!("{key}={value}"));
    data.into_iter().chain(settings).collect::<Vec<_>>().join("&")
}

/// The fragment that brings back this state, and above it a chapter of the lessons.
pub fn with_lesson(mut fragment: String, lesson: &str) -> String {
    if !fragment.is_empty() {
        fragment.push('&');
    }
    fragment + LESSON + "=" + lesson
}

/// The key of the chapter.
const LESSON: &str = "lesson";

/// Marks the code of a drawing, so that it can never be taken for a named set.
const DRAWING: &str = "d.";

/// Reads a fragment, with or without its `#`.
pub fn read(fragment: &str) -> Link {
    let mut link = Link {
        target: Target::Preset(Preset::Moons),
        settings: Settings::default(),
        lesson: String::new(),
        errors: Vec::new(),
    };
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    if fragment.len() > LONGEST {
        link.errors.push(LinkError::TooLong(fragment.len()));
        return link;
    }
    for pair in fragment.split('&').filter(|pair| !pair.is_empty()) {
        if let Err(error) = link.take(&plain(pair)) {
            link.errors.push(error);
        }
    }
    link
}

impl Link {
    fn take(&mut self, pair: &str) -> Result<(), LinkError> {
        let (key, value) = pair.split_once('=').ok_or_else(|| LinkError::NoPair(start_of(pair)))?;
        if key == "data" {
            self.target = read_target(value)?;
        } else if key == LESSON {
            self.lesson = start_of(value);
        } else {
            self.settings = flat::with(&self.settings, [(start_of(key).as_str(), value)])?;
        }
        Ok(())
    }
}

fn read_target(value: &str) -> Result<Target, LinkError> {
    if let Some(code) = value.strip_prefix(DRAWING) {
        let bad = |error: TargetError| LinkError::BadData(error.to_string());
        let target = Target::Drawing(Drawing::decode(code).map_err(bad)?);
        target.field().map_err(bad)?;
        return Ok(target);
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
    let open = |pair: &str| {
        pair.is_empty()
            || ["data=", "projector=", "lesson="]
                .iter()
                .any(|key| pair.starts_with(key))
    };
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
        let code = match tail {
            [a, b, ..] if *first == b'%' => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::settings::{Sampler, Start};

    #[test]
    fn the_default_state_needs_no_link_and_an_empty_link_is_the_default_state() {
        assert_eq!(write(&Target::Preset(Preset::Moons), &Settings::default()), "");
        let link = read("#");
        assert_eq!((link.settings, link.errors.len()), (Settings::default(), 0));
    }

    #[test]
    fn a_state_comes_back_from_its_link() {
        let settings = Settings {
            width: 128,
            learning_rate: 0.003,
            sampler: Sampler::Langevin,
            sigma: 0.0123,
            contours: false,
            show_data: true,
            ..Settings::default()
        };
        for preset in Preset::ALL {
            let text = write(&Target::Preset(preset), &settings);
            let link = read(&text);
            assert_eq!(
                (link.target, &link.settings, link.errors.len()),
                (Target::Preset(preset), &settings, 0),
                "{text}"
            );
        }
    }

    #[test]
    fn a_race_comes_back_from_a_link_that_says_what_is_not_as_usual_and_no_more() {
        let settings = Settings {
            sampler: Sampler::Hmc,
            beta: 2.5,
            leapfrog_steps: 8,
            start: Start::Spot,
            race: true,
            rival: Sampler::AveragedNoise,
            rival_step_size: 0.25,
            potential: true,
            ..Settings::default()
        };
        let text = write(&Target::Preset(Preset::Moons), &settings);
        assert_eq!(
            text,
            "sampler=hmc&beta=2.5&leapfrogSteps=8&potential=true&start=spot&race=true&rival=averaged-noise&rivalStepSize=0.25"
        );
        let link = read(&text);
        assert_eq!((link.settings, link.errors.len()), (settings, 0));
        assert!(read("#rival=nobody").errors[0].to_string().contains("reverse-sde"));
    }

    #[test]
    fn a_sampler_that_nobody_could_run_is_named_setting_by_setting_and_not_taken_up() {
        let bad = [
            ("leapfrogSteps", "1001"),
            ("leapfrogSteps", "4294967296"),
            ("particles", "200001"),
            ("friction", "NaN"),
            ("friction", "-0.1"),
            ("beta", "inf"),
            ("noiseScale", "4.1"),
            ("correctorSteps", "-1"),
            ("nodes", "1"),
            ("rivalLevels", "1e9"),
            ("rivalStepSize", "0"),
            ("start", "moon"),
            ("scheme", "rk45"),
            ("potential", "perhaps"),
        ];
        for (key, value) in bad {
            let link = read(&format!("#{key}={value}&levels=12"));
            assert_eq!(link.errors.len(), 1, "{key}={value}");
            let message = link.errors[0].to_string();
            assert!(message.contains(&format!("{key} must be ")), "{message}");
            let rest = Settings {
                levels: 12,
                ..Settings::default()
            };
            assert_eq!(link.settings, rest, "{key}={value}");
        }
    }

    #[test]
    fn a_chapter_is_in_the_link_above_what_was_there_before() {
        let text = with_lesson(write(&Target::Preset(Preset::Rings), &Settings::default()), "annealing");
        assert_eq!(text, "data=rings&lesson=annealing");
        let link = read(&text);
        assert_eq!(
            (link.lesson.as_str(), link.target, link.errors.len()),
            ("annealing", Target::Preset(Preset::Rings), 0)
        );
        assert!(leaves_start_open(&text, ""));
    }

    #[test]
    fn a_drawing_comes_back_from_its_link_dot_for_dot() {
        let points: Vec<f32> = (0..400).map(|k| ((k * 37 % 101) as f32 - 50.0) / 51.0).collect();
        let drawing = Drawing::from_points(&points, 0.05).unwrap();
        let text = write(&Target::Drawing(drawing.clone()), &Settings::default());
        assert!(text.chars().all(|c| c.is_ascii_graphic()), "a link needs no escapes");
        let link = read(&text);
        assert!(link.errors.is_empty(), "{:?}", link.errors);
        let Target::Drawing(back) = link.target else {
            panic!("a drawing comes back as one")
        };
        assert_eq!(back, drawing);
        // And after a program that encodes whatever it can.
        let escaped = text.replace('d', "%64").replace('.', "%2e");
        assert!(read(&escaped).errors.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_applies() {
        let link = read("#data=lunas&width=1e9&foo=1&depth=2&nonsense&sampler=langevin");
        assert_eq!(link.target, Target::Preset(Preset::Moons));
        assert_eq!((link.settings.depth, link.settings.sampler), (2, Sampler::Langevin));
        assert_eq!(link.settings.width, Settings::default().width);
        let told = link
            .errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        for word in ["lunas", "moons", "width", "foo", "nonsense"] {
            assert!(told.contains(word), "{word} is not in:\n{told}");
        }
        assert_eq!(link.errors.len(), 4);
    }

    #[test]
    fn hostile_links_end_in_short_messages() {
        let long = "x".repeat(5_000);
        for text in [
            format!("data={long}"),
            format!("{long}=1"),
            long.clone(),
            format!("data=d.{long}"),
            format!("width={long}"),
            "data=d.".to_owned(),
            "%=%&%%%&%f=%zz&data=%ff%fe".to_owned(),
            "&&&=&=&".to_owned(),
            "data=d.\u{1F300}".to_owned(),
        ] {
            let link = read(&text);
            assert_eq!(link.settings, Settings::default());
            assert!(!link.errors.is_empty());
            assert!(
                link.errors.iter().all(|error| error.to_string().len() < 700),
                "{:?}",
                link.errors
            );
        }
        assert_eq!(read(&"&width=65".repeat(20_000)).errors, [LinkError::TooLong(180_000)]);
    }

    #[test]
    fn only_an_address_without_settings_leaves_the_start_open() {
        assert!(leaves_start_open("", "") && leaves_start_open("#data=rings&projector=true", "?backend=cpu"));
        assert!(!leaves_start_open("#data=rings&seed=0", ""));
        assert!(!leaves_start_open("#width=64", ""));
        assert!(!leaves_start_open("#data=rings", "?fresh") && !leaves_start_open("", "?backend=cpu&fresh"));
    }

    #[test]
    fn a_query_may_force_a_backend_that_exists() {
        assert_eq!(backend(""), Ok(None));
        assert_eq!(backend("?a=1&backend=cpu"), Ok(Some(Backend::Cpu)));
        assert_eq!(backend("?backend=webgpu"), Ok(Some(Backend::WebGpu)));
        assert_eq!(backend("?backend=cuda"), Err(LinkError::BadBackend("cuda".into())));
    }
}
