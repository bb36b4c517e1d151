//! The panels' controls: every element with `data-setting` shows one setting and changes it. Ranges, units and words
//! are the document's own (`index.html`); here is only what makes them live.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Document, Element, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement,
};

use super::app::Handle;
use super::dom;
use super::flat::{self, Value};
use super::lab::sigma_text;
use super::number;
use crate::engine::settings::Settings;
use crate::noise::NoiseLadder;

/// Starts listening to all controls.
///
/// # Errors
/// When there is no page.
pub fn start(app: &Handle) -> Result<Vec<EventListener>, JsValue> {
    let document = dom::document()?;
    share_options(&document)?;
    let mut listeners = Vec::new();
    for name in ["input", "change"] {
        let app = app.clone();
        listeners.push(dom::listen(&document, name, move |event| {
            let Some(field) = dom::closest::<Element>(event, "input, select") else {
                return;
            };
            if field.id() == "lesson-list" && event.type_() == "change" {
                app.act(super::app::App::choose_chapter);
            } else if let Some((key, value)) = read(&field, event.type_() == "change") {
                app.act(move |app| app.set_by_hand(&key, value));
            } else if field.has_attribute("data-part") {
                app.act(super::app::App::share);
            } else if field.id().starts_with("brush-") {
                app.act(super::app::App::take_brush);
            } else if field.id() == "replay" && event.type_() == "input" {
                app.act(super::app::App::scrub);
            } else if field.id() == "weights-file" && event.type_() == "change" {
                app.act(super::app::App::take_chosen_file);
            }
        }));
    }
    let app = app.clone();
    listeners.push(dom::listen(&document, "click", move |event| {
        let Some(button) = dom::closest::<HtmlButtonElement>(event, "button") else {
            return;
        };
        let attribute = |name: &str| button.get_attribute(name);
        if let Some(key) = attribute("data-setting") {
            let pressed = attribute("aria-pressed").as_deref() == Some("true");
            let value = attribute("data-value").unwrap_or_else(|| (!pressed).to_string());
            app.act(move |app| app.set_by_hand(&key, Chosen::Text(value)));
        } else if let Some(tool) = attribute("data-tool") {
            app.act(move |app| app.take_tool(&tool));
        } else if let Some(set) = attribute("data-preset") {
            app.act(move |app| app.choose_preset(&set));
        } else if attribute("data-guess").is_some() {
            app.act(move |app| app.guess(&button));
        } else if let Some(scene) = attribute("data-scene") {
            app.act(move |app| app.play(&scene));
        } else if let Some(changes) = attribute("data-set") {
            app.act(move |app| app.take_changes(&changes));
        } else if let Some(action) = attribute("data-action") {
            if let Some(banner) = button.closest(".banner").ok().flatten() {
                banner.remove();
            }
            app.act(move |app| app.perform(&action));
        }
    }));
    Ok(listeners)
}

/// Gives selects with `data-options-of` the choices of another setting's select.
fn share_options(document: &Document) -> Result<(), JsValue> {
    for select in dom::all::<Element>("[data-options-of]") {
        let of = select.get_attribute("data-options-of").unwrap_or_default();
        let first = format!("select[data-setting={of}]:not([data-options-of])");
        if let Some(first) = document.query_selector(&first)? {
            select.set_inner_html(&first.inner_html());
        }
    }
    Ok(())
}

/// What the user chose at a control.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// A value as text.
    Text(String),
    /// How far down the ladder, in [0, 1].
    Ladder(f32),
}

/// The key and value of a field with `data-setting`. Sliders act while they move, everything else when it is settled.
fn read(field: &Element, settled: bool) -> Option<(String, Chosen)> {
    let key = field.get_attribute("data-setting")?;
    if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
        return settled.then(|| (key, Chosen::Text(select.value())));
    }
    let input: &HtmlInputElement = field.dyn_ref()?;
    if input.type_() != "range" {
        return settled.then(|| (key, Chosen::Text(input.value())));
    }
    if settled {
        return None;
    }
    let scale = Scale::of(input);
    let u = (input.value_as_number() - scale.min) / (scale.max - scale.min);
    if key == "sigma" {
        return Some((key, Chosen::Ladder(u as f32)));
    }
    Some((key, Chosen::Text(scale.value(u).to_string())))
}

/// How a slider's position becomes a value.
#[derive(Clone, Copy, Debug)]
struct Scale {
    min: f64,
    max: f64,
    /// Ends of a logarithmic scale.
    log: Option<(f64, f64)>,
    whole: bool,
}

impl Scale {
    fn of(input: &HtmlInputElement) -> Self {
        let number = |name: &str| input.get_attribute(name).and_then(|text| number::parse(&text));
        Self {
            min: number("min").unwrap_or(0.0),
            max: number("max").unwrap_or(100.0),
            log: number("data-low").zip(number("data-high")),
            whole: input.has_attribute("data-whole"),
        }
    }

    /// The value at a fraction of the way, in two significant figures.
    fn value(&self, u: f64) -> f64 {
        let value = match self.log {
            Some((low, high)) => low * (high / low).powf(u),
            None => self.min + u * (self.max - self.min),
        };
        let figures = two_figures(value);
        if self.whole { figures.round() } else { figures }
    }

