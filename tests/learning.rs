//! Learning: preconditioning, features, gradients, training, checkpoints, the Fisher gauge.
#![allow(clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Differential, ExactScore, Field},
    metrics::fisher::{FisherError, FisherGauge, levels},
    model::{LearnedField, Network, Preconditioning, Shape, activation, features},
    noise::NoiseLadder,
    objective::{Batch, denoising},
    training::{self, Plan, RestoreError, Snapshot, Trainer},
};

const SMALL: Shape = Shape { width: 8, depth: 2 };
const USUAL: Shape = Shape { width: 64, depth: 3 };
const PRE: Preconditioning = Preconditioning {
    mean: [0.2, -0.1],
    scale: 0.5,
};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn pairs(values: Vec<f32>) -> Tensor<2> {
    let n = values.len() / 2;
    Tensor::from_data(TensorData::new(values, [n, 2]), &Device::flex())
}

fn flat(values: Vec<f32>) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), &Device::flex())
}

fn host<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as().unwrap()
}

fn uniform(n: usize, half_width: f32, seed: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..n).map(|_| half_width * (2.0 * rng.random::<f32>() - 1.0)).collect()
}

/// Weights of which none is zero, so that no derivative vanishes by chance.
fn random_weights(shape: Shape, seed: u64) -> Vec<f32> {
    uniform(shape.parameters(), 0.6, seed)
}

fn plan(scale: f32, batch: usize) -> Plan {
    Plan {
        batch,
        learning_rate: 1e-2,
        ladder: NoiseLadder::for_scale(scale),
        micro_batch: batch,
    }
}

fn conditioned(data: &ExactField) -> Preconditioning {
    Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    }
}

fn some_batch(size: usize) -> Batch {
    let data = Preset::Moons.field();
    denoising::batch(
        &data,
        &PRE,
        &NoiseLadder::for_scale(0.5),
        size,
        &mut StdRng::seed_from_u64(5),
    )
}

