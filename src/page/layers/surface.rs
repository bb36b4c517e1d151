//! The energy as a landscape: wells where the data are, particles that roll in them.
//!
//! The window is cut into a mesh, lifted by the energy, and drawn with depth ([`super::depth`]); energies per pixel then
//! get colours and contours from the very functions that paint the flat map. Particles are lifted onto the same mesh,
//! and those behind a hill are left out. After the first picture of a size nothing is allocated but for a new field.

use super::camera::{Camera, Projection};
use super::depth::{Corner, DepthPicture};
use super::paint::Layers;
use super::palette::{Palette, Ramp};
use super::resample::Enlarged;
use super::{GridField, contours, derivative, energy, error};
use crate::engine::settings::{Colour, Source};
use crate::page::viewport::Viewport;

/// Points of the mesh along an axis.
const MESH: usize = 128;
/// Height of the plateau at the cut, where half a window is 1.
const HEIGHT: f32 = 0.55;
/// The floor on which the block stands.
const FLOOR: f32 = -0.06;
/// The slopes become the plateau between so many nats below the cut and above it.
const BEND: f32 = 2.0;
/// Energy of the pixels beside the landscape: more than anything on it.
const BESIDE: f32 = 1e3;
/// The plateau's place on the ramp: the landscape is told apart from what lies beside it.
const PLATEAU: f32 = 0.08;
/// Where the light comes from, as the eye has it: right, up, away. Of length 1.
const LIGHT: [f32; 3] = [-0.48, 0.72, -0.5];
/// How much nearer than a particle what is seen at its pixel may be, relative to its distance.
const TOUCH: f32 = 0.012;
/// Neighbouring pixels whose distances differ by this share have an edge between them.
const EDGE: f32 = 0.03;

/// A landscape and its picture.
#[derive(Clone, Debug)]
pub struct SurfacePainter {
    window: Viewport,
    layers: Layers,
    enlarged: Enlarged,
    /// Energies, heights and places on the ramp at the mesh's points, rows from the top.
    values: Vec<f32>,
    heights: Vec<f32>,
    tones: Vec<f32>,
    corners: Vec<Corner>,
    depth: DepthPicture,
    projection: Projection,
    places: Vec<u32>,
    line: Vec<f32>,
    rgba: Vec<u8>,
}

impl Default for SurfacePainter {
    fn default() -> Self {
        Self {
            window: Viewport {
                centre: [0.0; 2],
                half_width: 1.0,
                pixels: MESH as f32,
            },
            layers: Layers::default(),
            enlarged: Enlarged::default(),
            values: vec![energy::SPAN; MESH * MESH],
            heights: vec![HEIGHT; MESH * MESH],
            tones: vec![PLATEAU; MESH * MESH],
            corners: Vec::new(),
            depth: DepthPicture::default(),
            projection: Camera::default().projection(1.0),
            places: Vec::new(),
            line: Vec::new(),
            rgba: Vec::new(),
        }
    }
}

/// Height of an energy, nats above the lowest: even up to near the cut, then bending into the plateau.
fn height(energy: f32) -> f32 {
    let over = (energy - (energy::SPAN - BEND)).clamp(0.0, 2.0 * BEND);
    let straight = energy.clamp(0.0, energy::SPAN + BEND);
    (straight - over * over / (4.0 * BEND)) * (HEIGHT / energy::SPAN)
}

/// What was enlarged, at the mesh's points.
fn take(by: &Enlarged, values: &mut [f32]) {
    for (j, row) in values.chunks_exact_mut(MESH).enumerate() {
        by.row(j as isize, row);
    }
}

/// Where a point of the mesh lies, in half windows from the middle.
fn place(k: usize) -> [f32; 2] {
    let step = 2.0 / MESH as f32;
    let [i, j] = [k % MESH, k / MESH].map(|v| (v as f32 + 0.5) * step - 1.0);
    [i, -j]
}

