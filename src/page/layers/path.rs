//! Lines over the stage: a way through the plane as what is seen of it on a canvas.

use crate::page::viewport::Viewport;

/// Vertices nearer to each other are one, pixels.
const NEAR: f32 = 0.7;
/// How far beyond the edge a line is drawn, pixels, so that its round ends are not seen.
const MARGIN: f32 = 4.0;

/// What is seen of a way through the points `[x0, y0, …]`, stage coordinates; a pair that is not finite breaks it. Calls
/// `go(false, at)` where the pen is set down and `go(true, at)` where a line leads on from there, in pixels of the view.
pub fn trace(points: &[f32], view: &Viewport, mut go: impl FnMut(bool, [f32; 2])) {
    let bounds = [-MARGIN, view.pixels + MARGIN];
    let (mut last, mut pen): (Option<[f32; 2]>, _) = (None, None);
    for point in points.chunks_exact(2) {
        let to = view.to_pixel([point[0], point[1]]);
        if !(to[0].is_finite() && to[1].is_finite()) {
            last = None;
            continue;
        }
        let Some(from) = last else {
            last = Some(to);
            continue;
        };
        if (to[0] - from[0]).hypot(to[1] - from[1]) < NEAR {
            continue;
        }
        if let Some([enter, leave]) = clip(from, to, bounds) {
            if pen != Some(enter) {
                go(false, enter);
            }
            go(true, leave);
            pen = Some(leave);
        }
        last = Some(to);
    }
}

/// The part of a line that lies in the square `[low, high]²` (Liang & Barsky 1984).
fn clip(from: [f32; 2], to: [f32; 2], [low, high]: [f32; 2]) -> Option<[[f32; 2]; 2]> {
    let d = [to[0] - from[0], to[1] - from[1]];
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    for axis in 0..2 {
        let (a, b) = ((low - from[axis]) / d[axis], (high - from[axis]) / d[axis]);
        if a.is_finite() && b.is_finite() {
            (enter, leave) = (enter.max(a.min(b)), leave.min(a.max(b)));
        } else if from[axis] < low || from[axis] > high {
            return None;
        }
    }
    let at = |t: f32| [from[0] + t * d[0], from[1] + t * d[1]];
    // Whole ends stay what they were, so that the next line is known to go on from there.
    let ends = [
        if enter > 0.0 { at(enter) } else { from },
        if leave < 1.0 { at(leave) } else { to },
    ];
    (enter < leave).then_some(ends)
}

/// The particle nearest to a place within `reach`, of the positions `[x0, y0, …]`.
pub fn nearest(positions: &[f32], to: [f32; 2], reach: f32) -> Option<usize> {
    let mut best = (reach * reach, None);
    for (k, at) in positions.chunks_exact(2).enumerate() {
        let square = (at[0] - to[0]).powi(2) + (at[1] - to[1]).powi(2);
        if square < best.0 {
            best = (square, Some(k));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const VIEW: Viewport = Viewport {
        centre: [0.5, 0.0],
        half_width: 2.0,
        pixels: 400.0,
    };

    fn lines(points: &[f32]) -> Vec<[[f32; 2]; 2]> {
        let (mut lines, mut pen) = (Vec::new(), [f32::NAN; 2]);
        trace(points, &VIEW, |draws, at| {
            if draws {
                lines.push([pen, at]);
            }
            pen = at;
        });
        lines
    }

    fn length(lines: &[[[f32; 2]; 2]]) -> f32 {
        lines.iter().map(|[a, b]| (b[0] - a[0]).hypot(b[1] - a[1])).sum()
    }

    #[test]
    fn of_a_line_across_the_stage_just_the_inside_is_drawn() {
        // From far left to far right at half height, and along the diagonal.
        let across = length(&lines(&[-900.0, 1.0, 900.0, 1.0]));
        assert!((across - 408.0).abs() < 0.1, "{across}");
        let diagonal = length(&lines(&[-7.5, -8.0, 8.5, 8.0]));
        assert!((diagonal - 408.0 * 2.0_f32.sqrt()).abs() < 0.1, "{diagonal}");
        assert!(lines(&[-9.0, 5.0, 9.0, 5.0]).is_empty() && lines(&[9.0, -5.0, 9.0, 5.0]).is_empty());
        assert!(lines(&[-4.0, 0.0, 0.5, 6.0]).is_empty(), "past the corner");
    }

    #[test]
    fn a_walk_that_stays_inside_is_drawn_whole_and_in_one_line() {
        let mut rng = StdRng::seed_from_u64(3);
        let points: Vec<f32> = (0..2000).map(|_| rng.random_range(-1.0..1.0)).collect();
        let mut set_down = 0;
        trace(&points, &VIEW, |draws, _| set_down += usize::from(!draws));
        assert_eq!(set_down, 1);
        let whole: f32 = points
            .windows(4)
            .step_by(2)
            .map(|p| 100.0 * (p[2] - p[0]).hypot(p[3] - p[1]))
            .sum();
        // At most a vertex in ten thousand pairs is left out as too near to the one before.
        assert!((length(&lines(&points)) - whole).abs() < 10.0);
    }

    #[test]
    fn a_walk_in_and_out_never_leaves_the_canvas_and_never_jumps() {
        let mut rng = StdRng::seed_from_u64(4);
        let points: Vec<f32> = (0..2000).map(|_| rng.random_range(-6.0..6.0)).collect();
        let drawn = lines(&points);
        assert!(drawn.len() > 100);
        let inside = |v: f32| (-MARGIN - 0.01..VIEW.pixels + MARGIN + 0.01).contains(&v);
        assert!(drawn.iter().flatten().flatten().all(|&v| inside(v)));
        for [a, b] in drawn {
            // Every piece lies on one of the ways between two points that follow each other.
            let on = |p: &[f32]| {
                let [from, to] = [VIEW.to_pixel([p[0], p[1]]), VIEW.to_pixel([p[2], p[3]])];
                let d = [to[0] - from[0], to[1] - from[1]];
                let off = |q: [f32; 2]| ((q[0] - from[0]) * d[1] - (q[1] - from[1]) * d[0]).abs() / d[0].hypot(d[1]);
                off(a) < 0.05 && off(b) < 0.05
            };
            assert!(points.windows(4).step_by(2).any(on), "{a:?} to {b:?}");
        }
    }

    #[test]
    fn small_steps_are_gathered_and_a_gap_stays_one() {
        let fine: Vec<f32> = (0..10_000).flat_map(|k| [k as f32 * 1e-4, 0.3]).collect();
        let drawn = lines(&fine);
        assert!(drawn.len() < 150, "{} lines for 100 pixels", drawn.len());
        assert!((length(&drawn) - 100.0).abs() < 2.0 * NEAR);
        let drawn = lines(&[0.0, 0.0, 0.5, 0.0, f32::NAN, f32::NAN, 0.5, 1.0, 1.0, 1.0]);
        assert_eq!(drawn.len(), 2);
        assert!((length(&drawn) - 100.0).abs() < 1e-3);
    }

    #[test]
    fn a_click_finds_the_nearest_particle_and_only_near_ones() {
        let positions = [0.0, 0.0, 1.0, 0.0, f32::NAN, 0.0];
        assert_eq!(nearest(&positions, [0.7, 0.1], 0.5), Some(1));
        assert_eq!(nearest(&positions, [0.5, 3.0], 0.5), None);
        assert_eq!(nearest(&[], [0.5, 3.0], 9.0), None);
    }
}
