//! The fused kernels against the graph of tensor operations: the same numbers, in fewer dispatches and less time.

use burn::tensor::Device;
use scorefield::distribution::{ExactField, Preset};
use scorefield::engine::webgpu;
use scorefield::fused;
use scorefield::model::{Preconditioning, Shape};
use scorefield::noise::NoiseLadder;
use scorefield::training::{Plan, Snapshot, Trainer};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// The WebGPU device; none, and said so, where there is none.
async fn gpu() -> Option<Device> {
    if let Err(reason) = webgpu::probe().await {
        console_log!("SKIPPED a WebGPU test: {reason}");
        return None;
    }
    Some(webgpu::device().await.unwrap())
}

fn shape(width: usize, depth: usize) -> Shape {
    Shape {
        width,
        depth,
        ..Shape::default()
    }
}

fn trainer(data: &ExactField, shape: Shape, device: &Device) -> (Trainer, Plan) {
    let (mean, scale) = (data.mean(), data.scale());
    let trainer = Trainer::new(shape, Preconditioning { mean, scale }, 7, device);
    (trainer, Plan::usual(NoiseLadder::for_scale(scale)))
}

async fn trained(data: &ExactField, shape: Shape, device: &Device, steps: u32, change: impl Fn(&mut Plan)) -> Snapshot {
    let (mut trainer, mut plan) = trainer(data, shape, device);
    change(&mut plan);
    for _ in 0..steps {
        trainer.step(data, &plan);
    }
    trainer.checkpoint().await.unwrap()
}

/// Largest difference against the size of the largest number.
fn gap(a: &[f32], b: &[f32]) -> f32 {
    let size = a.iter().fold(0.0_f32, |size, v| size.max(v.abs()));
    let gap = a.iter().zip(b).fold(0.0_f32, |gap, (a, b)| gap.max((a - b).abs()));
    assert!(a.len() == b.len() && size > 0.0);
    gap / size
}

/// Counts what the page sends to the GPU from now on.
fn count_dispatches() {
    js_sys::eval(
        "if (!globalThis.dispatches) {
            globalThis.dispatches = { count: 0 };
            const plain = GPUComputePassEncoder.prototype.dispatchWorkgroups;
            GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...size) {
                globalThis.dispatches.count += 1;
                return plain.apply(this, size);
            };
        }
        globalThis.dispatches.count = 0;",
    )
    .unwrap();
}

fn dispatches() -> f64 {
    js_sys::eval("globalThis.dispatches.count").unwrap().as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn a_fused_step_is_the_step_of_the_graph() {
    let Some(gpu) = gpu().await else { return };
    let data = Preset::Moons.field();
    fused::trust(true);
    // Batches that fill no whole number of tiles, and one that a group takes in several.
    for (width, depth, batch) in [(64, 3, 512), (64, 1, 500), (8, 2, 300), (24, 3, 100), (128, 2, 1500)] {
        let change = |plan: &mut Plan| {
            plan.batch = batch;
            plan.micro_batch = batch;
        };
        let shape = shape(width, depth);
        let here = trained(&data, shape, &Device::flex(), 1, change).await;
        let there = trained(&data, shape, &gpu, 1, change).await;
        // After one step the first moment is a tenth of the gradient.
        let gradient = gap(&here.first_moment, &there.first_moment);
        console_log!("{depth}x{width}, batch {batch}: gradients differ by {gradient:.1e}");
        assert!(gradient < 1e-4, "{depth}x{width}, batch {batch}: {gradient}");
    }
}

#[wasm_bindgen_test]
async fn a_training_step_takes_few_dispatches_and_less_time_than_the_graph() {
    let Some(gpu) = gpu().await else { return };
    let data = Preset::Moons.field();
    let (mut trainer, plan) = trainer(&data, Shape::default(), &gpu);
    let clock = web_sys::window().unwrap().performance().unwrap();
    let mut times = [[0.0; 2]; 3];
    for round in &mut times {
        for (fused, time) in [false, true].into_iter().zip(round) {
            fused::trust(fused);
            trainer.step(&data, &plan);
            trainer.settle().await.unwrap();
            count_dispatches();
            let start = clock.now();
            for _ in 0..4 {
                trainer.step(&data, &plan);
            }
            trainer.settle().await.unwrap();
            *time = (clock.now() - start) / 4.0;
            let each = dispatches() / 4.0;
            console_log!("fused {fused}: {each} dispatches a step, {time:.1} ms a step at 3x64, batch 512");
            assert!(!fused || each <= 4.0, "{each} dispatches");
        }
    }
}
