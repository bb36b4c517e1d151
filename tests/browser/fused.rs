//! The fused kernels against the graph of tensor operations: the same numbers, in fewer dispatches and less time.

use burn::tensor::{Device, Tensor};
use scorefield::distribution::{ExactField, Preset};
use scorefield::engine::webgpu;
use scorefield::field::{Field, Move, Route, points_on};
use scorefield::fused::{self, random};
use scorefield::model::{Preconditioning, Shape};
use scorefield::noise::NoiseLadder;
use scorefield::sampler::{Annealed, Chain, Guard, Langevin, Sampler};
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

/// Adam's mean of the gradients after one more step.
async fn a_step_on(mut trainer: Trainer, data: &ExactField, change: impl Fn(&mut Plan)) -> Vec<f32> {
    let mut plan = Plan::usual(NoiseLadder::for_scale(data.scale()));
    change(&mut plan);
    trainer.step(data, &plan);
    trainer.checkpoint().await.unwrap().first_moment
}

#[wasm_bindgen_test]
async fn a_fused_step_is_the_step_of_the_graph() {
    let Some(gpu) = gpu().await else { return };
    let data = Preset::Moons.field();
    fused::trust(true);
    // Batches that fill no whole number of tiles, and one that is taken in two portions.
    for (width, depth, batch) in [
        (64, 3, 512),
        (64, 1, 500),
        (8, 2, 300),
        (24, 3, 100),
        (128, 2, 1500),
        (128, 3, 512),
        (512, 1, 9000),
    ] {
        let change = |plan: &mut Plan| {
            plan.batch = batch;
            plan.micro_batch = batch;
        };
        let shape = shape(width, depth);
        // A network that begins has a last layer of zeros, and no gradient by all the others.
        let [here, there] = twins(shape, &gpu).await;
        let here = a_step_on(here, &data, change).await;
        let there = a_step_on(there, &data, change).await;
        let gradient = gap(&here, &there);
        console_log!("{depth}x{width}, batch {batch}: gradients differ by {gradient:.1e}");
        // A tenth of the new gradient is in it, and nine tenths of what both have had.
        assert!(gradient < 1e-5, "{depth}x{width}, batch {batch}: {gradient}");
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

#[wasm_bindgen_test]
async fn twenty_fused_steps_lead_where_twenty_on_the_cpu_lead() {
    let Some(gpu) = gpu().await else { return };
    let data = Preset::Moons.field();
    fused::trust(true);
    let here = trained(&data, Shape::default(), &Device::flex(), 20, |_| ()).await;
    let there = trained(&data, Shape::default(), &gpu, 20, |_| ()).await;
    let gaps = [
        gap(&here.weights, &there.weights),
        gap(&here.average, &there.average),
        gap(&here.first_moment, &there.first_moment),
        gap(&here.second_moment, &there.second_moment),
    ];
    console_log!("after 20 steps weights, average and moments differ by {gaps:?}");
    // Adam divides by the gradient's size: where it is near 0, its rounding errors are steps of full length.
    assert!(gaps.iter().all(|&gap| gap < 1e-3), "{gaps:?}");
}

/// Trained a little on the CPU, and the same network there and on the GPU.
async fn twins(shape: Shape, gpu: &Device) -> [Trainer; 2] {
    let data = Preset::Moons.field();
    let snapshot = trained(&data, shape, &Device::flex(), 60, |_| ()).await;
    [&Device::flex(), gpu].map(|device| Trainer::restore(snapshot.clone(), device).unwrap())
}

async fn read(x: Tensor<2>) -> Vec<f32> {
    x.into_data_async().await.unwrap().iter::<f32>().collect()
}

fn scattered(count: usize) -> Vec<f32> {
    (0..2 * count).map(|i| 2.5 * (0.7 * i as f32).sin()).collect()
}

#[wasm_bindgen_test]
async fn the_fused_field_is_the_field_on_the_cpu() {
    let Some(gpu) = gpu().await else { return };
    fused::trust(true);
    for (width, depth, count) in [(64, 3, 1000), (8, 1, 7), (40, 2, 300), (512, 2, 33)] {
        let [here, there] = twins(shape(width, depth), &gpu).await.map(|trainer| trainer.field());
        let points = scattered(count);
        read(there.score(&points_on(&gpu, points.clone()), 1.0)).await;
        for sigma in [0.01, 0.3, 3.0] {
            count_dispatches();
            let on_gpu = read(there.score(&points_on(&gpu, points.clone()), sigma)).await;
            let sent = dispatches();
            let on_cpu = read(here.score(&points_on(&Device::flex(), points.clone()), sigma)).await;
            let gap = gap(&on_cpu, &on_gpu);
            assert!(gap < 1e-4, "{depth}x{width} at sigma {sigma}: {gap}");
            assert!(sent <= 1.0, "{sent} dispatches for a field evaluation");
        }
    }
}

fn moves(sigma: f32, drift: f32, kick: f32, steps: std::ops::Range<u64>) -> Vec<Move> {
    steps
        .map(|step| Move {
            sigma,
            drift,
            kick,
            step,
        })
        .collect()
}

/// The host's form of the generator is tested natively: known answers, moments, correlations.
#[wasm_bindgen_test]
async fn a_walk_without_drift_is_made_of_the_noise_of_the_host() {
    let Some(gpu) = gpu().await else { return };
    fused::trust(true);
    const COUNT: usize = 3000;
    let seed = 0xDEAD_BEEF;
    let field = trainer(&Preset::Moons.field(), Shape::default(), &gpu).0.field();
    let zeros = points_on(&gpu, vec![0.0; 2 * COUNT]);
    read(field.score(&zeros, 1.0)).await;
    for first in [0, (1 << 33) + 5] {
        let route = Route {
            seed,
            clip: None,
            moves: moves(0.3, 0.0, 1.0, first..first + 5),
        };
        count_dispatches();
        let walked = read(field.travel(&zeros, &route).unwrap()).await;
        assert!(dispatches() <= 1.0, "{} dispatches for five steps", dispatches());
        for (particle, place) in walked.chunks_exact(2).enumerate() {
            let mut expected = [0.0; 2];
            for step in first..first + 5 {
                let noise = random::normals(seed, step, particle as u32);
                expected = [expected[0] + noise[0], expected[1] + noise[1]];
            }
            for (got, wanted) in place.iter().zip(expected) {
                assert!((got - wanted).abs() < 2e-5, "particle {particle}: {got}, not {wanted}");
            }
        }
    }
}

#[wasm_bindgen_test]
async fn steps_made_in_one_go_are_the_steps_made_one_by_one_on_the_cpu() {
    let Some(gpu) = gpu().await else { return };
    fused::trust(true);
    let [here, there] = twins(Shape::default(), &gpu).await.map(|trainer| trainer.field());
    let data = Preset::Moons.field();
    let guard = Guard::new(data.mean(), data.scale(), Some(data.bounds()));
    let (seed, sigma, count) = (5, 0.3, 200);
    let chain = Chain {
        guard: Some(guard),
        ..Chain::new(sigma, 0.1, seed)
    };
    let mut sampler = Langevin::new(chain, 1.0);
    let (x, made) = sampler
        .leap(&there, &points_on(&gpu, scattered(count)), 20)
        .expect("the kernels are trusted");
    assert_eq!((made, sampler.steps(), sampler.evaluations()), (20, 20, 20));
    let on_gpu = read(x).await;
    let mut expected = scattered(count);
    for step in 0..20 {
        let x = points_on(&Device::flex(), expected.clone());
        let scores = read(here.score(&x, sigma)).await;
        for (i, place) in expected.iter_mut().enumerate() {
            let noise = random::normals(seed, step, (i / 2) as u32)[i % 2];
            let denoised = (*place + sigma * sigma * scores[i]).clamp(guard.low[i % 2], guard.high[i % 2]);
            let pull = (denoised - *place) / (sigma * sigma);
            *place += chain.length() * pull + chain.time_step() * noise;
        }
    }
    let gap = gap(&expected, &on_gpu);
    console_log!("20 Langevin steps: particles differ by {gap:.1e}");
    assert!(gap < 1e-4, "{gap}");
}

/// An untrained score network is the score of one round Gaussian, for which Euler's chain is known in closed form.
#[wasm_bindgen_test]
async fn particles_on_the_gpu_end_as_the_gaussian_that_their_chain_has() {
    let Some(gpu) = gpu().await else { return };
    fused::trust(true);
    const COUNT: usize = 20_000;
    let data = Preset::Moons.field();
    let (sigma, mean) = (0.5, data.mean());
    let field = trainer(&data, shape(16, 1), &gpu).0.field();
    let width = sigma * sigma + data.scale() * data.scale();
    let mut sampler = Langevin::new(Chain::new(sigma, 0.4, 3), 1.0);
    let start = points_on(&gpu, vec![0.0; 2 * COUNT]);
    let (x, _) = sampler.leap(&field, &start, 100).expect("the kernels are trusted");
    let (x, _) = sampler.leap(&field, &x, 100).expect("the kernels are trusted");
    let places = read(x).await;
    let step = 0.4 * sigma * sigma;
    let variance = f64::from(width / (1.0 - step / (2.0 * width)));
    for axis in 0..2 {
        let centred = || places[axis..].iter().step_by(2).map(|x| f64::from(x - mean[axis]));
        let moment = |k| centred().map(|x| x.powi(k)).sum::<f64>() / COUNT as f64;
        let error = 1.0 / (COUNT as f64).sqrt();
        assert!(moment(1).abs() < 6.0 * error * variance.sqrt(), "mean {}", moment(1));
        let excess = moment(2) / variance - 1.0;
        assert!(excess.abs() < 6.0 * error * f64::sqrt(2.0), "variance {excess}");
        let kurtosis = moment(4) / (variance * variance) - 3.0;
        assert!(kurtosis.abs() < 6.0 * error * f64::sqrt(96.0), "kurtosis {kurtosis}");
    }
    let product = places
        .chunks_exact(2)
        .map(|p| f64::from((p[0] - mean[0]) * (p[1] - mean[1])))
        .sum::<f64>();
    assert!(
        product.abs() < 6.0 * variance * (COUNT as f64).sqrt(),
        "correlation {product}"
    );
}

#[wasm_bindgen_test]
async fn a_descent_in_leaps_makes_the_steps_of_a_descent() {
    let Some(gpu) = gpu().await else { return };
    fused::trust(true);
    let data = Preset::Moons.field();
    let field = trainer(&data, shape(16, 1), &gpu).0.field();
    let ladder = NoiseLadder {
        levels: 4,
        ..NoiseLadder::for_scale(data.scale())
    };
    let mut sampler = Annealed::new(ladder, Chain::new(1.0, 0.1, 3), 3, 1.0);
    let mut x = points_on(&gpu, vec![0.1; 64]);
    let mut made = 0;
    while let Some((moved, steps)) = sampler.leap(&field, &x, 5) {
        (x, made) = (moved, made + steps);
    }
    assert_eq!((made, sampler.steps(), sampler.level()), (12, 12, Some(3)));
    let x = sampler.step(&field, x);
    assert!(sampler.finished() && read(x).await.iter().all(|x| x.is_finite()));
}