impl SurfacePainter {
    /// Takes another field, or window onto it, and what to show of it. What is masked is plateau, and without a field
    /// everything is. For [`Source::Error`] the field is an [`error::difference`], and the heights are its error.
    pub fn set_field(&mut self, field: Option<&GridField>, window: Viewport, layers: Layers) {
        self.window = window.with_pixels(MESH as f32);
        self.layers = layers;
        let lift = if layers.colour == Colour::Energy { PLATEAU } else { 0.0 };
        let Some(field) = field.filter(|field| field.is_whole()) else {
            self.values.fill(energy::SPAN + BEND);
            self.heights.fill(HEIGHT);
            let ground = self.ground().max(lift);
            self.tones.fill(ground);
            return;
        };
        let (window, by) = (&self.window, &mut self.enlarged);
        by.set_energies(field, window);
        take(by, &mut self.values);
        for (at, value) in self.heights.iter_mut().zip(&self.values) {
            *at = height(*value);
        }
        for (tone, value) in self.tones.iter_mut().zip(&self.values) {
            *tone = energy::shade(*value);
        }
        if layers.source == Source::Error {
            by.set(field, error::tones(field), window);
            take(by, &mut self.tones);
            for (at, tone) in self.heights.iter_mut().zip(&self.tones) {
                *at = HEIGHT * tone;
            }
        }
        if layers.colour != Colour::Energy {
            by.set(field, derivative::tones(field, layers.colour, layers.source), window);
            take(by, &mut self.tones);
        } else if !layers.heat {
            self.tones.fill(0.0);
        }
        for tone in &mut self.tones {
            *tone = lift + (1.0 - lift) * tone.clamp(0.0, 1.0);
        }
    }

    /// The place on the ramp of what is not there.
    fn ground(&self) -> f32 {
        if self.layers.colour == Colour::Energy { 0.0 } else { 0.5 }
    }

    /// Paints the picture: `side` pixels a side, `scale` of them per CSS pixel.
    pub fn paint(&mut self, camera: &Camera, side: usize, scale: f32, palette: &Palette) {
        self.projection = camera.projection(side as f32);
        self.depth.clear(side, BESIDE, self.ground());
        self.lay_corners(palette.dark);
        self.lay_ground();
        self.lay_walls(palette.dark);
        self.rgba.resize(4 * side * side, 0);
        self.line.resize(side, 0.0);
        self.places.resize(side, 0);
        for j in 0..side {
            self.colour_row(j, scale, palette);
        }
        self.soften(side, 1);
        self.soften(side, side);
    }

    /// Projects the mesh and lights it.
    fn lay_corners(&mut self, dark: bool) {
        self.corners.clear();
        let slope = 0.25 * MESH as f32;
        for k in 0..MESH * MESH {
            let (i, j) = (k % MESH, k / MESH);
            let [x, y] = place(k);
            let at = |i: usize, j: usize| self.heights[j * MESH + i];
            let dx = slope * (at((i + 1).min(MESH - 1), j) - at(i.saturating_sub(1), j));
            let dy = slope * (at(i, j.saturating_sub(1)) - at(i, (j + 1).min(MESH - 1)));
            let normal = self.projection.direction([-dx, -dy, 1.0]);
            let light = lit(normal, (1.0 + dx * dx + dy * dy).sqrt(), dark);
            let seen = self.projection.project([x, y, self.heights[k]]);
            self.corners
                .push(Corner::new(seen, self.values[k], self.tones[k], light));
        }
    }

    /// Lays the mesh into the picture.
    fn lay_ground(&mut self) {
        for j in 0..MESH - 1 {
            let (top, bottom) = (&self.corners[j * MESH..], &self.corners[(j + 1) * MESH..]);
            for (top, bottom) in top[..MESH].windows(2).zip(bottom[..MESH].windows(2)) {
                self.depth.triangle([&top[0], &top[1], &bottom[1]]);
                self.depth.triangle([&top[0], &bottom[1], &bottom[0]]);
            }
        }
    }

