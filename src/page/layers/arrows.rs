//! The score as arrows on a fixed lattice of the screen.

use std::ops::Deref;

use super::GridField;
use super::raster::Strokes;
use crate::page::viewport::Viewport;

/// Arrows across the stage.
pub const ACROSS: usize = 23;
/// The longest arrow, as a share of the lattice spacing.
const LONGEST: f32 = 0.7;
/// A score this many times the typical one makes an arrow of 1 - 1/e of the longest.
const KNEE: f32 = 2.2;
/// Points asked how large a score is.
const ASKED: usize = 512;
/// Half the opening of an arrow's head, radians.
const HEAD: f32 = 0.48;

/// An arrow on the canvas, pixels with y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// Where it starts.
    pub tail: [f32; 2],
    /// Where it points.
    pub tip: [f32; 2],
}

/// At most one arrow for every point of the lattice.
#[derive(Clone, Copy, Debug)]
pub struct Arrows {
    all: [Arrow; ACROSS * ACROSS],
    count: usize,
}

impl Arrows {
    /// None yet.
    pub(super) fn none() -> Self {
        let nowhere = Arrow {
            tail: [0.0; 2],
            tip: [0.0; 2],
        };
        Self {
            all: [nowhere; ACROSS * ACROSS],
            count: 0,
        }
    }

    /// Another one, as long as there is room.
    pub(super) fn push(&mut self, arrow: Arrow) {
        if let Some(free) = self.all.get_mut(self.count) {
            *free = arrow;
            self.count += 1;
        }
    }
}

impl Deref for Arrows {
    type Target = [Arrow];
    fn deref(&self) -> &[Arrow] {
        &self.all[..self.count]
    }
}

/// The arrows of a field: each is centred on its lattice point, points along the score and is as long as
/// `1 - exp(-|s| / (2.2 m))` says, where `m` is the median of `|s|` where the data are. So arrows are readable at every
/// noise level, and in the void, where scores grow without bound, they only say the direction.
pub fn arrows(field: &GridField, view: &Viewport) -> Arrows {
    let longest = LONGEST * view.pixels / ACROSS as f32;
    let knee = KNEE * typical_score(field);
    let mut out = Arrows::none();
    on_lattice(field, view, |centre, s| {
        let size = s[0].hypot(s[1]);
        if size <= 0.0 {
            return;
        }
        let half = 0.5 * longest * (1.0 - (-size / knee).exp());
        let d = [half * s[0] / size, -half * s[1] / size];
        out.push(Arrow {
            tail: [centre[0] - d[0], centre[1] - d[1]],
            tip: [centre[0] + d[0], centre[1] + d[1]],
        });
    });
    out
}

/// Goes over the lattice's points, pixels with y down, and the scores there, as far as these are known.
pub(super) fn on_lattice(field: &GridField, view: &Viewport, mut each: impl FnMut([f32; 2], [f32; 2])) {
    let spacing = view.pixels / ACROSS as f32;
    for j in 0..ACROSS {
        for i in 0..ACROSS {
            let pixel = [(i as f32 + 0.5) * spacing, (j as f32 + 0.5) * spacing];
            let at = view.to_stage(pixel);
            let outside = (0..2).any(|a| (at[a] - field.grid.centre[a]).abs() > 1.02 * field.grid.half_width);
            let s = field.score_at(at);
            if !outside && s[0].hypot(s[1]).is_finite() {
                each(pixel, s);
            }
        }
    }
}

/// The median score within 4 nats of the densest place, among [`ASKED`] points at most; never 0.
fn typical_score(field: &GridField) -> f32 {
    let sizes = field.score.as_chunks::<2>().0.iter().zip(&field.energy);
    let dense = sizes.filter(|(_, e)| **e < 4.0);
    let every = dense.clone().count().div_ceil(ASKED).max(1);
    // The bits of positive numbers are ordered as the numbers are, and one kind of key is sorted everywhere in the page:
    // each further kind would cost kilobytes.
    let (mut keys, mut asked) = ([u64::MAX; ASKED], 0);
    for (s, _) in dense.step_by(every) {
        let size = (s[0] * s[0] + s[1] * s[1]).sqrt();
        if size.is_finite() {
            keys[asked] = size.to_bits().into();
            asked += 1;
        }
    }
    let keys = &mut keys[..asked];
    keys.sort_unstable();
    let median = keys.get(asked / 2).map(|key| f32::from_bits(*key as u32));
    median.map_or(1.0, |median| median.max(1e-6))
}

/// Draws arrows with a line of the given width in pixels.
pub fn draw(arrows: &[Arrow], width: f32, strokes: &mut dyn Strokes) {
    let (sin, cos) = HEAD.sin_cos();
    for Arrow { tail, tip } in arrows {
        let d = [tip[0] - tail[0], tip[1] - tail[1]];
        let length = (d[0] * d[0] + d[1] * d[1]).sqrt();
        if length < 0.5 * width {
            continue;
        }
        strokes.stroke(*tail, *tip, width);
        let head = (0.36 * length).min(4.2 * width) / length;
        for turn in [sin, -sin] {
            let back = [head * (d[0] * cos - d[1] * turn), head * (d[0] * turn + d[1] * cos)];
            strokes.stroke(*tip, [tip[0] - back[0], tip[1] - back[1]], width);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    #[test]
    fn arrows_point_along_the_score_with_y_up() {
        let field = sampled(1.5, 33, |[x, y]| (0.5 * (x * x + y * y), [0.3 - x, 0.2 - y]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.45,
            pixels: 460.0,
        };
        let drawn = arrows(&field, &view);
        assert_eq!(drawn.len(), ACROSS * ACROSS);
        for Arrow { tail, tip } in drawn.iter().copied() {
            let middle = view.to_stage([(tail[0] + tip[0]) / 2.0, (tail[1] + tip[1]) / 2.0]);
            let (a, b) = (view.to_stage(tail), view.to_stage(tip));
            let (d, s) = ([b[0] - a[0], b[1] - a[1]], [0.3 - middle[0], 0.2 - middle[1]]);
            let cosine = (d[0] * s[0] + d[1] * s[1]) / (d[0].hypot(d[1]) * s[0].hypot(s[1]));
            assert!(cosine > 0.999, "cosine {cosine} at {middle:?}");
        }
    }

    #[test]
    fn longer_arrows_mean_larger_scores_and_none_reaches_its_neighbour() {
        let field = sampled(1.5, 33, |[x, _]| (0.5 * x * x, [(10.0 * x).exp(), 0.0]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.45,
            pixels: 460.0,
        };
        let drawn = arrows(&field, &view);
        let lengths: Vec<f32> = drawn[..ACROSS].iter().map(|a| a.tip[0] - a.tail[0]).collect();
        assert!(lengths.windows(2).all(|w| w[1] >= w[0]) && lengths[0] < lengths[ACROSS - 1]);
        assert!(lengths[ACROSS - 1] <= LONGEST * 20.0 + 1e-3);
    }

    #[test]
    fn a_field_with_nonsense_in_it_is_drawn_without_the_nonsense() {
        let field = sampled(1.5, 9, |[x, _]| (f32::NAN, [if x > 0.0 { f32::NAN } else { 1.0 }, 0.0]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.45,
            pixels: 460.0,
        };
        let drawn = arrows(&field, &view);
        assert!(!drawn.is_empty() && drawn.iter().all(|a| a.tip[0].is_finite()));
    }
}
