//! How good the network's density is: its divergence from the truth by the likelihood of draws, and on a grid where the
//! network has an energy. On request, in slices.

use std::rc::Rc;

use burn::tensor::{Device, ExecutionError};
use rand::{SeedableRng, rngs::StdRng};
use web_time::Instant;

use super::jobs::Job;
use super::lab::Lab;
use super::pacing::LIKELIHOOD_SLICE;
use super::protocol::{Backend, DensityError, MOST_DRAWS, Report, Stamp};
use crate::distribution::Smoothed;
use crate::field::density::Grid;
use crate::field::{Field, points_on};
use crate::metrics::divergence::{by_likelihood, log_normaliser, on_grid};
use crate::metrics::fisher::levels;
use crate::metrics::likelihood::{Flow, Likelihood, NODES, PIECE};
use crate::model::{Kind, LearnedField};

/// How many draws one request may ask for.
const DRAWS: std::ops::RangeInclusive<u32> = 2..=MOST_DRAWS;
/// Seeds the draws, which are no points of any batch.
const SEED: u64 = 0x11CE;
/// Points in one go: natively at most 5 ms, on the set with the most nodes.
const AT_ONCE: usize = 256;

/// A measurement under way. The network is that of the moment of the request; training goes on beside it.
pub struct Measuring {
    request: u32,
    stamp: Stamp,
    field: Rc<LearnedField>,
    device: Device,
    /// The truth at the noise level at which densities are compared.
    truth: Smoothed,
    /// Draws of it, `[x0, y0, …]`.
    draws: Vec<f32>,
    likelihood: Likelihood,
    /// Of the network's density at the draws, once they are known.
    log_q: Option<Vec<f32>>,
    /// Of the truth there, as far as they are known.
    log_p: Vec<f32>,
    grid: Grid,
    /// `-E` at the grid's points, as far as they are known.
    heights: Vec<f32>,
    /// The truth's log density there.
    log_p_on_grid: Vec<f32>,
}

impl Lab {
    /// Prepares a measurement.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn begin_likelihood(&mut self, request: u32, count: u32) -> Result<(), ExecutionError> {
        if !DRAWS.contains(&count) {
            let (least, most) = (DRAWS.start(), DRAWS.end());
            let message = format!("count must be a whole number from {least} to {most}");
            self.refuse(Some(request), message);
            return Ok(());
        }
        let field = self.learned().await?;
        let (Some(field), Some(data)) = (field, &self.data) else {
            self.refuse(
                Some(request),
                "there is no network yet: draw something or choose a set".into(),
            );
            return Ok(());
        };
        let (exact, ladder) = (data.exact(), self.ladder());
        let sigma = levels(exact.scale())[0].max(ladder.sigma_min);
        let flow = Flow {
            mean: self.mean(),
            scale: self.scale(),
            sigma_max: ladder.sigma_max,
            sigma_min: sigma,
            nodes: NODES,
        };
        let device = self.devices.sampling().clone();
        let mut draws = vec![0.0; 2 * count as usize];
        exact.sample_noised(sigma, &mut StdRng::seed_from_u64(SEED), &mut draws);
        let piece = match self.devices.choice().sampling {
            Backend::Cpu => PIECE,
            Backend::WebGpu => count as usize,
        };
        let job = Measuring {
            request,
            stamp: self.stamp,
            field,
            truth: exact.at(sigma),
            likelihood: Likelihood::new(&points_on(&device, draws.clone()), &flow, piece),
            draws,
            device,
            log_q: None,
            log_p: Vec::new(),
            grid: Grid::covering(exact, 0.0, sigma),
            heights: Vec::new(),
            log_p_on_grid: Vec::new(),
        };
        self.jobs.push_back(Job::Likelihood(Box::new(job)));
        Ok(())
    }

    /// A slice of a measurement; true when it is done and reported.
    pub(super) async fn advance_likelihood(&mut self, job: &mut Measuring) -> Result<bool, ExecutionError> {
        let found = job.advance(Instant::now() + LIKELIHOOD_SLICE).await?;
        let (request, done) = (job.request, found.is_some());
        self.outbox.push(match found {
            Some(error) => Report::Measured { request, error },
            None => Report::Measuring {
                request,
                part: job.part(),
            },
        });
        Ok(done)
    }
}

impl Measuring {
    /// Works until the deadline; what was found, once it is.
    async fn advance(&mut self, deadline: Instant) -> Result<Option<DensityError>, ExecutionError> {
        if self.log_q.is_none() {
            match self.likelihood.advance(&*self.field, deadline) {
                Some(log_q) => self.log_q = Some(log_q.into_data_async().await?.iter::<f32>().collect()),
                None => self.likelihood.settle().await?,
            }
            return Ok(None);
        }
        while self.log_p.len() < self.draws.len() / 2 {
            let first = 2 * self.log_p.len();
            let points = &self.draws[first..self.draws.len().min(first + 2 * AT_ONCE)];
            self.log_p.extend(self.truth.log_densities(points));
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        let mut divergence = None;
        if self.has_energy() {
            while self.heights.len() < self.grid.len() {
                self.some_of_the_grid().await?;
                if Instant::now() >= deadline {
                    return Ok(None);
                }
            }
            divergence = Some(self.on_grid());
        }
        Ok(Some(self.conclude(divergence)))
    }

    /// The next points of the grid.
    async fn some_of_the_grid(&mut self) -> Result<(), ExecutionError> {
        let first = self.heights.len();
        let cells = first..self.grid.len().min(first + AT_ONCE);
        let points: Vec<f32> = cells.flat_map(|index| self.grid.centre(index)).collect();
        self.log_p_on_grid.extend(self.truth.log_densities(&points));
        let x = points_on(&self.device, points);
        if let Some(energy) = self.field.energy(&x, self.truth.sigma()) {
            self.heights
                .extend(energy.into_data_async().await?.iter::<f32>().map(|e| -e));
        }
        Ok(())
    }

    /// The divergence of the normalised energy.
    fn on_grid(&self) -> f32 {
        let area = self.grid.cell * self.grid.cell;
        let log_z = log_normaliser(&self.heights, area);
        let log_q: Vec<f32> = self.heights.iter().map(|height| height - log_z).collect();
        on_grid(&self.log_p_on_grid, &log_q, area).nats
    }

    fn conclude(&self, grid: Option<f32>) -> DensityError {
        let log_q = self.log_q.as_deref().unwrap_or_default();
        let estimate = by_likelihood(&self.log_p, log_q);
        let mean = log_q.iter().map(|&q| f64::from(q)).sum::<f64>() / log_q.len() as f64;
        DensityError {
            stamp: self.stamp,
            sigma: self.truth.sigma(),
            count: log_q.len() as u32,
            nll: -mean as f32,
            kl: estimate.nats,
            error: estimate.standard_error,
            grid,
        }
    }

    fn has_energy(&self) -> bool {
        matches!(self.field.kind(), Kind::Energy(_))
    }

    /// The part that is done, from 0 to 1.
    fn part(&self) -> f32 {
        if !self.has_energy() {
            return self.likelihood.progress();
        }
        let grid = self.heights.len() as f32 / self.grid.len() as f32;
        0.8 * self.likelihood.progress() + 0.2 * grid
    }
}
