//! How good the samples are that samplers draw with a learned score, and how probable it finds the data.
//!
//! `SW`: sliced Wasserstein distance from the data over that of the exact score's samples from the same starting points,
//! mean over the sets of starting points; 1 is perfect. `modes`: total variation of the mode weights, beside what as many
//! true samples have on average. `lost`: samples that are not finite. With `all`, after the last step also `annealed`:
//! the distance for annealed Langevin dynamics with 60 steps a rung and its denoiser clipped, each seed from other
//! starting points; and `KL`: divergence of the truth at sigma 0.02 from the probability flow's density there, from 1024
//! points, in thousandths of a nat.

use std::error::Error;

use burn::tensor::Device;
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Field, points_on},
    metrics::{
        divergence::by_likelihood,
        likelihood::{Flow, Likelihood, NODES, PIECE},
        modes::{Modes, modes},
        sample_gauge::{SampleGauge, Unit},
    },
    noise::NoiseLadder,
    sampler::{Guard, Parameters, Scheme, Stream, build, start, stream},
};
use web_time::{Duration, Instant};

use super::options::Extent;

/// Samples of the flow from each set of starting points.
const COUNT: usize = 4096;

/// Samples of the annealed dynamics, which make sixty times as many steps.
const ANNEALED_COUNT: usize = 2048;

/// Sets of starting points.
const STARTS: u32 = 3;

/// Noise levels of the flow.
const FLOW_NODES: usize = 16;

/// Langevin steps at each rung: enough for the mode weights to settle.
const STEPS_PER_LEVEL: u32 = 60;

/// Points at which the likelihood is taken.
const LIKELY_POINTS: usize = 1024;

/// A sampler that comes to an end, a set of starting points, and the distances that good samples from there have.
struct Course {
    sampler: Parameters,
    starts: Vec<f32>,
    gauge: SampleGauge,
    unit: Unit,
}

/// Draws of the truth at a small noise, `[x0, y0, …]`, and their log densities.
struct Truth {
    flow: Flow,
    points: Vec<f32>,
    log_densities: Vec<f32>,
}

/// What to measure samples with.
pub struct SamplesGauge {
    flows: Vec<Course>,
    annealed: Vec<Course>,
    truth: Option<Truth>,
    modes: Option<Modes>,
}

/// What the samples of one network came to.
#[derive(Default)]
pub struct Samples {
    over_exact: f32,
    annealed: Option<f32>,
    mode_error: Option<[f32; 2]>,
    divergence: Option<f32>,
    lost: usize,
}

impl SamplesGauge {
    /// A gauge of the flow, or also of annealed dynamics and the likelihood.
    pub fn new(set: Preset, exact: &ExactField, ladder: &NoiseLadder, extent: Extent) -> Self {
        let all = extent == Extent::All;
        let guard = Guard::new(exact.mean(), exact.scale(), Some(exact.bounds()));
        let flow = Parameters::ProbabilityFlow {
            sigma_max: ladder.sigma_max,
            sigma_min: ladder.sigma_min,
            nodes: FLOW_NODES,
            scheme: Scheme::Heun,
            denoise: false,
            guard: None,
        };
        let descent = |seed| Parameters::Annealed {
            ladder: *ladder,
            step_size: 0.1,
            steps_per_level: STEPS_PER_LEVEL,
            beta: 1.0,
            noise_scale: 1.0,
            seed,
            guard: Some(guard),
        };
        let course = |sampler, count, seed| Course::new(exact, ladder, sampler, count, seed);
        let annealed = (0..STARTS).filter(|_| all);
        Self {
            flows: (0..STARTS).map(|seed| course(flow.clone(), COUNT, seed)).collect(),
            annealed: annealed
                .map(|seed| course(descent(seed), ANNEALED_COUNT, seed))
                .collect(),
            truth: all.then(|| Truth::new(exact, ladder)),
            modes: modes(set),
        }
    }

    /// Judges a network by all starting points of the flow. `seed` says from which ones the annealed dynamics start, so
    /// that those of the networks differ; none: neither annealed samples nor the likelihood.
    pub fn measure(&self, field: &dyn Field, seed: Option<u32>) -> Result<Samples, Box<dyn Error>> {
        let mut result = Samples {
            mode_error: self.modes.as_ref().map(|modes| [0.0, modes.floor(COUNT)]),
            ..Samples::default()
        };
        for course in &self.flows {
            let samples = course.run(field)?;
            result.over_exact += course.over_exact(&samples) / STARTS as f32;
            result.lost += lost(&samples);
            if let Some((modes, [error, _])) = self.modes.as_ref().zip(result.mode_error.as_mut()) {
                *error += modes.count(&samples).total_variation / STARTS as f32;
            }
        }
        let Some(seed) = seed else { return Ok(result) };
        if let Some(course) = self.annealed.get((seed % STARTS) as usize) {
            let samples = course.run(field)?;
            result.annealed = Some(course.over_exact(&samples));
            result.lost += lost(&samples);
        }
        if let Some(truth) = &self.truth {
            result.divergence = Some(truth.divergence(field)?);
        }
        Ok(result)
    }
}

