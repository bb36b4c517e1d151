//! What the objectives ask for, and that they all ask for the same.
//!
//! Statistical bounds are six standard errors; seeds are fixed.
#![allow(clippy::panic)]

use rand::{SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::{ExactField, Preset},
    model::{Preconditioning, Shape},
    noise::NoiseLadder,
    objective::{Batch, Objective, Problem, Task, Weighting},
    training,
};

use crate::common::*;

const OTHERS: [Objective; 4] = [
    Objective::StableTarget,
    Objective::Implicit,
    Objective::Sliced,
    Objective::Explicit,
];

/// Not so wide that the implicit objectives, which know the score at large noise only as a small difference, would need
/// millions of rows.
const LADDER: NoiseLadder = NoiseLadder {
    sigma_max: 0.8,
    sigma_min: 0.1,
    levels: 2,
};

fn batch(objective: Objective, data: &ExactField, pre: &Preconditioning, size: usize, seed: u64) -> Batch {
    let problem = Problem {
        data,
        preconditioning: pre,
        ladder: &LADDER,
        size,
    };
    objective.batch(Weighting::SigmaSquared, &problem, &mut StdRng::seed_from_u64(seed))
}

fn targets(batch: &Batch) -> &[f32] {
    match &batch.task {
        Task::Target(targets) => targets,
        other => panic!("{other:?} is no target"),
    }
}

/// Gradients of a fixed network with random weights, of independent batches.
fn gradients(shape: Shape, objective: Objective, seeds: std::ops::Range<u64>) -> impl Iterator<Item = Vec<f32>> {
    let data = Preset::Moons.field();
    let (pre, weights) = (conditioned(&data), flat(random_weights(shape, 20)));
    seeds.map(move |seed| {
        let batch = batch(objective, &data, &pre, 256, seed);
        host(&training::gradient(shape, &weights, &pre, &batch, 256))
    })
}

/// Components of gradients along a pilot, whose parameters are dealt out to three directions.
fn components(pilot: &[f32], gradient: &[f32]) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (i, (g, p)) in gradient.iter().zip(pilot).enumerate() {
        sums[i % 3] += f64::from(g * p);
    }
    sums
}

/// Mean and standard error.
fn estimate(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    [mean, (variance / n).sqrt()]
}

/// All objectives are the same function of the weights but for a constant, so that their expected gradients agree:
/// along three directions in which the gradient is large, within six standard errors of the difference from denoising
/// at equal seeds (which mostly means at equal points). A standard error is small against the gradient itself, so that
/// a wrong factor would be seen.
#[test]
fn all_objectives_have_the_same_expected_gradient() {
    for kind in KINDS {
        let shape = Shape { kind, ..SMALL };
        let pilot = gradients(shape, Objective::Denoising, 5000..5050)
            .reduce(|sum, g| sum.iter().zip(&g).map(|(a, b)| a + b).collect())
            .unwrap();
        let run = |objective| -> Vec<[f64; 3]> {
            let all = gradients(shape, objective, 0..700);
            all.map(|gradient| components(&pilot, &gradient)).collect()
        };
        let denoising = run(Objective::Denoising);
        for objective in OTHERS {
            let found = run(objective);
            for k in 0..3 {
                let [strength, _] = estimate(denoising.iter().map(|c| c[k]));
                let [difference, error] = estimate(found.iter().zip(&denoising).map(|(a, b)| a[k] - b[k]));
                assert!(
                    difference.abs() < 6.0 * error,
                    "{kind:?}, {objective:?}: {difference} with a standard error of {error}"
                );
                assert!(
                    error < 0.04 * strength,
                    "{kind:?}, {objective:?}: {error} of {strength}"
                );
            }
        }
    }
}

#[test]
fn denoising_targets_have_unit_variance_at_every_noise_level_and_noise_levels_cover_the_ladder() {
    let data = Preset::Moons.field();
    let (pre, ladder) = (conditioned(&data), NoiseLadder::for_scale(data.scale()));
    let problem = Problem {
        data: &data,
        preconditioning: &pre,
        ladder: &ladder,
        size: 80_000,
    };
    let batch = Objective::Denoising.batch(Weighting::Edm, &problem, &mut StdRng::seed_from_u64(8));
    assert_eq!(batch.weights, None);
    for quarter in targets(&batch).chunks(40_000) {
        let mean_square = quarter.iter().map(|t| t * t).sum::<f32>() / 40_000.0;
        // Mean of 40,000 squares with a variance of at most 2: a standard error of 0.007.
        assert!((mean_square - 1.0).abs() < 0.05, "{mean_square}");
    }
    assert!(batch.sigmas.is_sorted());
    let (first, last) = (batch.sigmas[0], batch.sigmas[79_999]);
    assert!((first / ladder.sigma_min - 1.0).abs() < 1e-3 && (last / ladder.sigma_max - 1.0).abs() < 1e-3);
}

