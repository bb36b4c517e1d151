//! Features, activations, score networks and their derivatives.

use burn::tensor::Device;
use scorefield::{
    distribution::ExactField,
    field::Field,
    model::{Kind, LearnedField, Network, Preconditioning, Shape, activation, activation::Activation, features},
    training::Trainer,
};

use crate::common::*;

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

/// `phi`, `phi'` and `phi''` in double precision.
fn silu(a: f32) -> [f64; 3] {
    let (a, g) = (f64::from(a), 1.0 / (1.0 + (-f64::from(a)).exp()));
    let bell = g * (1.0 - g);
    [a * g, g + a * bell, bell * (2.0 + a * (1.0 - 2.0 * g))]
}

#[test]
fn the_activation_and_its_derivatives_agree_with_their_formulas() {
    // More numbers than a block holds, and not a multiple of it.
    let a = uniform(1006, 12.0, 2);
    let truth: [Vec<f32>; 3] = std::array::from_fn(|k| a.iter().map(|&a| silu(a)[k] as f32).collect());
    let tensor = || pairs(a.clone());
    let with_curvature = Activation::Plain.with_curvature(tensor());
    for (value, truth) in with_curvature.iter().zip(&truth) {
        assert!(largest_difference(&host(value), truth) < 3e-6);
    }
    let with_slope = Activation::Plain.with_slope(tensor());
    assert!(largest_difference(&host(&with_slope[0]), &truth[0]) < 3e-6);
    assert!(largest_difference(&host(&with_slope[1]), &truth[1]) < 2e-6);
    assert!(largest_difference(&host(&Activation::Plain.value(tensor())), &truth[0]) < 3e-6);
}

/// The tape sees a tangent line: value and slope must be those of the function itself, here differentiated by hand (and
/// for `phi''` by differences).
#[test]
fn on_the_tape_each_derivative_of_the_activation_has_the_next_one_as_its_gradient() {
    let a = uniform(206, 8.0, 3);
    let h = 1e-4;
    let third = |a: f32| {
        let at = |a: f64| {
            let g = 1.0 / (1.0 + (-a).exp());
            g * (1.0 - g) * (2.0 + a * (1.0 - 2.0 * g))
        };
        (at(f64::from(a) + h) - at(f64::from(a) - h)) / (2.0 * h)
    };
    for order in 0..3 {
        let leaf = pairs(a.clone()).autodiff().require_grad();
        let value = match order {
            0 => Activation::Taped.value(leaf.clone()),
            1 => Activation::Taped.with_slope(leaf.clone())[1].clone(),
            _ => Activation::Taped.with_curvature(leaf.clone())[2].clone(),
        };
        let mut gradients = value.clone().sum().backward();
        let gradient = host(&leaf.grad_remove(&mut gradients).unwrap());
        let values: Vec<f32> = a.iter().map(|&a| silu(a)[order] as f32).collect();
        let slopes: Vec<f32> = a
            .iter()
            .map(|&a| if order < 2 { silu(a)[order + 1] } else { third(a) } as f32)
            .collect();
        assert!(
            largest_difference(&host(&value.without_autodiff()), &values) < 3e-6,
            "{order}"
        );
        assert!(largest_difference(&gradient, &slopes) < 3e-6, "{order}");
    }
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
fn networks_of_three_layers_of_64_have_the_reference_sizes() {
    assert_eq!(Shape::default(), USUAL);
    assert_eq!(
        KINDS.map(|kind| Shape { kind, ..USUAL }.parameters()),
        [9282, 9217, 13_313]
    );
}

/// Central differences in single precision, step 1e-2: truncation `h²/6 s'''` and rounding `1e-7 |s| / h` both stay
/// below 1 % of the derivatives' size at this noise level.
#[test]
fn divergence_and_curl_agree_with_finite_differences() {
    let field = random_field(Kind::Score, 12);
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
    assert!(
        size(&divergence) > 1.0 && size(&curl) > 0.1,
        "the test must see derivatives"
    );
    assert!(largest_difference(&host(&exact.divergence), &divergence) < 0.01 * size(&divergence));
    assert!(largest_difference(&host(&exact.curl), &curl) < 0.01 * size(&curl));
    assert!(largest_difference(&host(&exact.score), &host(&field.score(&pairs(x.clone()), sigma))) < 1e-5);
}

/// A particle that starts far out must not be told that it is where it is not.
#[test]
fn the_waves_of_the_features_are_those_of_the_point_inside_and_come_to_rest_outside() {
    let waves = |z: f32| {
        // At this noise level sigma² + sd² is (2 sd)²: c_in is 1 / (2 sd), and the gate a quarter.
        let x = [z * 2.0 * PRE.scale + PRE.mean[0], PRE.mean[1]];
        let features = features::on_host(&PRE, x, 3.0_f32.sqrt() * PRE.scale);
        [2, 4, 6, 8].map(|wave| 4.0 * features[wave])
    };
    for z in [-1.4_f32, -0.3, 0.0, 0.9, 1.5] {
        let expected = [(2.0 * z).sin(), (4.0 * z).sin(), (2.0 * z).cos(), (4.0 * z).cos()];
        assert!(largest_difference(&waves(z), &expected) < 1e-5, "at {z}");
    }
    let rest = [5.0_f32.sin(), 10.0_f32.sin(), 5.0_f32.cos(), 10.0_f32.cos()];
    for z in [9.0, 20.0, 1e6] {
        assert!(largest_difference(&waves(z), &rest) < 1e-4, "at {z}");
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
