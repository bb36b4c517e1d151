//! The settings as a table: under which key each one goes and what it may be. Links, controls, the script API and the
//! check of ranges all read this one.

use thiserror::Error;

use super::{
    ArrowDensity, ArrowLength, Colour, ContourSpacing, Network, Objective, ParticleColour, Sampler, Scheme, Settings,
    Source, Start, Weighting,
};
use crate::engine::protocol::MOST_POINTS;

/// One setting where it lies, with what it may be.
pub enum Field<'a> {
    /// A switch.
    Switch(&'a mut bool),
    /// A whole number, and the least and the most that are allowed.
    Whole(&'a mut u32, u32, u32),
    /// A number, and the least and the most that are allowed.
    Number(&'a mut f32, f32, f32),
    /// A choice.
    Choice(&'a mut dyn Choice),
}

/// A choice between named things.
pub trait Choice {
    /// The names of all there is to choose from.
    fn names(&self) -> &'static [&'static str];
    /// Which of them is chosen.
    fn place(&self) -> usize;
    /// Chooses another; a place beyond the last changes nothing.
    fn choose(&mut self, place: usize);
}

/// The choices by name, in the order in which they are declared.
macro_rules! choices {
    ($($kind:ident { $($name:literal $which:ident),+ })+) => { $(
        impl Choice for $kind {
            fn names(&self) -> &'static [&'static str] {
                &[$($name),+]
            }
            fn place(&self) -> usize {
                *self as usize
            }
            fn choose(&mut self, place: usize) {
                if let Some(chosen) = [$(Self::$which),+].get(place) {
                    *self = *chosen;
                }
            }
        }
    )+ };
}

choices! {
    Network { "score" Score, "energy" Energy, "energy-quadratic" EnergyQuadratic }
    Objective {
        "denoising" Denoising, "denoising-one-level" DenoisingOneLevel, "implicit" Implicit, "sliced" Sliced,
        "stable-target" StableTarget, "explicit" Explicit
    }
    Weighting { "edm" Edm, "sigma-squared" SigmaSquared, "uniform" Uniform }
    Sampler {
        "langevin" Langevin, "averaged-noise" AveragedNoise, "mala" Mala, "hmc" Hmc, "underdamped" Underdamped,
        "annealed" Annealed, "reverse-sde" ReverseSde, "probability-flow" ProbabilityFlow
    }
    Scheme { "euler" Euler, "heun" Heun }
    Start { "noise" Noise, "uniform" Uniform, "spot" Spot }
    Source { "exact" Exact, "learned" Learned, "error" Error }
    Colour { "energy" Energy, "divergence" Divergence, "curl" Curl }
    ContourSpacing { "auto" Auto, "0.5" Half, "1" One, "2" Two }
    ArrowLength { "soft" Soft, "proportional" Proportional, "unit" Unit }
    ArrowDensity { "sparse" Sparse, "normal" Normal, "dense" Dense }
    ParticleColour { "plain" Plain, "energy" Energy, "speed" Speed, "mode" Mode, "age" Age, "start" Start }
}

/// A setting that is out of its range; says which and what is allowed.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{name} must be {allowed}, and {got} is not")]
pub struct SettingsError {
    /// The setting's key.
    pub name: &'static str,
    /// What is allowed, in words.
    pub allowed: String,
    /// What was asked for.
    pub got: String,
}

impl Settings {
    /// All of them by key, in the order in which they are declared.
    // A table of this size should be built in one place.
    #[inline(never)]
    pub fn fields(&mut self) -> [(&'static str, Field<'_>); 57] {
        use Field::{Choice, Number, Switch, Whole};
        [
            ("network", Choice(&mut self.network)),
            ("width", Whole(&mut self.width, 1, 512)),
            ("depth", Whole(&mut self.depth, 1, 8)),
            ("batch", Whole(&mut self.batch, 8, 16_384)),
            ("learningRate", Number(&mut self.learning_rate, 1e-6, 1.0)),
            ("objective", Choice(&mut self.objective)),
            ("weighting", Choice(&mut self.weighting)),
            ("seed", Whole(&mut self.seed, 0, u32::MAX)),
            ("noiseMax", Number(&mut self.noise_max, 0.5, 100.0)),
            ("noiseMin", Number(&mut self.noise_min, 0.002, 0.4)),
            ("levels", Whole(&mut self.levels, 2, 100)),
            ("sampler", Choice(&mut self.sampler)),
            ("follow", Choice(&mut self.follow)),
            ("particles", Whole(&mut self.particles, 1, MOST_POINTS)),
            ("stepSize", Number(&mut self.step_size, 1e-5, 4.0)),
            ("stepsPerLevel", Whole(&mut self.steps_per_level, 1, 10_000)),
            ("beta", Number(&mut self.beta, 0.01, 100.0)),
            ("noiseScale", Number(&mut self.noise_scale, 0.0, 4.0)),
            ("friction", Number(&mut self.friction, 0.0, 1e4)),
            ("leapfrogSteps", Whole(&mut self.leapfrog_steps, 1, 1000)),
            ("nodes", Whole(&mut self.nodes, 2, 2000)),
            ("scheme", Choice(&mut self.scheme)),
            ("correctorSteps", Whole(&mut self.corrector_steps, 0, 1000)),
            ("potential", Switch(&mut self.potential)),
            ("interpolate", Switch(&mut self.interpolate)),
            ("start", Choice(&mut self.start)),
            ("race", Switch(&mut self.race)),
            ("rival", Choice(&mut self.rival)),
            ("rivalStepSize", Number(&mut self.rival_step_size, 1e-5, 4.0)),
            ("rivalStepsPerLevel", Whole(&mut self.rival_steps_per_level, 1, 10_000)),
            ("rivalLevels", Whole(&mut self.rival_levels, 2, 100)),
            ("pace", Number(&mut self.pace, 1.0, 10_000.0)),
            ("repeat", Switch(&mut self.repeat)),
            ("sigma", Number(&mut self.sigma, 1e-3, 100.0)),
            ("pinned", Switch(&mut self.pinned)),
            ("source", Choice(&mut self.source)),
            ("energy", Switch(&mut self.energy)),
            ("colour", Choice(&mut self.colour)),
            ("contours", Switch(&mut self.contours)),
            ("contourSpacing", Choice(&mut self.contour_spacing)),
            ("contourLabels", Switch(&mut self.contour_labels)),
            ("arrows", Switch(&mut self.arrows)),
            ("arrowLength", Choice(&mut self.arrow_length)),
            ("arrowDensity", Choice(&mut self.arrow_density)),
            ("streamlines", Switch(&mut self.streamlines)),
            ("flow", Switch(&mut self.flow)),
            ("denoiser", Switch(&mut self.denoiser)),
            ("coverage", Switch(&mut self.coverage)),
            ("showData", Switch(&mut self.show_data)),
            ("showParticles", Switch(&mut self.show_particles)),
            ("particleColour", Choice(&mut self.particle_colour)),
            ("trails", Switch(&mut self.trails)),
            ("surface", Switch(&mut self.surface)),
            ("allLevels", Switch(&mut self.all_levels)),
            ("ownScale", Switch(&mut self.own_scale)),
            ("marginals", Switch(&mut self.marginals)),
            ("projector", Switch(&mut self.projector)),
        ]
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// The first setting that is out of its range, with what is allowed.
    pub fn check(&self) -> Result<(), SettingsError> {
        let refused = |name, allowed, got| Err(SettingsError { name, allowed, got });
        for (name, field) in &self.clone().fields() {
            match field {
                Field::Whole(value, low, high) if !(*low..=*high).contains(*value) => {
                    return refused(name, format!("a whole number from {low} to {high}"), value.to_string());
                }
                // NaN, which is in no range, is refused too.
                Field::Number(value, low, high) if !(*low..=*high).contains(*value) => {
                    return refused(name, format!("a number from {low} to {high}"), value.to_string());
                }
                _ => (),
            }
        }
        if self.follow == Source::Error {
            return refused("follow", "learned or exact".into(), "error".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    fn as_serde_has_them(settings: &Settings) -> serde_json::Map<String, Value> {
        serde_json::to_value(settings).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn every_setting_is_in_the_table_once_under_its_key() {
        let serde = as_serde_has_them(&Settings::default());
        let mut settings = Settings::default();
        let mut keys = settings.fields().map(|(key, _)| key);
        keys.sort_unstable();
        assert_eq!(keys.to_vec(), serde.keys().collect::<Vec<_>>());
    }

    #[test]
    fn a_field_of_the_table_is_the_setting_of_that_key() {
        for k in 0..Settings::default().fields().len() {
            let mut settings = Settings::default();
            let (key, field) = settings.fields().into_iter().nth(k).unwrap();
            let is = match field {
                Field::Switch(on) => {
                    *on = !*on;
                    json!(*on)
                }
                Field::Whole(number, _, _) => {
                    *number = 77;
                    json!(77)
                }
                Field::Number(number, _, _) => {
                    *number = 0.375;
                    json!(0.375)
                }
                Field::Choice(choice) => {
                    choice.choose((choice.place() + 1) % choice.names().len());
                    json!(choice.names()[choice.place()])
                }
            };
            let (before, after) = (as_serde_has_them(&Settings::default()), as_serde_has_them(&settings));
            assert_eq!(after[key], is);
            assert_eq!(
                before.iter().filter(|(other, value)| after[*other] != **value).count(),
                1,
                "{key}"
            );
        }
    }

    #[test]
    fn every_choice_has_all_its_names_in_their_order() {
        let mut settings = Settings::default();
        for (key, field) in Settings::default().fields() {
            let Field::Choice(choice) = field else { continue };
            for (place, name) in choice.names().iter().enumerate() {
                let mut fields = settings.fields();
                let (_, Field::Choice(chosen)) = fields.iter_mut().find(|(other, _)| *other == key).unwrap() else {
                    unreachable!()
                };
                chosen.choose(place);
                assert_eq!(chosen.place(), place);
                assert_eq!(as_serde_has_them(&settings)[key], json!(name));
            }
            let unknown = serde_json::from_value::<Settings>(json!({ key: "?" }))
                .unwrap_err()
                .to_string();
            assert_eq!(
                unknown.matches('`').count(),
                2 * (choice.names().len() + 1),
                "{unknown}"
            );
        }
    }
}
