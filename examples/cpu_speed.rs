//! How long the parts of a training step take on the CPU, and how long a field: by burn's graph and without it, in turns.
//!
//! `cargo run --release --example cpu_speed [-- WIDTH BATCH]`
#![allow(clippy::print_stdout)]

use std::{hint::black_box, time::Instant};

use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Field, Interpolated, Interpolation, points_on},
    model::{LearnedField, Network, Preconditioning, Shape, features},
    noise::NoiseLadder,
    objective::{Objective, Problem, Weighting},
    training::{Plan, Trainer, loss},
};

/// Turns; the median of each is told.
const TURNS: usize = 40;

/// Milliseconds of one call.
fn time(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    work();
    1e3 * start.elapsed().as_secs_f64()
}

/// Tells the median of each, all in turns.
fn race(rivals: &mut [(&str, &mut dyn FnMut())]) {
    let mut times = vec![Vec::new(); rivals.len()];
    for _ in 0..TURNS {
        for ((_, work), times) in rivals.iter_mut().zip(&mut times) {
            times.push(time(work));
        }
    }
    for ((name, _), mut times) in rivals.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!("{name:40} {:8.3} ms", times[TURNS / 2]);
    }
}

fn preconditioning(data: &ExactField) -> Preconditioning {
    Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (width, size) = (arguments.next().unwrap_or(64), arguments.next().unwrap_or(512));
    let shape = Shape {
        width,
        ..Shape::default()
    };
    let data = Preset::Moons.field();
    let (pre, ladder, device) = (
        preconditioning(&data),
        NoiseLadder::for_scale(data.scale()),
        Device::flex(),
    );
    let problem = Problem {
        data: &data,
        preconditioning: &pre,
        ladder: &ladder,
        size,
    };
    let mut rng = StdRng::seed_from_u64(1);
    let mut draw = |objective: Objective| objective.batch(Weighting::Edm, &problem, &mut rng);
    let batch = draw(Objective::StableTarget);
    let weights: Tensor<1> = Tensor::from_data(shape.initial(&mut StdRng::seed_from_u64(2)).as_slice(), &device);
    let plan = Plan {
        batch: size,
        micro_batch: size,
        objective: Objective::StableTarget,
        ..Plan::usual(ladder)
    };
    let mut trainer = Trainer::new(shape, pre, 0, &device);
    let network = Network::new(shape, &weights);
    let field = LearnedField::new(network.clone(), pre);
    let points = points_on(&device, batch.points.repeat(4000 / size + 1)[..8000].to_vec());
    println!("3 layers of {width}, batches of {size}, fields at 4,000 points");
    race(&mut [
        ("gradient by the graph", &mut || {
            black_box(loss::by_graph(shape, &weights, &pre, &batch, size));
        }),
        ("gradient without it", &mut || {
            black_box(loss::gradient(shape, &weights, &pre, &batch, size));
        }),
        ("a step with a stable target", &mut || trainer.step(&data, &plan)),
    ]);
    for objective in [Objective::Denoising, Objective::StableTarget, Objective::Explicit] {
        race(&mut [(&format!("a batch: {objective:?}"), &mut || {
            black_box(draw(objective));
        })]);
    }
    race(&mut [
        ("field by tensors", &mut || {
            black_box(network.output(features::on_device(&pre, &points, 0.2)));
        }),
        ("field without them", &mut || {
            black_box(field.score(&points, 0.2));
        }),
    ]);
    // A network that has learned something: an untrained one's score is a straight line.
    (0..400).for_each(|_| trainer.step(&data, &plan));
    grids(&data, &trainer.field(), &device);
}

/// What reading the score of 20,000 particles off a grid costs, and how far off it is, at several noise levels.
fn grids(data: &ExactField, field: &LearnedField, device: &Device) {
    println!("\n20,000 particles, one evaluation each");
    for sigma in [1.0, 0.3, 0.1, 0.05, 0.03, 0.02, 0.01] {
        let mut points = vec![0.0; 40_000];
        data.sample_noised(sigma, &mut StdRng::seed_from_u64(3), &mut points);
        let x = points_on(device, points);
        let kept = Interpolation::default();
        let interpolated = Interpolated { field, kept: &kept };
        // It pays from some evaluation on.
        (0..8).for_each(|_| drop(interpolated.score(&x, sigma)));
        race(&mut [
            (&format!("sigma {sigma}: by the network"), &mut || {
                black_box(field.score(&x, sigma));
            }),
            (&format!("sigma {sigma}: off a grid"), &mut || {
                black_box(interpolated.score(&x, sigma));
            }),
        ]);
        match kept.error() {
            Some(error) => println!("{:40} {:8.3} % off", "", 100.0 * error),
            None => println!("{:40} no grid is fine enough", ""),
        }
    }
}