fn snapshot(trainer: &Trainer) -> Snapshot {
    block_on(trainer.checkpoint()).unwrap()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn features_made_on_the_host_and_on_the_device_are_the_same_numbers() {
    let x = uniform(400, 2.0, 1);
    for sigma in [0.01, 0.1, 1.0, 3.0] {
        let on_host: Vec<f32> = x
            .chunks(2)
            .flat_map(|p| features::on_host(&PRE, [p[0], p[1]], sigma))
            .collect();
        let on_device = host(&features::on_device(&PRE, &pairs(x.clone()), sigma));
        assert!(largest_difference(&on_host, &on_device) < 2e-6, "sigma {sigma}");
    }
}

#[test]
fn the_vectorised_logistic_function_is_exact_to_rounding_everywhere() {
    let mut worst = 0.0_f64;
    // To ±86: the last normal numbers.
    for i in -200_000..=200_000 {
        let a = i as f32 * 4.3e-4;
        let truth = 1.0 / (1.0 + (-f64::from(a)).exp());
        worst = worst.max((f64::from(activation::logistic(a)) - truth).abs() / truth);
    }
    assert!(worst < 3e-7, "{worst}");
    assert!(activation::logistic(-1e9) < 1e-37 && activation::logistic(1e9).to_bits() == 1.0_f32.to_bits());
    assert!(activation::logistic(f32::NAN).is_nan());
}

#[test]
fn the_activation_and_its_slope_agree_with_their_formula() {
    let a = uniform(1000, 12.0, 2);
    let (value, slope) = activation::silu_and_slope(pairs(a.clone()));
    let alone = activation::silu(pairs(a.clone()));
    let truth = a.iter().map(|&a| {
        let (a, g) = (f64::from(a), 1.0 / (1.0 + (-f64::from(a)).exp()));
        ((a * g) as f32, (g * (1.0 + a * (1.0 - g))) as f32)
    });
    let (values, slopes): (Vec<f32>, Vec<f32>) = truth.unzip();
    assert!(largest_difference(&host(&value), &values) < 3e-6);
    assert!(largest_difference(&host(&alone), &values) < 3e-6);
    assert!(largest_difference(&host(&slope), &slopes) < 2e-6);
}

/// Output zero is the exact score of `N(mean, (scale² + sigma²) I)`, and an untrained network's output is zero.
#[test]
fn an_untrained_network_is_the_exact_field_of_one_round_gaussian() {
    let gaussian = ExactField::mixture(vec![PRE.mean], vec![1.0], vec![PRE.scale * PRE.scale]).unwrap();
    let field = Trainer::new(USUAL, PRE, 3, &Device::flex()).field();
    let x = uniform(100, 2.0, 4);
    for sigma in [0.01_f32, 0.3, 3.0] {
        let learned = host(&field.score(&pairs(x.clone()), sigma));
        let exact: Vec<f32> = x
            .chunks(2)
            .flat_map(|p| gaussian.local([p[0], p[1]], sigma).score)
            .collect();
        assert!(largest_difference(&learned, &exact) < 1e-5, "sigma {sigma}");
    }
}

#[test]
fn the_default_network_has_the_reference_size() {
    assert_eq!(USUAL.parameters(), 9282);
}

/// Independent oracle: the loss in double precision, written out for one row at a time.
fn loss_in_f64(shape: Shape, weights: &[f64], batch: &Batch) -> f64 {
    let rows = batch.points.chunks(2).zip(&batch.sigmas).zip(batch.targets.chunks(2));
    let total: f64 = rows
        .map(|((point, &sigma), target)| {
            let mut h: Vec<f64> = features::on_host(&PRE, [point[0], point[1]], sigma)
                .iter()
                .map(|&f| f64::from(f))
                .collect();
            let mut offset = 0;
            for (i, (inputs, outputs)) in shape.layers().enumerate() {
                let (w, b) = (&weights[offset..], &weights[offset + inputs * outputs..]);
                let a = (0..outputs).map(|o| b[o] + (0..inputs).map(|j| h[j] * w[j * outputs + o]).sum::<f64>());
                h = a
                    .map(|a| if i < shape.depth { a / (1.0 + (-a).exp()) } else { a })
                    .collect();
                offset += (inputs + 1) * outputs;
            }
            h.iter()
                .zip(target)
                .map(|(f, &t)| (f - f64::from(t)).powi(2))
                .sum::<f64>()
        })
        .sum();
    total / batch.len() as f64
}

#[test]
fn the_gradient_agrees_with_central_differences_of_an_independent_loss_in_double_precision() {
    let batch = some_batch(32);
    let weights = random_weights(SMALL, 6);
    let gradient = host(&training::gradient(SMALL, &flat(weights.clone()), &PRE, &batch, 32));
    let mut wide: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
    let size = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
    for (i, &g) in gradient.iter().enumerate() {
        let h = 1e-5;
        wide[i] += h;
        let up = loss_in_f64(SMALL, &wide, &batch);
        wide[i] -= 2.0 * h;
        let down = loss_in_f64(SMALL, &wide, &batch);
        wide[i] += h;
        let truth = ((up - down) / (2.0 * h)) as f32;
        assert!((g - truth).abs() < 3e-6 * size, "parameter {i}: {g} against {truth}");
    }
}

#[test]
fn a_batch_in_pieces_has_the_gradient_of_the_whole() {
    let batch = some_batch(100);
    let weights = flat(random_weights(USUAL, 7).iter().map(|w| 0.3 * w).collect());
    let whole = host(&training::gradient(USUAL, &weights, &PRE, &batch, 100));
    let pieces = host(&training::gradient(USUAL, &weights, &PRE, &batch, 32));
    let size = whole.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
    assert!(largest_difference(&whole, &pieces) < 1e-5 * size.max(1.0));
}

#[test]
fn targets_have_unit_variance_at_every_noise_level_and_noise_levels_cover_the_ladder() {
    let data = Preset::Moons.field();
    let (pre, ladder) = (conditioned(&data), NoiseLadder::for_scale(data.scale()));
    let batch = denoising::batch(&data, &pre, &ladder, 80_000, &mut StdRng::seed_from_u64(8));
    for quarter in 0..4 {
        let targets = &batch.targets[quarter * 40_000..(quarter + 1) * 40_000];
        let mean_square = targets.iter().map(|t| t * t).sum::<f32>() / 40_000.0;
        // Mean of 40,000 squares with a variance of at most 2: a standard error of 0.007.
        assert!((mean_square - 1.0).abs() < 0.05, "quarter {quarter}: {mean_square}");
    }
    assert!(batch.sigmas.is_sorted());
    let (first, last) = (batch.sigmas[0], batch.sigmas[79_999]);
    assert!((first / ladder.sigma_min - 1.0).abs() < 1e-3 && (last / ladder.sigma_max - 1.0).abs() < 1e-3);
}

/// Vincent's identity: the target is `c_out` times what the denoiser must add to `c_skip` times the noised point.
#[test]
fn a_target_is_the_preconditioned_data_point() {
    let data = ExactField::mixture(vec![[0.9, -0.7]], vec![1.0], vec![0.0]).unwrap();
    let ladder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.05,
        levels: 2,
    };
    let batch = denoising::batch(&data, &PRE, &ladder, 64, &mut StdRng::seed_from_u64(9));
    for ((point, &sigma), target) in batch.points.chunks(2).zip(&batch.sigmas).zip(batch.targets.chunks(2)) {
        for axis in 0..2 {
            let y = point[axis] - PRE.mean[axis];
            let denoised = PRE.skip(sigma) * y + PRE.output_gain(sigma) * target[axis] + PRE.mean[axis];
            assert!((denoised - [0.9, -0.7][axis]).abs() < 2e-6);
        }
    }
}

