//! What to show of a field.

use super::energy::Inks;
use super::palette::Palette;
use crate::engine::settings::{ArrowDensity, ArrowLength, Colour, ContourSpacing, Source};

/// What to show of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layers {
    /// What the field is: sets the colour of the arrows, and for [`Source::Error`] the meaning of the heat.
    pub source: Source,
    /// Heat map of the energy, of the error, or of a derivative.
    pub heat: bool,
    /// Which of them.
    pub colour: Colour,
    /// Lines of equal energy.
    pub contours: bool,
    /// How far apart these are.
    pub contour_spacing: ContourSpacing,
    /// Their energies are written on them, by whoever shows the picture.
    pub contour_labels: bool,
    /// Arrows of the score, or of the error.
    pub arrows: bool,
    /// What their length says.
    pub arrow_length: ArrowLength,
    /// How many arrows there are, and lines of the denoiser.
    pub arrow_density: ArrowDensity,
    /// Streamlines of the score, or of the error.
    pub streamlines: bool,
    /// They are fainter, as light runs along them: see [`super::flow`].
    pub flow: bool,
    /// Where the denoiser takes points.
    pub denoiser: bool,
    /// Hatching where training has hardly been, see [`super::paint::FieldPainter::veil`].
    pub coverage: bool,
    /// Points of the data.
    pub data: bool,
}

impl Default for Layers {
    /// The exact energy as heat.
    fn default() -> Self {
        Self {
            heat: true,
            ..Self::NOTHING
        }
    }
}

impl Layers {
    /// No layer at all, of the exact field.
    pub const NOTHING: Self = Self {
        source: Source::Exact,
        heat: false,
        colour: Colour::Energy,
        contours: false,
        contour_spacing: ContourSpacing::Auto,
        contour_labels: false,
        arrows: false,
        arrow_length: ArrowLength::Soft,
        arrow_density: ArrowDensity::Normal,
        streamlines: false,
        flow: false,
        denoiser: false,
        coverage: false,
        data: false,
    };

    /// What a picture with these layers is painted with.
    pub(super) fn inks<'a>(&self, palette: &'a Palette) -> Inks<'a> {
        Inks {
            ramp: palette.ramp(self.colour, self.source),
            contour: palette.contour.0,
            line: (palette.source(self.source), palette.arrow_alpha),
        }
    }

    /// Any layer is drawn in lines of the source's colour.
    pub(super) fn has_lines(&self) -> bool {
        self.arrows || self.streamlines || self.denoiser
    }
}
