//! Live particles: their cloud on the device, its latest copy on the host, and the sampler that moves them.

use std::rc::Rc;
use std::time::Duration;

use burn::tensor::{Device, ExecutionError, Tensor};

use web_time::Instant;

use super::protocol::{Backend, Grid, SamplerState};
use super::recipe::{Recipe, guard_of};
use super::settings::Sampler as Choice;
use crate::distribution::ExactField;
use crate::field::{Field, FittedEnergy, Interpolated, Interpolation, Surface, points_on};
use crate::sampler::{self, Guard, Parameters, Sampler, Stream};

/// Sampler steps between two looks of the guard.
const GUARD_EVERY: u64 = 5;

/// Between two looks at the share of accepted proposals, each of which is a read from the device.
const ACCEPTANCE_PERIOD: Duration = Duration::from_millis(250);

/// A cloud and its sampler.
pub struct Live {
    recipe: Recipe,
    sampler: Box<dyn Sampler>,
    guard: Guard,
    backend: Backend,
    field: Option<Rc<dyn Field>>,
    /// What is known of the field on a grid.
    interpolation: Interpolation,
    /// The energy of a field that has none of its own.
    surface: Option<Rc<Surface>>,
    x: Tensor<2>,
    positions: Vec<f32>,
    /// The cloud has moved on since its positions were read.
    unread: bool,
    recycled: u32,
    /// Where dropped particles take over from, so that each drop replaces other ones.
    drop_at: usize,
    /// Particles were dropped since the start.
    disturbed: bool,
    moved: bool,
    /// What was done before the sampler that runs now took over from a finished descent.
    past: Past,
    /// A step is begun and not yet made.
    under_way: bool,
    /// Score evaluations a particle of the latest step.
    cost: u64,
    acceptance: Option<f32>,
    acceptance_read: Option<Instant>,
    /// When the rest at the end of the descent was first seen.
    resting_since: Option<Instant>,
}

/// What an earlier sampler has done with the same particles.
#[derive(Clone, Copy, Default)]
struct Past {
    steps: u64,
    evaluations: u64,
    time: f32,
}

