//! The energy as a landscape: wells where the data are, particles that roll in them.
//!
//! The window is cut into a [`mesh`], lifted by the energy, and drawn with depth ([`super::depth`]); energies per pixel
//! then get colours and contours from the very functions that paint the flat map. The map's lines and the data are draped
//! over the mesh ([`drape`]), and particles lifted onto it; what is behind a hill is left out ([`sight`]). After the first
//! picture of a size nothing is allocated but for a new field.

pub mod axis;
mod drape;
mod mesh;
mod part;
mod sight;

use std::ops::Range;

use self::axis::Axis;
use self::drape::Drape;
use self::mesh::{MESH, Mesh, PLATEAU, ground, place};
use self::part::Part;
use self::sight::Sight;
use super::camera::{Camera, Projection};
use super::depth::{Corner, DepthPicture, PLANES};
use super::energy::Row;
use super::paint::Layers;
use super::palette::{Palette, Ramp};
use super::raster::{Mask, Strokes};
use super::{GridField, contours, data, energy};
use crate::page::viewport::Viewport;

/// The floor on which the block stands.
const FLOOR: f32 = -0.06;
/// Energy of the pixels beside the landscape: more than anything on it.
const BESIDE: f32 = 1e3;
/// Where the light comes from, as the eye has it: right, up, away. Of length 1.
const LIGHT: [f32; 3] = [-0.48, 0.72, -0.5];
/// Neighbouring pixels whose distances differ by this share have an edge between them.
const EDGE: f32 = 0.03;

/// A landscape and its picture.
#[derive(Clone, Debug)]
pub struct SurfacePainter {
    window: Viewport,
    layers: Layers,
    mesh: Mesh,
    drape: Drape,
    /// Points of the data, and where they are seen.
    data: Vec<f32>,
    seen: Vec<f32>,
    corners: Vec<Corner>,
    depth: DepthPicture,
    projection: Projection,
    mask: Mask,
    /// The part that is being painted, and how much of it is.
    part: Part,
    done: usize,
    places: Vec<u32>,
    line: Vec<f32>,
    rgba: Vec<u8>,
}

impl Default for SurfacePainter {
    // Once in the binary, as are begin and advance.
    #[inline(never)]
    fn default() -> Self {
        Self {
            window: Viewport {
                centre: [0.0; 2],
                half_width: 1.0,
                pixels: 1.0,
            },
            layers: Layers::default(),
            mesh: Mesh::default(),
            drape: Drape::default(),
            data: Vec::new(),
            seen: Vec::new(),
            corners: Vec::new(),
            depth: DepthPicture::default(),
            projection: Camera::default().projection(1.0),
            mask: Mask::default(),
            part: Part::Done,
            done: 0,
            places: Vec::new(),
            line: Vec::new(),
            rgba: Vec::new(),
        }
    }
}

impl SurfacePainter {
    /// Takes another field, or window onto it, what to show of it, and points of the data, `[x0, y0, …]`. The landscape
    /// [melts](Self::melt) into it. For [`crate::engine::settings::Source::Error`] the field is a
    /// [`super::error::difference`].
    pub fn set_field(&mut self, field: Option<&GridField>, window: Viewport, layers: Layers, points: &[f32]) {
        self.window = window.with_pixels(1.0);
        self.layers = layers;
        self.mesh.aim(field, &window.with_pixels(MESH as f32), layers);
        self.drape.take(field, &window, layers);
        self.data.clear();
        if layers.data {
            self.data.extend_from_slice(points);
        }
    }

    /// Melts for some seconds; infinitely many are the whole way. False when there is nothing to melt.
    pub fn melt(&mut self, seconds: f32) -> bool {
        let melting = self.mesh.is_melting();
        self.mesh.melt(seconds);
        melting
    }

    /// Tries so many streamlines; true when all are found.
    pub fn trace(&mut self, seeds: usize) -> bool {
        self.drape.trace(seeds)
    }

    /// Another painter, whose streamlines begin where those of this one are.
    pub fn alike(&self) -> Self {
        let mut other = Self::default();
        other.drape.begin_like(&self.drape);
        other
    }

    /// Paints the picture: `side` pixels a side, `scale` of them per CSS pixel.
    pub fn paint(&mut self, camera: &Camera, side: usize, scale: f32, palette: &Palette) {
        self.begin(camera, side, palette.dark);
        while !self.advance(usize::MAX, scale, palette) {}
    }

    /// Begins a picture, to be painted by [`Self::advance`].
    #[inline(never)]
    pub fn begin(&mut self, camera: &Camera, side: usize, dark: bool) {
        self.projection = camera.projection(side as f32);
        self.depth.set_side(side);
        self.lay_corners(dark);
        (self.part, self.done) = (Part::Room, 0);
        self.line.resize(side, 0.0);
        self.places.resize(side, 0);
    }

