//! The ladder of noise levels: one definition for training, sampling and pictures.

use serde::{Deserialize, Serialize};

/// Rungs of the ladder that are shown side by side in the strip.
pub const TILES: usize = 8;

/// A geometric ladder `sigma_i = sigma_max (sigma_min / sigma_max)^(i / (levels - 1))`, from the most noise to the
/// least (Song & Ermon 2019, section 4). Sigmas are in stage units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseLadder {
    /// The first and largest noise level; here everything is one wide Gaussian.
    pub sigma_max: f32,
    /// The last and smallest noise level; the samples keep this much blur before the final denoising step.
    pub sigma_min: f32,
    /// How many rungs, at least 2.
    pub levels: usize,
}

impl NoiseLadder {
    /// The default for data of the given scale (mean per-axis standard deviation): sigma 3 → 0.01 at scale 0.5, 16 rungs.
    pub fn for_scale(scale: f32) -> Self {
        Self {
            sigma_max: 6.0 * scale,
            sigma_min: 0.02 * scale,
            levels: 16,
        }
    }

    /// The noise of rung `level`, 0 being the largest; levels past the end give `sigma_min`.
    pub fn sigma(&self, level: usize) -> f32 {
        let last = self.levels.max(2) - 1;
        self.at(level.min(last) as f32 / last as f32)
    }

    /// The noise a fraction `u` of the way down, in equal steps of `ln sigma`; `u` in [0, 1].
    pub fn at(&self, u: f32) -> f32 {
        let (top, bottom) = (self.sigma_max.ln(), self.sigma_min.ln());
        (top + u * (bottom - top)).exp()
    }

    /// All rungs from `sigma_max` to `sigma_min`.
    pub fn sigmas(&self) -> impl Iterator<Item = f32> + '_ {
        (0..self.levels).map(|level| self.sigma(level))
    }

    /// The rung whose sigma is nearest to the given one on the logarithmic scale.
    pub fn nearest(&self, sigma: f32) -> usize {
        let last = self.levels.max(2) - 1;
        let u = (sigma / self.sigma_max).ln() / (self.sigma_min / self.sigma_max).ln();
        (u * last as f32).round().clamp(0.0, last as f32) as usize
    }

    /// The noise levels that are shown side by side, at most [`TILES`]: rungs evenly spread, with both ends.
    pub fn tiles(&self) -> Vec<f32> {
        self.tile_levels().into_iter().map(|level| self.sigma(level)).collect()
    }

    fn tile_levels(&self) -> Vec<usize> {
        let levels = self.levels.max(2);
        let count = TILES.min(levels);
        (0..count)
            .map(|i| (i * (levels - 1) + (count - 1) / 2) / (count - 1))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: NoiseLadder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.01,
        levels: 16,
    };

    #[test]
    fn neighbouring_rungs_have_one_ratio_and_the_ends_are_as_asked() {
        let sigmas: Vec<f32> = LADDER.sigmas().collect();
        assert_eq!(sigmas.len(), 16);
        assert!((sigmas[0] - 3.0).abs() < 1e-5 && (sigmas[15] - 0.01).abs() < 1e-7);
        let ratio = (3.0_f32 / 0.01).powf(1.0 / 15.0);
        assert!(
            sigmas
                .windows(2)
                .all(|pair| (pair[0] / pair[1] / ratio - 1.0).abs() < 1e-5)
        );
    }

    #[test]
    fn the_nearest_rung_of_a_rung_is_itself_and_far_sigmas_meet_the_ends() {
        assert!((0..16).all(|level| LADDER.nearest(LADDER.sigma(level)) == level));
        assert_eq!((LADDER.nearest(100.0), LADDER.nearest(1e-6)), (0, 15));
    }

    #[test]
    fn tiles_keep_both_ends_and_never_repeat_a_rung() {
        for levels in 2..40 {
            let tiles = NoiseLadder { levels, ..LADDER }.tile_levels();
            assert_eq!((tiles[0], tiles[tiles.len() - 1]), (0, levels - 1));
            assert!(tiles.len() == levels.min(8) && tiles.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
