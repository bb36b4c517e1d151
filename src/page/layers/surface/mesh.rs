//! The mesh of a landscape: what it is to become, and what it has become so far.

use super::super::paint::Layers;
use super::super::resample::Enlarged;
use super::super::{GridField, derivative, energy, error};
use crate::engine::settings::{Colour, Source};
use crate::page::viewport::Viewport;

/// Points of the mesh along an axis.
pub const MESH: usize = 128;
/// Height of the plateau at the cut, where half a window is 1.
pub const HEIGHT: f32 = 0.62;
/// The plateau's place on the ramp: the landscape is told apart from what lies beside it.
pub const PLATEAU: f32 = 0.08;
/// The slopes become the plateau between so many nats below the cut and above it.
const BEND: f32 = 2.0;
/// Energies from here on are all plateau, and all the same.
const VOID: f32 = energy::SPAN + 2.0 * BEND;
/// Seconds in which the landscape covers all but 1/e of its way to another one.
const MELT_SECONDS: f32 = 0.11;
/// Nearer than this to what it is to become, it is there.
const ARRIVED: f32 = 1e-3;

/// Height of an energy, nats above the lowest: even up to near the cut, then bending into the plateau.
pub fn height(energy: f32) -> f32 {
    let over = (energy - (energy::SPAN - BEND)).clamp(0.0, 2.0 * BEND);
    let straight = energy.clamp(0.0, energy::SPAN + BEND);
    (straight - over * over / (4.0 * BEND)) * (HEIGHT / energy::SPAN)
}

/// Where a point of the mesh lies, in half windows from the middle.
pub fn place(k: usize) -> [f32; 2] {
    let step = 2.0 / MESH as f32;
    let [i, j] = [k % MESH, k / MESH].map(|v| (v as f32 + 0.5) * step - 1.0);
    [i, -j]
}

/// Numbers at the mesh's points, rows from the top: energies (nats), heights and places on the ramp.
#[derive(Clone, Debug)]
pub struct Relief {
    pub energies: Vec<f32>,
    pub heights: Vec<f32>,
    pub tones: Vec<f32>,
}

impl Relief {
    /// A plateau everywhere.
    fn plateau() -> Self {
        Self {
            energies: vec![VOID; MESH * MESH],
            heights: vec![HEIGHT; MESH * MESH],
            tones: vec![PLATEAU; MESH * MESH],
        }
    }
}

/// The mesh: it melts from one landscape into the next, also into one of another window or noise level.
#[derive(Clone, Debug)]
pub struct Mesh {
    pub shown: Relief,
    next: Relief,
    melting: bool,
    enlarged: Enlarged,
}

impl Default for Mesh {
    fn default() -> Self {
        Self {
            shown: Relief::plateau(),
            next: Relief::plateau(),
            melting: false,
            enlarged: Enlarged::default(),
        }
    }
}

impl Mesh {
    /// Sets out for another field. What is masked is plateau, and without a field everything is. For
    /// [`Source::Error`] the field is an [`error::difference`], and the heights are its error.
    pub fn aim(&mut self, field: Option<&GridField>, window: &Viewport, layers: Layers) {
        self.melting = true;
        let lift = if layers.colour == Colour::Energy { PLATEAU } else { 0.0 };
        let Some(field) = field.filter(|field| field.is_whole()) else {
            self.next = Relief::plateau();
            self.next.tones.fill(ground(layers).max(lift));
            return;
        };
        let Relief {
            energies,
            heights,
            tones,
        } = &mut self.next;
        let by = &mut self.enlarged;
        by.set_energies(field, window);
        take(by, energies);
        for ((energy, height_of), tone) in energies.iter_mut().zip(&mut *heights).zip(&mut *tones) {
            *energy = energy.min(VOID);
            *height_of = height(*energy);
            *tone = energy::shade(*energy);
        }
        if layers.source == Source::Error {
            by.set(field, error::tones(field), window);
            take(by, tones);
            for (at, tone) in heights.iter_mut().zip(&*tones) {
                *at = HEIGHT * tone;
            }
        }
        if layers.colour != Colour::Energy {
            by.set(field, derivative::tones(field, layers.colour, layers.source), window);
            take(by, tones);
        } else if !layers.heat {
            tones.fill(0.0);
        }
        for tone in tones {
            *tone = lift + (1.0 - lift) * tone.clamp(0.0, 1.0);
        }
    }

    /// It is not yet what it is to become.
    pub fn is_melting(&self) -> bool {
        self.melting
    }

