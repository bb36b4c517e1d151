//! The charts, and what the pointer reads off them.

use super::App;
use super::reports::log;
use crate::page::charts::{self, Against, Bars, ChartError, Paper};
use crate::page::dom;
use crate::page::theme::Colours;

/// How the charts are drawn.
#[derive(Default)]
pub(super) struct Charts {
    pub against: Against,
    pub bars: Bars,
    pub colours: Option<Colours>,
    /// The chart under the pointer, and where on it.
    pointed: Option<(String, f64)>,
}

impl App {
    /// The canvas with this id, to be drawn on with so many pixels to a CSS pixel.
    pub(super) fn paper(&self, id: &str, ratio: f64) -> Result<Paper, ChartError> {
        let pointed = self.charts.pointed.as_ref().filter(|(over, _)| over == id);
        Ok(Paper {
            canvas: dom::element(id).map_err(|_| ChartError(format!("the page lacks #{id}")))?,
            colours: self.charts.colours.unwrap_or_else(Colours::now),
            pointer: pointed.map(|(_, at)| *at),
            ratio,
        })
    }

    /// Draws the charts, as fine as `ratio` says for each of them by its id.
    pub(super) fn draw_charts(&self, ratio: &dyn Fn(&str) -> f64) -> Result<(), ChartError> {
        let paper = |id| self.paper(id, ratio(id));
        let sigma = self.shown_sigma();
        let history = &self.known.histories[self.charts.against as usize];
        charts::learning(&paper("nats-chart")?, self.charts.against, history)?;
        let nothing = Default::default();
        let progress = self.known.progress.as_ref().unwrap_or(&nothing);
        charts::bars(&paper("error-chart")?, progress, self.charts.bars, sigma)?;
        let runners = self.tracks.each_ref().map(|track| &track.history);
        if self.rival.is_some() {
            charts::race(&paper("race-chart")?, runners)?;
        } else {
            charts::race(&paper("way-chart")?, [runners[0], &Default::default()])?;
            charts::approach(&paper("approach-chart")?, self.approach.points())?;
            charts::accepted(&paper("accepted-chart")?, &self.tracks[0].accepted)?;
        }
        charts::ladder(&paper("ladder-chart")?, &self.ladder(), sigma)
    }

    /// The pointer is over a chart, CSS pixels from its left edge, or over none.
    pub(super) fn point_at_chart(&mut self, pointed: Option<(String, f64)>) {
        if pointed == self.charts.pointed {
            return;
        }
        self.charts.pointed = pointed;
        // At once: a reading must not lag behind the hand.
        self.screen.charts_hurry();
    }
}

/// Writes what went wrong with a chart to the console.
pub(super) fn complain(drawn: Result<(), ChartError>) {
    if let Err(error) = drawn {
        log(&error.to_string().into());
    }
}
