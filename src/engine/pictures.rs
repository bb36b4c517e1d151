//! Pictures of the learned field: which noise level is due, and its grid evaluated in slices.
//!
//! Where there is the time, the noise level on the stage is renewed three times a second and the strip's tiles each every
//! two seconds. Where there is not, the tiles have a third of what there is: without a share of their own they would show
//! other data for as long as the stage moves. Nothing is painted twice from the same weights. While the tiles of the whole
//! ladder cover the stage, it is not painted.

use std::rc::Rc;

use burn::tensor::{Device, ExecutionError};
use web_time::Instant;

use super::protocol::{Floats, Grid, Picture, Stamp};
use super::{curl, islands};
use crate::distribution::ExactField;
use crate::field::{Field, points_on};
use crate::potential::{MASK, Potential};

/// Seconds between two pictures of the stage's noise level.
const STAGE_PERIOD: f64 = 0.3;
/// Seconds between two pictures of one tile of the strip.
const TILE_PERIOD: f64 = 1.8;
/// Work on overdue tiles for each second of work on the stage.
const SHARE_OF_TILES: f64 = 0.5;
/// Points an axis of the stage: products of small primes, as a potential is a matter of Fourier transforms (an iteration
/// takes more than twice as long with 176 as with 160).
const STAGE_SIDES: [u32; 6] = [64, 80, 96, 128, 144, 160];
/// Most points an axis while the stage's level changes several times a second.
const MOVING_SIDE: u32 = 80;
/// Points an axis of a tile.
const TILE_SIDE: u32 = 48;
/// Points evaluated at a time: about 2 ms on one core.
const CHUNK: usize = 512;

/// A noise level that is shown somewhere, and what is known of its picture.
struct View {
    sigma: f32,
    grid: Grid,
    /// Which weights and which data the last picture shows.
    shows: Option<Stamp>,
    finished: Option<Instant>,
    /// Exact log density on the grid, for the weights of the potential: it changes only with the data.
    log_density: Option<Rc<Vec<f32>>>,
    /// The last potential, from which the next one starts.
    energy: Option<Vec<f32>>,
}

/// A picture in the making.
struct Job {
    view: usize,
    stamp: Stamp,
    points: Vec<f32>,
    score: Vec<f32>,
    /// Of a network that has an energy of its own; empty for others.
    energy: Vec<f32>,
    /// See [`curl::relative`]; on the stage only.
    curl: Option<f32>,
    potential: Option<Potential>,
}

/// What is on the stage.
#[derive(Clone, Copy, Debug)]
pub struct OnStage {
    /// Its noise level.
    pub sigma: f32,
    /// The level changes several times a second, so that a coarser picture in time is worth more than a fine one too
    /// late.
    pub moving: bool,
    /// Tiles cover it.
    pub covered: bool,
}

/// The round of views.
#[derive(Default)]
pub struct Pictures {
    /// The stage first, then the tiles.
    views: Vec<View>,
    covered: bool,
    job: Option<Job>,
    /// Seconds of work that tiles are to have before the stage.
    owed: f64,
}

impl Pictures {
    /// Says what is shown: the stage's noise level and those of the tiles, around data of this mean and scale.
    /// What is unchanged keeps what it knows.
    pub fn show(&mut self, stage: OnStage, tiles: &[f32], mean: [f32; 2], scale: f32) {
        self.covered = stage.covered;
        let finest = if stage.moving { MOVING_SIDE } else { u32::MAX };
        let wanted = std::iter::once((stage.sigma, stage_grid(mean, scale, stage.sigma, finest))).chain(
            tiles
                .iter()
                .map(|&sigma| (sigma, Grid::window(mean, scale, sigma, TILE_SIDE))),
        );
        let mut old: Vec<Option<View>> = self.views.drain(..).map(Some).collect();
        let mut moved = vec![None; old.len()];
        for (at, (sigma, grid)) in wanted.enumerate() {
            let known = old.iter().position(|view| {
                view.as_ref()
                    .is_some_and(|view| view.sigma.to_bits() == sigma.to_bits() && view.grid == grid)
            });
            let view = known.and_then(|index| {
                moved[index] = Some(at);
                old[index].take()
            });
            self.views.push(view.unwrap_or(View {
                sigma,
                grid,
                shows: None,
                finished: None,
                log_density: None,
                energy: None,
            }));
        }
        // A picture in the making goes on if its view is still shown.
        self.job = self.job.take().and_then(|job| {
            Some(Job {
                view: moved[job.view]?,
                ..job
            })
        });
    }

    /// The data changed: densities and what was painted are out of date. A picture in the making is still finished,
    /// or a stroke of the brush would keep the stage waiting to its end.
    pub fn forget_data(&mut self) {
        for view in &mut self.views {
            view.log_density = None;
            view.shows = None;
        }
    }

    /// There is a picture to make, now or soon.
    pub fn wanted(&self, stamp: Stamp) -> bool {
        self.job.is_some() || self.seen().any(|view| is_stale(view, stamp))
    }

    /// What somebody can see.
    fn seen(&self) -> impl Iterator<Item = &View> {
        self.views.iter().skip(usize::from(self.covered))
    }

