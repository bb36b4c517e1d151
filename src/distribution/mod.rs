//! **What is learned**: closed-form distributions, smoothed by any amount of noise. Plain Rust: no burn and no DOM here.
//!
//! A [`Target`] (a named set or a drawing) is what the page owns and sends; its [`ExactField`] answers every question
//! about the truth: samples, log density, score, denoiser and Jacobian of `p_sigma = p * N(0, sigma² I)`. Where many
//! points are asked at one sigma, [`ExactField::at`] prepares a [`Smoothed`] that is much faster and as good.
//! Data flow one way: preset or drawing → mixture or boxes → field → smoothed field.

mod alias;
pub mod base64url;
mod boxes;
mod drawing;
mod exact;
mod expansion;
pub mod keys;
pub mod lanes;
mod marginal;
mod mixture;
pub mod modes;
mod order;
mod posterior;
mod presets;
mod smoothed;
mod tree;

pub use boxes::Boxes;
pub use drawing::{Brush, Dot, Drawing, MAX_DOTS, REACH};
pub use exact::{ExactField, Local};
pub use mixture::Mixture;
pub use posterior::Origin;
pub use presets::{Preset, UnknownPreset};
pub use smoothed::Smoothed;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is to be learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// One of the named sets.
    Preset(Preset),
    /// What the user drew.
    Drawing(Drawing),
}

impl Target {
    /// The distribution in closed form.
    ///
    /// # Errors
    /// When a drawing has fewer than three dots or all of them in one place.
    pub fn field(&self) -> Result<ExactField, TargetError> {
        match self {
            Self::Preset(preset) => Ok(preset.field()),
            Self::Drawing(drawing) => drawing.field(),
        }
    }
}

/// Why something cannot be a distribution to learn; the sentence says what is needed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TargetError {
    /// Fewer than three points.
    #[error("a distribution needs at least 3 points, and there are {got}: draw a little more")]
    TooFew {
        /// How many there are.
        got: usize,
    },
    /// Every point has the same position.
    #[error("all points lie in one place: draw somewhere else too")]
    OnePlace,
    /// More points than a drawing holds.
    #[error("a drawing holds at most {MAX_DOTS} points, and these are {got}: thin them out")]
    TooMany {
        /// How many there are.
        got: usize,
    },
    /// A coordinate that is no number.
    #[error("point {index} is not finite: both coordinates must be ordinary numbers")]
    NotFinite {
        /// Which point, counted from 0.
        index: usize,
    },
    /// A point too far out to be kept.
    #[error("point {index} lies too far out: coordinates must be within ±{REACH}")]
    OutOfReach {
        /// Which point, counted from 0.
        index: usize,
    },
    /// A flat array of coordinates that does not come in pairs.
    #[error("points are x, y pairs in one flat array, so its length must be even, and {length} is not")]
    OddLength {
        /// The array's length.
        length: usize,
    },
    /// A softness that is no standard deviation.
    #[error("softness must be between 0 and {REACH}, and {0} is not")]
    BadSoftness(f32),
    /// A mixture whose arrays do not describe one.
    #[error("not a mixture: {0}")]
    BadMixture(&'static str),
    /// A drawing's code that does not read as one.
    #[error("this is not the code of a drawing: {0}")]
    BadCode(&'static str),
}