fn trained(data: &ExactField, steps: u64) -> Trainer {
    let mut trainer = Trainer::new(USUAL, conditioned(data), 0, &Device::flex());
    let plan = plan(data.scale(), 256);
    (0..steps).for_each(|_| trainer.step(data, &plan));
    trainer
}

fn measured(data: &ExactField, field: &dyn Field) -> FisherError {
    let gauge = FisherGauge::new(data, &levels(data.scale()), 1024, 10, &Device::flex());
    block_on(gauge.measure(field)).unwrap()
}

#[test]
fn training_brings_the_true_error_far_down() {
    let data = Preset::Moons.field();
    let (before, after) = (
        measured(&data, &trained(&data, 0).field()),
        measured(&data, &trained(&data, 400).field()),
    );
    // One Gaussian is over a nat away; 400 steps leave about 0.15.
    assert!(before.nats > 1.0, "{before:?}");
    assert!(after.nats < 0.3, "{after:?}");
    assert!(after.relative.iter().all(|&e| e < 0.3), "{after:?}");
}

#[test]
fn the_exact_score_has_no_fisher_error_and_the_gauge_knows_a_known_error() {
    let data = Preset::Moons.field();
    let exact = measured(&data, &ExactScore::new(data.clone()));
    assert!(
        exact.nats < 1e-9 && exact.relative.iter().all(|&e| e < 1e-9),
        "{exact:?}"
    );

    /// Off by 0.1 / sigma in one component: `sigma² E|ds|² = 0.01` at every level.
    struct Tilted(ExactScore);
    impl Field for Tilted {
        fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
            self.0.score(x, sigma) + Tensor::from_floats([[0.1 / sigma, 0.0]], &Device::flex())
        }

        fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
            self.0.differential(x, sigma)
        }
    }
    let tilted = measured(&data, &Tilted(ExactScore::new(data.clone())));
    let truth = 0.01 * 50.0_f32.ln();
    assert!(
        (tilted.nats / truth - 1.0).abs() < 1e-3,
        "{} against {truth}",
        tilted.nats
    );
}

#[test]
fn the_exact_field_behind_the_common_question_is_the_closed_form() {
    let data = Preset::Rings.field();
    let field = ExactScore::new(data.clone());
    let x = uniform(60, 1.5, 11);
    // More levels than are kept prepared, and back to the first.
    for sigma in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.1] {
        let scores = host(&field.score(&pairs(x.clone()), sigma));
        for (point, score) in x.chunks(2).zip(scores.chunks(2)) {
            let truth = data.local([point[0], point[1]], sigma).score;
            let size = truth[0].hypot(truth[1]).max(1.0);
            assert!(
                (score[0] - truth[0]).hypot(score[1] - truth[1]) < 1e-3 * size,
                "{score:?} against {truth:?}"
            );
        }
    }
}

