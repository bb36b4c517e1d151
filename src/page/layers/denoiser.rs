//! The denoiser as a map: lines from points x to where they are taken, `D(x) = x + sigma² s(x)`, which for the exact
//! score is the mean of the data that x can have come from (Tweedie's formula). For a difference of scores a line is
//! that between the two places.

use super::GridField;
use super::arrows::{Arrow, Arrows, on_lattice};
use super::raster::Strokes;
use crate::page::viewport::Viewport;

/// Diameter of the dot where a line ends, in widths of the line.
const DOT: f32 = 2.6;

/// The lattice's points and where they are taken.
pub fn moves(field: &GridField, view: &Viewport) -> Arrows {
    let reach = field.sigma * field.sigma * view.scale();
    let mut out = Arrows::none();
    on_lattice(field, view, |tail, s| {
        let tip = [tail[0] + reach * s[0], tail[1] - reach * s[1]];
        if tip[0].hypot(tip[1]).is_finite() {
            out.push(Arrow { tail, tip });
        }
    });
    out
}

/// Draws them with a line of the given width in pixels, and a dot at the end.
pub fn draw(moves: &[Arrow], width: f32, strokes: &mut dyn Strokes) {
    for Arrow { tail, tip } in moves {
        strokes.stroke(*tail, *tip, width);
        strokes.stroke(*tip, *tip, DOT * width);
    }
}

#[cfg(test)]
mod tests {
    use super::super::arrows::ACROSS;
    use super::super::raster::Mask;
    use super::super::tests::sampled;
    use super::*;

    #[test]
    fn the_denoiser_of_a_gaussian_shrinks_towards_its_mean() {
        // sd 0.5 and sigma 0.2: D(x) = m + (x - m) sd² / (sd² + sigma²).
        let (mean, variance) = ([0.3, -0.1], 0.25 + 0.04);
        let field = sampled(1.5, 33, |[x, y]| {
            (0.0, [(mean[0] - x) / variance, (mean[1] - y) / variance])
        });
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 460.0,
        };
        let drawn = moves(&field, &view);
        assert_eq!(drawn.len(), ACROSS * ACROSS);
        for Arrow { tail, tip } in drawn.iter().copied() {
            let (x, d) = (view.to_stage(tail), view.to_stage(tip));
            for axis in 0..2 {
                let truth = mean[axis] + (x[axis] - mean[axis]) * 0.25 / variance;
                assert!((d[axis] - truth).abs() < 1e-5, "{x:?} goes to {d:?}");
            }
        }
    }

    #[test]
    fn points_that_are_taken_nowhere_known_are_left_out_and_a_line_ends_in_a_dot() {
        let field = sampled(1.5, 9, |[x, _]| (0.0, [if x > 0.0 { f32::NAN } else { 5.0 }, 0.0]));
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 92.0,
        };
        let drawn = moves(&field, &view);
        assert!(!drawn.is_empty() && drawn.len() < ACROSS * ACROSS);
        let mut mask = Mask::default();
        mask.clear(92);
        let line = Arrow {
            tail: [10.5, 20.5],
            tip: [40.5, 20.5],
        };
        draw(&[line], 1.0, &mut mask);
        let across = |i: usize| (0..92).filter(|&j| mask.row(j)[i] > 100).count();
        assert!(across(25) == 1 && across(40) == 3);
    }
}
