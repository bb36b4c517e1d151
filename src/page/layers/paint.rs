//! Composes everything that changes only with the field into one pixel buffer: heat, contours, arrows, data.

use super::energy::{Inks, Row};
use super::palette::{Palette, Ramp};
use super::raster::{Mask, Strokes, frame};
use super::resample::Enlarged;
use super::streamlines::Streamlines;
use super::{GridField, arrows, contours, coverage, data, denoiser, derivative, energy, error};
use crate::engine::settings::{ArrowDensity, ArrowLength, Colour, ContourSpacing, Source};
use crate::page::viewport::Viewport;

/// Widths of lines and of streamlines, which are few, CSS pixels.
pub(super) const LINE: f32 = 1.05;
/// The width of streamlines alone, which are few.
pub const STREAMLINE: f32 = 1.3;

/// Opacity of streamlines along which light runs, relative to others.
const UNLIT: f32 = 0.5;
/// Opacity of the hatching, relative to that of contours.
const HATCHING: f32 = 0.8;

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
    /// Hatching where training has hardly been, see [`FieldPainter::veil`].
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

/// A picture of a field in the making. [`Self::begin`] takes over what is needed, [`Self::advance`] paints some rows at
/// a time, and after the last one [`Self::pixels`] is whole. Buffers are kept from picture to picture.
#[derive(Clone, Debug)]
pub struct FieldPainter {
    palette: Palette,
    view: Viewport,
    scale: f32,
    layers: Layers,
    has_field: bool,
    energy: Enlarged,
    tones: Enlarged,
    mask: Mask,
    streamlines: Streamlines,
    /// The streamlines of this picture are not all found yet.
    tracing: bool,
    /// Energy between two contours.
    spacing: f32,
    /// Exact energies, and from which on training has hardly been.
    veil: Enlarged,
    border: Option<f32>,
    data: Vec<f32>,
    outline: Option<(Viewport, f32)>,
    stretch: f32,
    next_row: usize,
    rows: [Vec<f32>; 3],
    veiled: Vec<f32>,
    tone: Vec<f32>,
    places: Vec<u32>,
    line: Vec<f32>,
    rgba: Vec<u8>,
}

impl FieldPainter {
    /// Nothing painted yet.
    pub fn new(palette: Palette) -> Self {
        Self {
            palette,
            view: Viewport {
                centre: [0.0; 2],
                half_width: 1.0,
                pixels: 0.0,
            },
            scale: 1.0,
            layers: Layers::default(),
            has_field: false,
            energy: Enlarged::default(),
            tones: Enlarged::default(),
            mask: Mask::default(),
            streamlines: Streamlines::default(),
            tracing: false,
            spacing: 1.0,
            veil: Enlarged::default(),
            border: None,
            data: Vec::new(),
            outline: None,
            stretch: 1.0,
            next_row: 0,
            rows: Default::default(),
            veiled: Vec::new(),
            tone: Vec::new(),
            places: Vec::new(),
            line: Vec::new(),
            rgba: Vec::new(),
        }
    }

    /// Colours of the next picture.
    pub fn set_palette(&mut self, palette: Palette) {
        self.palette = palette;
    }

    /// Starts a picture. `field`: for [`Source::Error`] an [`error::difference`]; `None`, or one that is not whole,
    /// leaves the background. `data`: `[x0, y0, …]`. `scale`: device pixels per CSS pixel, for the width of lines.
    pub fn begin(&mut self, field: Option<&GridField>, data: &[f32], view: Viewport, scale: f32, layers: Layers) {
        (self.view, self.scale, self.layers) = (
            Viewport {
                pixels: view.pixels.floor(),
                ..view
            },
            scale,
            layers,
        );
        (self.outline, self.border, self.stretch) = (None, None, 1.0);
        let side = self.view.pixels as usize;
        self.next_row = 0;
        self.rgba.resize(4 * side * side, 0);
        for row in self
            .rows
            .iter_mut()
            .chain([&mut self.tone, &mut self.line, &mut self.veiled])
        {
            row.clear();
            row.resize(side, 0.0);
        }
        self.places.resize(side, 0);
        self.data.clear();
        if layers.data {
            self.data.extend_from_slice(data);
        }
        let field = field.filter(|f| f.is_whole());
        self.has_field = field.is_some();
        self.tracing = false;
        let Some(field) = field else { return };
        self.spacing = contours::spacing(layers.contour_spacing, field.grid.half_width);
        self.energy.set_energies(field, &self.view);
        if layers.heat && layers.colour != Colour::Energy {
            let tones = derivative::tones(field, layers.colour, layers.source);
            self.tones.set(field, tones, &self.view);
        } else if layers.heat && layers.source == Source::Error {
            self.tones.set(field, error::tones(field), &self.view);
        }
        self.begin_lines(field);
    }

    /// Whatever is drawn in lines, but for the streamlines, which take longer.
    fn begin_lines(&mut self, field: &GridField) {
        if self.layers.has_lines() {
            self.mask.clear(self.view.pixels as usize);
        }
        if self.layers.arrows {
            let Layers {
                arrow_length,
                arrow_density,
                ..
            } = self.layers;
            let arrows = arrows::arrows(field, &self.view, arrow_length, arrow_density);
            arrows::draw(&arrows, LINE * self.scale, &mut self.mask);
        }
        if self.layers.denoiser {
            let moves = denoiser::moves(field, &self.view, arrows::across(self.layers.arrow_density));
            denoiser::draw(&moves, LINE * self.scale, &mut self.mask);
        }
        if self.layers.streamlines {
            self.streamlines.begin(field, &self.view);
            self.tracing = true;
        }
    }

