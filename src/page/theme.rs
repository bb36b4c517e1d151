//! Dark, light, or as the system has it; remembered. The colours themselves are variables of the style sheet.

use plotters::style::RGBColor;
use wasm_bindgen::JsValue;

use super::{dom, number};

/// Under this key the browser remembers the choice.
const KEY: &str = "scorefield-theme";

/// The choice of the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Theme {
    /// The remembered choice.
    pub fn remembered() -> Self {
        // Without storage (a private window, a sandboxed frame) the system decides.
        let stored = dom::storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        match stored.as_deref() {
            Some("dark") => Self::Dark,
            Some("light") => Self::Light,
            _ => Self::System,
        }
    }

    /// The choice after this one.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::System,
        }
    }

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Puts it on the page.
    ///
    /// # Errors
    /// When there is no page.
    pub fn apply(self) -> Result<(), JsValue> {
        if let Some(root) = dom::document()?.document_element() {
            match self {
                Self::System => root.remove_attribute("data-theme")?,
                _ => root.set_attribute("data-theme", self.name())?,
            }
        }
        Ok(())
    }

    /// Remembers it for the next visit, where the browser lets the page do so.
    pub fn remember(self) {
        if let Some(storage) = dom::storage() {
            let _ = storage.set_item(KEY, self.name());
        }
    }

    /// Whether the page is dark now.
    pub fn is_dark(self) -> bool {
        match self {
            Self::System => !dom::media("(prefers-color-scheme: light)"),
            Self::Dark => true,
            Self::Light => false,
        }
    }
}

/// The colours of the charts, as the style sheet has them now.
#[derive(Clone, Copy, Debug)]
pub struct Colours {
    /// Lines behind the data.
    pub line: RGBColor,
    /// Labels and everything that is not lit.
    pub muted: RGBColor,
    /// What is lit.
    pub accent: RGBColor,
    /// Whatever was learned.
    pub learned: RGBColor,
    /// Whatever is exact.
    pub exact: RGBColor,
    /// Text.
    pub text: RGBColor,
    /// Where a field is void.
    pub field: RGBColor,
    /// The two runners of a race.
    pub runners: [RGBColor; 2],
    /// How large charts write and draw; 1 is ordinary, more is for readers far away.
    pub chart_scale: f64,
}

impl Colours {
    /// Reads them from the page.
    pub fn now() -> Self {
        let style = dom::root().and_then(|root| dom::window().ok()?.get_computed_style(&root).ok().flatten());
        let value = |name| style.as_ref().and_then(|style| style.get_property_value(name).ok());
        let get = |name| {
            value(name)
                .as_deref()
                .and_then(parse)
                .unwrap_or(RGBColor(128, 128, 128))
        };
        Self {
            line: get("--line"),
            muted: get("--muted"),
            accent: get("--accent"),
            learned: get("--learned"),
            exact: get("--exact"),
            text: get("--text"),
            field: get("--field"),
            runners: [get("--first"), get("--rival")],
            chart_scale: value("--chart-scale")
                .and_then(|v| number::parse(v.trim()))
                .unwrap_or(1.0),
        }
    }
}

/// `#rrggbb` or `#rgb`.
fn parse(hex: &str) -> Option<RGBColor> {
    let digits = hex.trim().strip_prefix('#')?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        6 => Some(RGBColor((value >> 16) as u8, (value >> 8) as u8, value as u8)),
        3 => {
            let wide = |shift: u32| ((value >> shift & 15) * 17) as u8;
            Some(RGBColor(wide(8), wide(4), wide(0)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_style_sheet_are_read() {
        assert_eq!(parse(" #0d1015"), Some(RGBColor(13, 16, 21)));
        assert_eq!(parse("#fff"), Some(RGBColor(255, 255, 255)));
        assert_eq!(parse("white"), None);
    }
}
