//! The live runners: one cloud, or two that race at equal numbers of score evaluations.
//!
//! The runner that has made fewer evaluations goes next, so that the two are never further apart than one step's
//! evaluations, and where they stand depends on neither the frame rate nor each other. A runner whose descent is over
//! rests while the other goes on.

use burn::tensor::ExecutionError;
use web_time::Instant;

use super::fit::Wish;
use super::jobs::Job;
use super::lab::Lab;
use super::live::Live;
use super::pacing::REST;
use super::protocol::{Backend, Cloud, Floats};
use super::recipe::Recipe;
use super::settings::{Settings, Source};
use crate::model::Kind;

impl Lab {
    /// Moves the live particles by what is due; false when they rest.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn advance_live(&mut self) -> Result<bool, ExecutionError> {
        if self.live.is_none() && self.trainer.is_some() {
            self.restart_live();
        }
        // A step that is begun is made to its end, also if it was the only one asked for.
        let under_way = self.runners().any(|runner| runner.is_under_way());
        if self.hidden || !(self.sampling || under_way) {
            return Ok(false);
        }
        let rested = self
            .runners()
            .all(|runner| runner.rested().is_some_and(|rest| rest >= REST));
        if rested && self.settings.repeat {
            self.restart_live();
        }
        if self.runners().all(|runner| runner.finished()) {
            return Ok(false); // the page asks for frames, and so this looks again in time for the next descent
        }
        // On a slow device a single step may take longer than a turn; a script that waits gets half of the time.
        if !self.jobs.is_empty() && self.live_again_at.is_some_and(|at| Instant::now() < at) {
            return Ok(true);
        }
        let Some(share) = self.sampler_allowance.next() else {
            return Ok(true);
        };
        let due = if self.sampling {
            self.metronome.due(f64::from(self.settings.pace))
        } else {
            0
        };
        let start = Instant::now();
        let moves = self.step_live(due.max(u32::from(under_way)), start + share).await?;
        self.sampler_allowance.spend(share, start.elapsed());
        self.live_again_at = Some(start + 2 * start.elapsed());
        Ok(moves)
    }

    /// At most `steps` steps of the live particles, the last perhaps not to its end, and one look at where they are. In a
    /// race these are steps of the runner whose steps take more evaluations, and the other makes as many evaluations.
    /// False when a field is not there yet that a runner needs: then none moves, or they would not stay side by side.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn step_live(&mut self, steps: u32, deadline: Instant) -> Result<bool, ExecutionError> {
        if !self.give_fields().await? {
            return Ok(false);
        }
        let Some(backend) = self.live.as_ref().map(Live::backend) else {
            return Ok(false);
        };
        let device = self.devices.device(backend).clone();
        let (mut made, mut evaluations) = (0, 0.0);
        let mut runners: Vec<&mut Live> = self.live.iter_mut().chain(&mut self.rival).collect();
        while let Some(next) = next(&runners, made < steps) {
            // Two take turns; one alone may make several steps in one go.
            let most = if runners.len() == 1 {
                steps.saturating_sub(made)
            } else {
                1
            };
            let runner = &mut runners[next.index];
            let just_made = runner.step(deadline, most);
            if just_made == 0 {
                break;
            }
            made += just_made * u32::from(next.sets_the_pace);
            evaluations += (runner.cost() * u64::from(just_made) * runner.count() as u64) as f64;
            if runner.guard_is_due() {
                runner.read_back(&device).await?;
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        for runner in runners {
            runner.read_back(&device).await?;
            runner.read_acceptance().await?;
        }
        self.evaluations.count(evaluations);
        Ok(true)
    }

    /// Gives every runner the field that it follows; false when one is not there yet.
    async fn give_fields(&mut self) -> Result<bool, ExecutionError> {
        let Some((field, backend)) = self.field_to_follow(self.settings.follow).await? else {
            return Ok(false);
        };
        if self.live.as_ref().is_some_and(|live| live.backend() != backend) {
            self.restart_live();
        }
        let wanted = self.wants_potential();
        let wish = self.potential_wish();
        let surface = self.fits.usable(&wish).filter(|_| wanted && self.settings.potential);
        if wanted && surface.is_none() {
            return Ok(false);
        }
        self.runners()
            .for_each(|runner| runner.follow(field.clone(), surface.clone()));
        Ok(true)
    }

    /// The live runners.
    pub(super) fn runners(&mut self) -> impl Iterator<Item = &mut Live> {
        self.live.iter_mut().chain(&mut self.rival)
    }

    /// The field has an energy of its own.
    pub(super) fn has_energy(&self, source: Source) -> bool {
        let network = self.trainer.as_ref().map(|trainer| trainer.shape().kind);
        source == Source::Exact || network.is_some_and(|kind| kind != Kind::Score)
    }

    /// A live runner needs the least-squares potential of the network.
    pub(super) fn wants_potential(&self) -> bool {
        let needs_energy = |runner: &Option<Live>| runner.as_ref().is_some_and(Live::needs_energy);
        !self.has_energy(self.settings.follow) && (needs_energy(&self.live) || needs_energy(&self.rival))
    }

    /// The potential that the live samplers need. While the network learns, it may be a second older than the score: the
    /// Metropolis test makes up for that.
    pub(super) fn potential_wish(&self) -> Wish {
        let scripted = self.jobs.iter().any(|job| matches!(job, Job::Train(_)));
        Wish {
            stamp: self.stamp,
            backend: self.devices.choice().sampling,
            sigma: self.settings.sigma,
            learning: self.training || scripted,
        }
    }

    /// The particles back to the start of what the settings ask for.
    pub(super) fn restart_live(&mut self) {
        let Some(data) = &self.data else { return };
        let backend = match self.settings.follow {
            Source::Exact => Backend::Cpu,
            _ => self.devices.choice().sampling,
        };
        let device = self.devices.device(backend);
        let start =
            |settings: Settings| Live::start(Recipe::new(settings, self.scale()), data.exact(), backend, device);
        let rival = self.settings.race.then(|| start(self.settings.of_rival()));
        (self.live, self.rival) = (Some(start(self.settings.clone())), rival);
        self.cast = self.cast.wrapping_add(1);
    }

    /// Takes up the settings of now in mid-run, or starts anew where they ask for other particles than those before.
    pub(super) fn retune_live(&mut self, before: &Settings) {
        let scale = self.scale();
        let recipe = |settings: &Settings| Recipe::new(settings.clone(), scale);
        let (live, rival) = (recipe(&self.settings), recipe(&self.settings.of_rival()));
        let same_rival = !self.settings.race || rival.carries_on(&recipe(&before.of_rival()));
        if before.race != self.settings.race || !live.carries_on(&recipe(before)) || !same_rival {
            return self.restart_live();
        }
        self.runners()
            .zip([live, rival])
            .for_each(|(runner, recipe)| runner.retune(recipe));
    }

    /// Drops particles at points `[x0, y0, …]`.
    pub(super) fn drop_particles(&mut self, points: &[f32]) {
        let sound = points.len().is_multiple_of(2) && points.iter().all(|v| v.is_finite() && v.abs() < 1e3);
        if !sound {
            return;
        }
        for runner in self.live.iter_mut().chain(&mut self.rival) {
            let device = self.devices.device(runner.backend());
            runner.drop_at(points, self.settings.sigma, device);
        }
        self.cast = self.cast.wrapping_add(1);
    }

    /// What the page is shown of the live runners: the first and the rival.
    pub(super) fn clouds(&mut self) -> (Cloud, Option<Cloud>) {
        let lacks = self.wants_potential() && !self.settings.potential;
        let cast = self.cast;
        let cloud = |runner: &mut Live, standing| {
            let mut sampler = runner.state();
            sampler.lacks_energy = lacks && runner.needs_energy();
            Cloud {
                particles: runner.take_positions().map(Floats),
                cast,
                sampler,
                standing,
            }
        };
        let [first, second] = self.standings.take();
        let live = self.live.as_mut().map(|runner| cloud(runner, first));
        let rival = self.rival.as_mut().map(|runner| cloud(runner, second));
        (live.unwrap_or_default(), rival)
    }
}

/// Whose turn it is.
struct Next {
    index: usize,
    /// It is the runner whose steps take most evaluations.
    sets_the_pace: bool,
}

/// The runner that goes next: of those still on their way the one with fewest evaluations, or where they are equal the
/// one with the dearest steps. That one sets the pace; none goes when it is its turn and it has made its steps
/// (`more`: it has not).
fn next(runners: &[&mut Live], more: bool) -> Option<Next> {
    let running = || (0..runners.len()).filter(|&i| !runners[i].finished());
    let dearest = running().max_by_key(|&i| (runners[i].cost(), std::cmp::Reverse(i)))?;
    let index = running().min_by_key(|&i| (runners[i].evaluations(), i != dearest))?;
    let sets_the_pace = index == dearest;
    (more || !sets_the_pace).then_some(Next { index, sets_the_pace })
}