    /// The slider's position for a value.
    fn position(&self, value: f64) -> f64 {
        let u = match self.log {
            Some((low, high)) => (value / low).ln() / (high / low).ln(),
            None => (value - self.min) / (self.max - self.min),
        };
        self.min + u.clamp(0.0, 1.0) * (self.max - self.min)
    }
}

fn two_figures(value: f64) -> f64 {
    if value <= 0.0 {
        return value;
    }
    let places = 1 - value.log10().floor() as i32;
    let unit = 10f64.powi(places.abs());
    // Divided by a whole power of ten, so that 0.03 does not become 0.030000000000000002.
    if places > 0 {
        (value * unit).round() / unit
    } else {
        (value / unit).round() * unit
    }
}

/// Shows the settings on all controls. `sigma` is the noise level on the stage. A part of the page with
/// `data-sampler-of` learns its sampler, by which the style sheet shows the parameters that sampler has.
pub fn show(settings: &Settings, ladder: &NoiseLadder, sigma: f32) {
    let pairs = flat::pairs(settings);
    for part in dom::all::<Element>("[data-sampler-of]") {
        let key = part.get_attribute("data-sampler-of").unwrap_or_default();
        if let Some((_, sampler)) = pairs.iter().find(|(name, _)| *name == key) {
            dom::set_attribute(&part, "data-sampler", &sampler.to_string());
        }
    }
    let active = dom::document().ok().and_then(|d| d.active_element());
    for element in dom::all::<Element>("[data-setting]") {
        let key = element.get_attribute("data-setting").unwrap_or_default();
        let Some((_, value)) = pairs.iter().find(|(name, _)| *name == key) else {
            continue;
        };
        if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
            show_select(select, &value.to_string());
        } else if let Some(button) = element.dyn_ref::<HtmlButtonElement>() {
            let on = match (button.get_attribute("data-value"), value) {
                (Some(choice), value) => choice == value.to_string(),
                (None, Value::Bool(on)) => *on,
                _ => false,
            };
            dom::set_flag(button, "aria-pressed", on);
        } else if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            // A slider under the hand keeps its own position, which is finer than the rounded value.
            let held = active.as_ref() == Some(&element);
            if key == "sigma" {
                show_sigma(input, ladder, sigma);
            } else {
                show_input(input, value, held);
            }
        }
    }
}

fn show_select(select: &HtmlSelectElement, value: &str) {
    if select.value() != value {
        select.set_value(value);
        if select.value() != value
            && let Ok(option) = HtmlOptionElement::new_with_text(value)
        {
            // A link or a script chose a value that is not in the list.
            let _ = select.append_child(&option);
            select.set_value(value);
        }
    }
    // Choices that explain themselves explain their select.
    let chosen = select.query_selector("option:checked").ok().flatten();
    if let Some(hint) = chosen.and_then(|option| option.get_attribute("data-hint")) {
        dom::set_attribute(select, "data-hint", &hint);
        dom::set_attribute(select, "aria-description", &hint);
    }
}

fn show_input(input: &HtmlInputElement, value: &Value, held: bool) {
    let Value::Number(number) = value else { return };
    if input.type_() != "range" {
        if !held && input.value() != value.to_string() {
            input.set_value(&value.to_string());
        }
        return;
    }
    if !held {
        input.set_value(&Scale::of(input).position(*number).to_string());
    }
    let text = value.to_string();
    dom::set_attribute(input, "aria-valuetext", &text);
    show_output(input, &text);
}

fn show_sigma(input: &HtmlInputElement, ladder: &NoiseLadder, sigma: f32) {
    let u = (sigma / ladder.sigma_max).ln() / (ladder.sigma_min / ladder.sigma_max).ln();
    let position = (1000.0 * u.clamp(0.0, 1.0)).round().to_string();
    if input.value() != position {
        input.set_value(&position);
    }
    let text = sigma_text(sigma);
    dom::set_attribute(input, "aria-valuetext", &text);
    dom::set_text("sigma-shown", &text);
}

/// Writes a slider's value into the output next to it.
pub fn show_output(input: &HtmlElement, text: &str) {
    let output = input
        .parent_element()
        .and_then(|label| label.query_selector("output").ok().flatten());
    if let Some(output) = output
        && output.text_content().as_deref() != Some(text)
    {
        output.set_text_content(Some(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_gives_short_values_and_finds_its_place_again() {
        let scale = Scale {
            min: 0.0,
            max: 300.0,
            log: Some((1e-4, 0.1)),
            whole: false,
        };
        for k in 0..=300 {
            let value = scale.value(f64::from(k) / 300.0);
            assert!(value.to_string().len() <= 7, "{value}");
            assert!((scale.position(value) - f64::from(k)).abs() < 3.0);
        }
        let whole = Scale {
            whole: true,
            log: Some((1.0, 200.0)),
            ..scale
        };
        assert!((0..=300).all(|k| whole.value(f64::from(k) / 300.0).fract().abs() < 1e-12));
        let linear = Scale {
            min: 2.0,
            max: 40.0,
            log: None,
            whole: true,
        };
        assert_eq!(linear.value(1.0).to_string(), "40");
    }
}
