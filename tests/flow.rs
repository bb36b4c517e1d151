//! The probability flow, as a sampler and as a density, on fields whose answer is known in closed form.
//!
//! Statistical bounds are six standard errors: a correct flow fails one in a billion seeds, and the seeds are fixed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::Preset;
use scorefield::field::{Differential, ExactScore, Field, points_on};
use scorefield::metrics::divergence::{by_likelihood, log_normaliser, on_grid};
use scorefield::metrics::likelihood::{Flow, Likelihood, NODES, PIECE, log_likelihood};
use scorefield::metrics::sample_gauge::SampleGauge;
use scorefield::model::{Preconditioning, Shape};
use scorefield::noise::NoiseLadder;
use scorefield::sampler::{Chain, Guard, Parameters, Sampler, Scheme, build, karras, start};
use scorefield::training::{Plan, Trainer};
use web_time::{Duration, Instant};

const MEAN: [f32; 2] = [0.3, -0.2];

/// `N(MEAN, variance I)` smoothed by sigma.
struct Gaussian {
    variance: f32,
}

impl Field for Gaussian {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        (x.clone() - Tensor::from_floats([MEAN], &x.device())) / -(self.variance + sigma * sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        let zero = Tensor::zeros([x.dims()[0]], &x.device());
        Differential {
            score: self.score(x, sigma),
            divergence: zero.clone() - 2.0 / (self.variance + sigma * sigma),
            curl: zero,
        }
    }
}

fn tensor(points: &[f32]) -> Tensor<2> {
    points_on(&Device::flex(), points.to_vec())
}

fn values<const D: usize>(x: &Tensor<D>) -> Vec<f32> {
    x.to_data().try_into_vec().unwrap()
}

fn flow(nodes: usize, scheme: Scheme) -> Parameters {
    Parameters::ProbabilityFlow {
        sigma_max: 3.0,
        sigma_min: 0.01,
        nodes,
        scheme,
        denoise: false,
        guard: None,
    }
}

fn run(sampler: &mut dyn Sampler, field: &dyn Field, points: &[f32]) -> Vec<f32> {
    let mut x = tensor(points);
    while !sampler.finished() {
        x = sampler.step(field, x);
    }
    values(&x)
}

/// Asserts that errors at successively doubled numbers of intervals fall with this order.
fn assert_order(errors: &[f32], order: f32) {
    for pair in errors.windows(2) {
        let got = (pair[0] / pair[1]).log2();
        assert!((got - order).abs() < 0.05, "order {got} in {errors:?}");
    }
}

/// `log N(x; MEAN, variance I)`.
fn log_normal(x: &[f32], variance: f32) -> f32 {
    let squared = (x[0] - MEAN[0]).powi(2) + (x[1] - MEAN[1]).powi(2);
    -squared / (2.0 * variance) - (std::f32::consts::TAU * variance).ln()
}

const VARIANCE: f32 = 0.09;

/// What the closed form `x(s_min) = x(s_max) sqrt((s_min² + v) / (s_max² + v))` shrinks distances from the mean by.
fn shrink() -> f32 {
    ((1e-4 + VARIANCE) / (9.0 + VARIANCE)).sqrt()
}

/// The largest distance from that closed form, in units of where the points come from.
fn furthest(starts: &[f32], ends: &[f32]) -> f32 {
    let miss = |i: usize| (ends[i] - MEAN[i % 2]) / shrink() - (starts[i] - MEAN[i % 2]);
    (0..starts.len()).map(|i| miss(i).abs()).fold(0.0, f32::max)
}

#[test]
fn on_a_gaussian_euler_converges_to_the_closed_form_with_first_order_and_heun_with_second() {
    let starts = start(200, MEAN, 0.3, 3.0, 1);
    for (scheme, order, last) in [(Scheme::Euler, 1.0, 0.1), (Scheme::Heun, 2.0, 0.0015)] {
        let error = |intervals: usize| {
            let mut sampler = build(&flow(intervals + 1, scheme));
            let field = Gaussian { variance: VARIANCE };
            furthest(&starts, &run(sampler.as_mut(), &field, &starts))
        };
        let errors = [40, 80, 160].map(error);
        assert_order(&errors, order);
        assert!(errors[2] < last, "{errors:?}");
    }
}

#[test]
fn the_grid_of_noise_levels_has_equal_steps_of_the_seventh_root() {
    let sigmas = karras(3.0, 0.01, 12);
    assert_eq!((sigmas.len(), sigmas[0], sigmas[11]), (12, 3.0, 0.01));
    let roots: Vec<f64> = sigmas.iter().map(|s| f64::from(*s).powf(1.0 / 7.0)).collect();
    let step = (3.0_f64.powf(1.0 / 7.0) - 0.01_f64.powf(1.0 / 7.0)) / 11.0;
    assert!(roots.windows(2).all(|pair| (pair[0] - pair[1] - step).abs() < 1e-6));
    assert_eq!(karras(3.0, 0.01, 0), [3.0, 0.01]);
}