/// Its energy is `-log p_sigma` and its divergence the trace of the Jacobian, by closed form; it has no curl.
#[test]
fn the_exact_field_knows_its_energy_and_its_derivatives() {
    let data = Preset::Checkerboard.field();
    let field = ExactScore::new(data.clone());
    let (x, sigma) = (uniform(60, 1.5, 16), 0.2);
    let differential = field.differential(&pairs(x.clone()), sigma);
    let energy = host(&field.energy(&pairs(x.clone()), sigma).unwrap());
    let divergence = host(&differential.divergence);
    assert!(host(&differential.curl).iter().all(|&c| c.abs() < f32::EPSILON));
    assert_eq!(host(&differential.score), host(&field.score(&pairs(x.clone()), sigma)));
    for (i, point) in x.chunks(2).enumerate() {
        let point = [point[0], point[1]];
        let jacobian = data.jacobian(point, sigma);
        let truth = data.local(point, sigma).log_density;
        assert!((energy[i] + truth).abs() < 1e-4 * truth.abs().max(1.0));
        assert!((divergence[i] - jacobian[0][0] - jacobian[1][1]).abs() < 1e-4);
    }
}

/// Central differences in single precision, step 1e-2: truncation `h²/6 s'''` and rounding `1e-7 |s| / h` both stay
/// below 1 % of the derivatives' size at this noise level.
#[test]
fn divergence_and_curl_agree_with_finite_differences() {
    let weights: Vec<f32> = random_weights(SMALL, 12);
    let field = LearnedField::new(Network::new(SMALL, &flat(weights)), PRE);
    let (sigma, h, x) = (0.5, 1e-2, uniform(200, 1.0, 13));
    let exact = field.differential(&pairs(x.clone()), sigma);
    let shifted = |dx: f32, dy: f32| {
        let moved = x.chunks(2).flat_map(|p| [p[0] + dx, p[1] + dy]).collect();
        host(&field.score(&pairs(moved), sigma))
    };
    let (right, left, up, down) = (shifted(h, 0.0), shifted(-h, 0.0), shifted(0.0, h), shifted(0.0, -h));
    let slope = |high: &[f32], low: &[f32], i: usize| (high[i] - low[i]) / (2.0 * h);
    let differences = |f: &dyn Fn(usize) -> f32| (0..100).map(f).collect::<Vec<f32>>();
    let divergence = differences(&|i| slope(&right, &left, 2 * i) + slope(&up, &down, 2 * i + 1));
    let curl = differences(&|i| slope(&right, &left, 2 * i + 1) - slope(&up, &down, 2 * i));
    let size = |v: &[f32]| v.iter().fold(0.0_f32, |m, d| m.max(d.abs()));
    assert!(
        size(&divergence) > 1.0 && size(&curl) > 0.1,
        "the test must see derivatives"
    );
    assert!(largest_difference(&host(&exact.divergence), &divergence) < 0.01 * size(&divergence));
    assert!(largest_difference(&host(&exact.curl), &curl) < 0.01 * size(&curl));
    assert!(largest_difference(&host(&exact.score), &host(&field.score(&pairs(x.clone()), sigma))) < 1e-5);
}

#[test]
fn the_same_seed_gives_the_same_weights_to_the_last_bit_and_another_seed_gives_others() {
    let data = Preset::Spirals.field();
    let run = |seed| {
        let mut trainer = Trainer::new(SMALL, conditioned(&data), seed, &Device::flex());
        (0..30).for_each(|_| trainer.step(&data, &plan(data.scale(), 64)));
        snapshot(&trainer)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).weights, run(2).weights);
}

