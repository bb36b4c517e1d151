//! The score as arrows on a fixed lattice of the screen.

use std::ops::Deref;

use super::GridField;
use super::raster::Strokes;
use crate::distribution::keys;
use crate::engine::settings::{ArrowDensity, ArrowLength};
use crate::page::viewport::Viewport;

/// `sigma |s|` of an arrow that reaches to its neighbour; longer ones are cut there. It is 1 for the noise of one axis
/// itself, as `s = -noise / sigma` where the data are but one point.
pub const REACH: f32 = 2.5;
/// The longest arrow, as a share of the lattice spacing.
const LONGEST: f32 = 0.7;
/// A score this many times the typical one makes an arrow of 1 - 1/e of the longest.
const KNEE: f32 = 2.2;
/// Most arrows of a picture: [`across`] squared.
const MOST: usize = 35 * 35;
/// Points asked how large a score is.
const ASKED: usize = 512;
/// Half the opening of an arrow's head, radians.
const HEAD: f32 = 0.48;
/// Opacity of the faintest arrow of unit length, relative to the strongest.
const FAINTEST: f32 = 0.25;

/// An arrow on the canvas, pixels with y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// Where it starts.
    pub tail: [f32; 2],
    /// Where it points.
    pub tip: [f32; 2],
    /// Opacity, relative to that of arrows as they usually are.
    pub strength: f32,
}

/// How many arrows there are across the window.
pub fn across(density: ArrowDensity) -> usize {
    match density {
        ArrowDensity::Sparse => 15,
        ArrowDensity::Normal => 23,
        ArrowDensity::Dense => 35,
    }
}

/// At most one arrow for every point of the lattice.
#[derive(Clone, Copy, Debug)]
pub struct Arrows {
    all: [Arrow; MOST],
    count: usize,
}

