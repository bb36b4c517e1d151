//! How the cloud of a chain approaches its target, beside what theory says of it: the divergence of the particles, that
//! of the density that obeys the Fokker-Planck equation, and the rate at which it must fall.

use std::time::Duration;

use web_time::Instant;

use super::live::Live;
use super::protocol::{Approach, Grid};
use crate::distribution::{ExactField, Smoothed};
use crate::metrics::divergence::by_counts;
use crate::metrics::fokker_planck::FokkerPlanck;

/// Between two measurements.
const PERIOD: Duration = Duration::from_millis(250);

/// Cells an axis of the theory's density: the coarsest and the finest, multiples of [`BLOCK`].
const SIDES: (u32, u32) = (72, 120);
/// Particles are counted in blocks of so many cells an axis: finer ones would hold too few of them.
const BLOCK: u32 = 3;

/// The window reaches this many standard deviations of the start, where no more than 0.1 % of it is left out.
const REACH: f32 = 3.7;

/// Points of the target that are evaluated between two looks at the clock.
const PIECE: usize = 256;

/// Watches the first runner, if it is a chain that has a Langevin time.
#[derive(Default)]
pub struct Relaxation {
    run: Option<Run>,
    measured: Option<Instant>,
}

/// What a run of theory is made for. Theory knows the density at the start of a cast only.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    target: u32,
    cast: u32,
    sigma: f32,
    beta: f32,
    noise_scale: f32,
}

struct Run {
    key: Key,
    /// What the key's particles do is no more what they began with: there is no theory of that until they restart.
    spoiled: bool,
    grid: Grid,
    /// The starting density at the grid's points.
    start: Vec<f32>,
    theory: Theory,
    /// Where the cloud was when it was last looked at: its Langevin time, and its particles in each block.
    wanted: Option<(f32, Vec<u32>)>,
}

enum Theory {
    /// The target's log density at the first points of the grid.
    Preparing(Box<Smoothed>, Vec<f32>),
    Running(Box<FokkerPlanck>),
}

impl Relaxation {
    /// Takes note of where the cloud is. `target`, `cast`: revisions of data and cloud.
    pub fn look_at(&mut self, live: &Live, exact: &ExactField, target: u32, cast: u32) {
        let Some((sigma, beta, noise_scale)) = live.diffusion() else {
            self.run = None;
            return;
        };
        let key = Key {
            target,
            cast,
            sigma,
            beta,
            noise_scale,
        };
        match &mut self.run {
            Some(run) if run.key.cast == cast => run.spoiled |= run.key != key,
            _ => {
                self.run = Some(Run::new(key, live, exact));
                self.measured = None;
            }
        }
        let due = self.measured.is_none_or(|at| at.elapsed() >= PERIOD);
        if let Some(run) = self
            .run
            .as_mut()
            .filter(|run| run.wanted.is_none() && !run.spoiled && due)
        {
            self.measured = Some(Instant::now());
            run.wanted = Some((live.state().time, run.count(live.positions())));
        }
    }

    /// There is something to compute.
    pub fn is_busy(&self) -> bool {
        self.run
            .as_ref()
            .is_some_and(|run| run.wanted.is_some() && !run.spoiled)
    }

    /// Works until the deadline; a measurement, once there is one.
    pub fn advance(&mut self, deadline: Instant) -> Option<Approach> {
        self.run.as_mut().filter(|run| !run.spoiled)?.advance(deadline)
    }
}

impl Run {
    fn new(key: Key, live: &Live, exact: &ExactField) -> Self {
        let window = Grid::window(exact.mean(), exact.scale(), key.sigma, 2);
        let half_width = window.half_width.max(REACH * exact.scale().hypot(key.sigma));
        let side = Grid::side_resolving(half_width, key.sigma).clamp(SIDES.0, SIDES.1);
        let grid = Grid {
            half_width,
            centre: exact.mean(),
            side: side.next_multiple_of(BLOCK),
        };
        let start = live.start_density(&grid, exact);
        Self {
            key,
            spoiled: start.is_none(),
            grid,
            start: start.unwrap_or_default(),
            theory: Theory::Preparing(Box::new(exact.at(key.sigma)), Vec::new()),
            wanted: None,
        }
    }

    /// Particles in each block of cells, rows from low to high y; those outside are left out.
    fn count(&self, positions: &[f32]) -> Vec<u32> {
        let blocks = (self.grid.side / BLOCK) as usize;
        let spacing = self.grid.spacing();
        // Cells are centred on the grid's points.
        let edge = [0, 1].map(|axis| self.grid.centre[axis] - self.grid.half_width - 0.5 * spacing);
        let mut counts = vec![0; blocks * blocks];
        for point in positions.chunks_exact(2) {
            let [i, j] = [0, 1].map(|axis| (point[axis] - edge[axis]) / (spacing * BLOCK as f32));
            if i >= 0.0 && j >= 0.0 && i < blocks as f32 && j < blocks as f32 {
                counts[j as usize * blocks + i as usize] += 1;
            }
        }
        counts
    }

    fn advance(&mut self, deadline: Instant) -> Option<Approach> {
        if let Theory::Preparing(level, log_density) = &mut self.theory {
            if !prepare(&self.grid, level, log_density, deadline) {
                return None;
            }
            // Drift beta s and noise c sqrt(2) dW: the equilibrium is p^(beta / c²), approached by diffusion c².
            let diffusion = self.key.noise_scale * self.key.noise_scale;
            let power = self.key.beta / diffusion;
            log_density.iter_mut().for_each(|log| *log *= power);
            let theory = FokkerPlanck::new(self.grid, log_density, &self.start, diffusion);
            self.theory = Theory::Running(Box::new(theory));
        }
        let Theory::Running(theory) = &mut self.theory else {
            return None;
        };
        let (time, _) = self.wanted.as_ref()?;
        if !theory.advance(*time, deadline) {
            return None;
        }
        let (time, counts) = self.wanted.take()?;
        Some(Approach {
            time,
            theory: theory.divergence(),
            rate: theory.fisher_information(),
            cloud: by_counts(&counts, &blocks(theory)),
        })
    }
}

/// Evaluates the target at more of the grid's points; true when it is known at all of them.
fn prepare(grid: &Grid, level: &Smoothed, log_density: &mut Vec<f32>, deadline: Instant) -> bool {
    let side = grid.side as usize;
    while log_density.len() < side * side {
        let piece = log_density.len()..(log_density.len() + PIECE).min(side * side);
        let points: Vec<f32> = piece.flat_map(|k| grid.point(k % side, k / side)).collect();
        log_density.extend(level.log_densities(&points));
        if Instant::now() >= deadline {
            break;
        }
    }
    log_density.len() == side * side
}

/// The target's mass in each block.
fn blocks(theory: &FokkerPlanck) -> Vec<f32> {
    let (side, block) = (theory.side(), BLOCK as usize);
    let mut masses = vec![0.0; (side / block).pow(2)];
    for (k, mass) in theory.target().enumerate() {
        masses[k / side / block * (side / block) + k % side / block] += mass;
    }
    masses
}
