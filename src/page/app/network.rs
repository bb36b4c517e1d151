//! Networks come and go: each has a number, and what is known of one goes with it.

use super::App;
use crate::engine::protocol::{DensityError, Progress};
use crate::page::history::History;
use crate::page::pictures::Fit;

/// What was measured of the network.
#[derive(Default)]
pub struct Known {
    /// The last measurement against the truth.
    pub progress: Option<Progress>,
    /// Nats over steps, and over seconds.
    pub histories: [History; 2],
    /// Curl of the learned field relative to its slope, and the noise level at which.
    pub curl: Option<(f32, f32)>,
    /// How far the network's density was from the truth when that was asked for last.
    pub density: Option<DensityError>,
    /// The request by which that is being measured, and the part that is done.
    pub measuring: Option<(u32, f32)>,
}

impl App {
    /// Mean and scale of the data as they are now: what a new network is fitted to.
    pub(super) fn refit(&mut self) {
        if let Ok(truth) = &self.truth {
            self.fit = Fit {
                mean: truth.mean(),
                scale: truth.scale(),
            };
        }
    }

    /// A new network, fitted to the data as they are now.
    pub fn renew(&mut self) {
        self.look_at_truth();
        self.refit();
        self.weights.touch();
        (self.weights.start, self.weights.own) = (None, false);
        self.drop_goal();
        let run = self.next_run();
        self.begin_run(run);
        self.last.stamp.step = 0;
    }

    /// A number for another network, which no network has had.
    pub(super) fn next_run(&mut self) -> u32 {
        self.runs = self.runs.max(self.lab.run) + 1;
        self.runs
    }

    /// What is known of the network before does not hold for the one with this number.
    pub(super) fn begin_run(&mut self, run: u32) {
        self.lab.run = run;
        self.checkpoint = None;
        self.known = Known {
            measuring: self.known.measuring,
            ..Known::default()
        };
        self.pictures.forget_learned();
        self.screen.charts_changed();
    }
}
