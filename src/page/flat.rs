//! A flat struct of numbers, switches and choices as `key: value` pairs, and back.
//!
//! Links, controls and the script API all speak of settings by key and value. Going through serde means that a new
//! setting is known to all three the moment it is a field of [`Settings`].

use std::fmt;

use serde::de::value::{Error, MapDeserializer, StrDeserializer};
use serde::de::{self, IntoDeserializer, Visitor};
use serde::ser::{self, Impossible, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::number;
use crate::engine::settings::{Settings, SettingsError};

/// One value of a flat struct.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A number; `f32` fields hold the shortest decimal that reads back as the same `f32`.
    Number(f64),
    /// A choice, by name.
    Text(String),
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
    // Cannot fail for a struct of plain values; every kind of value that `Settings` has is covered by the tests.
    match settings.serialize(Flat) {
        Ok(Tree::Struct(pairs)) => pairs,
        _ => Vec::new(),
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
    let mut settings = settings.clone();
    for (key, text) in changes {
        settings = replaced(&settings, key, text)?;
    }
    settings.check()?;
    Ok(settings)
}

fn replaced(settings: &Settings, key: &str, text: &str) -> Result<Settings, FlatError> {
    let mut all: Vec<(&str, Text)> = Vec::new();
    let mut found = false;
    for (name, value) in pairs(settings) {
        found |= name == key;
        all.push((
            name,
            Text(if name == key {
                text.to_owned()
            } else {
                value.to_string()
            }),
        ));
    }
    if !found {
        let known = pairs(settings)
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(", ");
        return Err(FlatError::UnknownKey {
            key: key.to_owned(),
            known,
        });
    }
    Settings::deserialize(MapDeserializer::new(all.into_iter())).map_err(|error: Error| FlatError::BadValue {
        key: key.to_owned(),
        message: error.to_string(),
    })
}

/// What a serialised value came out as.
enum Tree {
    One(Value),
    Struct(Vec<(&'static str, Value)>),
}

/// Turns values and one level of struct into a [`Tree`].
struct Flat;

/// The fields of a struct so far.
struct Fields(Vec<(&'static str, Value)>);

impl SerializeStruct for Fields {
    type Ok = Tree;
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        match value.serialize(Flat)? {
            Tree::One(value) => self.0.push((key, value)),
            Tree::Struct(_) => return nested(),
        }
        Ok(())
    }
    fn end(self) -> Result<Tree, Error> {
        Ok(Tree::Struct(self.0))
    }
}

fn nested<T>() -> Result<T, Error> {
    Err(ser::Error::custom("settings are flat"))
}

macro_rules! numbers {
    ($($method:ident($kind:ty))*) => { $(
        fn $method(self, value: $kind) -> Result<Tree, Error> {
            Ok(Tree::One(Value::Number(value as f64)))
        }
    )* };
}

type No = Impossible<Tree, Error>;

impl Serializer for Flat {
    type Ok = Tree;
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Fields;
    type SerializeStructVariant = No;
    numbers! { serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_u8(u8)
    serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f64(f64) }
    /// The shortest decimal of the number, as an `f64`: 0.01 and not 0.009999999776.
    fn serialize_f32(self, value: f32) -> Result<Tree, Error> {
        let shortest = number::parse(&value.to_string()).unwrap_or_else(|| value.into());
        Ok(Tree::One(Value::Number(shortest)))
    }
    fn serialize_bool(self, value: bool) -> Result<Tree, Error> {
        Ok(Tree::One(Value::Bool(value)))
    }
    fn serialize_char(self, value: char) -> Result<Tree, Error> {
        Ok(Tree::One(Value::Text(value.into())))
    }
    fn serialize_str(self, value: &str) -> Result<Tree, Error> {
        Ok(Tree::One(Value::Text(value.into())))
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Tree, Error> {
        self.serialize_str(variant)
    }
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Fields, Error> {
        Ok(Fields(Vec::with_capacity(len)))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Tree, Error> {
        nested()
    }
    fn serialize_none(self) -> Result<Tree, Error> {
        nested()
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Tree, Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Tree, Error> {
        nested()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Tree, Error> {
        nested()
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<Tree, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Tree, Error> {
        nested()
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<No, Error> {
        nested()
    }
    fn serialize_tuple(self, _: usize) -> Result<No, Error> {
        nested()
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Error> {
        nested()
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Error> {
        nested()
    }
    fn serialize_map(self, _: Option<usize>) -> Result<No, Error> {
        nested()
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Error> {
        nested()
    }
}

/// A value as text, which becomes what the field asks for.
struct Text(String);

impl Text {
    fn refuse<T>(&self, allowed: &str) -> Result<T, Error> {
        // Somebody else's text goes into the message: its beginning is enough.
        let start: String = self.0.chars().take(40).collect();
        Err(de::Error::custom(format!("must be {allowed}, and {start} is not")))
    }
}

impl IntoDeserializer<'_, Error> for Text {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident, $visit:ident, $read:expr, $allowed:literal;)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match $read(&self.0) {
                Some(value) => visitor.$visit(value),
                None => self.refuse($allowed),
            }
        }
    )* };
}

impl<'de> Deserializer<'de> for Text {
    type Error = Error;
    parsed! {
        deserialize_bool, visit_bool, |text: &str| text.parse().ok(), "true or false";
        deserialize_u32, visit_u32, |text: &str| text.parse().ok(), "a whole number, 0 or more";
        deserialize_u64, visit_u64, |text: &str| text.parse().ok(), "a whole number, 0 or more";
        deserialize_f32, visit_f32, |text| number::parse(text).map(|value| value as f32), "a number";
        deserialize_f64, visit_f64, number::parse, "a number";
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !variants.contains(&self.0.as_str()) {
            return self.refuse(&variants.join(" or "));
        }
        let plain: StrDeserializer<'_, Error> = self.0.as_str().into_deserializer();
        plain.deserialize_enum(name, variants, visitor)
    }
    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
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
