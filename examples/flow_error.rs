//! Where the probability flow of a learned score goes wrong: at which noise levels, and with which particles.
//!
//! `cargo run --release --example flow_error [-- --steps 3000 --sets 8gaussians --networks
//! score,energy,energy-quadratic --objective stable-target]`
//!
//! The learned and the exact flow move the same 4 x 4096 starting points, and every figure compares the two. Distances
//! are sliced Wasserstein distances from three data sets, over those of the exact flow:
//!
//! | column | what is compared |
//! |---|---|
//! | `all` | all samples |
//! | `<3.5` | without the starting points more than 3.5 standard deviations out |
//! | `shift` | with the samples moved back by their mean displacement |
//! | `from 1` | flows that start at sigma 1 instead of 3, from the exact flow's particles |
//! | `>1`, `>.2`, `>.05` | the learned score above this sigma only, the exact one below |
//! | `guard` | the learned flow with its denoiser clipped to the data's box |
//! | `rms`, `median`, `mean` | displacement from the exact flow's particles, in thousandths of a stage unit |
//! | `top 1%` | share of the 1 % most displaced particles in the mean square displacement |
//! | `out` | how far out the 20 most displaced started, mean, standard deviations |
//! | `b(1)`, `b(2)`, `b(3)` | length of the mean of `sigma² (s - s*)`, the drift that all particles share, and `r(·)` its root mean square, same units |
#![allow(clippy::print_stdout)]

#[path = "shared/networks.rs"]
mod networks;

use std::error::Error;

use burn::tensor::{Device, Tensor};
use networks::NETWORKS;
use rand::{SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Differential, ExactScore, Field, points_on},
    metrics::sliced_wasserstein::sliced_wasserstein,
    model::{Kind, Preconditioning, Shape},
    noise::NoiseLadder,
    objective::Objective,
    sampler::{Guard, Parameters, Scheme, build, start},
    training::{Plan, Trainer},
};

/// Samples from each set of starting points.
const COUNT: usize = 4096;
/// Sets of starting points.
const STARTS: u32 = 4;
/// Sets of data from which distances are measured.
const DATA_SETS: u64 = 3;

/// One field above a noise level and another below.
struct Switched<'a> {
    above: &'a dyn Field,
    below: &'a dyn Field,
    at: f32,
}

impl Switched<'_> {
    fn choose(&self, sigma: f32) -> &dyn Field {
        if sigma > self.at { self.above } else { self.below }
    }
}

impl Field for Switched<'_> {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.choose(sigma).score(x, sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        self.choose(sigma).differential(x, sigma)
    }
}

/// Starting points with the exact flow's particles half way and at the end.
struct Course {
    starts: Vec<f32>,
    /// At [`Bench::half_way`].
    middle: Vec<f32>,
    end: Vec<f32>,
}

struct Bench {
    exact: ExactScore,
    ladder: NoiseLadder,
    scale: f32,
    mean: [f32; 2],
    courses: Vec<Course>,
    data: Vec<Vec<f32>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut steps, mut sets) = (3000, vec![Preset::EightGaussians]);
    let (mut objective, mut networks) = (Objective::StableTarget, NETWORKS.to_vec());
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match (name.as_str(), value.as_str()) {
            ("--steps", value) => steps = value.parse()?,
            ("--sets", value) => sets = value.split(',').map(Preset::from_name).collect::<Result<_, _>>()?,
            ("--networks", names) => networks.retain(|(name, _)| names.split(',').any(|n| n == *name)),
            ("--objective", "denoising") => objective = Objective::Denoising,
            ("--objective", "stable-target") => objective = Objective::StableTarget,
            _ => return Err(format!("{name} {value}: see the head of this example").into()),
        }
    }
    print!("{:13}{:17}{:>6}{:>6}{:>7}", "set", "network", "all", "<3.5", "shift");
    print!("{:>8}{:>6}{:>6}{:>6}{:>7}", "from 1", ">1", ">.2", ">.05", "guard");
    print!("{:>7}{:>8}{:>7}{:>8}{:>6}", "rms", "median", "mean", "top 1%", "out");
    println!("  b(1)  r(1)  b(2)  r(2)  b(3)  r(3)");
    for set in sets {
        let bench = Bench::new(&set.field())?;
        for &(name, kind) in &networks {
            print!("{:13}{name:17}", set.name());
            bench.examine(&bench.trained(kind, objective, steps))?;
        }
    }
    Ok(())
}

