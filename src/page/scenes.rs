//! The scenes: phenomena of sampling and of learned scores, each at one click, with what it measures.
//!
//! A [`Scene`] is data only: which distribution, and which settings differ from the defaults. Its words and its figures
//! from the literature stand in the document (`index.html`, the card of its name); what runs on the page is measured by
//! [`measures`], and `tests/lab/scenes.rs` holds those claims against the samplers themselves.

pub mod measures;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::flat::{self, FlatError};
use crate::distribution::{Drawing, Preset, Target, TargetError};
use crate::engine::settings::Settings;

/// What a scene is played on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data {
    /// A named set.
    Set(Preset),
    /// Two equal wells, at [`WELLS`], of this softness.
    Wells(f32),
    /// So many draws from a named set, as points without softness: a training set to learn by heart.
    Few(Preset, usize),
}

/// The bottoms of the two wells, stage units.
pub const WELLS: [[f32; 2]; 2] = [[-0.75, 0.0], [0.75, 0.0]];

/// One phenomenon.
#[derive(Debug)]
pub struct Scene {
    /// Its name in the document.
    pub name: &'static str,
    /// What it is played on.
    pub data: Data,
    /// Settings that differ from the defaults, `key=value` separated by spaces.
    pub changes: &'static str,
    /// A network of its own takes part; otherwise the one that is there rests meanwhile.
    pub learns: bool,
}

/// Deviation of each Gaussian of the unequal pair, stage units: the pair is 10 deviations apart on either axis.
pub const PAIR_WIDTH: f32 = 0.121_267_81;

/// All scenes, in the order in which they are offered.
pub static SCENES: [Scene; 8] = [
    // NCSN's experiment in units of the pair's width w: noise 20 w down to w, 10 levels of 100 steps, eta = 0.05.
    Scene {
        name: "weights",
        data: Data::Set(Preset::TwoG),
        changes: "source=exact follow=exact sampler=langevin sigma=0.12127 stepSize=0.05 start=uniform repeat=false \
                  race=true rival=annealed rivalStepSize=0.05 rivalStepsPerLevel=100 rivalLevels=10 noiseMax=4.8507 \
                  noiseMin=0.24254 pace=240",
        learns: false,
    },
    Scene {
        name: "depth",
        data: Data::Set(Preset::EightGaussians),
        changes: "source=error sigma=0.05 pinned=true contours=false showParticles=false trails=false",
        learns: true,
    },
    // At sigma = w each Gaussian has variance 2 w², so that the local step is eta / 2.
    Scene {
        name: "step",
        data: Data::Set(Preset::TwoG),
        changes: "source=exact follow=exact sampler=langevin sigma=0.12127 stepSize=1 race=true rival=averaged-noise \
                  rivalStepSize=1",
        learns: false,
    },
    // At sigma = w / 2 it has 1.25 w²: the local step is eta / 5, and at twice the noise the modes stay apart.
    Scene {
        name: "noise",
        data: Data::Set(Preset::TwoG),
        changes: "source=exact follow=exact sampler=langevin sigma=0.060634 stepSize=0.25",
        learns: false,
    },
    Scene {
        name: "curl",
        data: Data::Set(Preset::Rings),
        changes: "sigma=0.2 pinned=true sampler=probability-flow pace=12",
        learns: true,
    },
    // Wells of variance 0.04 + 0.02, 1.5 apart: a barrier of 4 nats.
    Scene {
        name: "barrier",
        data: Data::Wells(0.2),
        changes: "source=exact follow=exact sampler=langevin sigma=0.1414 stepSize=0.1 start=spot particles=1000 \
                  pace=240",
        learns: false,
    },
    Scene {
        name: "rung",
        data: Data::Set(Preset::Moons),
        changes: "source=exact follow=exact race=true rival=annealed rivalLevels=3 rivalStepsPerLevel=80 \
                  repeat=false",
        learns: false,
    },
    Scene {
        name: "memory",
        data: Data::Few(Preset::Moons, 30),
        changes: "source=exact follow=exact width=16 depth=1 showData=true",
        learns: true,
    },
];

/// The scene of this name.
pub fn named(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.name == name)
}

