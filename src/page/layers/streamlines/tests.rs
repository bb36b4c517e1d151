use super::super::raster::Mask;
use super::super::tests::sampled;
use super::*;
use crate::page::viewport::Viewport;

const VIEW: Viewport = Viewport {
    centre: [0.0; 2],
    half_width: 1.45,
    pixels: 520.0,
};

fn traced(score: impl Fn([f32; 2]) -> [f32; 2]) -> Streamlines {
    let mut lines = Streamlines::default();
    lines.begin(&sampled(1.5, 65, |at| (0.0, score(at))), &VIEW);
    while !lines.advance(1000) {}
    lines
}

fn of_line<'a>(lines: &'a Streamlines, line: &Line) -> &'a [[f32; 2]] {
    &lines.points[line.seed..line.end]
}

fn from_middle(p: [f32; 2]) -> [f32; 2] {
    [p[0] - 260.0, p[1] - 260.0]
}

/// A field with two tops and a saddle.
fn wells([x, y]: [f32; 2]) -> [f32; 2] {
    [4.0 * x * (0.5 - x * x), -2.0 * y]
}

#[test]
fn a_rotation_has_circles() {
    let lines = traced(|[x, y]| [-y, x]);
    assert!(lines.lines.len() > 15, "{} lines", lines.lines.len());
    for line in &lines.lines {
        let radii = of_line(&lines, line)
            .iter()
            .map(|p| from_middle(*p))
            .map(|p| p[0].hypot(p[1]));
        let (low, high) = radii.fold((f32::INFINITY, 0.0_f32), |(a, b), r| (a.min(r), b.max(r)));
        // The midpoint rule with steps of 2.5 pixels, between whose ends the score is bilinear.
        assert!(high - low < 0.1 + 0.002 * high, "from {low} to {high}");
    }
}

#[test]
fn a_radial_field_has_straight_lines_through_the_centre() {
    let lines = traced(|[x, y]| [-x, -y]);
    assert!(lines.lines.len() > 40, "{} lines", lines.lines.len());
    for line in &lines.lines {
        let points = of_line(&lines, line);
        let seed = from_middle(points[0]);
        for p in points.iter().map(|p| from_middle(*p)) {
            let off = (p[0] * seed[1] - p[1] * seed[0]) / seed[0].hypot(seed[1]);
            assert!(off.abs() < 0.1, "{off} pixels off the line to the centre");
        }
    }
}

#[test]
fn lines_keep_their_distance_and_leave_no_hole() {
    for lines in [traced(wells), traced(|[x, y]| [1.0 + y, 0.3 - x * x])] {
        let apart = lines.apart();
        for (k, one) in lines.lines.iter().enumerate() {
            for other in &lines.lines[..k] {
                for p in of_line(&lines, one) {
                    let near = |q: &[f32; 2]| (q[0] - p[0]).hypot(q[1] - p[1]) < apart;
                    assert!(!of_line(&lines, other).iter().any(near), "two lines meet at {p:?}");
                }
            }
        }
        for k in 0..26 * 26 {
            let at = [(k % 26) as f32 * 20.0 + 10.0, (k / 26) as f32 * 20.0 + 10.0];
            let distances = lines.lines.iter().flat_map(|line| of_line(&lines, line));
            let nearest = distances
                .map(|q| (q[0] - at[0]).hypot(q[1] - at[1]))
                .fold(f32::INFINITY, f32::min);
            assert!(
                nearest < 2.5 * SEEDING * apart,
                "no line within {nearest} pixels of {at:?}"
            );
        }
    }
}

#[test]
fn an_unchanged_field_keeps_its_lines_and_slicing_changes_nothing() {
    let mut lines = traced(wells);
    let first = lines.points.clone();
    assert!(first.len() > 2000);
    let field = sampled(1.5, 65, |at| (0.0, wells(at)));
    lines.begin(&field, &VIEW);
    while !lines.advance(1) {}
    assert!(lines.points == first);
    let mut sliced = Streamlines::default();
    sliced.begin(&field, &VIEW);
    while !sliced.advance(3) {}
    assert!(sliced.points == first);
}

#[test]
fn a_line_runs_along_the_score_and_nonsense_has_none() {
    let lines = traced(|[x, _]| [if x > 0.0 { f32::NAN } else { 1.0 }, 0.0]);
    assert!(!lines.lines.is_empty());
    for line in &lines.lines {
        let ends = [
            lines.point(line, -((line.end - line.back) as i32)),
            lines.points[line.back - 1],
        ];
        assert!(ends[0][0] < ends[1][0] && ends[1][0] < 262.0);
    }
    let mut mask = Mask::default();
    mask.clear(520);
    lines.draw(1.0, &mut mask);
    assert!((0..520).any(|j| mask.row(j).iter().any(|&c| c > 200)));
    assert!(traced(|_| [0.0; 2]).lines.is_empty());
}
