//! What is computed on the CPU without burn's graph is what the graph computes.

use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::Preset,
    field::Field,
    model::{LearnedField, Network, Shape, features},
    noise::NoiseLadder,
    objective::{Batch, Objective, Problem, Weighting},
    training::{Plan, Trainer, loss},
};

use crate::common::*;

/// The usual network, one that fills no panel, one without a layer between, and one with many.
const SHAPES: [[usize; 2]; 5] = [[64, 3], [7, 2], [1, 1], [130, 1], [12, 6]];

fn shapes() -> impl Iterator<Item = Shape> {
    let of_kind = |kind| SHAPES.map(|[width, depth]| Shape { kind, width, depth });
    KINDS.into_iter().flat_map(of_kind)
}

/// Weights of the size of fresh ones, but none of them zero.
fn weights(shape: Shape, seed: u64) -> Tensor<1> {
    flat(random_weights(shape, seed)).mul_scalar(2.5 / (shape.width as f32).sqrt().max(2.0))
}

fn batch(objective: Objective, weighting: Weighting, size: usize, seed: u64) -> Batch {
    let problem = Problem {
        data: &Preset::Moons.field(),
        preconditioning: &PRE,
        ladder: &NoiseLadder::for_scale(0.5),
        size,
    };
    objective.batch(weighting, &problem, &mut StdRng::seed_from_u64(seed))
}

/// Largest difference in units of the largest number.
fn difference(found: &[f32], truth: &[f32]) -> f32 {
    largest_difference(found, truth) / size(truth)
}

#[test]
fn values_are_those_of_the_graph_to_five_digits() {
    for shape in shapes() {
        let network = Network::new(shape, &weights(shape, 50));
        let field = LearnedField::new(network.clone(), PRE);
        // More rows than a block has, and not a multiple of four.
        for count in [1, 70, 203] {
            let x = pairs(uniform(2 * count, 2.0, 51));
            for sigma in [0.01, 0.2, 3.0] {
                let output = host(&network.output(features::on_device(&PRE, &x, sigma)));
                assert!(difference(&host(&field.output(&x, sigma)), &output) < 1e-5, "{shape:?}");
                let gain = PRE.score_gain(sigma);
                let scores: Vec<f32> = (host(&x).iter().zip(&output).enumerate())
                    .map(|(i, (x, f))| (PRE.mean[i % 2] - x) / PRE.variance(sigma) + gain * f)
                    .collect();
                assert!(difference(&host(&field.score(&x, sigma)), &scores) < 1e-5, "{shape:?}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_the_graph_to_five_digits() {
    let asked = [
        (Objective::Denoising, Weighting::Edm, 512),
        (Objective::DenoisingAt(0.1), Weighting::Edm, 64),
        (Objective::StableTarget, Weighting::Uniform, 101),
        (Objective::Explicit, Weighting::SigmaSquared, 1),
    ];
    for shape in shapes() {
        let weights = weights(shape, 52);
        for (objective, weighting, size) in asked {
            let batch = batch(objective, weighting, size, 53);
            let found = host(&loss::gradient(shape, &weights, &PRE, &batch, size));
            let truth = host(&loss::by_graph(shape, &weights, &PRE, &batch, size));
            let off = difference(&found, &truth);
            assert!(off < 1e-5, "{shape:?}, {objective:?}: {off}");
        }
    }
}

#[test]
fn the_same_question_has_the_same_answer_to_the_last_bit_in_however_many_pieces_it_is_asked() {
    let (shape, batch) = (USUAL, batch(Objective::StableTarget, Weighting::Edm, 300, 54));
    let weights = weights(shape, 55);
    let gradient = |rows: usize| host(&loss::gradient(shape, &weights, &PRE, &batch, rows));
    assert_eq!(gradient(300), gradient(300));
    assert_eq!(gradient(300), gradient(32));
    let field = LearnedField::new(Network::new(shape, &weights), PRE);
    let all = host(&field.score(&pairs(batch.points.clone()), 0.3));
    let some = host(&field.score(&pairs(batch.points[90..400].to_vec()), 0.3));
    assert_eq!(all[90..400], some);
}

/// Adam as it is written, one weight at a time in double precision, on the graph's gradients.
#[test]
fn a_hundred_steps_lead_where_the_graph_leads() {
    let data = Preset::Moons.field();
    let (shape, pre) = (USUAL, conditioned(&data));
    let plan = Plan {
        objective: Objective::StableTarget,
        ..plan(data.scale(), 128)
    };
    let mut trainer = Trainer::new(shape, pre, 5, &Device::flex());
    let start = snapshot(&trainer).weights;
    let mut weights: Vec<f64> = start.iter().map(|&w| f64::from(w)).collect();
    let (mut m, mut v) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
    for step in 1..=100 {
        let batch = trainer.next_batch(&data, &plan);
        let now = flat(weights.iter().map(|&w| w as f32).collect());
        let gradient = host(&loss::by_graph(shape, &now, &pre, &batch, 128));
        let t = step as f64;
        let rate = 1e-2 * (t / 50.0).min(1.0) * (1000.0 / t).sqrt().min(2.0);
        for (i, g) in gradient.iter().enumerate() {
            let g = f64::from(*g);
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.99 * v[i] + 0.01 * g * g;
            let (mean, square) = (m[i] / (1.0 - 0.9_f64.powf(t)), v[i] / (1.0 - 0.99_f64.powf(t)));
            weights[i] -= rate * mean / (square.sqrt() + 1e-8);
        }
        trainer.step(&data, &plan);
    }
    let truth: Vec<f32> = weights.iter().map(|&w| w as f32).collect();
    let found = snapshot(&trainer).weights;
    let off = difference(&found, &truth);
    assert!(size(&truth) > 0.1 && off < 1e-5, "{off}");
}