impl Live {
    /// Particles at the start of what the recipe asks for, on the device of `backend`.
    pub fn start(recipe: Recipe, exact: &ExactField, backend: Backend, device: &Device) -> Self {
        let count = recipe.settings.particles as usize;
        let positions = recipe.starts(count, exact, &guard_of(exact));
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
            field: None,
            interpolation: Interpolation::default(),
            surface: None,
            x,
            positions,
            unread: false,
            recycled: 0,
            drop_at: 0,
            disturbed: false,
            moved: true,
            past: Past::default(),
            under_way: false,
            cost: 1,
            acceptance: None,
            acceptance_read: None,
            resting_since: None,
        }
    }

    /// The sampler's parameters, with its guard.
    pub fn parameters(&self) -> Parameters {
        self.recipe.parameters(self.guard)
    }

    /// Where the first `count` particles of this recipe start, `[x0, y0, …]`.
    pub fn starts(&self, count: usize, exact: &ExactField) -> Vec<f32> {
        self.recipe.starts(count, exact, &self.guard)
    }

    /// Where the cloud lives.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The sampler has a Metropolis test, which compares energies.
    pub fn needs_energy(&self) -> bool {
        self.sampler.needs_energy()
    }

    /// Noise level, inverse temperature and noise scale of a chain whose density obeys a Fokker-Planck equation in Langevin
    /// time; none for other samplers, and none without noise.
    pub fn diffusion(&self) -> Option<(f32, f32, f32)> {
        let settings = &self.recipe.settings;
        let noise_scale = match settings.sampler {
            Choice::Langevin | Choice::AveragedNoise => settings.noise_scale,
            Choice::Mala => 1.0,
            _ => return None,
        };
        (noise_scale > 0.0).then_some((settings.sigma, settings.beta, noise_scale))
    }

    /// The density at which the particles started, at the points of a grid and up to a factor; none when some were put
    /// elsewhere by hand.
    pub fn start_density(&self, grid: &Grid, exact: &ExactField) -> Option<Vec<f32>> {
        (!self.disturbed).then(|| self.recipe.start_density(grid, exact, &self.guard))
    }

    /// The noise level at which the particles end.
    pub fn end_sigma(&self) -> f32 {
        self.recipe.end_sigma()
    }

    /// Follows this field from now on, and where the sampler needs an energy this surface, if one is given. A step that is
    /// begun is first made in the field in which it began: while a network learns, long ones would never end.
    pub fn follow(&mut self, field: Rc<dyn Field>, surface: Option<Rc<Surface>>) {
        if self.under_way {
            return;
        }
        let surface = surface.filter(|_| self.needs_energy());
        let address = |field: &Option<Rc<dyn Field>>| field.as_ref().map(|field| Rc::as_ptr(field).cast::<()>());
        let field = Some(field);
        let new_surface = self.surface.as_ref().map(Rc::as_ptr) != surface.as_ref().map(Rc::as_ptr);
        let new_field = address(&self.field) != address(&field);
        if new_field {
            self.interpolation = Interpolation::default();
        }
        if new_field || new_surface {
            self.sampler.forget();
        }
        (self.field, self.surface) = (field, surface);
    }

    /// Takes up changed parameters in mid-run. The sampler stays the same kind, and a descent that has gone on as a chain
    /// does so still.
    pub fn retune(&mut self, mut recipe: Recipe) {
        recipe.settings.sampler = self.recipe.settings.sampler;
        self.recipe = recipe;
        self.sampler.retune(&self.parameters());
        self.under_way = false;
    }

    /// Guards by other data from now on.
    pub fn guard_by(&mut self, exact: &ExactField) {
        self.guard = guard_of(exact);
        self.sampler.retune(&self.parameters());
        self.under_way = false;
    }

    /// Some steps on the device, at most `most` and not past the guard's next look, or as much of a long one as there is
    /// time for: how many were made, 0 when the first is not complete yet. Nothing is read back. Without a field, or at the
    /// end of a descent, nothing happens, and that counts as one.
    pub fn step(&mut self, deadline: Instant, most: u32) -> u32 {
        let Some(score) = self.field.as_deref() else {
            return 1;
        };
        let fitted = self.surface.as_deref().map(|surface| FittedEnergy { score, surface });
        let interpolated = Interpolated {
            field: score,
            kept: &self.interpolation,
        };
        let field = match &fitted {
            Some(fitted) => fitted as &dyn Field,
            // A test would compare scores of the grid with others that were kept from before it.
            None if self.interpolates() => &interpolated,
            None => score,
        };
        self.under_way = true;
        while !self.sampler.prepare(field, &self.x) {
            if Instant::now() >= deadline {
                return 0;
            }
        }
        let before = self.sampler.evaluations();
        let until_guard = (GUARD_EVERY - self.sampler.steps() % GUARD_EVERY) as u32;
        let most = most.clamp(1, until_guard);
        let (x, made) =
            (self.sampler.leap(field, &self.x, most)).unwrap_or_else(|| (self.sampler.step(field, self.x.clone()), 1));
        self.x = x;
        self.cost = ((self.sampler.evaluations() - before) / u64::from(made.max(1))).max(1);
        (self.under_way, self.moved, self.unread) = (false, true, true);
        made
    }

    /// The score may be read off a grid.
    fn interpolates(&self) -> bool {
        self.recipe.settings.interpolate && self.backend == Backend::Cpu && !self.needs_energy()
    }

    /// A step is begun and not yet made.
    pub fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// Score evaluations a particle of the latest step, at least 1.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// Score evaluations a particle since the start.
    pub fn evaluations(&self) -> u64 {
        self.past.evaluations + self.sampler.evaluations()
    }

    /// The guard looks after the cloud now. That depends on the number of steps alone, so that a run is the same at
    /// every frame rate.
    pub fn guard_is_due(&self) -> bool {
        self.sampler.steps().is_multiple_of(GUARD_EVERY) || self.sampler.finished()
    }

    /// Reads the positions back if they have changed; when the guard is due, lost particles are drawn anew.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn read_back(&mut self, device: &Device) -> Result<(), ExecutionError> {
        if !self.unread {
            return Ok(());
        }
        let data = self.x.clone().into_data_async().await?;
        self.positions.clear();
        self.positions.extend(data.iter::<f32>());
        self.unread = false;
        if self.guard_is_due() {
            let mut rng = sampler::stream(self.recipe.settings.seed, Stream::Recycle(self.sampler.steps()));
            let lost = self.guard.recycle(&mut self.positions, self.sampler.spread(), &mut rng);
            if lost > 0 {
                self.recycled += lost as u32;
                self.place(device);
            }
        }
        Ok(())
    }

    /// Looks at the share of accepted proposals, a few times a second.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn read_acceptance(&mut self) -> Result<(), ExecutionError> {
        let fresh = |at: Instant| at.elapsed() < ACCEPTANCE_PERIOD;
        if self.acceptance_read.is_some_and(fresh) {
            return Ok(());
        }
        if let Some(share) = self.sampler.acceptance() {
            self.acceptance = Some(share.into_scalar_async::<f32>().await?);
            self.acceptance_read = Some(Instant::now());
        }
        Ok(())
    }

    /// The host's positions become those of the cloud.
    fn place(&mut self, device: &Device) {
        self.x = points_on(device, self.positions.clone());
        self.sampler.forget();
        (self.under_way, self.moved) = (false, true);
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
        self.disturbed = true;
        self.place(device);
        if self.sampler.finished() {
            let state = self.state();
            self.past = Past {
                steps: state.steps,
                evaluations: state.evaluations,
                time: state.time,
            };
            (self.recipe.settings.sampler, self.recipe.settings.sigma) = (Choice::Langevin, sigma);
            self.sampler = sampler::build(&self.parameters());
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

    /// Where the sampler is. That an energy is lacking only the lab can know.
    pub fn state(&self) -> SamplerState {
        SamplerState {
            level: self.sampler.level().map(|level| level as u32),
            sigma: self.sampler.sigma(),
            steps: self.past.steps + self.sampler.steps(),
            evaluations: self.evaluations(),
            time: self.past.time + self.sampler.time(),
            acceptance: self.acceptance,
            interpolation: self.interpolation.error().filter(|_| self.interpolates()),
            finished: self.sampler.finished(),
            lacks_energy: false,
            recycled: self.recycled,
        }
    }
}
