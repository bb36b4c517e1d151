//! Where energies are written on the contours: on the line, along it and upright, where it is straight and has room.
//!
//! While a field changes, a label goes with its line and keeps its place as long as there is any room left for it; new
//! ones are set down only where there is plenty. So labels neither flicker nor hop while a network learns.

use super::GridField;
use super::contours::FADE;
use crate::page::viewport::Viewport;

/// Half the height of a label, and half its width per character and at its ends, CSS pixels.
const HALF_HEIGHT: f32 = 6.0;
const HALF_DIGIT: f32 = 3.1;
const HALF_END: f32 = 4.0;
/// Least distance of labels of one line, and of any two, CSS pixels.
const OF_ONE_LINE: f32 = 170.0;
const OF_ANY: f32 = 44.0;
/// Most labels of one energy.
const MOST: usize = 3;
/// Room that a new label needs, relative to that with which it stays.
const PLENTY: f32 = 1.35;
/// Labels stay so far off the edges of the stage, where tools and captions are: sides, top and bottom, CSS pixels.
const MARGIN: [f32; 2] = [16.0, 52.0];
/// Places an axis where labels are tried.
const LATTICE: usize = 18;
/// A line is followed no farther than this from where it was, CSS pixels.
const FAR: f32 = 30.0;
/// An upright label may lean over the vertical by this before it is turned round, radians.
const LEAN: f32 = 0.2;

/// The energy of a contour, written on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Its middle, stage coordinates.
    pub at: [f32; 2],
    /// By how much it is turned to the right, radians, as seen with y down.
    pub angle: f32,
    /// The number of its contour: its energy over the spacing.
    pub line: u32,
}

/// The labels of a picture, kept from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    labels: Vec<Label>,
    before: Vec<Label>,
    spacing: f32,
}

impl Labels {
    /// No labels.
    pub fn clear(&mut self) {
        self.labels.clear();
    }

    /// The labels.
    pub fn all(&self) -> &[Label] {
        &self.labels
    }

    /// Places the labels of a field whose contours are so many nats apart, in a window measured in CSS pixels.
    pub fn place(&mut self, field: &GridField, view: &Viewport, spacing: f32) {
        if spacing.to_bits() != self.spacing.to_bits() {
            self.labels.clear();
            self.spacing = spacing;
        }
        std::mem::swap(&mut self.labels, &mut self.before);
        self.labels.clear();
        let lines = Lines { field, view, spacing };
        for k in 0..self.before.len() {
            let old = self.before[k];
            let kept = lines.label(old.at, old.line, 1.0, Some(old.angle));
            self.labels.extend(kept.filter(|new| self.is_free(&lines, new, 1.0)));
        }
        for k in 0..LATTICE * LATTICE {
            // Steps that have no divisor in common with the lattice: not row by row, or labels would crowd at the top.
            let k = k * 125 % (LATTICE * LATTICE);
            let place = |k: usize| (k as f32 + 0.5) * view.pixels / LATTICE as f32;
            let at = view.to_stage([place(k % LATTICE), place(k / LATTICE)]);
            let line = (field.energy_at(at) / spacing).round();
            if line >= 1.0 && line * spacing < FADE[0] {
                let new = lines.label(at, line as u32, PLENTY, None);
                self.labels.extend(new.filter(|new| self.is_free(&lines, new, PLENTY)));
            }
        }
    }

    /// No other label is near, and the line has not enough of them yet.
    fn is_free(&self, lines: &Lines<'_>, new: &Label, room: f32) -> bool {
        let at = lines.view.to_pixel(new.at);
        let far = |other: &Label, least: f32| {
            let q = lines.view.to_pixel(other.at);
            (q[0] - at[0]).hypot(q[1] - at[1]) > least * room
        };
        let mut same = self.labels.iter().filter(|other| other.line == new.line);
        same.clone().count() < MOST
            && same.all(|other| far(other, OF_ONE_LINE))
            && self.labels.iter().all(|other| far(other, OF_ANY))
    }
}