impl Scene {
    /// The lab's settings while it plays. A network that takes no part stays as it was `before`.
    ///
    /// # Errors
    /// None that a test of the table would not have found.
    pub fn settings(&self, before: &Settings) -> Result<Settings, FlatError> {
        settings(self.changes, self.learns, before)
    }

    /// What it is played on.
    ///
    /// # Errors
    /// None that a test of the table would not have found.
    pub fn target(&self) -> Result<Target, TargetError> {
        let (points, softness) = match self.data {
            Data::Set(preset) => return Ok(Target::Preset(preset)),
            // A drawing has at least three dots.
            Data::Wells(softness) => ([WELLS, WELLS].concat().concat(), softness),
            Data::Few(preset, count) => {
                let mut points = vec![0.0; 2 * count];
                preset.field().sample(&mut StdRng::seed_from_u64(1), &mut points);
                (points, 0.0)
            }
        };
        Drawing::from_points(&points, softness).map(Target::Drawing)
    }
}

/// The default settings after changes, with a network of their own or the one that was there `before`.
///
/// # Errors
/// The first change that does not apply.
pub fn settings(changes: &str, learns: bool, before: &Settings) -> Result<Settings, FlatError> {
    let mut base = Settings::default();
    if !learns {
        (base.network, base.width, base.depth, base.seed) = (before.network, before.width, before.depth, before.seed);
    }
    set(&base, changes)
}

/// The settings after changes, `key=value` separated by spaces.
///
/// # Errors
/// The first one that does not apply.
pub fn set(settings: &Settings, changes: &str) -> Result<Settings, FlatError> {
    flat::with(settings, pairs(changes))
}

/// Keys and values of such changes.
pub fn pairs(changes: &str) -> impl Iterator<Item = (&str, &str)> {
    changes.split_whitespace().filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../index.html");

    /// The values of an attribute in the page.
    fn attributes(name: &str) -> Vec<&'static str> {
        let start = format!(" {name}=\"");
        let values = PAGE.split(start.as_str()).skip(1);
        values.map(|rest| rest.split('"').next().unwrap_or_default()).collect()
    }

    #[test]
    fn every_scene_has_data_and_settings_that_apply_and_names_each_key_once() {
        for scene in &SCENES {
            assert!(scene.target().unwrap().field().is_ok(), "{}", scene.name);
            assert!(scene.settings(&Settings::default()).is_ok(), "{}", scene.name);
            let mut keys: Vec<_> = pairs(scene.changes).map(|(key, _)| key).collect();
            let all = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), all, "{}", scene.name);
            assert_eq!(all, scene.changes.split_whitespace().count(), "{}", scene.name);
        }
    }

    #[test]
    fn a_scene_that_needs_no_network_leaves_it_alone() {
        let before = Settings {
            width: 128,
            ..Settings::default()
        };
        let width = |name: &str| named(name).unwrap().settings(&before).unwrap().width;
        assert_eq!((width("weights"), width("memory")), (128, 16));
    }

    #[test]
    fn every_scene_is_in_the_menu_and_has_a_card() {
        let names: Vec<_> = SCENES.iter().map(|scene| scene.name).collect();
        assert_eq!(attributes("data-card"), names);
        // The first is that of the page as a whole, on which no scene plays.
        assert_eq!(attributes("data-scene")[1..], names);
        for name in names {
            assert!(PAGE.contains(&format!("id=\"{name}-0\"")), "{name} measures nothing");
        }
    }

    #[test]
    fn every_switch_of_a_card_applies() {
        let switches = attributes("data-set");
        assert!(switches.len() > 20);
        for changes in switches {
            assert!(set(&Settings::default(), changes).is_ok(), "{changes}");
            assert_eq!(pairs(changes).count(), changes.split_whitespace().count(), "{changes}");
            // What the page compares in order to know which switch is on.
            let now = flat::pairs(&set(&Settings::default(), changes).unwrap());
            for (key, value) in pairs(changes) {
                assert!(
                    now.iter().any(|(name, is)| *name == key && is.to_string() == value),
                    "{changes}"
                );
            }
        }
    }
}
