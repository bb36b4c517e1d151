//! Errors against the truth, and the exact field behind the common question.

use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, StandardNormal};
use scorefield::{
    distribution::{ExactField, Preset},
    field::{Differential, ExactScore, Field},
    metrics::fisher::{FisherError, FisherGauge, levels},
    model::Kind,
};

use crate::common::*;

pub fn measured(data: &ExactField, field: &dyn Field) -> FisherError {
    let gauge = FisherGauge::new(data, &levels(data.scale()), 1024, 10, &Device::flex());
    block_on(gauge.measure(field)).unwrap()
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

/// The identity of floor and excess on a fixed network: its denoising loss, drawn here by its definition, is the floor and the
/// excess that the gauge found at points of its own.
#[test]
fn the_denoising_loss_of_a_network_is_its_floor_and_its_excess() {
    const DRAWS: usize = 40_000;
    let (data, field) = (Preset::Moons.field(), random_field(Kind::Score, 12));
    let sigmas = levels(data.scale());
    let gauge = FisherGauge::new(&data, &sigmas, DRAWS, 13, &Device::flex());
    let found = block_on(gauge.measure(&field)).unwrap();
    for (k, &sigma) in sigmas.iter().enumerate() {
        let mut rng = StdRng::seed_from_u64(14 + k as u64);
        let mut x = vec![0.0; 2 * DRAWS];
        data.sample(&mut rng, &mut x);
        let eps: Vec<f32> = (0..2 * DRAWS).map(|_| StandardNormal.sample(&mut rng)).collect();
        x.iter_mut().zip(&eps).for_each(|(x, eps)| *x += sigma * eps);
        let learned = host(&field.score(&pairs(x.clone()), sigma));
        let mut exact = vec![0.0; 2 * DRAWS];
        data.at(sigma).scores(&x, &mut exact);
        let square = |row: usize, of: &dyn Fn(usize) -> f32| {
            (2 * row..2 * row + 2).map(|i| f64::from(of(i)).powi(2)).sum::<f64>()
        };
        let t = f64::from(sigma * sigma);
        let loss = moments((0..DRAWS).map(|row| square(row, &|i| eps[i] + sigma * learned[i])));
        // What the gauge's mean is of, at other points of the same distribution: for the error of that mean.
        let split = moments(
            (0..DRAWS).map(|row| 2.0 + t * (square(row, &|i| learned[i] - exact[i]) - square(row, &|i| exact[i]))),
        );
        let error = ((loss[1] + split[1]) / DRAWS as f64).sqrt();
        let sum = f64::from(found.floor[k]) + f64::from(found.excess[k]);
        eprintln!(
            "σ {sigma}: loss {:.4}, floor {:.4} + excess {:.4}, ± {error:.4}",
            loss[0], found.floor[k], found.excess[k]
        );
        assert!(
            (loss[0] - sum).abs() < 6.0 * error,
            "{loss:?} is not {sum} ± {error} at {sigma}"
        );
        assert!(found.excess[k] > 15.0 * error as f32, "the test would not notice");
    }
}

/// Mean and variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    [mean, values.map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)]
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
