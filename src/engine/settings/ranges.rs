//! What values settings may have.

use thiserror::Error;

use super::{Settings, Source};
use crate::engine::protocol::MOST_POINTS;

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
    /// Checks every value against its range.
    ///
    /// # Errors
    /// The first setting that is out of its range, with what is allowed.
    pub fn check(&self) -> Result<(), SettingsError> {
        whole("width", self.width, 1, 512)?;
        whole("depth", self.depth, 1, 8)?;
        whole("batch", self.batch, 8, 16_384)?;
        number("learningRate", self.learning_rate, 1e-6, 1.0)?;
        number("noiseMax", self.noise_max, 0.5, 100.0)?;
        number("noiseMin", self.noise_min, 0.002, 0.4)?;
        whole("levels", self.levels, 2, 100)?;
        whole("particles", self.particles, 1, MOST_POINTS)?;
        number("stepSize", self.step_size, 1e-5, 4.0)?;
        whole("stepsPerLevel", self.steps_per_level, 1, 10_000)?;
        number("beta", self.beta, 0.01, 100.0)?;
        number("noiseScale", self.noise_scale, 0.0, 4.0)?;
        number("friction", self.friction, 0.0, 1e4)?;
        whole("leapfrogSteps", self.leapfrog_steps, 1, 1000)?;
        whole("nodes", self.nodes, 2, 2000)?;
        whole("correctorSteps", self.corrector_steps, 0, 1000)?;
        number("rivalStepSize", self.rival_step_size, 1e-5, 4.0)?;
        whole("rivalStepsPerLevel", self.rival_steps_per_level, 1, 10_000)?;
        whole("rivalLevels", self.rival_levels, 2, 100)?;
        number("pace", self.pace, 1.0, 10_000.0)?;
        number("sigma", self.sigma, 1e-3, 100.0)?;
        if self.follow == Source::Error {
            return Err(SettingsError {
                name: "follow",
                allowed: "learned or exact".into(),
                got: "error".into(),
            });
        }
        Ok(())
    }
}

fn number(name: &'static str, value: f32, low: f32, high: f32) -> Result<(), SettingsError> {
    // Written so that NaN, which compares false with everything, is refused too.
    if value >= low && value <= high {
        return Ok(());
    }
    Err(SettingsError {
        name,
        allowed: format!("a number from {low} to {high}"),
        got: value.to_string(),
    })
}

fn whole(name: &'static str, value: u32, low: u32, high: u32) -> Result<(), SettingsError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(SettingsError {
        name,
        allowed: format!("a whole number from {low} to {high}"),
        got: value.to_string(),
    })
}