    /// Paints up to so many more rows, or lines, of the picture begun; true when it is whole. `scale`: pixels to a CSS
    /// pixel.
    #[inline(never)]
    pub fn advance(&mut self, most: usize, scale: f32, palette: &Palette) -> bool {
        let side = self.depth.side();
        let of = match self.part {
            Part::Room => (PLANES + 1) * side,
            Part::Ground => MESH - 1,
            Part::Walls | Part::Data => 1,
            Part::Lines => self.drape.len(),
            Part::Colours | Part::Rows | Part::Columns => side,
            Part::Done => return true,
        };
        // Room for a picture is made plane by plane.
        let most = if self.part == Part::Room {
            (8 * most.min(side)).min(side.max(1) - self.done % side.max(1))
        } else {
            most
        };
        let range = self.done..self.done.saturating_add(most).min(of);
        self.done = range.end;
        match self.part {
            Part::Room => self.make_room(range),
            Part::Ground => range.for_each(|j| self.lay_ground(j)),
            Part::Walls => self.lay_walls(palette.dark),
            Part::Lines => self.lay_lines(range, scale),
            Part::Colours => range.for_each(|j| self.colour_row(j, scale, palette)),
            Part::Rows => self.soften(range, 1),
            Part::Columns => self.soften(range, side),
            Part::Data => self.lay_data(scale, palette),
            Part::Done => {}
        }
        if self.done >= of {
            (self.part, self.done) = (self.part.next(), 0);
        }
        self.part == Part::Done
    }

    /// Projects the mesh and lights it.
    fn lay_corners(&mut self, dark: bool) {
        self.corners.clear();
        let slope = 0.25 * MESH as f32;
        for k in 0..MESH * MESH {
            let (i, j) = (k % MESH, k / MESH);
            let [x, y] = place(k);
            let at = |i: usize, j: usize| self.mesh.shown.heights[j * MESH + i];
            let dx = slope * (at((i + 1).min(MESH - 1), j) - at(i.saturating_sub(1), j));
            let dy = slope * (at(i, j.saturating_sub(1)) - at(i, (j + 1).min(MESH - 1)));
            let normal = self.projection.direction([-dx, -dy, 1.0]);
            let light = lit(normal, (1.0 + dx * dx + dy * dy).sqrt(), dark);
            let seen = self.projection.project([x, y, self.mesh.shown.heights[k]]);
            self.corners.push(Corner::new(
                seen,
                self.mesh.shown.energies[k],
                self.mesh.shown.tones[k],
                light,
            ));
        }
    }

    /// Makes room for some more rows of the picture, counted through one plane after the other.
    fn make_room(&mut self, range: Range<usize>) {
        let side = self.depth.side().max(1);
        let (plane, rows) = (range.start / side, range.start % side..range.start % side + range.len());
        if plane < PLANES {
            return self.depth.clear(plane, rows, BESIDE, ground(self.layers));
        }
        self.rgba.resize(4 * side * rows.end, 0);
        if rows.end == side && self.layers.has_lines() {
            self.mask.clear(side);
        }
    }

    /// Lays a row of the mesh into the picture.
    fn lay_ground(&mut self, j: usize) {
        let (top, bottom) = (&self.corners[j * MESH..], &self.corners[(j + 1) * MESH..]);
        for (top, bottom) in top[..MESH].windows(2).zip(bottom[..MESH].windows(2)) {
            self.depth.triangle([&top[0], &top[1], &bottom[1]]);
            self.depth.triangle([&top[0], &bottom[1], &bottom[0]]);
        }
    }

    /// Lays the walls of the block round the mesh: from its rim down to the floor.
    fn lay_walls(&mut self, dark: bool) {
        let (last, tone) = (MESH - 1, ground(self.layers).max(PLATEAU));
        // Every side from left to right as seen from outside, and which way it faces.
        type Side = (fn(usize, usize) -> usize, [f32; 3]);
        let sides: [Side; 4] = [
            (|k, last| last * MESH + k, [0.0, -1.0, 0.0]),
            (|k, last| (last - k) * MESH + last, [1.0, 0.0, 0.0]),
            (|k, last| last - k, [0.0, 1.0, 0.0]),
            (|k, _| k * MESH, [-1.0, 0.0, 0.0]),
        ];
        for (point, facing) in sides {
            let light = lit(self.projection.direction(facing), 1.0, dark);
            let ends = |k: usize| {
                let k = point(k, last);
                let [x, y] = place(k);
                [self.mesh.shown.heights[k], FLOOR]
                    .map(|z| Corner::new(self.projection.project([x, y, z]), BESIDE, tone, light))
            };
            let mut before = ends(0);
            for k in 1..MESH {
                let now = ends(k);
                self.depth.triangle([&before[0], &now[0], &now[1]]);
                self.depth.triangle([&before[0], &now[1], &before[1]]);
                before = now;
            }
        }
    }

    /// Strokes what is seen of some of the lines on the ground.
    fn lay_lines(&mut self, range: Range<usize>, scale: f32) {
        if !self.layers.has_lines() {
            return;
        }
        let sight = Sight {
            mesh: &self.mesh,
            depth: &self.depth,
            projection: self.projection,
        };
        for (width, line) in self.drape.strokes(range) {
            sight.line(*line, |from, to| self.mask.stroke(from, to, width * scale));
        }
    }