#[test]
fn a_run_taken_up_from_a_snapshot_goes_on_to_the_last_bit() {
    let data = Preset::Moons.field();
    let plan = plan(data.scale(), 64);
    let mut straight = Trainer::new(SMALL, conditioned(&data), 4, &Device::flex());
    (0..20).for_each(|_| straight.step(&data, &plan));
    let mut resumed = Trainer::restore(snapshot(&straight), &Device::flex()).unwrap();
    for trainer in [&mut straight, &mut resumed] {
        (0..20).for_each(|_| trainer.step(&data, &plan));
    }
    assert_eq!(snapshot(&straight), snapshot(&resumed));
    assert_eq!(straight.steps(), 40);
}

#[test]
fn a_snapshot_of_the_wrong_length_is_refused_with_the_length_that_is_right() {
    let mut broken = snapshot(&Trainer::new(SMALL, PRE, 0, &Device::flex()));
    broken.average.pop();
    let wanted = SMALL.parameters();
    let error = Trainer::restore(broken, &Device::flex()).err();
    assert_eq!(
        error,
        Some(RestoreError {
            part: "averaged weights",
            got: wanted - 1,
            wanted
        })
    );
}

#[test]
fn an_edit_of_the_data_sets_the_clock_back_but_never_forward() {
    let data = Preset::Moons.field();
    let mut trainer = Trainer::new(Shape { width: 2, depth: 1 }, PRE, 0, &Device::flex());
    let plan = plan(data.scale(), 8);
    (0..100).for_each(|_| trainer.step(&data, &plan));
    trainer.data_changed();
    assert_eq!((trainer.clock(), trainer.steps()), (100, 100));
    (0..300).for_each(|_| trainer.step(&data, &plan));
    trainer.data_changed();
    assert_eq!((trainer.clock(), trainer.steps()), (300, 400));
    trainer.step(&data, &plan);
    assert_eq!((trainer.clock(), trainer.steps()), (301, 401));
}

/// The first step's average is the weights themselves, and later ones are weighed by a power of the step: after `t`
/// steps of weights `w_i` it is `sum_i (prod_{j>i} beta_j) (1 - beta_i) w_i`.
#[test]
fn the_average_is_the_power_function_average_of_the_weights() {
    let data = Preset::Moons.field();
    let mut trainer = Trainer::new(SMALL, PRE, 0, &Device::flex());
    let mut average = vec![0.0_f64; SMALL.parameters()];
    for t in 1..=12 {
        trainer.step(&data, &plan(data.scale(), 16));
        let beta = (1.0 - 1.0 / f64::from(t)).powf(17.97);
        let now = snapshot(&trainer);
        for (a, &w) in average.iter_mut().zip(&now.weights) {
            *a = beta * *a + (1.0 - beta) * f64::from(w);
        }
        let truth: Vec<f32> = average.iter().map(|&a| a as f32).collect();
        assert!(largest_difference(&now.average, &truth) < 1e-6, "step {t}");
    }
}

/// Scaling data, noise and scale together by `k` leaves the output as it is and divides the score by `k`.
#[test]
fn a_field_does_not_know_the_unit_of_length() {
    let network = Network::new(SMALL, &flat(random_weights(SMALL, 14)));
    let k = 7.0_f32;
    let large = Preconditioning {
        mean: PRE.mean.map(|m| k * m),
        scale: k * PRE.scale,
    };
    let (field, scaled) = (
        LearnedField::new(network.clone(), PRE),
        LearnedField::new(network, large),
    );
    let x = uniform(100, 1.5, 15);
    let far: Vec<f32> = x.iter().map(|x| k * x).collect();
    for sigma in [0.05, 0.5, 2.0] {
        let (here, there) = (pairs(x.clone()), pairs(far.clone()));
        assert!(
            largest_difference(
                &host(&field.output(&here, sigma)),
                &host(&scaled.output(&there, k * sigma))
            ) < 2e-5
        );
        let there: Vec<f32> = host(&scaled.score(&there, k * sigma)).iter().map(|s| k * s).collect();
        let here = host(&field.score(&here, sigma));
        let size = here.iter().fold(1.0_f32, |m, s| m.max(s.abs()));
        assert!(largest_difference(&here, &there) < 2e-5 * size);
    }
}