impl Course {
    fn new(exact: &ExactField, ladder: &NoiseLadder, sampler: Parameters, count: usize, seed: u32) -> Self {
        let starts = start(count, exact.mean(), exact.scale(), ladder.sigma_max, seed);
        let mut gauge = SampleGauge::new(exact, &sampler, &starts, u64::MAX, seed);
        let unit = gauge.unit();
        Self {
            sampler,
            starts,
            gauge,
            unit,
        }
    }

    fn over_exact(&self, samples: &[f32]) -> f32 {
        self.unit.rate(self.gauge.compare(samples).finish()).over_exact
    }

    fn run(&self, field: &dyn Field) -> Result<Vec<f32>, Box<dyn Error>> {
        let mut sampler = build(&self.sampler);
        let mut x = points_on(&Device::flex(), self.starts.clone());
        while !sampler.finished() {
            x = sampler.step(field, x);
        }
        Ok(x.try_to_vec_as()?)
    }
}

impl Truth {
    /// Draws at sigma 0.04 scales, 0.02 for the named sets.
    fn new(exact: &ExactField, ladder: &NoiseLadder) -> Self {
        let flow = Flow {
            mean: exact.mean(),
            scale: exact.scale(),
            sigma_max: ladder.sigma_max,
            sigma_min: 0.04 * exact.scale(),
            nodes: NODES,
        };
        let mut points = vec![0.0; 2 * LIKELY_POINTS];
        exact.sample(&mut stream(0, Stream::Recycle(0)), &mut points);
        let noise = start(LIKELY_POINTS, [0.0; 2], 0.0, flow.sigma_min, 5);
        points.iter_mut().zip(noise).for_each(|(x, noise)| *x += noise);
        let (mut log_densities, mut scores) = (vec![0.0; LIKELY_POINTS], vec![0.0; 2 * LIKELY_POINTS]);
        exact.at(flow.sigma_min).fill(&points, &mut log_densities, &mut scores);
        Self {
            flow,
            points,
            log_densities,
        }
    }

    fn divergence(&self, field: &dyn Field) -> Result<f32, Box<dyn Error>> {
        let mut likelihood = Likelihood::new(&points_on(&Device::flex(), self.points.clone()), &self.flow, PIECE);
        loop {
            if let Some(densities) = likelihood.advance(field, Instant::now() + Duration::from_secs(60)) {
                return Ok(by_likelihood(&self.log_densities, &densities.try_to_vec_as()?).nats);
            }
        }
    }
}

/// Samples that are not finite.
fn lost(samples: &[f32]) -> usize {
    let finite = |x: &[f32]| x.iter().all(|v| v.is_finite());
    samples.chunks_exact(2).filter(|x| !finite(x)).count()
}

impl Samples {
    /// Above [`Samples::columns`].
    pub const HEADING: &str = "           SW       annealed  modes (floor)        KL mnat  lost";

    /// The columns of one row, means over the seeds, and their standard deviations.
    pub fn columns(seeds: &[Self]) -> String {
        let each = |digits: usize, of: &dyn Fn(&Self) -> Option<f32>| {
            let values: Vec<f32> = seeds.iter().filter_map(of).collect();
            super::to_digits(&values, digits)
        };
        let modes = seeds.iter().find_map(|s| s.mode_error);
        let modes = modes.map_or(String::new(), |[_, floor]| {
            let errors: Vec<f32> = seeds.iter().filter_map(|s| s.mode_error).map(|[e, _]| e).collect();
            format!("{:.3} ({floor:.3})", super::mean(&errors))
        });
        let lost: usize = seeds.iter().map(|s| s.lost).sum();
        let (flow, annealed) = (each(2, &|s| Some(s.over_exact)), each(2, &|s| s.annealed));
        let divergence = each(0, &|s| s.divergence.map(|nats| 1000.0 * nats));
        format!("{flow:>13}{annealed:>15}{modes:>15}{divergence:>15}{lost:>6}")
    }
}
