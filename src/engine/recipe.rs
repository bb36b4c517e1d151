//! What moves a cloud, and how: from the settings to a sampler's parameters.

use super::protocol::Grid;
use super::settings::{Sampler, Scheme, Settings};
use super::starts;
use crate::distribution::ExactField;
use crate::noise::NoiseLadder;
use crate::sampler::{self, Chain, Guard, Parameters};

/// What a runner is to do: everything but the guard, which the data give.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub(super) settings: Settings,
    ladder: NoiseLadder,
}

impl Recipe {
    /// What the settings ask for, with data of this scale (mean per-axis standard deviation).
    pub fn new(settings: Settings, scale: f32) -> Self {
        Self {
            ladder: settings.ladder(scale),
            settings,
        }
    }

    /// The noise level at which particles start.
    fn start_sigma(&self) -> f32 {
        if self.settings.sampler.descends() {
            self.ladder.sigma_max
        } else {
            self.settings.sigma
        }
    }

    /// The noise level at which they end.
    pub fn end_sigma(&self) -> f32 {
        if self.settings.sampler.descends() {
            self.ladder.sigma_min
        } else {
            self.settings.sigma
        }
    }

    /// Where the first `count` particles start, `[x0, y0, …]`.
    pub fn starts(&self, count: usize, exact: &ExactField, guard: &Guard) -> Vec<f32> {
        let (start, seed) = (self.settings.start, self.settings.seed);
        starts::points(start, count, exact, guard, self.start_sigma(), seed)
    }

    /// The density from which those points are drawn, at the points of a grid and up to a factor.
    pub fn start_density(&self, grid: &Grid, exact: &ExactField, guard: &Guard) -> Vec<f32> {
        let (start, seed) = (self.settings.start, self.settings.seed);
        starts::density(start, grid, exact, guard, self.start_sigma(), seed)
    }

    /// Particles of the other recipe may go on by this one; else they begin anew.
    pub fn carries_on(&self, other: &Self) -> bool {
        let cast = |Self { settings: s, ladder }: &Self| {
            let descent = s.sampler.descends().then_some((ladder.sigma_max, ladder.sigma_min));
            let rungs = match s.sampler {
                Sampler::Annealed => s.levels,
                Sampler::ReverseSde | Sampler::ProbabilityFlow => s.nodes,
                _ => 0,
            };
            ((s.sampler, s.follow, s.start, s.particles, s.seed), descent, rungs)
        };
        cast(self) == cast(other)
    }

    /// The sampler's parameters, with its guard.
    pub fn parameters(&self, guard: Guard) -> Parameters {
        let s = &self.settings;
        let (step_size, seed, guard) = (s.step_size, s.seed, Some(guard));
        let (sigma_max, sigma_min, nodes) = (self.ladder.sigma_max, self.ladder.sigma_min, s.nodes as usize);
        let chain = Chain {
            sigma: s.sigma,
            step_size,
            beta: s.beta,
            seed,
            guard,
        };
        match s.sampler {
            Sampler::Langevin => Parameters::Langevin {
                chain,
                noise_scale: s.noise_scale,
            },
            Sampler::AveragedNoise => Parameters::AveragedNoise {
                chain,
                noise_scale: s.noise_scale,
            },
            Sampler::Mala => Parameters::Mala { chain },
            Sampler::Hmc => Parameters::Hmc {
                chain,
                leapfrog_steps: s.leapfrog_steps,
            },
            Sampler::Underdamped => Parameters::Underdamped {
                chain,
                friction: s.friction,
            },
            Sampler::Annealed => Parameters::Annealed {
                ladder: self.ladder,
                step_size,
                steps_per_level: s.steps_per_level,
                beta: s.beta,
                noise_scale: s.noise_scale,
                seed,
                guard,
            },
            Sampler::ReverseSde => Parameters::ReverseSde {
                sigma_max,
                sigma_min,
                nodes,
                corrector_steps: s.corrector_steps,
                step_size,
                denoise: true,
                seed,
                guard,
            },
            // Not denoised, so that its evaluations are those of its nodes, 2 (n - 1) for Heun.
            Sampler::ProbabilityFlow => Parameters::ProbabilityFlow {
                sigma_max,
                sigma_min,
                nodes,
                scheme: match s.scheme {
                    Scheme::Euler => sampler::Scheme::Euler,
                    Scheme::Heun => sampler::Scheme::Heun,
                },
                denoise: false,
                guard,
            },
        }
    }
}

/// The guard that the data ask for.
pub fn guard_of(exact: &ExactField) -> Guard {
    Guard::new(exact.mean(), exact.scale(), Some(exact.bounds()))
}
