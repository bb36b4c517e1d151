//! The divergence of a cloud from its target against Langevin time, with the tangent that theory gives it.

use super::axis::Axis;
use super::graph::{Curve, Graph, Mark};
use super::sheet::{ChartError, Paper};
use crate::engine::protocol::Approach;

/// The least divergence that is drawn, nats; counting some thousand particles cannot tell less from nothing.
const LEAST: f64 = 1e-3;
/// Points of the tangent.
const POINTS: i32 = 24;

/// The divergence of the particles (dots) and of the density that obeys the Fokker-Planck equation (line), nats on a
/// logarithmic scale, against Langevin time. In the middle the tangent: it falls by the Fisher information per unit of
/// time.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn approach(paper: &Paper, points: &[Approach]) -> Result<(), ChartError> {
    let end = points.last().map_or(1.0, |last| last.time.max(1e-4));
    let top = 10f64.powi(decade_above(points));
    let place = |(time, nats): (f32, f32)| (f64::from(time), f64::from(nats));
    let curve = |name, points: Vec<(f32, f32)>, colour, mark| Curve {
        name,
        points: points.into_iter().map(place).collect(),
        colour,
        mark,
    };
    let colours = &paper.colours;
    let cloud = points.iter().map(|p| (p.time, p.cloud)).collect();
    let theory = points.iter().map(|p| (p.time, p.theory)).collect();
    Graph {
        caption: "nats from p_σ against Langevin time",
        promise: "how the cloud approaches p_σ, once it moves",
        x: Axis::linear(0.0, f64::from(end)),
        y: Axis::log(LEAST, top),
        across: ["t = ", ""],
        units: ["", " nat"],
        mark: None,
        curves: vec![
            curve("particles ", cloud, colours.learned, Mark::Dots),
            curve("theory ", theory, colours.exact, Mark::Line),
            curve("", tangent(points, end).collect(), colours.text, Mark::Thin),
        ],
    }
    .draw(paper)
}

/// The power of ten above all there is. A cloud that starts where its target has no mass at all is infinitely far away.
fn decade_above(points: &[Approach]) -> i32 {
    let nats = points.iter().flat_map(|p| [p.theory, p.cloud]);
    let highest = nats.filter(|nats| nats.is_finite()).fold(0.5, f32::max);
    f64::from(highest * 1.001).log10().ceil() as i32
}

/// The tangent to the curve of theory, at the point where a third of the way is behind: a straight line of slope minus
/// the Fisher information in nats against time, and so a bent one on a logarithmic scale.
fn tangent(points: &[Approach], end: f32) -> impl Iterator<Item = (f32, f32)> {
    let at = points
        .iter()
        .find(|p| p.time >= end / 3.0 && f64::from(p.theory) > LEAST && p.rate > 0.0);
    at.into_iter().flat_map(move |at| {
        let reach = (0.9 * at.theory / at.rate).min(end / 3.0);
        (-POINTS..=POINTS)
            .map(move |k| {
                let dt = reach * k as f32 / POINTS as f32;
                (at.time + dt, at.theory - at.rate * dt)
            })
            .filter(move |point| point.0 <= end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_that_starts_infinitely_far_away_does_not_stretch_the_axis() {
        let at = |cloud, theory| Approach {
            cloud,
            theory,
            ..Approach::default()
        };
        assert_eq!(decade_above(&[at(f32::INFINITY, 40.0), at(3.0, f32::NAN)]), 2);
        assert_eq!(decade_above(&[]), 0);
    }

    #[test]
    fn the_tangent_touches_the_curve_and_falls_by_the_fisher_information() {
        let points: Vec<_> = (0..=30)
            .map(|k| Approach {
                time: k as f32,
                theory: (-0.1 * k as f32).exp(),
                rate: 0.1 * (-0.1 * k as f32).exp(),
                cloud: 0.0,
            })
            .collect();
        let line: Vec<_> = tangent(&points, 30.0).collect();
        let touches = |(time, nats): &(f32, f32)| (time - 10.0).abs() < 1e-5 && (nats - (-1.0_f32).exp()).abs() < 1e-6;
        assert!(line.iter().any(touches));
        // The curve is convex: no tangent crosses it.
        assert!(line.iter().all(|(time, nats)| *nats <= (-0.1 * time).exp() + 1e-6));
        assert!(line.first().is_some_and(|first| first.0 < 5.0));
    }
}