    /// Hatches the picture just begun where the energies of an exact field are above a [`coverage::border`].
    pub fn veil(&mut self, exact: &GridField, border: f32) {
        if exact.is_whole() {
            self.veil.set_energies(exact, &self.view);
            self.border = Some(border);
        }
    }

    /// Energy between two contours of this picture, nats.
    pub fn spacing(&self) -> f32 {
        self.spacing
    }

    /// The colour at a pixel of the picture; black outside.
    pub fn ground(&self, [x, y]: [f32; 2]) -> [u8; 3] {
        let side = self.view.pixels as usize;
        let pixel = self.rgba.as_chunks::<4>().0.get(y as usize * side + x as usize);
        pixel.map_or([0; 3], |[r, g, b, _]| [*r, *g, *b])
    }

    /// The streamlines of this picture.
    pub fn streamlines(&self) -> &Streamlines {
        &self.streamlines
    }

    /// Adds the outline of another window to the picture just begun, `weight` pixels wide.
    pub fn outline(&mut self, window: Viewport, weight: f32) {
        self.outline = Some((window, weight));
    }

    /// Gives the picture just begun another scale of energies: they are multiplied by this before they are coloured.
    pub fn stretch(&mut self, stretch: f32) {
        self.stretch = stretch;
    }

    /// Paints up to `rows` more rows, or tries that many streamlines; true when the picture is whole.
    pub fn advance(&mut self, rows: usize) -> bool {
        if self.tracing {
            if !self.streamlines.advance(rows) {
                return false;
            }
            self.mask.press(if self.layers.flow { UNLIT } else { 1.0 });
            self.streamlines.draw(STREAMLINE * self.scale, &mut self.mask);
            self.mask.press(1.0);
            self.tracing = false;
        }
        let side = self.view.pixels as usize;
        let end = (self.next_row + rows).min(side);
        for j in self.next_row..end {
            self.paint_row(j);
        }
        let finished = self.next_row < side && end == side;
        self.next_row = end;
        if finished {
            data::draw(&self.data, &self.view, self.scale, self.palette.data, &mut self.rgba);
            if let Some((window, weight)) = self.outline {
                let [left, top] = self.view.to_pixel(window.to_stage([0.0, 0.0]));
                let [right, bottom] = self.view.to_pixel(window.to_stage([window.pixels; 2]));
                frame(
                    &mut self.rgba,
                    side,
                    [left, top],
                    [right, bottom],
                    weight,
                    self.palette.outline,
                );
            }
        }
        end == side
    }

    /// The whole picture is painted.
    pub fn is_done(&self) -> bool {
        self.next_row >= self.view.pixels as usize
    }

    /// RGBA, rows from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.rgba
    }

    /// The picture's window, and its side in device pixels.
    pub fn view(&self) -> Viewport {
        self.view
    }

    fn paint_row(&mut self, j: usize) {
        self.lay_places(j);
        if self.has_field && self.layers.contours {
            let [above, here, below] = &self.rows;
            let width = 0.9 * self.scale;
            let near = [above.as_slice(), here, below];
            contours::cover_row(near, self.spacing, width, self.palette.contour.1, &mut self.line);
            // Outside the grid there are no energies, only a fading.
            let inside = self.energy.inside(j);
            self.line[..inside.start].fill(0.0);
            self.line[inside.end..].fill(0.0);
        } else {
            self.line.fill(0.0);
        }
        if let Some(border) = self.border {
            self.veil.row(j as isize, &mut self.veiled);
            let opacity = HATCHING * self.palette.contour.1;
            coverage::hatch_row(&self.veiled, border, j, self.scale, opacity, &mut self.line);
        }
        let side = self.line.len();
        let has_lines = self.has_field && self.layers.has_lines();
        let row = Row {
            places: &self.places,
            contours: &self.line,
            lines: if has_lines { self.mask.row(j) } else { &[] },
        };
        let pixels = &mut self.rgba[4 * j * side..4 * (j + 1) * side];
        energy::colour_row(self.layers.inks(&self.palette), row, j, pixels);
    }

    /// Fills the rows of energies around row `j` and the places on the ramp along it.
    fn lay_places(&mut self, j: usize) {
        let is_energy = self.layers.colour == Colour::Energy;
        let ground = std::iter::repeat(if is_energy { 0.0 } else { 0.5 });
        if !self.has_field {
            Ramp::places(ground, &mut self.places);
            return;
        }
        // Rows are painted in order: two of the three are those of the row before.
        if j == 0 {
            self.energy.row(0, &mut self.rows[1]);
            self.energy.row(0, &mut self.rows[2]);
        }
        self.rows.rotate_left(1);
        if j == 0 {
            self.energy.row(-1, &mut self.rows[0]);
            self.energy.row(0, &mut self.rows[1]);
        }
        self.energy.row(j as isize + 1, &mut self.rows[2]);
        if !self.layers.heat {
            Ramp::places(ground, &mut self.places);
        } else if !is_energy || self.layers.source == Source::Error {
            self.tones.row(j as isize, &mut self.tone);
            Ramp::places(self.tone.iter().copied(), &mut self.places);
        } else {
            let shades = self.rows[1].iter().map(|energy| energy::shade(self.stretch * energy));
            Ramp::places(shades, &mut self.places);
        }
    }
}

#[cfg(test)]
mod tests;
