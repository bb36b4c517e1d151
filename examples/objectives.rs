//! Trains with every objective and kind of network and prints the true error beside the time it took.
//!
//! `cargo run --release --example objectives [-- --steps 1000,3000 --sets moons --networks score,energy --objectives
//! denoising,stable-target --points 8192]`
//!
//! Figures: the bound `B` in thousandths of a nat by the averaged weights after so many steps, and steps a second on one
//! core (3 layers of 64, batches of 512, seed 0).
#![allow(clippy::print_stdout)]

#[path = "shared/chosen.rs"]
mod chosen;
#[path = "shared/networks.rs"]
mod networks;

use std::error::Error;

use burn::tensor::Device;
use chosen::chosen;
use networks::NETWORKS;
use scorefield::{
    distribution::Preset,
    metrics::fisher::{FisherGauge, levels},
    model::{Kind, Preconditioning, Shape},
    noise::NoiseLadder,
    objective::Objective,
    training::{Plan, Trainer},
};
use web_time::{Duration, Instant};

const OBJECTIVES: [(&str, Objective); 5] = [
    ("denoising", Objective::Denoising),
    ("stable-target", Objective::StableTarget),
    ("explicit", Objective::Explicit),
    ("implicit", Objective::Implicit),
    ("sliced", Objective::Sliced),
];

struct Options {
    steps: Vec<u64>,
    sets: Vec<Preset>,
    networks: Vec<(&'static str, Kind)>,
    objectives: Vec<(&'static str, Objective)>,
    points: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    print!("{:14} {:17} {:14}", "set", "network", "objective");
    options.steps.iter().for_each(|steps| print!("{steps:>9}"));
    println!("{:>9}", "steps/s");
    for &set in &options.sets {
        for &(network, kind) in &options.networks {
            for &(name, objective) in &options.objectives {
                print!("{:14} {network:17} {name:14}", set.name());
                runtime.block_on(row(set, kind, objective, &options))?;
            }
        }
    }
    Ok(())
}

async fn row(set: Preset, kind: Kind, objective: Objective, options: &Options) -> Result<(), Box<dyn Error>> {
    let (device, exact) = (Device::flex(), set.field());
    let pre = Preconditioning {
        mean: exact.mean(),
        scale: exact.scale(),
    };
    let shape = Shape {
        kind,
        ..Shape::default()
    };
    let plan = Plan {
        objective,
        ..Plan::usual(NoiseLadder::for_scale(exact.scale()))
    };
    let gauge = FisherGauge::new(&exact, &levels(exact.scale()), options.points, 1000, &device);
    let (mut trainer, mut spent) = (Trainer::new(shape, pre, 0, &device), Duration::ZERO);
    for &steps in &options.steps {
        let start = Instant::now();
        while trainer.steps() < steps {
            trainer.step(&exact, &plan);
        }
        spent += start.elapsed();
        print!("{:9.1}", 1000.0 * gauge.measure(&trainer.field()).await?.nats);
    }
    println!("{:9.0}", trainer.steps() as f64 / spent.as_secs_f64());
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        steps: vec![1000, 3000],
        sets: vec![Preset::Moons],
        networks: NETWORKS.to_vec(),
        objectives: OBJECTIVES.to_vec(),
        points: 8192,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--steps" => options.steps = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--sets" => options.sets = value.split(',').map(Preset::from_name).collect::<Result<_, _>>()?,
            "--networks" => options.networks = chosen(&NETWORKS, &value)?,
            "--objectives" => options.objectives = chosen(&OBJECTIVES, &value)?,
            "--points" => options.points = value.parse()?,
            _ => {
                let known = "--steps, --sets, --networks, --objectives, --points";
                return Err(format!("{name} is none of {known}").into());
            }
        }
    }
    Ok(options)
}
