//! Which layers the settings ask for.

use crate::engine::settings::{Colour, Settings};
use crate::page::layers::paint::Layers;

impl From<&Settings> for Layers {
    fn from(settings: &Settings) -> Self {
        Self {
            source: settings.source,
            heat: settings.energy || settings.colour != Colour::Energy,
            colour: settings.colour,
            contours: settings.contours,
            contour_spacing: settings.contour_spacing,
            contour_labels: settings.contour_labels,
            arrows: settings.arrows,
            arrow_length: settings.arrow_length,
            arrow_density: settings.arrow_density,
            streamlines: settings.streamlines,
            flow: settings.flow,
            denoiser: settings.denoiser,
            coverage: settings.coverage,
            data: settings.show_data,
        }
    }
}