    /// Draws what is seen of the data.
    fn lay_data(&mut self, scale: f32, palette: &Palette) {
        let mut seen = std::mem::take(&mut self.seen);
        self.project(&self.data, &mut seen);
        data::draw(&seen, &self.view(), scale, palette.data, &mut self.rgba);
        self.seen = seen;
    }

    /// Colours a row of the picture.
    fn colour_row(&mut self, j: usize, scale: f32, palette: &Palette) {
        let side = self.depth.side();
        let row = |j: usize| &self.depth.energy[j * side..(j + 1) * side];
        let here = row(j);
        if self.layers.contours {
            let near = [row(j.saturating_sub(1)), here, row((j + 1).min(side - 1))];
            let spacing = contours::spacing(self.layers.contour_spacing, self.window.half_width);
            contours::cover_row(near, spacing, 0.9 * scale, 1.4 * palette.contour.1, &mut self.line);
        } else {
            self.line.fill(0.0);
        }
        let row = j * side..(j + 1) * side;
        for (line, light) in self.line.iter_mut().zip(&self.depth.light[row.clone()]) {
            *line += light * (1.0 - *line);
        }
        Ramp::places(self.depth.tone[row].iter().copied(), &mut self.places);
        let row = Row {
            places: &self.places,
            contours: &self.line,
            lines: if self.layers.has_lines() { self.mask.row(j) } else { &[] },
        };
        let pixels = &mut self.rgba[4 * j * side..4 * (j + 1) * side];
        energy::colour_row(self.layers.inks(palette), row, j, pixels);
    }

    /// In some rows lets every two pixels so many apart run into each other where one is seen past the edge of the other,
    /// or they are on either side of the block's rim: else these edges would be stairs.
    fn soften(&mut self, rows: Range<usize>, apart: usize) {
        let side = self.depth.side();
        let pixels = self.rgba.as_chunks_mut::<4>().0;
        let (near, energy) = (&self.depth.near, &self.depth.energy);
        for k in rows.start * side..(rows.end * side).min((side * side).saturating_sub(apart)) {
            let (a, b) = (near[k], near[k + apart]);
            let rim = (energy[k] - energy[k + apart]).abs() > 0.5 * BESIDE;
            let edge = rim || (a - b).abs() > EDGE * a.max(b);
            // A row's last pixel and the next row's first are no neighbours.
            if !edge || (apart == 1 && (k + 1) % side == 0) {
                continue;
            }
            let (one, other) = (pixels[k], pixels[k + apart]);
            let mix = |own: u8, other: u8| ((3 * u16::from(own) + u16::from(other)) / 4) as u8;
            pixels[k] = std::array::from_fn(|c| mix(one[c], other[c]));
            pixels[k + apart] = std::array::from_fn(|c| mix(other[c], one[c]));
        }
    }

    /// RGBA, rows from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.rgba
    }

    /// Pixels a side.
    pub fn side(&self) -> usize {
        self.depth.side()
    }

    /// The picture as the window of a [`super::particles::ParticlePainter`] onto [`Self::project`]'s positions.
    pub fn view(&self) -> Viewport {
        let side = self.side() as f32;
        Viewport {
            centre: [0.0; 2],
            half_width: 0.5 * side,
            pixels: side,
        }
    }

    /// The axis of heights in the last picture.
    pub fn axis(&self) -> Axis {
        Axis::new(&self.projection, self.layers.source)
    }

    /// Lifts points `[x0, y0, …]` onto the landscape, at the mesh's height there, and writes where they are seen in the
    /// last picture: pixels to the right of its middle and up. NaN: behind a hill, or outside the window.
    pub fn project(&self, positions: &[f32], seen: &mut Vec<f32>) {
        seen.clear();
        let half = 0.5 * self.side() as f32;
        let sight = self.sight();
        for at in positions.as_chunks::<2>().0 {
            let place = self.window.to_pixel(*at);
            let [x, y] = sight.ground(place).unwrap_or([f32::NAN; 2]);
            seen.extend([x - half, half - y]);
        }
    }

    /// Energy where one of [`Self::project`]'s positions is seen; NaN beside the picture.
    pub fn energy_at(&self, [x, y]: [f32; 2]) -> f32 {
        let half = 0.5 * self.side() as f32;
        let pixel = self.sight().pixel([half + x, half - y]);
        pixel.map_or(f32::NAN, |(_, energy)| energy)
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            mesh: &self.mesh,
            depth: &self.depth,
            projection: self.projection,
        }
    }
}

/// How far a place blends towards the ink of the lines by its light: towards white where the light falls in the dark,
/// towards black where it does not on white. `normal`, of this length, as the eye has it.
fn lit(normal: [f32; 3], length: f32, dark: bool) -> f32 {
    let towards = (normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + normal[2] * LIGHT[2]) / length;
    let light = (0.5 + 0.5 * towards).clamp(0.0, 1.0);
    if dark {
        0.26 * light * light * light
    } else {
        0.5 * (1.0 - light)
    }
}

#[cfg(test)]
mod tests;
