//! Proof that both sides do the same work: a step of the engine in the browser, and the same step in TensorFlow.js.
//!
//! The gradient of the engine's step is read out of its file of weights: Adam's first moment goes from `m` to
//! `0.9 m + 0.1 gradient`. The batch of that step is drawn anew here, from the seed and the number of the step.

use burn::tensor::{Device, Tensor, TensorData};
use scorefield::distribution::Preset;
use scorefield::engine::settings::{Network as Kind, Objective, Settings};
use scorefield::model::{Network, weights_file};
use scorefield::objective::{Batch, Task};
use scorefield::training::{Snapshot, Trainer};
use serde_json::{Value, json};

use crate::driver::{Driver, Outcome, number};

/// Steps before the one that is compared, by which the last layer is no longer zero.
const STEPS_BEFORE: u32 = 100;

/// How far two sides are apart.
pub struct Parity {
    /// Of the losses, in units of the loss.
    pub loss: f64,
    /// Length of the difference of the gradients, in units of their length.
    pub gradient: f64,
}

/// One step of the engine, ready to be repeated elsewhere.
pub struct Step {
    snapshot: Snapshot,
    batch: Batch,
    gradient: Vec<f32>,
    loss: f64,
}

impl Step {
    /// Trains the engine of that name for a while and takes one more step.
    pub async fn of_engine(driver: &Driver, engine: &str, options: &Value, set: Preset) -> Outcome<Self> {
        let begin = json!({ "name": engine, "options": options, "steps": STEPS_BEFORE });
        driver.ask("begin", &begin).await?;
        let before = snapshot(driver, engine).await?;
        driver.ask("step", &json!({ "name": engine })).await?;
        let after = snapshot(driver, engine).await?;
        if after.steps != before.steps + 1 {
            return Err("the engine trained beside the benchmark".into());
        }
        let moments = before.first_moment.iter().zip(&after.first_moment);
        let gradient = moments.map(|(m, next)| (next - 0.9 * m) / 0.1).collect();
        let batch = batch(&before, options, set)?;
        let loss = loss(&before, &batch)?;
        Ok(Self {
            snapshot: before,
            batch,
            gradient,
            loss,
        })
    }

    /// The same step by TensorFlow.js on a backend.
    pub async fn against(&self, driver: &Driver, name: &str) -> Outcome<Parity> {
        let Task::Target(targets) = &self.batch.task else {
            return Err("only targets are compared".into());
        };
        let shape = self.snapshot.shape;
        let given = json!({
            "name": name, "weights": self.snapshot.weights, "width": shape.width, "depth": shape.depth,
            "features": self.batch.features(&self.snapshot.preconditioning), "targets": targets,
        });
        let answer = driver.ask("gradient", &given).await?;
        let theirs = answer["gradient"].as_array().ok_or("no gradient")?;
        if theirs.len() != self.gradient.len() {
            return Err("gradients of two sizes".into());
        }
        let (mut miss, mut length) = (0.0, 0.0);
        for (ours, theirs) in self.gradient.iter().zip(theirs) {
            let ours = f64::from(*ours);
            miss += (ours - number(theirs)?).powi(2);
            length += ours * ours;
        }
        Ok(Parity {
            loss: (number(&answer["loss"])? / self.loss - 1.0).abs(),
            gradient: (miss / length).sqrt(),
        })
    }
}

async fn snapshot(driver: &Driver, engine: &str) -> Outcome<Snapshot> {
    let file = driver.ask("weights", &json!({ "name": engine })).await?;
    let bytes: Vec<u8> = serde_json::from_value(file)?;
    Ok(weights_file::from_bytes(&bytes)?)
}

/// The batch of the step after a snapshot.
fn batch(snapshot: &Snapshot, options: &Value, set: Preset) -> Outcome<Batch> {
    let settings = Settings {
        network: Kind::Score,
        batch: u32::try_from(options["batch"].as_u64().ok_or("no batch")?)?,
        objective: if options["objective"] == "denoising" {
            Objective::Denoising
        } else {
            Objective::StableTarget
        },
        ..Settings::default()
    };
    let plan = settings.plan(settings.ladder(snapshot.preconditioning.scale), snapshot.shape);
    let trainer = Trainer::restore(snapshot.clone(), &Device::flex())?;
    Ok(trainer.next_batch(&set.field(), &plan))
}

/// Mean over the rows of `|F - target|²`, by the library.
fn loss(snapshot: &Snapshot, batch: &Batch) -> Outcome<f64> {
    let Task::Target(targets) = &batch.task else {
        return Err("only targets are compared".into());
    };
    let upload =
        |values: Vec<f32>, shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values, shape), &Device::flex());
    let weights = upload(snapshot.weights.clone(), [1, snapshot.weights.len()]).reshape([-1]);
    let output = Network::new(snapshot.shape, &weights)
        .output(upload(batch.features(&snapshot.preconditioning), [batch.len(), 12]));
    let output: Vec<f32> = output.into_data().iter::<f32>().collect();
    let squares = output.iter().zip(targets).map(|(f, t)| f64::from(f - t).powi(2));
    Ok(squares.sum::<f64>() / batch.len() as f64)
}
