//! What is to be seen: at which noise level, in which window.

use super::App;
use crate::engine::protocol::Grid;
use crate::noise::NoiseLadder;
use crate::page::stage::Tool;

impl App {
    /// The ladder of noise levels, stage units.
    pub fn ladder(&self) -> NoiseLadder {
        self.lab.settings.ladder(self.fit.scale)
    }

    /// The noise level on the stage.
    pub fn shown_sigma(&self) -> f32 {
        if let Some(held) = self.hand.held_sigma {
            return held;
        }
        let settings = &self.lab.settings;
        let follows = settings.follows_sampler();
        let sampler = match self.replay.state() {
            // A chain's recording has the noise level that it had then.
            Some(state) if follows || !settings.sampler.descends() => state.sigma,
            None if follows => self.last.cloud.sampler.sigma,
            _ => 0.0,
        };
        if sampler > 0.0 { sampler } else { settings.sigma }
    }

    /// The window of the stage: that of the noise level shown, or the usual one for those who draw.
    pub(super) fn window(&self) -> Grid {
        let drawing = matches!(self.tool_in_hand(), Tool::Draw | Tool::Erase);
        let board = self.editor.is_drawing() || (drawing && (self.hand.inside || self.hand.coarse));
        let sigma = if board || self.truth.is_err() {
            0.0
        } else {
            self.shown_sigma()
        };
        Grid::window(self.fit.mean, self.fit.scale, sigma, 2)
    }

    /// The noise levels that are shown side by side: the strip's, or all of them.
    pub(super) fn rungs(&self) -> Vec<f32> {
        let ladder = self.ladder();
        if self.lab.settings.all_levels {
            ladder.sigmas().collect()
        } else {
            ladder.tiles()
        }
    }

    /// The sampler is on its way down the ladder, and takes the shown noise level with it.
    pub(super) fn is_annealing(&self) -> bool {
        let descends = self.lab.settings.follows_sampler() && self.lab.sampling;
        descends && !self.last.cloud.sampler.finished && self.runs()
    }
}