    /// Melts for some seconds; infinitely many are the whole way. On the way heights are between the two landscapes,
    /// so that no scale ever jumps.
    pub fn melt(&mut self, seconds: f32) {
        if !self.melting {
            return;
        }
        let share = 1.0 - (-seconds / MELT_SECONDS).exp();
        let mut most = 0.0_f32;
        let planes = [
            (&mut self.shown.energies, &self.next.energies, 1.0 / VOID),
            (&mut self.shown.heights, &self.next.heights, 1.0 / HEIGHT),
            (&mut self.shown.tones, &self.next.tones, 1.0),
        ];
        for (shown, next, scale) in planes {
            for (shown, next) in shown.iter_mut().zip(next) {
                let rest = next - *shown;
                *shown += share * rest;
                most = most.max(rest.abs() * scale);
            }
        }
        if share >= 1.0 || most < ARRIVED {
            self.shown.energies.copy_from_slice(&self.next.energies);
            self.shown.heights.copy_from_slice(&self.next.heights);
            self.shown.tones.copy_from_slice(&self.next.tones);
            self.melting = false;
        }
    }

    /// The height between the mesh's points, at so many of them to the right and down; none beside the mesh.
    pub fn height_at(&self, [i, j]: [f32; 2]) -> Option<f32> {
        let last = (MESH - 1) as f32;
        if !(0.0..last).contains(&i) || !(0.0..last).contains(&j) {
            return None;
        }
        let (column, row) = (i as usize, j as usize);
        let (u, v) = (i - column as f32, j - row as f32);
        let corner = |k: usize| {
            self.shown
                .heights
                .get(row * MESH + column + k)
                .copied()
                .unwrap_or(HEIGHT)
        };
        let top = corner(0) + u * (corner(1) - corner(0));
        let bottom = corner(MESH) + u * (corner(MESH + 1) - corner(MESH));
        Some(top + v * (bottom - top))
    }
}

/// The place on the ramp of what is not there.
pub fn ground(layers: Layers) -> f32 {
    if layers.colour == Colour::Energy { 0.0 } else { 0.5 }
}

/// What was enlarged, at the mesh's points.
fn take(by: &Enlarged, values: &mut [f32]) {
    for (j, row) in values.chunks_exact_mut(MESH).enumerate() {
        by.row(j as isize, row);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::sampled;
    use super::*;

    const WINDOW: Viewport = Viewport {
        centre: [0.0; 2],
        half_width: 1.0,
        pixels: MESH as f32,
    };

    #[test]
    fn a_landscape_melts_without_jumps_at_any_frame_rate_and_arrives() {
        let field = sampled(1.0, 64, |[x, y]| (6.0 * (x * x + y * y), [0.0; 2]));
        let (mut coarse, mut fine) = (Mesh::default(), Mesh::default());
        for mesh in [&mut coarse, &mut fine] {
            mesh.aim(Some(&field), &WINDOW, Layers::default());
        }
        coarse.melt(0.1);
        (0..10).for_each(|_| fine.melt(0.01));
        for (a, b) in coarse.shown.heights.iter().zip(&fine.shown.heights) {
            assert!((a - b).abs() < 1e-4, "{a} and {b}");
        }
        let mut before = fine.shown.heights.clone();
        let frames = (0..200).take_while(|_| {
            fine.melt(0.016);
            let jump = fine.shown.heights.iter().zip(&before).map(|(a, b)| (a - b).abs());
            let most = jump.fold(0.0, f32::max);
            before.clone_from(&fine.shown.heights);
            assert!(most < 0.2 * HEIGHT, "jumps by {most}");
            fine.is_melting()
        });
        assert!(frames.count() < 60);
        assert_eq!(fine.shown.heights, fine.next.heights);
        coarse.aim(None, &WINDOW, Layers::default());
        coarse.melt(f32::INFINITY);
        assert!(!coarse.is_melting() && coarse.shown.heights.iter().all(|z| (z - HEIGHT).abs() < 1e-6));
    }

    #[test]
    fn the_slopes_bend_into_the_plateau_without_a_step() {
        let heights: Vec<f32> = (0..1200).map(|k| height(k as f32 * 0.01)).collect();
        let nat = HEIGHT / energy::SPAN;
        assert!((heights[300] - 3.0 * nat).abs() < 1e-6, "even below the bend");
        assert!((heights[1199] - HEIGHT).abs() < 1e-6);
        for pair in heights.windows(2) {
            assert!(pair[1] >= pair[0] - 1e-6 && pair[1] - pair[0] < 0.0101 * nat);
        }
    }
}