impl Bench {
    fn new(field: &ExactField) -> Result<Self, Box<dyn Error>> {
        let mut bench = Self {
            exact: ExactScore::new(field.clone()),
            ladder: NoiseLadder::for_scale(field.scale()),
            scale: field.scale(),
            mean: field.mean(),
            courses: Vec::new(),
            data: Vec::new(),
        };
        let mut rng = StdRng::seed_from_u64(77);
        for _ in 0..DATA_SETS {
            let mut data = vec![0.0; 2 * COUNT];
            field.sample(&mut rng, &mut data);
            bench.data.push(data);
        }
        let (top, half_way) = (bench.ladder.sigma_max, bench.half_way());
        for seed in 0..STARTS {
            let starts = start(COUNT, bench.mean, bench.scale, top, seed);
            let middle = flow(&bench.exact, &starts, top, half_way)?;
            let end = flow(&bench.exact, &starts, top, bench.ladder.sigma_min)?;
            bench.courses.push(Course { starts, middle, end });
        }
        Ok(bench)
    }

    /// Twice the scale: sigma 1 of the reference sets.
    fn half_way(&self) -> f32 {
        2.0 * self.scale
    }

    fn trained(&self, kind: Kind, objective: Objective, steps: u64) -> impl Field {
        let pre = Preconditioning {
            mean: self.mean,
            scale: self.scale,
        };
        let shape = Shape {
            kind,
            ..Shape::default()
        };
        let plan = Plan {
            objective,
            ..Plan::usual(self.ladder)
        };
        let mut trainer = Trainer::new(shape, pre, 0, &Device::flex());
        (0..steps).for_each(|_| trainer.step(self.exact.exact(), &plan));
        trainer.field()
    }

    /// Prints what is wrong with this field.
    fn examine(&self, field: &dyn Field) -> Result<(), Box<dyn Error>> {
        let (top, bottom) = (self.ladder.sigma_max, self.ladder.sigma_min);
        let (mut ratios, mut moved) = ([0.0; 8], Vec::new());
        for course in &self.courses {
            let whole = flow(field, &course.starts, top, bottom)?;
            let inner = |points: &[f32]| self.without_tail(&course.starts, points);
            let centred = without_shift(&whole, &course.end);
            let lower = flow(field, &course.middle, self.half_way(), bottom)?;
            let exact_lower = flow(&self.exact, &course.middle, self.half_way(), bottom)?;
            let upper = |at: f32| {
                let switched = Switched {
                    above: field,
                    below: &self.exact,
                    at: at * 2.0 * self.scale,
                };
                flow(&switched, &course.starts, top, bottom)
            };
            let of = |samples: &[f32], exact: &[f32]| self.distance(samples) / self.distance(exact);
            let these = [
                of(&whole, &course.end),
                of(&inner(&whole), &inner(&course.end)),
                of(&centred, &course.end),
                of(&lower, &exact_lower),
                of(&upper(1.0)?, &course.end),
                of(&upper(0.2)?, &course.end),
                of(&upper(0.05)?, &course.end),
                of(&self.guarded(field, &course.starts)?, &course.end),
            ];
            ratios
                .iter_mut()
                .zip(these)
                .for_each(|(sum, r)| *sum += r / STARTS as f32);
            moved.extend(displacements(&whole, &course.end));
        }
        let [all, inner, shift, from, above, further, most, guarded] = ratios;
        print!("{all:6.2}{inner:6.2}{shift:7.2}{from:8.2}{above:6.2}{further:6.2}{most:6.2}{guarded:7.2}");
        self.print_displacements(&moved);
        for sigma in [1.0, 2.0, 3.0] {
            let [shared, all] = self.drift(field, sigma * 2.0 * self.scale)?;
            print!("{shared:6.1}{all:6.1}");
        }
        println!();
        Ok(())
    }

    /// Displacements of all particles, course by course.
    fn print_displacements(&self, moved: &[f32]) {
        let (_, [shared, rms]) = mean_and_rms(moved);
        let starts = self.courses.iter().flat_map(|course| course.starts.chunks_exact(2));
        let square = |d: &[f32], from: [f32; 2]| (d[0] - from[0]).powi(2) + (d[1] - from[1]).powi(2);
        let both = moved.chunks_exact(2).zip(starts);
        let mut squares: Vec<[f32; 2]> = both.map(|(d, x)| [square(d, [0.0; 2]), square(x, self.mean)]).collect();
        squares.sort_unstable_by(|a, b| b[0].total_cmp(&a[0]));
        let sum = |of: &[[f32; 2]]| of.iter().map(|s| s[0]).sum::<f32>();
        let share = sum(&squares[..squares.len() / 100]) / sum(&squares);
        let median = squares[squares.len() / 2][0].sqrt();
        let spread = self.ladder.sigma_max.hypot(self.scale);
        let out = squares[..20].iter().map(|s| s[1].sqrt() / spread).sum::<f32>() / 20.0;
        print!("{:7.1}{:8.1}{:7.1}", 1000.0 * rms, 1000.0 * median, 1000.0 * shared);
        print!("{share:8.2}{out:6.1}");
    }

