//! Gradients by the weights, of every kind of network and every task, against an independent network.

use rand::{SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::Preset,
    model::{Kind, Shape},
    noise::NoiseLadder,
    objective::{Batch, Objective, Problem, Weighting},
    training,
};

use crate::{common::*, oracle::Oracle};

fn some_batch(objective: Objective, weighting: Weighting, size: usize) -> Batch {
    let problem = Problem {
        data: &Preset::Moons.field(),
        preconditioning: &PRE,
        ladder: &NoiseLadder::for_scale(0.5),
        size,
    };
    objective.batch(weighting, &problem, &mut StdRng::seed_from_u64(5))
}

/// Largest difference from central differences of the oracle's loss, in units of the gradient's length.
fn error(kind: Kind, batch: &Batch) -> f32 {
    let shape = Shape { kind, ..SMALL };
    let weights = random_weights(shape, 6);
    let gradient = host(&training::gradient(shape, &flat(weights.clone()), &PRE, batch, 32));
    let mut oracle = Oracle::new(shape, &weights);
    let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
    assert_eq!(gradient.len(), weights.len());
    let differences = (0..weights.len()).map(|i| {
        let h = 1e-4;
        let mut moved = |by: f64| {
            oracle.weights[i] += by;
            oracle.loss(batch)
        };
        let truth = (moved(h) - moved(-2.0 * h)) / (2.0 * h);
        moved(h);
        truth as f32
    });
    let truth: Vec<f32> = differences.collect();
    largest_difference(&gradient, &truth) / length
}

#[test]
fn the_gradient_of_a_regression_agrees_with_differences_in_double_precision() {
    let batch = some_batch(Objective::Denoising, Weighting::SigmaSquared, 32);
    for kind in KINDS {
        let error = error(kind, &batch);
        assert!(error < 5e-6, "{kind:?}: {error}");
    }
}

/// Here the truth has second differences in it: five digits are left of it.
#[test]
fn the_gradient_of_a_divergence_agrees_with_differences_in_double_precision() {
    for objective in [Objective::Implicit, Objective::Sliced] {
        let batch = some_batch(objective, Weighting::Edm, 32);
        for kind in KINDS {
            let error = error(kind, &batch);
            assert!(error < 3e-5, "{objective:?}, {kind:?}: {error}");
        }
    }
}

#[test]
fn a_batch_in_pieces_has_the_gradient_of_the_whole() {
    for objective in [Objective::StableTarget, Objective::Sliced] {
        let batch = some_batch(objective, Weighting::Uniform, 100);
        let weights = flat(random_weights(USUAL, 7).iter().map(|w| 0.3 * w).collect());
        let whole = host(&training::gradient(USUAL, &weights, &PRE, &batch, 100));
        let pieces = host(&training::gradient(USUAL, &weights, &PRE, &batch, 32));
        assert!(largest_difference(&whole, &pieces) < 1e-5 * size(&whole).max(1.0));
    }
}