/// The contours of a field.
struct Lines<'a> {
    field: &'a GridField,
    view: &'a Viewport,
    spacing: f32,
}

impl Lines<'_> {
    /// The label of a line near a place, if it has `room` times the room that it needs; `angle` is that from before.
    fn label(&self, near: [f32; 2], line: u32, room: f32, angle: Option<f32>) -> Option<Label> {
        let level = line as f32 * self.spacing;
        let start = self.view.to_pixel(near);
        let (at, slope) = self.meet(start, level)?;
        let steep = slope[0].hypot(slope[1]);
        let along = [-slope[1] / steep, slope[0] / steep];
        let half = HALF_END + HALF_DIGIT * digits(level) as f32;
        let inside = |axis: usize| {
            let margin = MARGIN[axis] * room + half;
            at[axis] >= margin && at[axis] <= self.view.pixels - margin
        };
        // The next line is beyond the label's height, and this one is where its ends are.
        let apart = self.spacing / steep >= 1.6 * HALF_HEIGHT * room;
        let straight = [half, -half].into_iter().all(|by| {
            let end = self.energy([at[0] + by * along[0], at[1] + by * along[1]]);
            (end - level).abs() <= 0.5 * HALF_HEIGHT * steep / room
        });
        if !(inside(0) && inside(1) && apart && straight) {
            return None;
        }
        Some(Label {
            at: self.view.to_stage(at),
            angle: upright(along[1].atan2(along[0]), angle),
            line,
        })
    }

    /// The nearest point of a line, by Newton's method along the slope, and the slope there, nats a pixel.
    fn meet(&self, start: [f32; 2], level: f32) -> Option<([f32; 2], [f32; 2])> {
        let mut at = start;
        for _ in 0..8 {
            let slope = self.slope(at);
            let off = level - self.energy(at);
            let square = slope[0] * slope[0] + slope[1] * slope[1];
            let step = [off * slope[0] / square, off * slope[1] / square];
            let length = step[0].hypot(step[1]);
            if !(length <= FAR && (at[0] - start[0]).hypot(at[1] - start[1]) <= FAR) {
                return None;
            }
            if length < 0.05 {
                return Some((at, slope));
            }
            at = [at[0] + step[0], at[1] + step[1]];
        }
        None
    }

    /// The energy at a pixel; NaN outside the grid.
    fn energy(&self, pixel: [f32; 2]) -> f32 {
        let at = self.view.to_stage(pixel);
        if self.field.covers(at) {
            self.field.energy_at(at)
        } else {
            f32::NAN
        }
    }

    /// Its slope, with y down, over the grid's spacing: between grid points energies are known no better.
    fn slope(&self, at: [f32; 2]) -> [f32; 2] {
        let by = (0.5 * self.field.grid.spacing() * self.view.scale()).max(1.0);
        let along = |d: [f32; 2]| {
            let [more, less] = [1.0, -1.0].map(|sign| self.energy([at[0] + sign * d[0], at[1] + sign * d[1]]));
            (more - less) / (2.0 * by)
        };
        [along([by, 0.0]), along([0.0, by])]
    }
}

/// Characters of an energy.
fn digits(level: f32) -> usize {
    if level.fract() == 0.0 { 1 } else { 3 }
}

