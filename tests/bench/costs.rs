//! How cost grows with width, batch, particles and data points.

use std::time::Instant;

use burn::tensor::Device;
use scorefield::distribution::{Drawing, ExactField, Preset, Target};
use scorefield::engine::settings::{Objective, Settings};
use scorefield::field::{Field, points_on};
use scorefield::model::{LearnedField, Preconditioning, Shape};
use scorefield::training::{Plan, Trainer};
use serde_json::json;

use crate::driver::{Driver, Outcome, number};

const WIDTHS: [u32; 5] = [16, 32, 64, 128, 256];
const BATCHES: [u32; 5] = [128, 256, 512, 1024, 2048];
const PARTICLES: [u32; 4] = [1_000, 4_000, 16_000, 64_000];
const DOTS: [u32; 4] = [250, 1_000, 2_000, 4_000];

/// Milliseconds in the page and natively, row by row.
struct Table {
    title: &'static str,
    rows: Vec<(u32, f64, f64)>,
}

impl Table {
    /// The exponent between a row and the one before: 1 is proportional growth.
    fn print(&self) {
        println!(
            "| {} | in the page, ms | growth | natively, ms | growth |\n|---|---|---|---|---|",
            self.title
        );
        let mut before: Option<(u32, f64, f64)> = None;
        for &(size, page, native) in &self.rows {
            let growth = |now: f64, then: f64, of: u32| {
                format!("{:.2}", (now / then).ln() / (f64::from(size) / f64::from(of)).ln())
            };
            let [in_page, natively] = match before {
                Some((of, p, n)) => [growth(page, p, of), growth(native, n, of)],
                None => ["".into(), "".into()],
            };
            println!("| {size} | {page:.2} | {in_page} | {native:.2} | {natively} |");
            before = Some((size, page, native));
        }
        println!();
    }
}

/// Prints all tables.
pub async fn print(driver: &Driver) -> Outcome<()> {
    let engine = json!({ "name": "engine cpu" });
    let answer = driver
        .ask("costs", &json!({ "name": engine["name"], "widths": WIDTHS, "batches": BATCHES, "particles": PARTICLES, "dots": DOTS }))
        .await?;
    let row = |key: &str, i: usize| number(&answer[key][i]);
    let moons = Preset::Moons.field();
    let table = |title, key: &str, sizes: &[u32], native: &dyn Fn(u32) -> f64| -> Outcome<Table> {
        let rows = sizes
            .iter()
            .enumerate()
            .map(|(i, &size)| Ok((size, row(key, i)?, native(size))));
        Ok(Table {
            title,
            rows: rows.collect::<Outcome<_>>()?,
        })
    };
    let training = |width, batch, data: &ExactField| {
        let (mut trainer, plan) = trainer(width, batch, data);
        milliseconds(|| trainer.step(data, &plan))
    };
    let learned = field(&moons);
    let exact = |field: &ExactField, count: u32| {
        let (truth, points) = (field.at(0.2), draws(field, count));
        let mut out = vec![0.0; points.len()];
        milliseconds(|| truth.scores(&points, &mut out))
    };
    let scores = |count: u32| {
        let x = points_on(&Device::flex(), draws(&moons, count));
        milliseconds(|| drop(learned.score(&x, 0.2).into_data()))
    };
    table(
        "training step by width (3 layers, batch 512)",
        "widths",
        &WIDTHS,
        &|n| training(n, 512, &moons),
    )?
    .print();
    table("training step by batch (3x64)", "batches", &BATCHES, &|n| {
        training(64, n, &moons)
    })?
    .print();
    table(
        "Langevin step by particles, learned field (3x64)",
        "learned",
        &PARTICLES,
        &scores,
    )?
    .print();
    table(
        "Langevin step by particles, exact field (moons)",
        "exact",
        &PARTICLES,
        &|n| exact(&moons, n),
    )?
    .print();
    table(
        "Langevin step of 4,000 particles by dots drawn, exact field",
        "dots",
        &DOTS,
        &|n| exact(&drawn(n), 4_000),
    )?
    .print();
    table(
        "training step by dots drawn (3x64, batch 512)",
        "dotsTraining",
        &DOTS,
        &|n| training(64, 512, &drawn(n)),
    )?
    .print();
    println!("In the page a step of a sampler is timed whole; natively it is the field alone.\n");
    Ok(())
}

fn trainer(width: u32, batch: u32, data: &ExactField) -> (Trainer, Plan) {
    let settings = Settings {
        width,
        batch,
        objective: Objective::StableTarget,
        ..Settings::default()
    };
    let pre = Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    };
    let shape: Shape = settings.shape();
    let plan = settings.plan(settings.ladder(data.scale()), shape);
    (Trainer::new(shape, pre, 1, &Device::flex()), plan)
}

fn field(data: &ExactField) -> LearnedField {
    trainer(64, 512, data).0.field()
}

fn draws(data: &ExactField, count: u32) -> Vec<f32> {
    use rand::{SeedableRng, rngs::StdRng};
    let mut points = vec![0.0; 2 * count as usize];
    data.sample_noised(0.2, &mut StdRng::seed_from_u64(3), &mut points);
    points
}

/// A drawing of so many dots on a spiral; the page draws the same.
fn drawn(dots: u32) -> ExactField {
    let points: Vec<f32> = (0..dots)
        .flat_map(|i| {
            let t = i as f32 / dots as f32;
            let (sin, cos) = (12.0 * t).sin_cos();
            [(0.2 + t) * cos, (0.2 + t) * sin]
        })
        .collect();
    let drawing = Drawing::from_points(&points, 0.04).unwrap_or_default();
    Target::Drawing(drawing)
        .field()
        .unwrap_or_else(|_| Preset::Moons.field())
}

/// Of one call, the least of three runs of at least 60 ms.
fn milliseconds(mut call: impl FnMut()) -> f64 {
    call();
    let run = |_| {
        let (start, mut calls) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < 0.06 {
            call();
            calls += 1;
        }
        1e3 * start.elapsed().as_secs_f64() / f64::from(calls)
    };
    (0..3).map(run).fold(f64::INFINITY, f64::min)
}
