//! The particles' coordinates along the edges of the stage.

use super::App;
use crate::page::charts::{self, ChartError, Marginal};
use crate::page::viewport::Viewport;

/// Time between two pictures, milliseconds.
const EVERY_MS: f64 = 120.0;

/// What was drawn last.
#[derive(Default)]
pub(super) struct Margins {
    /// The data's revision, the noise level and the window for which the exact densities are.
    of: Option<(u32, f32, Viewport)>,
    marginals: [Marginal; 2],
    drawn_ms: f64,
}

impl App {
    /// They are to be seen: there are data, and the stage is no landscape.
    pub(super) fn has_marginals(&self) -> bool {
        self.lab.settings.marginals && !self.lab.settings.surface && self.truth.is_ok()
    }

    /// The next picture of them is due.
    pub(super) fn marginals_due(&self, now_ms: f64) -> bool {
        self.has_marginals() && now_ms - self.margins.drawn_ms >= EVERY_MS
    }

    /// Draws them, at the noise level at which the particles are, with so many pixels to a CSS pixel.
    pub(super) fn draw_marginals(&mut self, now_ms: f64, ratio: f64) -> Result<(), ChartError> {
        self.margins.drawn_ms = now_ms;
        let Ok(truth) = &self.truth else { return Ok(()) };
        let replayed = self.replay.state().map(|state| state.sigma);
        let sigma = replayed.unwrap_or(self.last.cloud.sampler.sigma);
        let sigma = if sigma > 0.0 { sigma } else { self.shown_sigma() };
        let view = self.stage.viewport();
        let of = Some((self.lab.target_revision, sigma, view));
        if self.margins.of != of {
            self.margins.of = of;
            self.margins.marginals = [0, 1].map(|axis| {
                let (low, width) = (view.centre[axis] - view.half_width, 2.0 * view.half_width);
                Marginal::new(low, width, |at, out| truth.marginal(axis, sigma, at, out))
            });
        }
        let positions = self.stage.positions();
        for (axis, marginal) in self.margins.marginals.iter_mut().enumerate() {
            marginal.count(positions, axis);
        }
        let papers = [self.paper("marginal-x", ratio)?, self.paper("marginal-y", ratio)?];
        charts::marginals(papers.each_ref(), &self.margins.marginals)
    }
}
