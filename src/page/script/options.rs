//! Reading what a script passes: plain objects, numbers, arrays. Unknown keys and wrong types are errors with names.

use js_sys::{Array, Float32Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::error;

/// The options of one call.
pub(super) struct Options {
    call: &'static str,
    object: JsValue,
}

impl Options {
    /// Takes the options of a call; none at all are none given.
    pub fn new(call: &'static str, object: &JsValue, allowed: &[&str]) -> Result<Self, JsValue> {
        let options = Self {
            call,
            object: object.clone(),
        };
        for (key, _) in options.entries()? {
            if !allowed.contains(&key.as_str()) {
                let allowed = allowed.join(", ");
                return Err(error(format!(
                    "{call}: there is no option {key}; the options are {allowed}"
                )));
            }
        }
        Ok(options)
    }

    /// Any object's entries.
    pub fn entries(&self) -> Result<Vec<(String, JsValue)>, JsValue> {
        if self.object.is_undefined() || self.object.is_null() {
            return Ok(Vec::new());
        }
        if !self.object.is_object() || Array::is_array(&self.object) || self.object.is_instance_of::<Float32Array>() {
            return Err(error(format!("{} takes an object of options", self.call)));
        }
        let keys = Object::keys(self.object.unchecked_ref::<Object>());
        keys.iter()
            .map(|key| Ok((key.as_string().unwrap_or_default(), Reflect::get(&self.object, &key)?)))
            .collect()
    }

    fn get(&self, key: &str) -> Option<JsValue> {
        if !self.object.is_object() {
            return None;
        }
        Reflect::get(&self.object, &key.into())
            .ok()
            .filter(|value| !value.is_undefined() && !value.is_null())
    }

    fn wrong(&self, key: &str, allowed: &str, value: &JsValue) -> JsValue {
        error(format!(
            "{}: {key} must be {allowed}, and {} is not",
            self.call,
            short(value)
        ))
    }

    /// A number within a range.
    pub fn number(&self, key: &str, low: f64, high: f64) -> Result<Option<f32>, JsValue> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number >= low && number <= high => Ok(Some(number as f32)),
            _ => Err(self.wrong(key, &format!("a number from {low} to {high}"), &value)),
        }
    }

    /// A whole number within a range.
    pub fn whole(&self, key: &str, low: u32, high: u32) -> Result<Option<u32>, JsValue> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number.fract() == 0.0 && number >= f64::from(low) && number <= f64::from(high) => {
                Ok(Some(number as u32))
            }
            _ => Err(self.wrong(key, &format!("a whole number from {low} to {high}"), &value)),
        }
    }

    /// One of several names.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, JsValue> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let name = value.as_string().unwrap_or_default();
        let found = choices.iter().find(|(choice, _)| *choice == name);
        let names = || {
            choices
                .iter()
                .map(|(choice, _)| *choice)
                .collect::<Vec<_>>()
                .join(" or ")
        };
        found
            .map(|(_, choice)| Some(*choice))
            .ok_or_else(|| self.wrong(key, &names(), &value))
    }

    /// The entries whose keys are those of settings, as the texts of their values.
    pub fn texts(&self, but: &[&str]) -> Result<Vec<(String, String)>, JsValue> {
        let others = self.entries()?.into_iter();
        Ok(others
            .filter(|(key, value)| !but.contains(&key.as_str()) && !value.is_undefined() && !value.is_null())
            .map(|(key, value)| (key, text(&value)))
            .collect())
    }

    /// Positions `[x0, y0, …]`.
    pub fn points(&self, key: &str) -> Result<Option<Vec<f32>>, JsValue> {
        self.get(key)
            .map(|value| points(&format!("{}: {key}", self.call), &value))
            .transpose()
    }
}

/// Finite coordinates in pairs.
pub(super) fn points(what: &str, value: &JsValue) -> Result<Vec<f32>, JsValue> {
    if !value.is_instance_of::<Float32Array>() && !Array::is_array(value) {
        return Err(error(format!(
            "{what} must be a Float32Array [x0, y0, x1, y1, …], and {} is not",
            short(value)
        )));
    }
    let points = Float32Array::new(value).to_vec();
    if !points.len().is_multiple_of(2) {
        return Err(error(format!(
            "{what} must hold x, y pairs, and {} numbers are not",
            points.len()
        )));
    }
    if let Some(at) = points.iter().position(|v| !v.is_finite()) {
        return Err(error(format!("{what} must be finite, and number {at} is not")));
    }
    Ok(points)
}

/// A value as it may stand in a message.
pub(super) fn short(value: &JsValue) -> String {
    text(value).chars().take(40).collect()
}

/// A value as text.
fn text(value: &JsValue) -> String {
    match (value.as_string(), value.as_f64(), value.as_bool()) {
        (Some(text), ..) => text,
        (_, Some(number), _) => number.to_string(),
        (.., Some(flag)) => flag.to_string(),
        _ if value.is_object() => "an object".to_owned(),
        _ => "that".to_owned(),
    }
}