/// The same line, read from left to right; near the vertical as before.
fn upright(angle: f32, before: Option<f32>) -> f32 {
    use std::f32::consts::{FRAC_PI_2, PI};
    let turned = if angle > 0.0 { angle - PI } else { angle + PI };
    let [one, other] = if angle.abs() <= FRAC_PI_2 {
        [angle, turned]
    } else {
        [turned, angle]
    };
    match before {
        Some(before) if other.abs() < FRAC_PI_2 + LEAN && (other - before).abs() < (one - before).abs() => other,
        _ => one,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    const VIEW: Viewport = Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels: 600.0,
    };

    /// An elliptic well, as fine as on the stage.
    fn well(by: f32) -> GridField {
        sampled(1.5, 129, |[x, y]| (by * (3.0 * x * x + 2.0 * y * y), [0.0; 2]))
    }

    fn placed(spacing: f32) -> Labels {
        let mut labels = Labels::default();
        labels.place(&well(1.0), &VIEW, spacing);
        labels
    }

    #[test]
    fn labels_lie_on_the_contours_whose_energies_they_say_and_along_them() {
        for spacing in [0.5, 1.0] {
            let labels = placed(spacing);
            assert!(labels.all().len() > 5, "{} labels", labels.all().len());
            for Label {
                at: [x, y],
                angle,
                line,
            } in labels.all()
            {
                let (energy, level) = (3.0 * x * x + 2.0 * y * y, *line as f32 * spacing);
                let slope = [6.0 * x, -4.0 * y];
                let off = (energy - level).abs() / slope[0].hypot(slope[1]) * VIEW.scale();
                assert!(off < 0.5, "{off} pixels off the contour of {level}");
                let along = (slope[0] * angle.cos() + slope[1] * angle.sin()) / slope[0].hypot(slope[1]);
                assert!(along.abs() < 0.03, "turned by {along} against the contour");
                assert!(angle.abs() <= std::f32::consts::FRAC_PI_2 + 1e-5, "upside down");
            }
        }
    }

    #[test]
    fn labels_keep_apart_and_an_energy_has_but_a_few() {
        let labels = placed(0.5);
        for (k, one) in labels.all().iter().enumerate() {
            for other in &labels.all()[..k] {
                let [p, q] = [one.at, other.at].map(|at| VIEW.to_pixel(at));
                let far = (p[0] - q[0]).hypot(p[1] - q[1]);
                assert!(far > OF_ANY && (one.line != other.line || far > OF_ONE_LINE));
            }
        }
        for line in 1..16 {
            assert!(labels.all().iter().filter(|label| label.line == line).count() <= MOST);
        }
    }

    #[test]
    fn while_a_field_changes_a_little_every_label_goes_with_its_line() {
        let mut labels = placed(1.0);
        let first = labels.all().to_vec();
        for step in 1..=20 {
            labels.place(&well(1.0 + 0.002 * step as f32), &VIEW, 1.0);
        }
        assert!(labels.all().len() >= first.len());
        for (old, new) in first.iter().zip(labels.all()) {
            let [p, q] = [old.at, new.at].map(|at| VIEW.to_pixel(at));
            let (moved, radius) = ((p[0] - q[0]).hypot(p[1] - q[1]), (p[0] - 300.0).hypot(p[1] - 300.0));
            // Contours shrink by sqrt(1.04).
            assert!(old.line == new.line && moved < 0.022 * radius + 0.5, "moved by {moved}");
        }
        labels.place(&well(1.0), &VIEW, 0.5);
        assert!(
            labels.all().iter().any(|label| label.line == 1),
            "another spacing begins anew"
        );
    }

    #[test]
    fn where_lines_are_crowded_or_energies_unknown_nothing_is_written() {
        let mut labels = Labels::default();
        labels.place(&well(60.0), &VIEW, 1.0);
        assert!(labels.all().is_empty());
        labels.place(&sampled(1.5, 33, |_| (f32::NAN, [0.0; 2])), &VIEW, 1.0);
        assert!(labels.all().is_empty());
    }

    #[test]
    fn a_label_near_the_vertical_is_not_turned_round_for_a_trifle() {
        assert!((upright(1.6, Some(1.55)) - 1.6).abs() < 1e-6);
        assert!((upright(1.6, None) + 1.541_592_6).abs() < 1e-5);
        assert!((upright(2.5, Some(1.5)) + 0.641_592_6).abs() < 1e-5);
    }
}
