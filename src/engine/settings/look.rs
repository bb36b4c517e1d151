//! How the layers of a picture look.

use serde::{Deserialize, Serialize};

/// Energy between two contours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContourSpacing {
    /// One nat; half a nat where the window is wider than the usual stage, which at much noise holds few nats.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Half a nat.
    #[serde(rename = "0.5")]
    Half,
    /// One nat.
    #[serde(rename = "1")]
    One,
    /// Two nats.
    #[serde(rename = "2")]
    Two,
}

/// What the length of an arrow says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrowLength {
    /// The strength of the score beside that where the data are, so compressed that arrows are readable everywhere.
    #[default]
    Soft,
    /// `sigma |s|` itself, up to a limit.
    Proportional,
    /// Nothing: all are of one length, and the strength is in their opacity.
    Unit,
}

/// How close arrows, or lines of the denoiser, are to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrowDensity {
    /// 15 across the window.
    Sparse,
    /// 23 across the window.
    #[default]
    Normal,
    /// 35 across the window.
    Dense,
}

/// What the colour of a particle says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParticleColour {
    /// Nothing.
    Plain,
    /// The energy where it is.
    #[default]
    Energy,
    /// How fast it moves, beside all others.
    Speed,
    /// The mode nearest to it, on sets that have modes.
    Mode,
    /// For how many steps it has been under way since its start, or since it was drawn anew.
    Age,
    /// In which direction from the middle of the data it started.
    Start,
}
