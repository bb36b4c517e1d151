//! What values settings may have.

use thiserror::Error;

use super::{Settings, Source};

/// A setting that is out of its range; says which and what is allowed.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{name} must be {allowed}, and {got} is not")]
pub struct SettingsError {
    /// The setting's key.
    pub name: &'static str,
    /// What is allowed, in words.
    pub allowed: &'static str,
    /// What was asked for.
    pub got: String,
}

impl Settings {
    /// Checks every value against its range.
    ///
    /// # Errors
    /// The first setting that is out of its range, with what is allowed.
    pub fn check(&self) -> Result<(), SettingsError> {
        within("width", self.width, 1, 512, "a whole number from 1 to 512")?;
        within("depth", self.depth, 1, 8, "a whole number from 1 to 8")?;
        within("batch", self.batch, 8, 16_384, "a whole number from 8 to 16384")?;
        within(
            "learningRate",
            self.learning_rate,
            1e-6,
            1.0,
            "a number from 0.000001 to 1",
        )?;
        within("noiseMax", self.noise_max, 0.5, 100.0, "a number from 0.5 to 100")?;
        within("noiseMin", self.noise_min, 0.002, 0.4, "a number from 0.002 to 0.4")?;
        within("levels", self.levels, 2, 100, "a whole number from 2 to 100")?;
        within(
            "particles",
            self.particles,
            1,
            200_000,
            "a whole number from 1 to 200000",
        )?;
        within("stepSize", self.step_size, 1e-5, 4.0, "a number from 0.00001 to 4")?;
        within(
            "stepsPerLevel",
            self.steps_per_level,
            1,
            10_000,
            "a whole number from 1 to 10000",
        )?;
        within("beta", self.beta, 0.01, 100.0, "a number from 0.01 to 100")?;
        within("noiseScale", self.noise_scale, 0.0, 4.0, "a number from 0 to 4")?;
        within("friction", self.friction, 0.0, 1e4, "a number from 0 to 10000")?;
        within(
            "leapfrogSteps",
            self.leapfrog_steps,
            1,
            1000,
            "a whole number from 1 to 1000",
        )?;
        within("nodes", self.nodes, 2, 2000, "a whole number from 2 to 2000")?;
        within(
            "correctorSteps",
            self.corrector_steps,
            0,
            1000,
            "a whole number from 0 to 1000",
        )?;
        within(
            "rivalStepSize",
            self.rival_step_size,
            1e-5,
            4.0,
            "a number from 0.00001 to 4",
        )?;
        within(
            "rivalStepsPerLevel",
            self.rival_steps_per_level,
            1,
            10_000,
            "a whole number from 1 to 10000",
        )?;
        within("rivalLevels", self.rival_levels, 2, 100, "a whole number from 2 to 100")?;
        within("pace", self.pace, 1.0, 10_000.0, "a number from 1 to 10000")?;
        within("sigma", self.sigma, 1e-3, 100.0, "a number from 0.001 to 100")?;
        if self.follow == Source::Error {
            return Err(SettingsError {
                name: "follow",
                allowed: "learned or exact",
                got: "error".into(),
            });
        }
        Ok(())
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    name: &'static str,
    value: T,
    low: T,
    high: T,
    allowed: &'static str,
) -> Result<(), SettingsError> {
    // Written so that NaN, which compares false with everything, is refused too.
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(SettingsError {
            name,
            allowed,
            got: value.to_string(),
        })
    }
}
