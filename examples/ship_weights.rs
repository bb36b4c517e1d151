//! Trains the default network on every named set and writes the averaged weights that the page starts from.
//!
//! `cargo run --release --example ship_weights [-- --steps 6000 --sets moons,rings]`
//!
//! Writes `assets/weights/<set>.bpk` (seed 0, settings as the page has them by default) and prints the bound `B` in
//! nats of each. To be run again whenever input features, layout or default settings change.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use burn::tensor::Device;
use scorefield::distribution::Preset;
use scorefield::engine::settings::Settings;
use scorefield::metrics::fisher::{FisherGauge, levels};
use scorefield::model::Preconditioning;
use scorefield::model::weights_file::{self, Content};
use scorefield::training::Trainer;

/// Training steps if none are asked for.
const STEPS: u64 = 6_000;

/// Points at each noise level when the error is measured.
const EVALUATION_POINTS: usize = 32_768;

fn main() -> Result<(), Box<dyn Error>> {
    let (steps, sets) = options()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/weights");
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for set in sets {
        let trainer = train(set, steps);
        let exact = set.field();
        let gauge = FisherGauge::new(
            &exact,
            &levels(exact.scale()),
            EVALUATION_POINTS,
            1000,
            trainer.device(),
        );
        let error = runtime.block_on(gauge.measure(&trainer.field()))?;
        let snapshot = runtime.block_on(trainer.checkpoint())?;
        let bytes = weights_file::to_bytes(&snapshot, Content::Average);
        std::fs::write(folder.join(format!("{}.bpk", set.name())), &bytes)?;
        println!("{:12} {:.4} nats, {} bytes", set.name(), error.nats, bytes.len());
    }
    Ok(())
}

/// A network of the page's default settings after so many steps.
fn train(set: Preset, steps: u64) -> Trainer {
    let (settings, exact) = (Settings::default(), set.field());
    let (mean, scale) = (exact.mean(), exact.scale());
    let shape = settings.shape();
    let plan = settings.plan(settings.ladder(scale), shape);
    let pre = Preconditioning { mean, scale };
    let mut trainer = Trainer::new(shape, pre, settings.seed, &Device::flex());
    (0..steps).for_each(|_| trainer.step(&exact, &plan));
    trainer
}

fn options() -> Result<(u64, Vec<Preset>), Box<dyn Error>> {
    let (mut steps, mut sets) = (STEPS, Preset::ALL.to_vec());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--steps" => steps = value.parse()?,
            "--sets" => sets = value.split(',').map(Preset::from_name).collect::<Result<_, _>>()?,
            _ => return Err(format!("there is no option {name}; the options are --steps and --sets").into()),
        }
    }
    Ok((steps, sets))
}
