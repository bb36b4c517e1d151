//! The learning curve.

use super::axis::Axis;
use super::graph::{Curve, Graph, Mark};
use super::sheet::{ChartError, Paper};
use crate::page::history::History;

/// What nats are drawn against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// Training steps.
    #[default]
    Steps,
    /// Seconds spent in training.
    Seconds,
}

impl Against {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Steps => Self::Seconds,
            Self::Seconds => Self::Steps,
        }
    }
}

/// Nats, on a logarithmic scale, against steps or seconds.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn learning(paper: &Paper, against: Against, history: &History) -> Result<(), ChartError> {
    let (low, high) = history.decades();
    let (caption, across, least) = match against {
        Against::Steps => ("nats against steps", ["step ", ""], 100.0),
        Against::Seconds => ("nats against seconds of training", ["", " s"], 1.0),
    };
    Graph {
        caption,
        promise: "the learning curve, once training begins",
        x: along(history.points(), least),
        y: Axis::log(10f64.powi(low), 10f64.powi(high)),
        across,
        units: ["", " nat"],
        mark: None,
        curves: vec![Curve {
            name: "",
            points: history.points().to_vec(),
            colour: paper.colours.learned,
            mark: Mark::Disc,
        }],
    }
    .draw(paper)
}

/// The axis from nothing to the last point, or, where learning went on from far ahead, from the first.
fn along(points: &[(f64, f64)], least: f64) -> Axis {
    let [first, last] = [points.first(), points.last()].map(|point| point.map_or(0.0, |point| point.0));
    let low = if 2.0 * first > last { first } else { 0.0 };
    Axis::linear(low, last.max(low + least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_that_goes_on_from_shipped_weights_begins_where_it_begins() {
        assert_eq!(
            along(&[(6010.0, 1.0), (6800.0, 0.9)], 100.0),
            Axis::linear(6010.0, 6800.0)
        );
        assert_eq!(along(&[(20.0, 1.0), (6800.0, 0.9)], 100.0), Axis::linear(0.0, 6800.0));
        assert_eq!(along(&[], 100.0), Axis::linear(0.0, 100.0));
    }
}