impl Arrows {
    /// None yet.
    pub(super) fn none() -> Self {
        let nowhere = Arrow {
            tail: [0.0; 2],
            tip: [0.0; 2],
            strength: 0.0,
        };
        Self {
            all: [nowhere; MOST],
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

/// The arrows of a field: each is centred on its lattice point and points along the score. The strength of a score is
/// `1 - exp(-|s| / (2.2 m))`, where `m` is the median of `|s|` where the data are. By [`ArrowLength`] an arrow is
/// - as long as its strength says: readable at every noise level, and in the void, where scores grow without bound, it
///   only says the direction;
/// - as long as `sigma |s|` says, as far as there is room;
/// - as long as all others, and as opaque as its strength says.
pub fn arrows(field: &GridField, view: &Viewport, length: ArrowLength, density: ArrowDensity) -> Arrows {
    let across = across(density);
    let spacing = view.pixels / across as f32;
    let knee = KNEE * typical_score(field);
    let mut out = Arrows::none();
    on_lattice(field, view, across, |centre, s| {
        let size = s[0].hypot(s[1]);
        if size <= 0.0 {
            return;
        }
        let relative = 1.0 - (-size / knee).exp();
        let (length, strength) = match length {
            ArrowLength::Soft => (LONGEST * relative, 1.0),
            ArrowLength::Proportional => ((field.sigma * size / REACH).min(1.0), 1.0),
            ArrowLength::Unit => (LONGEST, FAINTEST + (1.0 - FAINTEST) * relative),
        };
        let half = 0.5 * length * spacing / size;
        let d = [half * s[0], -half * s[1]];
        out.push(Arrow {
            tail: [centre[0] - d[0], centre[1] - d[1]],
            tip: [centre[0] + d[0], centre[1] + d[1]],
            strength,
        });
    });
    out
}

/// Goes over the points of a lattice of so many an axis, pixels with y down, and the scores there, as far as these are known.
pub(super) fn on_lattice(field: &GridField, view: &Viewport, across: usize, mut each: impl FnMut([f32; 2], [f32; 2])) {
    let spacing = view.pixels / across as f32;
    for j in 0..across {
        for i in 0..across {
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
    // The bits of positive numbers are ordered as the numbers are.
    let (mut keys, mut asked) = ([u64::MAX; ASKED], 0);
    for (s, _) in dense.step_by(every) {
        let size = (s[0] * s[0] + s[1] * s[1]).sqrt();
        if size.is_finite() {
            keys[asked] = size.to_bits().into();
            asked += 1;
        }
    }
    let median = keys::select(&mut keys[..asked], asked / 2);
    median.map_or(1.0, |key| f32::from_bits(key as u32).max(1e-6))
}

/// Draws arrows with a line of the given width in pixels.
pub fn draw(arrows: &[Arrow], width: f32, strokes: &mut dyn Strokes) {
    let (sin, cos) = HEAD.sin_cos();
    for Arrow { tail, tip, strength } in arrows {
        let d = [tip[0] - tail[0], tip[1] - tail[1]];
        let length = (d[0] * d[0] + d[1] * d[1]).sqrt();
        if length < 0.5 * width {
            continue;
        }
        strokes.press(*strength);
        strokes.stroke(*tail, *tip, width);
        let head = (0.36 * length).min(4.2 * width) / length;
        for turn in [sin, -sin] {
            let back = [head * (d[0] * cos - d[1] * turn), head * (d[0] * turn + d[1] * cos)];
            strokes.stroke(*tip, [tip[0] - back[0], tip[1] - back[1]], width);
        }
    }
    strokes.press(1.0);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use super::super::tests::sampled;
    use super::*;

    const ACROSS: usize = 23;

    fn length(arrow: &Arrow) -> f32 {
        (arrow.tip[0] - arrow.tail[0]).hypot(arrow.tip[1] - arrow.tail[1])
    }

    #[test]
    fn arrows_point_along_the_score_with_y_up() {
        let field = sampled(1.5, 33, |[x, y]| (0.5 * (x * x + y * y), [0.3 - x, 0.2 - y]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.45,
            pixels: 460.0,
        };
        let drawn = arrows(&field, &view, ArrowLength::Soft, ArrowDensity::Normal);
        assert_eq!(drawn.len(), ACROSS * ACROSS);
        for Arrow { tail, tip, .. } in drawn.iter().copied() {
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
        let drawn = arrows(&field, &view, ArrowLength::Soft, ArrowDensity::Normal);
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
        let drawn = arrows(&field, &view, ArrowLength::Soft, ArrowDensity::Normal);
        assert!(!drawn.is_empty() && drawn.iter().all(|a| a.tip[0].is_finite()));
    }

    #[test]
    fn unit_arrows_are_all_as_long_and_stronger_scores_are_more_opaque() {
        let field = sampled(1.5, 33, |[x, y]| (0.0, [(2.0 * x).exp(), 0.3 * y]));
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 350.0,
        };
        for (density, across) in [(ArrowDensity::Sparse, 15), (ArrowDensity::Dense, 35)] {
            let drawn = arrows(&field, &view, ArrowLength::Unit, density);
            assert_eq!(drawn.len(), across * across);
            let spacing = 350.0 / across as f32;
            assert!(
                drawn
                    .iter()
                    .all(|arrow| (length(arrow) - LONGEST * spacing).abs() < 1e-3)
            );
            assert!(drawn[..across].windows(2).all(|w| w[1].strength > w[0].strength));
            assert!(
                drawn
                    .iter()
                    .all(|arrow| arrow.strength > FAINTEST && arrow.strength <= 1.0)
            );
        }
    }

    #[test]
    fn proportional_arrows_are_as_long_as_sigma_times_the_score_until_they_meet_their_neighbours() {
        // sigma is 0.2: sigma |s| goes from 0 to 3.
        let field = sampled(1.5, 61, |[x, _]| (0.0, [10.0 * x, 0.0]));
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.5,
            pixels: 230.0,
        };
        for arrow in arrows(&field, &view, ArrowLength::Proportional, ArrowDensity::Normal).iter() {
            let x = view.to_stage([0.5 * (arrow.tail[0] + arrow.tip[0]), 0.0])[0];
            let right = 10.0 * (0.2 * 10.0 * x.abs() / REACH).min(1.0);
            assert!(
                (length(arrow) - right).abs() < 1e-3,
                "{} and not {right} at {x}",
                length(arrow)
            );
            assert_eq!(arrow.strength, 1.0);
        }
    }
}