#[test]
fn a_flow_counts_its_evaluations_and_then_rests() {
    let field = Gaussian { variance: VARIANCE };
    let starts = start(10, MEAN, 0.3, 3.0, 1);
    for (scheme, denoise, steps, evaluations) in [
        (Scheme::Euler, false, 11, 11),
        (Scheme::Heun, false, 11, 22),
        (Scheme::Heun, true, 12, 23),
    ] {
        let mut sampler = build(&with_denoise(flow(12, scheme), denoise));
        let mut x = tensor(&starts);
        for sigma in karras(3.0, 0.01, 12) {
            assert_eq!(sampler.sigma().to_bits(), sigma.to_bits());
            assert!(sampler.level().is_none());
            x = sampler.step(&field, x);
        }
        let rest = values(&x);
        assert!(sampler.finished());
        assert_eq!(values(&sampler.step(&field, x)), rest);
        assert_eq!((sampler.steps(), sampler.evaluations()), (steps, evaluations));
        // Nothing is drawn on the way.
        let again = run(
            build(&with_denoise(flow(12, scheme), denoise)).as_mut(),
            &field,
            &starts,
        );
        assert_eq!(again, rest);
    }
    assert!(run(build(&flow(12, Scheme::Heun)).as_mut(), &field, &[]).is_empty());
}

fn with_denoise(parameters: Parameters, wanted: bool) -> Parameters {
    with(parameters, |denoise, _| *denoise = wanted)
}

fn with_guard(parameters: Parameters, wanted: Guard) -> Parameters {
    with(parameters, |_, guard| *guard = Some(wanted))
}

fn with(mut parameters: Parameters, change: impl FnOnce(&mut bool, &mut Option<Guard>)) -> Parameters {
    if let Parameters::ProbabilityFlow { denoise, guard, .. } = &mut parameters {
        change(denoise, guard);
    }
    parameters
}

#[test]
fn the_last_step_takes_off_the_noise_that_is_left() {
    let field = Gaussian { variance: VARIANCE };
    let starts = start(100, MEAN, 0.3, 3.0, 1);
    let noisy = run(build(&flow(12, Scheme::Heun)).as_mut(), &field, &starts);
    let clean = run(
        build(&with_denoise(flow(12, Scheme::Heun), true)).as_mut(),
        &field,
        &starts,
    );
    // On a Gaussian E[x0 | x] - mean = (x - mean) v / (v + sigma²).
    let left = VARIANCE / (VARIANCE + 1e-4);
    for (i, (noisy, clean)) in noisy.iter().zip(&clean).enumerate() {
        let expected = MEAN[i % 2] + left * (noisy - MEAN[i % 2]);
        assert!((clean - expected).abs() < 1e-6, "{clean}, expected {expected}");
    }
}

#[test]
fn parameters_change_in_mid_flow_and_particles_go_on_from_their_own_noise_level() {
    let field = Gaussian { variance: VARIANCE };
    let starts = start(100, MEAN, 0.3, 3.0, 1);
    let mut sampler = build(&flow(161, Scheme::Heun));
    let mut x = tensor(&starts);
    for _ in 0..80 {
        x = sampler.step(&field, x);
    }
    let sigma = sampler.sigma();
    let other = Parameters::Langevin {
        chain: Chain::new(0.1, 0.1, 1),
        noise_scale: 1.0,
    };
    assert!(!sampler.retune(&other));
    assert!(sampler.retune(&flow(120, Scheme::Heun)));
    assert_eq!(sampler.sigma().to_bits(), sigma.to_bits());
    while !sampler.finished() {
        x = sampler.step(&field, x);
    }
    let error = furthest(&starts, &values(&x));
    assert!(error < 0.003, "{error}");
    // All nodes lie above the particles' noise: nothing is left to do.
    let mut sampler = build(&flow(161, Scheme::Heun));
    for _ in 0..100 {
        x = sampler.step(&field, x);
    }
    let high = Parameters::ProbabilityFlow {
        sigma_max: 3.0,
        sigma_min: 2.0,
        nodes: 4,
        scheme: Scheme::Heun,
        denoise: false,
        guard: None,
    };
    assert!(sampler.retune(&high) && sampler.finished());
}

/// A field that pushes outward ever harder, as an untrained network may.
struct Explosion;

impl Field for Explosion {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        x.clone() * (1e6 / (sigma * sigma))
    }

    fn differential(&self, _: &Tensor<2>, _: f32) -> Differential {
        unreachable!("sampling needs the score alone")
    }
}