    /// Works until `deadline`; returns a picture when one is finished.
    ///
    /// field: of the weights that `stamp` names, on `device`.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(
        &mut self,
        field: &dyn Field,
        device: &Device,
        exact: &ExactField,
        stamp: Stamp,
        deadline: Instant,
    ) -> Result<Option<Picture>, ExecutionError> {
        let start = Instant::now();
        if self.job.is_none() {
            self.job = self.due(stamp).map(|view| Job {
                view,
                stamp,
                points: self.views[view].grid.points(),
                score: Vec::new(),
                energy: Vec::new(),
                curl: None,
                potential: None,
            });
        }
        let Some(view) = self.job.as_ref().map(|job| job.view) else {
            return Ok(None);
        };
        let picture = self.go_on(field, device, exact, deadline).await?;
        let spent = start.elapsed().as_secs_f64();
        self.owed = if view == 0 {
            self.owed + SHARE_OF_TILES * spent
        } else {
            (self.owed - spent).max(0.0)
        };
        Ok(picture)
    }

    /// Works on the picture in the making until `deadline`; returns it when it is finished.
    async fn go_on(
        &mut self,
        field: &dyn Field,
        device: &Device,
        exact: &ExactField,
        deadline: Instant,
    ) -> Result<Option<Picture>, ExecutionError> {
        let Some(job) = &mut self.job else { return Ok(None) };
        let view = &mut self.views[job.view];
        while job.score.len() < job.points.len() {
            let end = (job.score.len() + 2 * CHUNK).min(job.points.len());
            let chunk = job.points[job.score.len()..end].to_vec();
            let x = points_on(device, chunk);
            let score = match field.energy_and_score(&x, view.sigma) {
                None => field.score(&x, view.sigma),
                Some((energy, score)) => {
                    job.energy.extend(energy.into_data_async().await?.iter::<f32>());
                    score
                }
            };
            job.score.extend(score.into_data_async().await?.iter::<f32>());
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        if view.log_density.is_none() {
            view.log_density = Some(Rc::new(exact.at(view.sigma).log_densities(&job.points)));
        }
        if let (0, None, Some(density)) = (job.view, job.curl, &view.log_density) {
            job.curl = Some(curl::relative(field, device, view.sigma, &view.grid, &job.score, density).await?);
        }
        if !job.energy.is_empty() {
            return Ok(self.finish());
        }
        if let (None, Some(density)) = (&job.potential, &view.log_density) {
            job.potential = Some(Potential::new(view.grid, &job.score, density, view.energy.as_deref()));
        }
        let Some(potential) = &mut job.potential else {
            return Ok(None);
        };
        while !potential.iterate() {
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        Ok(self.finish())
    }

    fn finish(&mut self) -> Option<Picture> {
        let job = self.job.take()?;
        let view = &mut self.views[job.view];
        let density = view.log_density.clone()?;
        let (energy, coarse) = match job.potential {
            Some(potential) => {
                let mut energy = potential.energy();
                islands::level(&mut energy, &density, view.grid.side as usize);
                view.energy = Some(potential.unmasked());
                (energy, !view.grid.resolves(view.sigma))
            }
            None => (above_the_data(job.energy, &density), false),
        };
        view.shows = Some(job.stamp);
        view.finished = Some(Instant::now());
        Some(Picture {
            stamp: job.stamp,
            sigma: view.sigma,
            grid: view.grid,
            score: Floats(job.score),
            energy: Floats(energy),
            curl: job.curl,
            coarse,
        })
    }

    /// The stage, where it is seen, when its time has come, or the tile that has waited longest: as the stage's time may
    /// always have come, a tile first where some are overdue and have work owed to them.
    fn due(&mut self, stamp: Stamp) -> Option<usize> {
        let age = |view: &View| view.finished.map_or(f64::INFINITY, |at| at.elapsed().as_secs_f64());
        let ripe = |index: usize, period: f64| {
            let view = &self.views[index];
            let new_data = view
                .shows
                .is_none_or(|shown| (shown.run, shown.target) != (stamp.run, stamp.target));
            is_stale(view, stamp) && (new_data || age(view) >= period)
        };
        let stage = !self.covered && !self.views.is_empty() && ripe(0, STAGE_PERIOD);
        let tile = (1..self.views.len())
            .filter(|&index| ripe(index, TILE_PERIOD))
            .max_by(|&a, &b| age(&self.views[a]).total_cmp(&age(&self.views[b])));
        if tile.is_none() {
            self.owed = 0.0;
        }
        tile.filter(|_| !stage || self.owed > 0.0).or(stage.then_some(0))
    }
}

/// An energy net's own energies, counted from the lowest one where the data are: what it makes up in the void may lie
/// lower, and is shown as it is.
fn above_the_data(mut energy: Vec<f32>, log_density: &[f32]) -> Vec<f32> {
    let highest = log_density.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let known = energy
        .iter()
        .zip(log_density)
        .filter(|(_, density)| **density > highest - MASK as f32);
    let lowest = known.map(|(energy, _)| *energy).fold(f32::INFINITY, f32::min);
    energy.iter_mut().for_each(|e| *e -= lowest);
    energy
}

fn is_stale(view: &View, stamp: Stamp) -> bool {
    view.shows
        .is_none_or(|shown| (shown.run, shown.step, shown.target) != (stamp.run, stamp.step, stamp.target))
}

/// Fine enough for the potential where that is affordable.
fn stage_grid(mean: [f32; 2], scale: f32, sigma: f32, finest: u32) -> Grid {
    let grid = Grid::window(mean, scale, sigma, 2);
    let needed = Grid::side_resolving(grid.half_width, sigma).min(finest);
    let fine_enough = STAGE_SIDES.into_iter().find(|&side| side >= needed);
    Grid {
        side: fine_enough.unwrap_or(STAGE_SIDES[STAGE_SIDES.len() - 1]),
        ..grid
    }
}
