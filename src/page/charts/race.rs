//! The clouds' ways over score evaluations: how far they are from their targets, and how many of their moves are accepted.

use super::axis::Axis;
use super::graph::{Curve, Graph, Mark};
use super::sheet::{ChartError, Paper};
use crate::page::history::History;

/// Draws the distance of each runner from its target in units of the floor, over score evaluations a particle, both
/// logarithmic; the end of the first is a disc, that of the second a ring.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn race(paper: &Paper, runners: [&History; 2]) -> Result<(), ChartError> {
    let [x, y] = axes(runners);
    let alone = runners[1].points().is_empty();
    let names = if alone { ["", ""] } else { ["first ", "rival "] };
    let curve = |k: usize| Curve {
        name: names[k],
        points: runners[k].points().to_vec(),
        colour: if alone {
            paper.colours.learned
        } else {
            paper.colours.runners[k]
        },
        mark: [Mark::Disc, Mark::Ring][k],
    };
    Graph {
        caption: "distance / floor against evaluations",
        promise: "how far the cloud still is, once it moves",
        x,
        y,
        across: ["", " evaluations"],
        units: ["×"; 2],
        mark: Some(1.0),
        curves: vec![curve(0), curve(1)],
    }
    .draw(paper)
}

/// Draws the share of a cloud's proposed moves that passed the Metropolis test, between one look at it and the next, over
/// score evaluations a particle.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn accepted(paper: &Paper, history: &History) -> Result<(), ChartError> {
    let points = history.points().iter().map(|&(x, share)| (x, 100.0 * share));
    Graph {
        caption: "accepted, against evaluations",
        promise: "the share of accepted moves, once there are any",
        x: axes([history, &History::default()])[0],
        // Room for the words above all there can be.
        y: Axis::linear(0.0, 125.0),
        across: ["", " evaluations"],
        units: [" %"; 2],
        mark: None,
        curves: vec![Curve {
            name: "",
            points: points.collect(),
            colour: paper.colours.learned,
            mark: Mark::Disc,
        }],
    }
    .draw(paper)
}

/// The ranges of evaluations and of distances that hold everything and the floor.
fn axes(runners: [&History; 2]) -> [Axis; 2] {
    let (mut most, mut low, mut high) = (100.0, 0.8, 10.0);
    for &(evaluations, distance) in runners.into_iter().flat_map(History::points) {
        most = f64::max(most, evaluations);
        (low, high) = (f64::min(low, distance), f64::max(high, 1.1 * distance));
    }
    [Axis::log(1.0, most), Axis::log(low.max(1e-3), high)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_hold_both_runners_and_the_floor() {
        let (mut quick, mut slow) = (History::default(), History::default());
        quick.push(2.0, 60.0);
        quick.push(40.0, 0.7);
        slow.push(900.0, 3.0);
        let [x, y] = axes([&quick, &slow]);
        assert!(x.low <= 1.0 && x.high >= 900.0 && y.low <= 0.7 && y.high >= 60.0);
        assert!(axes([&History::default(); 2])[1].ticks(5).contains(&10.0));
    }
}