/// Where a target says that a row's denoised point lies: `c_skip y + c_out F`.
fn denoised(batch: &Batch, pre: &Preconditioning, row: usize) -> [f32; 2] {
    let sigma = batch.sigmas[row];
    std::array::from_fn(|k| {
        let y = batch.points[2 * row + k] - pre.mean[k];
        pre.skip(sigma) * y + pre.output_gain(sigma) * targets(batch)[2 * row + k] + pre.mean[k]
    })
}

/// Vincent's identity.
#[test]
fn a_denoising_target_is_the_preconditioned_data_point() {
    let data = ExactField::mixture(vec![[0.9, -0.7]], vec![1.0], vec![0.0]).unwrap();
    for objective in [
        Objective::Denoising,
        Objective::DenoisingAt(0.3),
        Objective::StableTarget,
    ] {
        let batch = batch(objective, &data, &PRE, 64, 9);
        for row in 0..64 {
            let found = denoised(&batch, &PRE, row);
            assert!(
                (found[0] - 0.9).hypot(found[1] + 0.7) < 3e-6,
                "{objective:?}: {found:?}"
            );
        }
    }
}

#[test]
fn denoising_at_one_level_has_no_other_level() {
    let batch = batch(Objective::DenoisingAt(0.25), &Preset::Rings.field(), &PRE, 32, 1);
    assert!(batch.sigmas.iter().all(|sigma| sigma.to_bits() == 0.25_f32.to_bits()));
}

/// The sources of a batch are those of the denoising batch of the same seed, which its targets give away.
#[test]
fn a_stable_target_is_the_posterior_mean_over_the_sources_of_the_batch() {
    let data = Preset::EightGaussians.field();
    let (plain, stable) = (
        batch(Objective::Denoising, &data, &PRE, 200, 3),
        batch(Objective::StableTarget, &data, &PRE, 200, 3),
    );
    assert_eq!(plain.points, stable.points);
    let sources: Vec<[f32; 2]> = (0..200).map(|row| denoised(&plain, &PRE, row)).collect();
    for row in 0..200 {
        let (x, sigma) = (&stable.points[2 * row..2 * row + 2], f64::from(stable.sigmas[row]));
        let (mut total, mut sum) = (0.0, [0.0; 2]);
        for source in &sources {
            let squared: f64 = (0..2).map(|k| f64::from(x[k] - source[k]).powi(2)).sum();
            let weight = (-squared / (2.0 * sigma * sigma)).exp();
            total += weight;
            (0..2).for_each(|k| sum[k] += weight * f64::from(source[k]));
        }
        let found = denoised(&stable, &PRE, row);
        let miss = (f64::from(found[0]) - sum[0] / total).hypot(f64::from(found[1]) - sum[1] / total);
        assert!(miss < 2e-5, "row {row} at {sigma}: {miss}");
    }
}

#[test]
fn an_explicit_target_is_the_exact_denoiser() {
    let data = Preset::Checkerboard.field();
    let batch = batch(Objective::Explicit, &data, &PRE, 100, 4);
    for row in 0..100 {
        let x = [batch.points[2 * row], batch.points[2 * row + 1]];
        let (found, truth) = (denoised(&batch, &PRE, row), data.denoiser(x, batch.sigmas[row]));
        assert!((found[0] - truth[0]).hypot(found[1] - truth[1]) < 1e-4 * batch.sigmas[row]);
    }
    let mut levels = batch.sigmas.clone();
    levels.dedup();
    assert!(levels.is_sorted() && levels.len() == 8);
}

/// `lambda |s - s*|²` with `s - s* = gain (F - F*)`: the weight is `lambda gain²`.
#[test]
fn weights_of_the_output_are_those_of_the_score() {
    for sigma in [0.01_f32, 0.3, 3.0] {
        let gain_squared = PRE.score_gain(sigma).powi(2);
        let lambda = |weighting: Weighting| weighting.of(&PRE, sigma) / gain_squared;
        let close = |a: f32, b: f32| (a / b - 1.0).abs() < 1e-5;
        let variance = sigma * sigma + PRE.scale * PRE.scale;
        assert!(close(
            lambda(Weighting::Edm),
            sigma * sigma * variance / (PRE.scale * PRE.scale)
        ));
        assert!(close(lambda(Weighting::SigmaSquared), sigma * sigma));
        assert!(close(lambda(Weighting::Uniform), PRE.scale * PRE.scale));
    }
}
