//! The lab's state as the page owns it: one [`Settings`], one [`Target`], and the counters by which reports of
//! something older are known.

use super::link::{Goal, Parts};
use crate::distribution::{Preset, Target};
use crate::engine::protocol::Stamp;
use crate::engine::settings::Settings;

/// Two noise levels within this ratio of each other are the same one that took different roads through `f32`.
const SAME_SIGMA: f32 = 1.01;

/// What the page knows for certain, because it decides it.
#[derive(Clone, Debug)]
pub struct Lab {
    /// The settings, always checked.
    pub settings: Settings,
    /// What is to be learned.
    pub target: Target,
    /// The live training loop is wanted.
    pub training: bool,
    /// The live sampler is wanted.
    pub sampling: bool,
    /// Counts the changes of the settings.
    pub settings_revision: u32,
    /// Counts the changes of the target.
    pub target_revision: u32,
    /// Counts the networks.
    pub run: u32,
    /// What the address hides and locks.
    pub parts: Parts,
    /// To where the network is trained, which then rests; none while it trains without end or not at all.
    pub goal: Option<Goal>,
}

impl Default for Lab {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            target: Target::Preset(Preset::Moons),
            training: true,
            sampling: true,
            settings_revision: 0,
            target_revision: 0,
            run: 0,
            parts: Parts::default(),
            goal: None,
        }
    }
}

/// What a change of the settings asks for besides telling the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// The network has another shape or seed: a new one is needed.
    pub new_network: bool,
}

impl Lab {
    /// Takes over checked settings.
    pub fn apply(&mut self, settings: Settings) -> Consequences {
        let old = std::mem::replace(&mut self.settings, settings);
        let new = &self.settings;
        self.settings_revision += 1;
        Consequences {
            new_network: !same_network(&old, new),
        }
    }

    /// Takes over a new target.
    pub fn aim(&mut self, target: Target) {
        self.target = target;
        self.target_revision += 1;
    }

    /// A report about weights (a picture, a checkpoint) is of the network that runs now. An edit of the data does not
    /// make it stale: the field follows the edit, and its way there is what one wants to see.
    pub fn is_of_this_network(&self, stamp: &Stamp) -> bool {
        stamp.run == self.run
    }

    /// A comparison with the truth (an error, nats) is of this network and of the data as they are now.
    pub fn is_of_these_data(&self, stamp: &Stamp) -> bool {
        self.is_of_this_network(stamp) && stamp.target == self.target_revision
    }
}

/// Both settings ask for a network of one kind, shape and seed.
pub fn same_network(a: &Settings, b: &Settings) -> bool {
    (a.network, a.width, a.depth, a.seed) == (b.network, b.width, b.depth, b.seed)
}

/// The network that these settings ask for is of the kind, size, seed, objective and range of noise of the shipped ones.
pub fn fits_shipped_weights(settings: &Settings) -> bool {
    let key = |s: &Settings| {
        let network = (s.network, s.width, s.depth, s.seed);
        (network, s.objective, s.weighting, s.noise_max, s.noise_min)
    };
    key(settings) == key(&Settings::default())
}

/// The same noise level, up to rounding.
pub fn same_sigma(a: f32, b: f32) -> bool {
    a > 0.0 && b > 0.0 && (a / b).max(b / a) < SAME_SIGMA
}

/// The index of the noise level nearest to `sigma` on the logarithmic scale.
pub fn nearest(sigmas: &[f32], sigma: f32) -> Option<usize> {
    let far = |s: f32| (s / sigma).ln().abs();
    (0..sigmas.len()).min_by(|&a, &b| far(sigmas[a]).total_cmp(&far(sigmas[b])))
}

/// A noise level in as few digits as tell it apart: 3, 0.17, 0.012.
pub fn sigma_text(sigma: f32) -> String {
    let digits = if sigma >= 10.0 {
        0
    } else if sigma >= 1.0 {
        1
    } else if sigma >= 0.1 {
        2
    } else {
        3
    };
    let text = format!("{sigma:.digits$}");
    if digits > 0 {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_level_is_nearest_in_ratio_and_none_is_needed() {
        assert_eq!(nearest(&[3.0, 0.3, 0.03], 0.5), Some(1));
        assert_eq!(nearest(&[3.0, 0.3, 0.03], 1e-6), Some(2));
        assert_eq!(nearest(&[], 0.5), None);
    }

    #[test]
    fn an_edit_makes_errors_stale_but_not_the_fields_on_their_way() {
        let mut lab = Lab::default();
        let stamp = Stamp {
            run: lab.run,
            target: lab.target_revision,
            ..Stamp::default()
        };
        lab.aim(Target::Preset(Preset::Rings));
        assert!(lab.is_of_this_network(&stamp) && !lab.is_of_these_data(&stamp));
        lab.run += 1;
        assert!(!lab.is_of_this_network(&stamp));
    }

    #[test]
    fn another_shape_or_seed_needs_another_network_and_a_learning_rate_does_not() {
        let mut lab = Lab::default();
        let settings = Settings {
            learning_rate: 1e-3,
            batch: 256,
            ..lab.settings.clone()
        };
        assert_eq!(lab.apply(settings), Consequences::default());
        let settings = Settings {
            width: 128,
            ..lab.settings.clone()
        };
        assert!(lab.apply(settings).new_network);
        assert_eq!(lab.settings_revision, 2);
    }

    #[test]
    fn shipped_weights_fit_the_default_network_however_it_is_looked_at() {
        let mut settings = Settings {
            arrows: false,
            learning_rate: 1e-3,
            ..Settings::default()
        };
        assert!(fits_shipped_weights(&settings));
        settings.seed = 1;
        assert!(!fits_shipped_weights(&settings));
    }

    #[test]
    fn noise_levels_are_written_short() {
        let texts: Vec<_> = [3.0, 1.34, 0.1712, 0.0802, 0.01, 12.3].map(sigma_text).to_vec();
        assert_eq!(texts, ["3", "1.3", "0.17", "0.08", "0.01", "12"]);
    }
}
