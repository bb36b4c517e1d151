//! How good the samples are that the probability flow draws with a learned score.
//!
//! `SW/exact`: their sliced Wasserstein distance from the data over that of the exact score's samples from the same
//! starting points, mean over the sets of starting points; 1 is perfect. `modes`: total variation of the mode weights,
//! beside what as many true samples have on average; `lost`: samples that are not finite.

use std::error::Error;

use burn::tensor::Device;
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Field, points_on},
    metrics::{
        modes::{Modes, modes},
        sample_gauge::{SampleGauge, Unit},
    },
    noise::NoiseLadder,
    sampler::{Parameters, Scheme, build, start},
};

/// Samples from each set of starting points.
const COUNT: usize = 4096;

/// Sets of starting points.
const STARTS: u32 = 3;

/// Noise levels of the flow.
const NODES: usize = 16;

/// Sets of starting points with the distances that good samples have.
pub struct SamplesGauge {
    flow: Parameters,
    /// Starting points, and what the exact score makes of them.
    starts: Vec<(Vec<f32>, SampleGauge, Unit)>,
    modes: Option<Modes>,
}

/// Means over the sets of starting points.
pub struct Samples {
    over_exact: f32,
    mode_error: Option<[f32; 2]>,
    lost: usize,
}

impl SamplesGauge {
    pub fn new(set: Preset, exact: &ExactField, ladder: &NoiseLadder) -> Self {
        let flow = Parameters::ProbabilityFlow {
            sigma_max: ladder.sigma_max,
            sigma_min: ladder.sigma_min,
            nodes: NODES,
            scheme: Scheme::Heun,
            denoise: false,
            guard: None,
        };
        let starts = (0..STARTS).map(|seed| {
            let starts = start(COUNT, exact.mean(), exact.scale(), ladder.sigma_max, seed);
            let mut gauge = SampleGauge::new(exact, &flow, &starts, NODES as u64, seed);
            let unit = gauge.unit();
            (starts, gauge, unit)
        });
        Self {
            starts: starts.collect(),
            flow,
            modes: modes(set),
        }
    }

    pub fn measure(&self, field: &dyn Field) -> Result<Samples, Box<dyn Error>> {
        let mut result = Samples {
            over_exact: 0.0,
            mode_error: self.modes.as_ref().map(|modes| [0.0, modes.floor(COUNT)]),
            lost: 0,
        };
        for (starts, gauge, unit) in &self.starts {
            let samples = self.run(field, starts)?;
            let distance = gauge.compare(&samples).finish();
            result.over_exact += unit.rate(distance).over_exact / STARTS as f32;
            result.lost += samples
                .chunks_exact(2)
                .filter(|x| !x.iter().all(|v| v.is_finite()))
                .count();
            if let Some((modes, [error, _])) = self.modes.as_ref().zip(result.mode_error.as_mut()) {
                *error += modes.count(&samples).total_variation / STARTS as f32;
            }
        }
        Ok(result)
    }

    fn run(&self, field: &dyn Field, starts: &[f32]) -> Result<Vec<f32>, Box<dyn Error>> {
        let mut sampler = build(&self.flow);
        let mut x = points_on(&Device::flex(), starts.to_vec());
        while !sampler.finished() {
            x = sampler.step(field, x);
        }
        Ok(x.try_to_vec_as()?)
    }
}

impl Samples {
    /// Above [`Samples::columns`].
    pub const HEADING: &str = "  SW/exact  modes (floor)  lost";

    /// The columns of one row, means over the seeds.
    pub fn columns(seeds: &[Self]) -> String {
        let mean = |of: &dyn Fn(&Self) -> f32| seeds.iter().map(of).sum::<f32>() / seeds.len() as f32;
        let modes = seeds
            .iter()
            .find_map(|s| s.mode_error)
            .map_or(String::new(), |[_, floor]| {
                let error = mean(&|s| s.mode_error.map_or(f32::NAN, |[error, _]| error));
                format!("{error:.3} ({floor:.3})")
            });
        let lost: usize = seeds.iter().map(|s| s.lost).sum();
        format!("{:>10.2}{modes:>15}{lost:>6}", mean(&|s| s.over_exact))
    }
}