    /// Where the flow takes these starting points with its denoiser clipped.
    fn guarded(&self, field: &dyn Field, starts: &[f32]) -> Result<Vec<f32>, Box<dyn Error>> {
        let guard = Guard::new(self.mean, self.scale, Some(self.exact.exact().bounds()));
        flow_by(
            field,
            starts,
            [self.ladder.sigma_max, self.ladder.sigma_min],
            Some(guard),
        )
    }

    /// Mean sliced Wasserstein distance from the data; from as many of them as there are samples.
    fn distance(&self, samples: &[f32]) -> f32 {
        let of = |data: &Vec<f32>| sliced_wasserstein(samples, &data[..samples.len()]);
        self.data.iter().map(of).sum::<f32>() / self.data.len() as f32
    }

    /// The particles whose starting points are within 3.5 standard deviations.
    fn without_tail(&self, starts: &[f32], points: &[f32]) -> Vec<f32> {
        let reach = 3.5 * self.ladder.sigma_max.hypot(self.scale);
        let near = |x: &[f32]| (x[0] - self.mean[0]).hypot(x[1] - self.mean[1]) < reach;
        let both = starts.chunks_exact(2).zip(points.chunks_exact(2));
        both.filter(|(x, _)| near(x)).flat_map(|(_, y)| y.to_vec()).collect()
    }

    /// Length of the mean of `sigma² (s - s*)` over `p_sigma`, and its root mean square, in thousandths.
    fn drift(&self, field: &dyn Field, sigma: f32) -> Result<[f32; 2], Box<dyn Error>> {
        // At so large a noise the smoothed density is close to this Gaussian.
        let x = tensor(&start(8 * COUNT, self.mean, self.scale, sigma, 99));
        let miss = (field.score(&x, sigma) - self.exact.score(&x, sigma)) * (1000.0 * sigma * sigma);
        let (_, [shared, all]) = mean_and_rms(&miss.try_to_vec_as::<f32>()?);
        Ok([shared, all])
    }
}

/// Where the flow takes these particles from one noise level to another.
fn flow(field: &dyn Field, starts: &[f32], from: f32, to: f32) -> Result<Vec<f32>, Box<dyn Error>> {
    flow_by(field, starts, [from, to], None)
}

fn flow_by(
    field: &dyn Field,
    starts: &[f32],
    [sigma_max, sigma_min]: [f32; 2],
    guard: Option<Guard>,
) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut sampler = build(&Parameters::ProbabilityFlow {
        sigma_max,
        sigma_min,
        nodes: 16,
        scheme: Scheme::Heun,
        denoise: false,
        guard,
    });
    let mut x = tensor(starts);
    while !sampler.finished() {
        x = sampler.step(field, x);
    }
    Ok(x.try_to_vec_as()?)
}

fn tensor(points: &[f32]) -> Tensor<2> {
    points_on(&Device::flex(), points.to_vec())
}

/// `[dx, dy]` of each particle.
fn displacements(points: &[f32], others: &[f32]) -> Vec<f32> {
    points.iter().zip(others).map(|(a, b)| a - b).collect()
}

/// The points, moved so that their mean is that of the others.
fn without_shift(points: &[f32], others: &[f32]) -> Vec<f32> {
    let (mean, _) = mean_and_rms(&displacements(points, others));
    points.iter().enumerate().map(|(i, x)| x - mean[i % 2]).collect()
}

/// The mean vector; its length and the root mean square length.
fn mean_and_rms(vectors: &[f32]) -> ([f32; 2], [f32; 2]) {
    let n = (vectors.len() / 2) as f32;
    let mean = [0, 1].map(|k| vectors.iter().skip(k).step_by(2).sum::<f32>() / n);
    let square = vectors.iter().map(|v| v * v).sum::<f32>() / n;
    (mean, [mean[0].hypot(mean[1]), square.sqrt()])
}