#[test]
fn a_guard_holds_a_wild_field_and_leaves_a_good_one_alone() {
    let starts = start(100, MEAN, 0.3, 3.0, 1);
    let tight = with_denoise(with_guard(flow(12, Scheme::Heun), Guard::new(MEAN, 0.3, None)), true);
    let held = run(build(&tight).as_mut(), &Explosion, &starts);
    let guard = Guard::new(MEAN, 0.3, None);
    let inside = |p: &[f32]| (0..2).all(|a| p[a] >= guard.low[a] && p[a] <= guard.high[a]);
    assert!(held.chunks_exact(2).all(inside));
    let lost = run(build(&flow(12, Scheme::Heun)).as_mut(), &Explosion, &starts);
    assert!(lost.iter().all(|x| !x.is_finite()));

    let wide = with_guard(
        flow(12, Scheme::Heun),
        Guard::new(MEAN, 0.3, Some([[-30.0; 2], [30.0; 2]])),
    );
    let field = Gaussian { variance: VARIANCE };
    let free = run(build(&flow(12, Scheme::Heun)).as_mut(), &field, &starts);
    let guarded = run(build(&wide).as_mut(), &field, &starts);
    assert!(free.iter().zip(&guarded).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn with_the_exact_score_of_the_moons_twelve_nodes_are_as_good_as_many_and_reach_the_floor() {
    // The logarithm of such a ratio has a deviation of 0.18 between seeds, of 0.1 as a mean of three; at
    // 2 a correct flow, which scores 1, is more than six of them away.
    let exact = Preset::Moons.field();
    let mean = |nodes: usize| {
        let units = (0..3).map(|seed| {
            let starts = start(4096, exact.mean(), exact.scale(), 3.0, seed);
            SampleGauge::new(&exact, &flow(nodes, Scheme::Heun), &starts, u64::MAX, seed).unit()
        });
        let (floor, exact) = units.fold((0.0, 0.0), |sum, unit| {
            (sum.0 + unit.floor / 3.0, sum.1 + unit.exact / 3.0)
        });
        eprintln!("{nodes} nodes: sliced W2 {exact:.4}, floor {floor:.4}");
        (exact / floor, exact)
    };
    let (few, enough, many) = (mean(6), mean(12), mean(64));
    assert!(enough.0 < 2.0, "{} times the floor", enough.0);
    // On the same starts and the same data, so that next to no chance is left between them.
    assert!((enough.1 / many.1 - 1.0).abs() < 0.1);
    assert!(few.1 / many.1 > 1.5, "six nodes are too few");
}

const FLOW: Flow = Flow {
    mean: MEAN,
    scale: 0.3,
    sigma_max: 3.0,
    sigma_min: 0.01,
    nodes: NODES,
};

#[test]
fn the_likelihood_of_a_gaussian_converges_to_its_log_density_with_second_order() {
    let points = start(300, MEAN, 0.3, 0.01, 4);
    let error = |intervals: usize| {
        let flow = Flow {
            nodes: intervals + 1,
            ..FLOW
        };
        let got = values(&log_likelihood(
            &Gaussian { variance: VARIANCE },
            &tensor(&points),
            &flow,
        ));
        let truth = points.chunks_exact(2).map(|p| log_normal(p, VARIANCE + 1e-4));
        truth
            .zip(&got)
            .map(|(truth, got)| (truth - got).abs())
            .fold(0.0, f32::max)
    };
    let errors = [24, 48, 96].map(error);
    assert_order(&errors, 2.0);
    assert!(errors[2] < 0.01, "{errors:?} nats at the worst of 300 points");
}

#[test]
fn a_field_of_the_wrong_width_is_off_by_the_divergence_of_the_two_gaussians() {
    const COUNT: usize = 4000;
    let (p, q) = (VARIANCE + 1e-4, 0.16 + 1e-4);
    let points = start(COUNT, MEAN, 0.3, 0.01, 6);
    let flow = Flow { scale: 0.4, ..FLOW };
    let log_q = values(&log_likelihood(&Gaussian { variance: 0.16 }, &tensor(&points), &flow));
    let log_p: Vec<f32> = points.chunks_exact(2).map(|x| log_normal(x, p)).collect();
    let estimate = by_likelihood(&log_p, &log_q);
    // In two dimensions KL = log(q/p) + p/q - 1; log p - log q has deviation |1 - p/q|, |x|²/2p being exponential.
    let truth = (q / p).ln() + p / q - 1.0;
    let standard_error = (1.0 - p / q) / (COUNT as f32).sqrt();
    eprintln!("{estimate:?}, truth {truth} ± {standard_error}");
    assert!((estimate.nats - truth).abs() < 6.0 * standard_error);
    // The sample deviation of an exponential has a relative deviation of sqrt(2/n).
    assert!((estimate.standard_error / standard_error - 1.0).abs() < 6.0 * (2.0 / COUNT as f32).sqrt());
}

#[test]
fn the_exact_score_of_the_moons_has_the_exact_density_of_the_moons() {
    let exact = Preset::Moons.field();
    let mut points = vec![0.0; 2 * 1024];
    exact.sample(&mut StdRng::seed_from_u64(5), &mut points);
    let noise = start(1024, [0.0; 2], 0.0, 0.01, 9);
    points.iter_mut().zip(noise).for_each(|(x, noise)| *x += noise);
    let flow = Flow {
        mean: exact.mean(),
        scale: exact.scale(),
        ..FLOW
    };
    let log_q = values(&log_likelihood(
        &ExactScore::new(exact.clone()),
        &tensor(&points),
        &flow,
    ));
    let log_p: Vec<f32> = points
        .chunks_exact(2)
        .map(|x| exact.local([x[0], x[1]], 0.01).log_density)
        .collect();
    let estimate = by_likelihood(&log_p, &log_q);
    eprintln!("exact moons: {estimate:?}");
    // That data at sigma 3 are not quite a Gaussian and that there are 96 nodes costs less than half of this.
    assert!(estimate.nats.abs() < 0.005, "{estimate:?}");
    assert!(estimate.standard_error < 0.0008, "{estimate:?}");
}

#[test]
fn the_density_of_a_learned_field_is_of_mass_one() {
    // Whatever has been learned, its flow is a change of variables. Cells are two thirds of sigma_min wide, where the
    // midpoint rule is nearly exact.
    let exact = Preset::Moons.field();
    let preconditioning = Preconditioning {
        mean: exact.mean(),
        scale: exact.scale(),
    };
    let mut trainer = Trainer::new(
        Shape {
            width: 32,
            depth: 2,
            ..Shape::default()
        },
        preconditioning,
        3,
        &Device::flex(),
    );
    let plan = Plan {
        batch: 256,
        micro_batch: 256,
        ..Plan::usual(NoiseLadder::for_scale(0.5))
    };
    (0..300).for_each(|_| trainer.step(&exact, &plan));
    const SIDE: usize = 48;
    let cell = 4.8 / SIDE as f32;
    let at = |i: usize| (i as f32 + 0.5) * cell - 2.4;
    let grid: Vec<f32> = (0..SIDE * SIDE).flat_map(|i| [at(i % SIDE), at(i / SIDE)]).collect();
    let flow = Flow {
        mean: exact.mean(),
        scale: exact.scale(),
        sigma_min: 0.15,
        ..FLOW
    };
    let log_q = values(&log_likelihood(&trainer.field(), &tensor(&grid), &flow));
    let log_mass = log_normaliser(&log_q, cell * cell);
    let log_p: Vec<f32> = grid
        .chunks_exact(2)
        .map(|x| exact.local([x[0], x[1]], 0.15).log_density)
        .collect();
    let divergence = on_grid(&log_p, &log_q, cell * cell);
    eprintln!("log mass {log_mass}, {divergence:?}");
    assert!(log_mass.abs() < 0.01);
    assert!((divergence.mass - 1.0).abs() < 1e-3);
    assert!(divergence.nats > 0.0 && divergence.nats < 0.2);
}

#[test]
fn the_likelihood_in_pieces_is_that_at_once() {
    let exact = Preset::EightGaussians.field();
    let score = ExactScore::new(exact.clone());
    let flow = Flow { nodes: 12, ..FLOW };
    let points = tensor(&start(301, MEAN, 0.3, 0.01, 4));
    let whole = values(&log_likelihood(&score, &points, &flow));
    let mut pieces = Likelihood::new(&points, &flow, 100);
    let mut calls = 0;
    let parts = loop {
        // A deadline that has passed allows the least that is ever done.
        let progress = pieces.progress();
        calls += 1;
        match pieces.advance(&score, Instant::now()) {
            Some(parts) => break values(&parts),
            None => assert!(pieces.progress() > progress),
        }
    };
    assert_eq!(calls, 4 * 11);
    assert!(pieces.progress() >= 1.0);
    assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-3));
    assert_eq!(values(&pieces.advance(&score, Instant::now()).unwrap()), parts);
    let mut all_at_once = Likelihood::new(&points, &flow, PIECE);
    let later = Instant::now() + Duration::from_secs(3600);
    assert_eq!(all_at_once.advance(&score, later).unwrap().dims(), [301]);
    assert_eq!(log_likelihood(&score, &tensor(&[]), &flow).dims(), [0]);
}
