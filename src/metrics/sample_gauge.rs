//! The unit in which the distance of samples from the truth is told: what the best possible samples would score.
//!
//! A sliced Wasserstein distance is never 0 for finitely many samples. Its **floor** is what two sets of true data are
//! apart, and its fair **reference** is what the same sampler with the exact score makes of the same starting points:
//! the noise of the starting points is in both, and what is left is the field's fault.

use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use web_time::Instant;

use super::{entirely, sliced_wasserstein::SlicedWasserstein, until};
use crate::distribution::ExactField;
use crate::field::{ExactScore, points_on};
use crate::sampler::{Parameters, Sampler, build};

/// Pairs of data sets whose distances are averaged to the floor: single ones vary by a third.
const FLOOR_PAIRS: u64 = 12;

/// Data sets with which samples are compared.
const DATA_SETS: u64 = 3;

/// How many particles the exact flow moves at once: about two milliseconds a step.
const PIECE: usize = 512;

/// What samples are measured against: one distribution, one sampler, one set of starting points.
pub struct SampleGauge {
    data: Vec<Vec<f32>>,
    floor: MeanDistance,
    run: ExactRun,
    reference: Option<MeanDistance>,
    unit: Option<Unit>,
}

/// What good samples score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Mean sliced Wasserstein distance of independent pairs of data sets, stage units.
    pub floor: f32,
    /// That of the exact-score sampler's samples from the data, stage units.
    pub exact: f32,
}

/// What samples scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleError {
    /// Mean sliced Wasserstein distance from the data sets, stage units.
    pub distance: f32,
    /// In units of the floor.
    pub over_floor: f32,
    /// In units of what the exact score gives on the same starting points: 1 is perfect.
    pub over_exact: f32,
}

impl Unit {
    /// A distance from the data, told in these units.
    pub fn rate(&self, distance: f32) -> SampleError {
        SampleError {
            distance,
            over_floor: distance / self.floor,
            over_exact: distance / self.exact,
        }
    }
}

impl SampleGauge {
    /// A gauge for samples that this sampler makes from these starting points, `[x0, y0, …]`, until it has finished or
    /// made so many steps. Data from `seed`.
    pub fn new(exact: &ExactField, sampler: &Parameters, starts: &[f32], steps: u64, seed: u32) -> Self {
        let count = starts.len() / 2;
        let draw = |index: u64| data_set(exact, count, seed, index);
        let pair = |k: u64| (draw(DATA_SETS + 2 * k), draw(DATA_SETS + 2 * k + 1));
        let pairs: Vec<_> = (0..FLOOR_PAIRS).map(pair).collect();
        Self {
            data: (0..DATA_SETS).map(draw).collect(),
            floor: MeanDistance::new(pairs.iter().map(|(a, b)| (a.as_slice(), b.as_slice()))),
            run: ExactRun::new(exact, sampler, starts, steps),
            reference: None,
            unit: None,
        }
    }

    /// Works until the deadline; the unit, once it is known. It is computed once.
    pub fn prepare(&mut self, deadline: Instant) -> Option<Unit> {
        until(deadline, || self.piece())
    }

    /// The unit, whatever time it takes: about half a second for 4096 particles.
    pub fn unit(&mut self) -> Unit {
        entirely(|| self.piece())
    }

    /// The mean distance of samples from the data sets, to be advanced and then told by [`Unit::rate`].
    /// samples: `[x0, y0, …]`, as many as there were starting points.
    pub fn compare(&self, samples: &[f32]) -> MeanDistance {
        MeanDistance::new(self.data.iter().map(|data| (samples, data.as_slice())))
    }

    fn piece(&mut self) -> Option<Unit> {
        if self.unit.is_some() {
            return self.unit;
        }
        let floor = self.floor.piece()?;
        let exact = match &mut self.reference {
            Some(reference) => reference.piece()?,
            None => {
                let samples = self.run.piece()?;
                self.reference = Some(self.compare(&samples));
                return None;
            }
        };
        self.unit = Some(Unit { floor, exact });
        self.unit
    }
}

/// The mean of some sliced Wasserstein distances, a few angles at a time.
#[derive(Clone, Debug)]
pub struct MeanDistance {
    pending: Vec<SlicedWasserstein>,
    distances: Vec<f32>,
}

impl MeanDistance {
    fn new<'a>(pairs: impl Iterator<Item = (&'a [f32], &'a [f32])>) -> Self {
        Self {
            pending: pairs.map(|(a, b)| SlicedWasserstein::new(a, b)).collect(),
            distances: Vec::new(),
        }
    }

    /// Works until the deadline; the mean, once it is known. NaN if one of the distances is.
    pub fn advance(&mut self, deadline: Instant) -> Option<f32> {
        until(deadline, || self.piece())
    }

    /// The mean, whatever time it takes.
    pub fn finish(mut self) -> f32 {
        entirely(|| self.piece())
    }

    fn piece(&mut self) -> Option<f32> {
        if let Some(current) = self.pending.last_mut()
            && let Some(distance) = current.piece()
        {
            self.distances.push(distance);
            self.pending.pop();
        }
        let mean = || self.distances.iter().sum::<f32>() / self.distances.len() as f32;
        self.pending.is_empty().then(mean)
    }
}

/// The sampler with the exact score, a step of some particles at a time.
struct ExactRun {
    field: ExactScore,
    pieces: Vec<(Box<dyn Sampler>, Tensor<2>)>,
    /// The piece that comes next.
    next: usize,
    /// Steps after which it is over.
    steps: u64,
}

impl ExactRun {
    fn new(exact: &ExactField, sampler: &Parameters, starts: &[f32], steps: u64) -> Self {
        // Without noise particles can be moved in any order; with noise, the noise of a step is drawn for all of them.
        let piece = match sampler {
            Parameters::ProbabilityFlow { .. } => 2 * PIECE,
            _ => starts.len().max(1),
        };
        Self {
            field: ExactScore::new(exact.clone()),
            pieces: starts
                .chunks(piece)
                .map(|part| (build(sampler), points_on(&Device::flex(), part.to_vec())))
                .collect(),
            next: 0,
            steps,
        }
    }

    /// A step of one piece. The samples, once all are finished; `[x0, y0, …]`. All pieces make a step before the first
    /// makes another, because the exact field prepares itself for each noise level.
    fn piece(&mut self) -> Option<Vec<f32>> {
        if let Some((sampler, x)) = self.pieces.get_mut(self.next)
            && sampler.steps() < self.steps
        {
            *x = sampler.step(&self.field, x.clone());
            self.next = (self.next + 1) % self.pieces.len();
        }
        let over = |(sampler, _): &(Box<dyn Sampler>, _)| sampler.finished() || sampler.steps() >= self.steps;
        let finished = self.pieces.iter().all(over);
        let values = |(_, x): &(_, Tensor<2>)| x.try_to_vec_as::<f32>().unwrap_or_default();
        finished.then(|| self.pieces.iter().flat_map(values).collect())
    }
}

/// Independent data sets of one seed.
fn data_set(exact: &ExactField, count: usize, seed: u32, index: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(u64::from(seed) << 32 | index);
    let mut points = vec![0.0; 2 * count];
    exact.sample(&mut rng, &mut points);
    points
}