    /// Lays the walls of the block round the mesh: from its rim down to the floor.
    fn lay_walls(&mut self, dark: bool) {
        let (last, tone) = (MESH - 1, self.ground().max(PLATEAU));
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
                [self.heights[k], FLOOR].map(|z| Corner::new(self.projection.project([x, y, z]), BESIDE, tone, light))
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

    /// Colours a row of the picture.
    fn colour_row(&mut self, j: usize, scale: f32, palette: &Palette) {
        let side = self.depth.side();
        let row = |j: usize| &self.depth.energy[j * side..(j + 1) * side];
        let here = row(j);
        if self.layers.contours {
            let near = [row(j.saturating_sub(1)), here, row((j + 1).min(side - 1))];
            contours::cover_row(near, 0.9 * scale, 1.4 * palette.contour.1, &mut self.line);
        } else {
            self.line.fill(0.0);
        }
        let (row, ramp) = (
            j * side..(j + 1) * side,
            palette.ramp(self.layers.colour, self.layers.source),
        );
        for (line, light) in self.line.iter_mut().zip(&self.depth.light[row.clone()]) {
            *line += light * (1.0 - *line);
        }
        Ramp::places(&self.depth.tone[row], &mut self.places);
        let pixels = &mut self.rgba[4 * j * side..4 * (j + 1) * side];
        energy::colour_row(ramp, &self.places, &self.line, palette.contour.0, j, pixels);
    }

    /// Lets every two pixels so many apart run into each other where one is seen past the edge of the other, or they are
    /// on either side of the block's rim: else these edges would be stairs.
    fn soften(&mut self, side: usize, apart: usize) {
        let pixels = self.rgba.as_chunks_mut::<4>().0;
        let (near, energy) = (&self.depth.near, &self.depth.energy);
        for k in 0..(side * side).saturating_sub(apart) {
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

    /// Lifts particles `[x0, y0, …]` onto the landscape, at the mesh's height there, and writes where they are seen in
    /// the last picture: pixels to the right of its middle and up. NaN: behind a hill, or outside the window.
    pub fn project(&self, positions: &[f32], seen: &mut Vec<f32>) {
        seen.clear();
        let half = 0.5 * self.side() as f32;
        for at in positions.as_chunks::<2>().0 {
            let [x, y] = self.seen(*at).unwrap_or([f32::NAN; 2]);
            seen.extend([x - half, half - y]);
        }
    }

    /// The pixel position at which a place of the plane is seen, if it is.
    fn seen(&self, at: [f32; 2]) -> Option<[f32; 2]> {
        let [i, j] = self.window.to_pixel(at).map(|v| v - 0.5);
        let last = (MESH - 1) as f32;
        if !(0.0..last).contains(&i) || !(0.0..last).contains(&j) {
            return None;
        }
        let (column, row) = (i as usize, j as usize);
        let (u, v) = (i - column as f32, j - row as f32);
        let corner = |k: usize| self.heights.get(row * MESH + column + k).copied().unwrap_or(HEIGHT);
        let top = corner(0) + u * (corner(1) - corner(0));
        let bottom = corner(MESH) + u * (corner(MESH + 1) - corner(MESH));
        let step = 2.0 / MESH as f32;
        let [x, y] = [(i + 0.5) * step - 1.0, 1.0 - (j + 0.5) * step];
        let [x, y, near] = self.projection.project([x, y, top + v * (bottom - top)]);
        let (before, _) = self.pixel([x, y])?;
        (near >= before * (1.0 - TOUCH)).then_some([x, y])
    }

    /// Nearness and energy at a pixel position.
    fn pixel(&self, [x, y]: [f32; 2]) -> Option<(f32, f32)> {
        let side = self.side();
        let inside = |v: f32| v >= 0.0 && v < side as f32;
        let k = y as usize * side + x as usize;
        (inside(x) && inside(y)).then(|| Some((*self.depth.near.get(k)?, *self.depth.energy.get(k)?)))?
    }

    /// Energy where one of [`Self::project`]'s positions is seen; NaN beside the picture.
    pub fn energy_at(&self, [x, y]: [f32; 2]) -> f32 {
        let half = 0.5 * self.side() as f32;
        self.pixel([half + x, half - y]).map_or(f32::NAN, |(_, energy)| energy)
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
