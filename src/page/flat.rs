//! The settings as `key: value` pairs of text, and back: how links, controls and the script API speak of them.

use std::fmt;

use thiserror::Error;

use super::number;
use crate::engine::settings::{Field, Settings, SettingsError};

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A number; `f32` fields hold the shortest decimal that reads back as the same `f32`.
    Number(f64),
    /// A choice, by name.
    Text(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// A setting that cannot be applied; says which and what is allowed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FlatError {
    /// No such key.
    #[error("there is no setting {key}; the settings are {known}")]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// All keys, separated by commas.
        known: String,
    },
    /// The text is no value of this setting's kind.
    #[error("{key} {message}")]
    BadValue {
        /// The setting.
        key: String,
        /// What it must be, beginning with "must be".
        message: String,
    },
    /// The value is out of its range.
    #[error(transparent)]
    OutOfRange(#[from] SettingsError),
}

/// All settings as pairs, in the order of their fields.
pub fn pairs(settings: &Settings) -> Vec<(&'static str, Value)> {
    let mut settings = settings.clone();
    let fields = settings.fields().into_iter();
    fields.map(|(key, field)| (key, value(&field))).collect()
}

fn value(field: &Field<'_>) -> Value {
    match field {
        Field::Switch(on) => Value::Bool(**on),
        Field::Whole(number, ..) => Value::Number(f64::from(**number)),
        // 0.01 and not 0.009999999776.
        Field::Number(number, ..) => {
            Value::Number(number::parse(&number.to_string()).unwrap_or_else(|| f64::from(**number)))
        }
        Field::Choice(choice) => Value::Text(choice.names()[choice.place()]),
    }
}

/// The settings with some of them changed, checked as a whole; nothing is applied when one of them is bad.
///
/// # Errors
/// The first key that does not exist or value that is not allowed.
pub fn with<'a>(
    settings: &Settings,
    changes: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Settings, FlatError> {
    with_each(settings, &mut changes.into_iter())
}

fn with_each<'a>(
    settings: &Settings,
    changes: &mut dyn Iterator<Item = (&'a str, &'a str)>,
) -> Result<Settings, FlatError> {
    let mut settings = settings.clone();
    for (key, text) in changes {
        change(&mut settings, key, text)?;
    }
    settings.check()?;
    Ok(settings)
}

fn change(settings: &mut Settings, key: &str, text: &str) -> Result<(), FlatError> {
    let mut fields = settings.fields();
    let Some((_, field)) = fields.iter_mut().find(|(name, _)| *name == key) else {
        return Err(FlatError::UnknownKey {
            key: key.to_owned(),
            known: fields.map(|(name, _)| name).join(", "),
        });
    };
    set(field, text).map_err(|allowed| FlatError::BadValue {
        key: key.to_owned(),
        // Somebody else's text goes into the message: its beginning is enough.
        message: format!(
            "must be {allowed}, and {} is not",
            text.chars().take(40).collect::<String>()
        ),
    })
}

/// Gives a field the value that a text says, or else says what it may be.
fn set(field: &mut Field<'_>, text: &str) -> Result<(), String> {
    match field {
        Field::Switch(on) => **on = text.parse().map_err(|_| "true or false")?,
        Field::Whole(number, ..) => **number = text.parse().map_err(|_| "a whole number, 0 or more")?,
        Field::Number(number, ..) => **number = number::parse(text).ok_or("a number")? as f32,
        Field::Choice(choice) => {
            let names = choice.names();
            let place = names.iter().position(|name| *name == text);
            choice.choose(place.ok_or_else(|| names.join(" or "))?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::settings::{Sampler, Source};

    #[test]
    fn every_setting_is_a_pair_and_reads_back_from_it() {
        let mut settings = Settings {
            width: 128,
            learning_rate: 0.003,
            follow: Source::Exact,
            ..Settings::default()
        };
        settings.contours = false;
        settings.sampler = Sampler::Langevin;
        let texts: Vec<_> = pairs(&settings)
            .iter()
            .map(|(key, value)| (*key, value.to_string()))
            .collect();
        assert!(texts.len() > 20);
        assert!(texts.contains(&("learningRate", "0.003".into())) && texts.contains(&("follow", "exact".into())));
        let back = with(&Settings::default(), texts.iter().map(|(k, v)| (*k, v.as_str()))).unwrap();
        assert_eq!(back, settings);
    }

    #[test]
    fn bad_values_are_named_with_what_is_allowed_and_change_nothing() {
        let told = |key: &str, text: &str| with(&Settings::default(), [(key, text)]).unwrap_err().to_string();
        assert!(told("widht", "64").starts_with("there is no setting widht; the settings are network, width"));
        assert_eq!(
            told("width", "64.5"),
            "width must be a whole number, 0 or more, and 64.5 is not"
        );
        assert_eq!(
            told("width", "100000"),
            "width must be a whole number from 1 to 512, and 100000 is not"
        );
        assert_eq!(
            told("sampler", "magic"),
            "sampler must be langevin or averaged-noise or mala or hmc or underdamped or annealed or reverse-sde or probability-flow, and magic is not"
        );
        assert_eq!(
            told("contours", "yes"),
            "contours must be true or false, and yes is not"
        );
        assert_eq!(
            told("learningRate", "NaN"),
            "learningRate must be a number from 0.000001 to 1, and NaN is not"
        );
        assert!(told("sigma", &"9".repeat(1000)).len() < 200);
    }

    #[test]
    fn the_layer_of_data_points_has_a_name_of_its_own() {
        let shown = with(&Settings::default(), [("showData", "true")]).unwrap();
        assert!(pairs(&shown).contains(&("showData", Value::Bool(true))));
        assert!(with(&Settings::default(), [("data", "true")]).is_err());
    }
}
