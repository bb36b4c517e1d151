//! The live particles: their cloud on the device, its latest copy on the host, and the sampler that moves them.

use std::time::Duration;

use burn::tensor::{Device, ExecutionError, Tensor};

use web_time::Instant;

use super::protocol::{Backend, SamplerState};
use super::settings::{Sampler as Choice, Settings};
use crate::distribution::ExactField;
use crate::field::{Field, points_on};
use crate::noise::NoiseLadder;
use crate::sampler::{self, Chain, Guard, Parameters, Sampler, Stream};

/// What moves a cloud, and how: everything but the guard, which the data give.
#[derive(Clone, Debug)]
pub struct Recipe {
    settings: Settings,
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
            self.ladder.sigma(0)
        } else {
            self.settings.sigma
        }
    }

    /// The sampler's parameters, with its guard.
    pub fn parameters(&self, guard: Guard) -> Parameters {
        let settings = &self.settings;
        let chain = Chain {
            beta: settings.beta,
            guard: Some(guard),
            ..Chain::new(settings.sigma, settings.step_size, settings.seed)
        };
        match settings.sampler {
            Choice::Annealed => Parameters::Annealed {
                ladder: self.ladder,
                step_size: settings.step_size,
                steps_per_level: settings.steps_per_level,
                beta: settings.beta,
                noise_scale: settings.noise_scale,
                seed: settings.seed,
                guard: Some(guard),
            },
            _ => Parameters::Langevin {
                chain,
                noise_scale: settings.noise_scale,
            },
        }
    }
}

/// The guard that the data ask for.
pub fn guard_of(exact: &ExactField) -> Guard {
    Guard::new(exact.mean(), exact.scale(), Some(exact.bounds()))
}

/// Sampler steps between two looks of the guard.
const GUARD_EVERY: u64 = 5;

/// A cloud and its sampler.
pub struct Live {
    recipe: Recipe,
    sampler: Box<dyn Sampler>,
    guard: Guard,
    backend: Backend,
    x: Tensor<2>,
    positions: Vec<f32>,
    recycled: u32,
    /// Where dropped particles take over from, so that each drop replaces other ones.
    drop_at: usize,
    moved: bool,
    /// When the rest at the end of the descent was first seen.
    resting_since: Option<Instant>,
}

impl Live {
    /// Particles at the start of what the recipe asks for, on the device of `backend`.
    pub fn start(recipe: Recipe, exact: &ExactField, backend: Backend, device: &Device) -> Self {
        let count = recipe.settings.particles as usize;
        let positions = sampler::start(
            count,
            exact.mean(),
            exact.scale(),
            recipe.start_sigma(),
            recipe.settings.seed,
        );
        Self::start_at(recipe, positions, exact, backend, device)
    }

    /// The same from given points `[x0, y0, …]`.
    pub fn start_at(
        recipe: Recipe,
        positions: Vec<f32>,
        exact: &ExactField,
        backend: Backend,
        device: &Device,
    ) -> Self {
        let guard = guard_of(exact);
        let sampler = sampler::build(&recipe.parameters(guard));
        let x = points_on(device, positions.clone());
        Self {
            recipe,
            sampler,
            guard,
            backend,
            x,
            positions,
            recycled: 0,
            drop_at: 0,
            moved: true,
            resting_since: None,
        }
    }

    /// The sampler's parameters, with its guard.
    pub fn parameters(&self) -> Parameters {
        self.recipe.parameters(self.guard)
    }

    /// Where the first `count` particles of this recipe start, `[x0, y0, …]`.
    pub fn starts(&self, count: usize) -> Vec<f32> {
        sampler::start(
            count,
            self.guard.mean,
            self.guard.scale,
            self.recipe.start_sigma(),
            self.recipe.settings.seed,
        )
    }

    /// Where the cloud lives.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Takes up changed step sizes and noise levels without a restart.
    pub fn retune(&mut self, recipe: Recipe) {
        let mut recipe = recipe;
        recipe.settings.sampler = self.recipe.settings.sampler;
        self.sampler.retune(&recipe.parameters(self.guard));
        self.recipe = recipe;
    }

    /// Guards by other data from now on.
    pub fn guard_by(&mut self, exact: &ExactField) {
        self.guard = guard_of(exact);
        self.sampler.retune(&self.recipe.parameters(self.guard));
    }

    /// One step on the device; nothing is read back.
    pub fn step(&mut self, field: &dyn Field) {
        self.x = self.sampler.step(field, self.x.clone());
        self.moved = true;
    }

    /// The guard looks after the cloud now. That depends on the number of steps alone, so that a run is the same at
    /// every frame rate.
    pub fn guard_is_due(&self) -> bool {
        self.sampler.steps().is_multiple_of(GUARD_EVERY) || self.sampler.finished()
    }

    /// Reads the positions back; when the guard is due, lost particles are drawn anew.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn read_back(&mut self, device: &Device) -> Result<(), ExecutionError> {
        let data = self.x.clone().into_data_async().await?;
        self.positions.clear();
        self.positions.extend(data.iter::<f32>());
        if self.guard_is_due() {
            let mut rng = sampler::stream(self.recipe.settings.seed, Stream::Recycle(self.sampler.steps()));
            let lost = self.guard.recycle(&mut self.positions, self.sampler.spread(), &mut rng);
            if lost > 0 {
                self.recycled += lost as u32;
                self.x = points_on(device, self.positions.clone());
            }
        }
        Ok(())
    }

    /// Particles drawn anew since the start.
    pub fn recycled(&self) -> u32 {
        self.recycled
    }

    /// Moves the next particles to the points `[x0, y0, …]`. A descent that is over goes on as plain Langevin at the
    /// noise level `sigma`, or dropped particles would lie still.
    pub fn drop_at(&mut self, points: &[f32], sigma: f32, device: &Device) {
        let count = self.count();
        for point in points.chunks_exact(2).take(count) {
            self.positions[2 * self.drop_at..2 * self.drop_at + 2].copy_from_slice(point);
            self.drop_at = (self.drop_at + 1) % count;
        }
        self.x = points_on(device, self.positions.clone());
        self.moved = true;
        if self.sampler.finished() {
            (self.recipe.settings.sampler, self.recipe.settings.sigma) = (Choice::Langevin, sigma);
            self.sampler = sampler::build(&self.recipe.parameters(self.guard));
        }
    }

    /// The descent is over.
    pub fn finished(&self) -> bool {
        self.sampler.finished()
    }

    /// How long the descent has been over; `None` while it goes on.
    pub fn rested(&mut self) -> Option<Duration> {
        let finished = self.sampler.finished();
        self.resting_since = finished.then(|| self.resting_since.unwrap_or_else(Instant::now));
        self.resting_since.map(|since| since.elapsed())
    }

    /// Particles.
    pub fn count(&self) -> usize {
        self.positions.len() / 2
    }

    /// Where the particles were at the last look, `[x0, y0, …]`.
    pub fn positions(&self) -> &[f32] {
        &self.positions
    }

    /// The latest positions, if they changed since this was last asked.
    pub fn take_positions(&mut self) -> Option<Vec<f32>> {
        std::mem::take(&mut self.moved).then(|| self.positions.clone())
    }

    /// Where the sampler is.
    pub fn state(&self) -> SamplerState {
        SamplerState {
            level: self.sampler.level().map(|level| level as u32),
            sigma: self.sampler.sigma(),
            steps: self.sampler.steps(),
            evaluations: self.sampler.evaluations(),
            time: 0.0,
            acceptance: None,
            lacks_energy: false,
            finished: self.sampler.finished(),
            recycled: self.recycled,
        }
    }
}
