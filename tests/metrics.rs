//! Metrics of samples and densities, on Gaussians and counts whose answer is known.
//!
//! Statistical bounds are six standard errors, which are computed and not guessed: a correct metric fails one in a
//! billion seeds, and the seeds are fixed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::f64::consts::PI;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use scorefield::distribution::{ExactField, Preset};
use scorefield::metrics::divergence::{by_likelihood, log_normaliser, on_grid};
use scorefield::metrics::energy_distance::{EnergyDistance, POINTS, energy_distance};
use scorefield::metrics::memorisation::Memorisation;
use scorefield::metrics::modes::modes;
use scorefield::metrics::sample_gauge::SampleGauge;
use scorefield::metrics::sliced_wasserstein::{SlicedWasserstein, sliced_wasserstein};
use scorefield::noise::NoiseLadder;
use scorefield::sampler::{Chain, Parameters, Scheme, start};
use web_time::Instant;

/// Draws of `N(mean, deviation² I)`, `[x0, y0, …]`.
fn gaussian(count: usize, mean: [f32; 2], deviation: f32, seed: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    (0..2 * count).map(|i| mean[i % 2] + deviation * normal()).collect()
}

fn data(preset: Preset, count: usize, seed: u64) -> Vec<f32> {
    let mut points = vec![0.0; 2 * count];
    preset.field().sample(&mut StdRng::seed_from_u64(seed), &mut points);
    points
}

#[test]
fn sliced_wasserstein_of_two_gaussians_is_that_of_their_means_and_widths() {
    // In every direction W2² = (u·d)² + (s - t)² (Gelbrich 1990), on average |d|²/2 + (s - t)².
    const COUNT: usize = 50_000;
    let (shift, s, t) = ([0.6_f64, -0.3], 0.5_f64, 0.8_f64);
    let squared = shift[0].powi(2) + shift[1].powi(2);
    let truth = squared / 2.0 + (s - t).powi(2);
    let a = gaussian(COUNT, [0.0; 2], s as f32, 1);
    let b = gaussian(COUNT, shift.map(|x| x as f32), t as f32, 2);
    let got = f64::from(sliced_wasserstein(&a, &b)).powi(2);
    // Of the sample means the term d·(error), of the sample deviations 2 (t - s) (error), each of variance s²/4n.
    let n = COUNT as f64;
    let standard_error = ((squared + (t - s).powi(2)) * (s * s + t * t) / n).sqrt();
    // What finite clouds add at the most: 2 ln ln n / n of each variance (Bobkov & Ledoux 2019, section 6).
    let bias = 2.0 * n.ln().ln() / n * (s * s + t * t);
    assert!(
        (got - truth).abs() < 6.0 * standard_error + bias,
        "{got}, not {truth} ± {standard_error}"
    );
    assert!(6.0 * standard_error + bias < 0.1 * truth);
}

/// `E|r e + deviation z|` with `z` a standard normal in the plane: the mean of a Rice distribution,
/// `deviation sqrt(pi/2) L(-r²/(2 deviation²))`, `L(-2h) = exp(-h) ((1 + 2h) I0(h) + 2h I1(h))`. The Bessel functions
/// are means of `exp(h cos) cos(k angle)` over the circle, for which equal steps are exact to the last digit.
fn mean_distance(r: f64, deviation: f64) -> f64 {
    const STEPS: usize = 400;
    let h = r * r / (4.0 * deviation * deviation);
    let bessel = |k: f64| {
        let term = |i: usize| {
            let angle = 2.0 * PI * i as f64 / STEPS as f64;
            (h * (angle.cos() - 1.0)).exp() * (k * angle).cos()
        };
        (0..STEPS).map(term).sum::<f64>() / STEPS as f64
    };
    deviation * (PI / 2.0).sqrt() * ((1.0 + 2.0 * h) * bessel(0.0) + 2.0 * h * bessel(1.0))
}

/// The energy distance of `N(0, s² I)` and `N(d, s² I)`, and the standard error of its U-statistic of twice `n` draws.
fn energy_of_gaussians(d: f64, s: f64, n: f64) -> (f64, f64) {
    let across = |r: f64| mean_distance(r, 2.0_f64.sqrt() * s);
    let truth = 2.0 * (across(d) - across(0.0));
    // A draw x of the first has the influence 2 g(x) / n, g(x) = E|x - b| - E|x - a|, and the second mirrors it; by
    // quadrature over the plane.
    let (mut mean, mut square, mut mass) = (0.0, 0.0, 0.0);
    for i in -24..=24 {
        for j in -24..=24 {
            let (x, y) = (0.25 * f64::from(i) * s, 0.25 * f64::from(j) * s);
            let weight = (-(x * x + y * y) / (2.0 * s * s)).exp();
            let g = mean_distance((x - d).hypot(y), s) - mean_distance(x.hypot(y), s);
            (mean, square, mass) = (mean + weight * g, square + weight * g * g, mass + weight);
        }
    }
    let variance = square / mass - (mean / mass).powi(2);
    // What pairs add: at the most the variance of |a - a'|, (4 - pi) s², over n²/2 pairs of each kind.
    let pairs = (4.0 - PI) * s * s * (4.0 + 2.0 + 2.0) / (n * n);
    (truth, (8.0 * variance / n + pairs).sqrt())
}

#[test]
fn energy_distance_of_two_shifted_gaussians_is_the_closed_form() {
    const ROUNDS: u64 = 16;
    for shift in [0.0_f64, 0.1, 0.5, 1.5] {
        let (truth, error) = energy_of_gaussians(shift, 0.5, POINTS as f64);
        let round = |k: u64| {
            let a = gaussian(POINTS, [0.0; 2], 0.5, 100 + k);
            let (x, y) = (0.6 * shift as f32, 0.8 * shift as f32);
            f64::from(energy_distance(&a, &gaussian(POINTS, [x, y], 0.5, 200 + k)))
        };
        let got = (0..ROUNDS).map(round).sum::<f64>() / ROUNDS as f64;
        let error = error / (ROUNDS as f64).sqrt();
        eprintln!("shift {shift}: {got:.6}, truth {truth:.6} ± {error:.6}");
        assert!((got - truth).abs() < 6.0 * error, "{got}, not {truth} ± {error}");
    }
}

#[test]
fn energy_distance_is_the_mean_over_all_pairs_of_different_points() {
    let (a, b) = (gaussian(37, [0.0; 2], 0.5, 1), gaussian(90, [0.4, 0.1], 0.7, 2));
    let mean = |a: &[f32], b: &[f32], same: bool| {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (i, p) in a.chunks_exact(2).enumerate() {
            for (_, q) in b.chunks_exact(2).enumerate().filter(|(j, _)| !same || i != *j) {
                sum += f64::from(p[0] - q[0]).hypot(f64::from(p[1] - q[1]));
                pairs += 1.0;
            }
        }
        sum / pairs
    };
    let truth = 2.0 * mean(&a, &b, false) - mean(&a, &a, true) - mean(&b, &b, true);
    assert!((f64::from(energy_distance(&a, &b)) - truth).abs() < 1e-6);
    assert!((f64::from(energy_distance(&b, &a)) - truth).abs() < 1e-6);

    // Of more points the first 2048 count.
    let many = gaussian(POINTS + 5, [0.0; 2], 0.5, 3);
    let first = energy_distance(&many[..2 * POINTS], &b);
    assert_eq!(energy_distance(&many, &b).to_bits(), first.to_bits());
    assert!(energy_distance(&a[..2], &b).is_nan() && energy_distance(&[], &[]).is_nan());
    assert!(energy_distance(&[0.0, f32::NAN, 1.0, 1.0], &b).is_nan());
}

#[test]
fn distances_in_slices_are_those_at_once() {
    let (a, b) = (gaussian(1000, [0.0; 2], 0.5, 1), gaussian(1000, [0.4, 0.1], 0.7, 2));
    // A deadline that has passed allows the least that is ever done.
    let mut sliced = SlicedWasserstein::new(&a, &b);
    let mut calls = 1;
    let mut slices = |advance: &mut dyn FnMut() -> Option<f32>| {
        calls = 1;
        loop {
            match advance() {
                Some(distance) => break (distance.to_bits(), calls),
                None => calls += 1,
            }
        }
    };
    let whole = sliced_wasserstein(&a, &b).to_bits();
    assert_eq!(slices(&mut || sliced.advance(Instant::now())), (whole, 128));
    assert_eq!(sliced.advance(Instant::now()).map(f32::to_bits), Some(whole));
    let mut energy = EnergyDistance::new(&a, &b);
    let whole = energy_distance(&a, &b).to_bits();
    assert_eq!(slices(&mut || energy.advance(Instant::now())), (whole, 125));
    assert_eq!(energy.advance(Instant::now()).map(f32::to_bits), Some(whole));
}

#[test]
fn the_total_variation_of_given_counts_is_exact() {
    let eight = modes(Preset::EightGaussians).unwrap();
    let counted = eight.of_counts(&[200, 100, 100, 100, 100, 100, 50, 50], 800);
    // One mode has an eighth too much, two have a sixteenth too little.
    assert_eq!(
        counted.shares,
        [0.25, 0.125, 0.125, 0.125, 0.125, 0.125, 0.0625, 0.0625]
    );
    assert!((counted.total_variation - 0.125).abs() < 1e-7);
    // Lost samples are missing from their modes and are at none.
    let lost = eight.of_counts(&[100, 100, 100, 100, 100, 100, 100, 0], 800);
    assert!((lost.total_variation - 0.125).abs() < 1e-7);

    let pair = modes(Preset::TwoG).unwrap();
    assert_eq!(pair.weights(), [0.2, 0.8]);
    assert!((pair.of_counts(&[5, 5], 10).total_variation - 0.3).abs() < 1e-6);
    let counted = pair.count(&[-1.0, -1.0, -0.8, -0.9, 0.2, 0.3, f32::NAN, 0.0]);
    assert_eq!(counted.shares, [0.5, 0.25]);
    assert!((counted.total_variation - 0.55).abs() < 1e-6);
    assert!(pair.count(&[]).total_variation.is_nan());

    let rings = modes(Preset::Rings).unwrap();
    assert_eq!(
        (rings.nearest([0.0, 0.0]), rings.nearest([-9.0, 3.0])),
        (Some(0), Some(3))
    );
    assert_eq!(rings.nearest([f32::INFINITY, 0.0]), None);
    let without = [
        Preset::Moons,
        Preset::Checkerboard,
        Preset::Spirals,
        Preset::SwissRoll,
        Preset::Pinwheel,
    ];
    assert!(without.into_iter().all(|preset| modes(preset).is_none()));
}

#[test]
fn true_data_have_the_true_weights_up_to_the_floor() {
    const COUNT: usize = 4000;
    const ROUNDS: u64 = 40;
    for preset in [Preset::EightGaussians, Preset::Rings, Preset::TwoG] {
        let modes = modes(preset).unwrap();
        let counted: Vec<_> = (0..ROUNDS).map(|k| modes.count(&data(preset, COUNT, k))).collect();
        for (i, p) in modes.weights().iter().enumerate() {
            let share = counted.iter().map(|c| c.shares[i]).sum::<f32>() / ROUNDS as f32;
            let error = (p * (1.0 - p) / (COUNT as f32 * ROUNDS as f32)).sqrt();
            assert!(
                (share - p).abs() < 6.0 * error,
                "{share} of {} at mode {i}",
                preset.name()
            );
        }
        // A total variation varies by less than its own mean from round to round.
        let mean = counted.iter().map(|c| c.total_variation).sum::<f32>() / ROUNDS as f32;
        let floor = modes.floor(COUNT);
        let bound = 6.0 * floor / (ROUNDS as f32).sqrt();
        assert!((mean - floor).abs() < bound, "{mean}, floor {floor}");
    }
    assert!((modes(Preset::EightGaussians).unwrap().floor(4096) - 0.0165).abs() < 1e-4);
}

#[test]
fn copies_are_the_samples_with_a_training_point_within_two_sigma() {
    // Against all pairs, at densities from few copies to many.
    let (training, samples) = (gaussian(500, [0.1, -0.2], 0.5, 1), gaussian(700, [0.0; 2], 0.5, 2));
    for sigma in [0.001, 0.01, 0.05, 0.3] {
        let near = |p: &[f32]| {
            training
                .chunks_exact(2)
                .any(|q| (q[0] - p[0]).hypot(q[1] - p[1]) <= 2.0 * sigma)
        };
        let expected = samples.chunks_exact(2).filter(|p| near(p)).count() as f32 / 700.0;
        let got = Memorisation::new(&training, sigma).fraction(&samples);
        assert_eq!(got.to_bits(), expected.to_bits(), "sigma {sigma}");
    }
}

#[test]
fn noised_copies_are_found_as_often_as_a_gaussian_lies_within_two_deviations() {
    const COUNT: usize = 20_000;
    let training: Vec<f32> = (0..100).flat_map(|i| [(i % 10) as f32, (i / 10) as f32]).collect();
    let noise = gaussian(COUNT, [0.0; 2], 0.01, 3);
    let samples: Vec<f32> = (0..2 * COUNT).map(|i| training[i % 200] + noise[i]).collect();
    let meter = Memorisation::new(&training, 0.01);
    let truth = 1.0 - (-2.0_f32).exp();
    let error = (truth * (1.0 - truth) / COUNT as f32).sqrt();
    assert!((meter.fraction(&samples) - truth).abs() < 6.0 * error);
    assert!((meter.fraction(&training) - 1.0).abs() < 1e-9);
    assert!(meter.fraction(&[]).is_nan());
    assert!(meter.fraction(&[0.5, 0.5, f32::NAN, 0.0, f32::INFINITY, 0.0]).abs() < 1e-9);
    assert!(Memorisation::new(&[], 0.01).fraction(&samples).abs() < 1e-9);
    assert!(
        Memorisation::new(&[f32::NAN, 0.0], 0.01)
            .fraction(&[f32::NAN, 0.0])
            .abs()
            < 1e-9
    );
}

const SIDE: usize = 200;

/// Centres of the cells of a square of half-width 5, and the cells' area.
fn grid() -> (Vec<[f32; 2]>, f32) {
    let cell = 10.0 / SIDE as f32;
    let at = |i: usize| (i as f32 + 0.5) * cell - 5.0;
    let centres = (0..SIDE * SIDE).map(|i| [at(i % SIDE), at(i / SIDE)]).collect();
    (centres, cell * cell)
}

fn one_gaussian(mean: [f32; 2], variance: f32) -> ExactField {
    ExactField::mixture(vec![mean], vec![1.0], vec![variance]).unwrap()
}

#[test]
fn the_divergence_of_two_gaussians_is_the_closed_form_on_a_grid_and_by_draws() {
    let (p, q) = (one_gaussian([0.2, -0.1], 0.25), one_gaussian([0.5, 0.3], 0.49));
    let log_density = |field: &ExactField, points: &[[f32; 2]]| -> Vec<f32> {
        points.iter().map(|x| field.local(*x, 1e-3).log_density).collect()
    };
    // KL = log(t/s) + s/t - 1 + |d|²/(2t) for variances s and t in the plane.
    let (s, t) = (0.25_f64, 0.49_f64);
    let truth = (t / s).ln() + s / t - 1.0 + 0.25 / (2.0 * t);
    let (centres, area) = grid();
    let found = on_grid(&log_density(&p, &centres), &log_density(&q, &centres), area);
    assert!((f64::from(found.nats) - truth).abs() < 1e-5, "{found:?}, not {truth}");
    assert!((found.mass - 1.0).abs() < 1e-5);
    let same = on_grid(&log_density(&p, &centres), &log_density(&p, &centres), area);
    assert!(same.nats.abs() < 1e-9);

    // log p - log q = |z|² (s/t - 1)/2 + sqrt(s) z·d/t + constant, of variance (s/t - 1)² + s |d|²/t².
    const COUNT: usize = 20_000;
    let mut draws = vec![0.0; 2 * COUNT];
    p.sample(&mut StdRng::seed_from_u64(7), &mut draws);
    let draws: Vec<[f32; 2]> = draws.chunks_exact(2).map(|x| [x[0], x[1]]).collect();
    let estimate = by_likelihood(&log_density(&p, &draws), &log_density(&q, &draws));
    let error = (((s / t - 1.0).powi(2) + s * 0.25 / (t * t)) / COUNT as f64).sqrt();
    assert!((f64::from(estimate.nats) - truth).abs() < 6.0 * error);
    // The fourth moment of log p - log q is below nine times the squared variance, as that of an exponential.
    let relative = f64::from(estimate.standard_error) / error - 1.0;
    assert!(relative.abs() < 6.0 * (2.0 / COUNT as f64).sqrt(), "{relative}");
    assert!(by_likelihood(&[], &[]).nats.is_nan());
}

#[test]
fn energies_on_a_grid_are_normalised_whatever_their_constant() {
    let (centres, area) = grid();
    let (p, log_z) = (one_gaussian([0.2, -0.1], 0.25), (std::f32::consts::TAU * 0.25).ln());
    for constant in [0.0, 700.0, -700.0] {
        let minus_energy = |x: &[f32; 2]| constant - ((x[0] - 0.2).powi(2) + (x[1] + 0.1).powi(2)) / 0.5;
        let values: Vec<f32> = centres.iter().map(minus_energy).collect();
        let found = log_normaliser(&values, area);
        // At 700 f32 has a last digit of 6e-5.
        assert!(
            (found - constant - log_z).abs() < 1e-5 + constant.abs() * 1e-7,
            "{found}"
        );
        let log_q: Vec<f32> = values.iter().map(|value| value - found).collect();
        let log_p: Vec<f32> = centres.iter().map(|x| p.local(*x, 1e-4).log_density).collect();
        assert!(on_grid(&log_p, &log_q, area).nats.abs() < 1e-4);
    }
}

#[test]
fn a_grid_knows_nothing_densities_zeros_and_what_it_misses() {
    let nothing = f32::NEG_INFINITY;
    let half = 0.5_f32.ln();
    // 0 log 0 is 0; a zero of q where p is not cannot be forgiven.
    assert!(
        (on_grid(&[half, half, nothing], &[0.25_f32.ln(), half, half], 1.0).nats - 0.5 * 2.0_f32.ln()).abs() < 1e-6
    );
    assert!(on_grid(&[half, half], &[nothing, 0.0], 1.0).nats.is_infinite());
    assert!(on_grid(&[half, half], &[f32::NAN, 0.0], 1.0).nats.is_nan());
    assert!((on_grid(&[half], &[half], 1.0).mass - 0.5).abs() < 1e-6);
    assert!(log_normaliser(&[nothing; 3], 1.0).is_infinite());
    assert!((log_normaliser(&[half, half], 2.0) - 2.0_f32.ln()).abs() < 1e-6);
}

#[test]
fn samples_are_told_in_units_of_the_floor_and_of_the_exact_sampler_on_the_same_starts() {
    const COUNT: usize = 1000;
    let exact = Preset::Rings.field();
    let starts = start(COUNT, exact.mean(), exact.scale(), 3.0, 1);
    let parameters = Parameters::ProbabilityFlow {
        sigma_max: 3.0,
        sigma_min: 0.01,
        nodes: 16,
        scheme: Scheme::Heun,
        denoise: false,
        guard: None,
    };
    let unit = SampleGauge::new(&exact, &parameters, &starts, u64::MAX, 5).unit();

    let mut gauge = SampleGauge::new(&exact, &parameters, &starts, u64::MAX, 5);
    let in_slices = loop {
        if let Some(unit) = gauge.prepare(Instant::now()) {
            break unit;
        }
    };
    assert_eq!(in_slices, unit);
    assert_eq!(gauge.prepare(Instant::now()), Some(unit));

    // True data and the exact flow score the floor. Over 400 seeds the logarithms of both ratios had a deviation of 0.18
    // about 0; six of them are factors of three either way.
    let truth = unit.rate(gauge.compare(&data(Preset::Rings, COUNT, 77)).finish());
    eprintln!("{unit:?} {truth:?}");
    assert!(truth.over_floor > 0.33 && truth.over_floor < 3.0, "{truth:?}");
    assert!((truth.over_exact * unit.exact / truth.distance - 1.0).abs() < 1e-6);
    assert!(
        unit.exact / unit.floor > 0.33 && unit.exact / unit.floor < 3.0,
        "{unit:?}"
    );
    // The starts themselves are nothing like the rings.
    let start = unit.rate(gauge.compare(&starts).finish());
    assert!(start.over_floor > 20.0 && start.over_exact > 20.0, "{start:?}");
    // Another number of samples cannot be compared.
    assert!(gauge.compare(&starts[..100]).finish().is_nan());
}

#[test]
fn samplers_with_noise_have_their_reference_too_even_those_without_an_end() {
    const COUNT: usize = 500;
    let exact = Preset::EightGaussians.field();
    let ladder = NoiseLadder::for_scale(exact.scale());
    let annealed = Parameters::Annealed {
        ladder,
        step_size: 0.1,
        steps_per_level: 15,
        beta: 1.0,
        noise_scale: 1.0,
        seed: 3,
        guard: None,
    };
    let starts = start(COUNT, exact.mean(), exact.scale(), ladder.sigma_max, 1);
    let descent = SampleGauge::new(&exact, &annealed, &starts, u64::MAX, 5).unit();
    let langevin = Parameters::Langevin {
        chain: Chain::new(0.1, 0.5, 3),
        noise_scale: 1.0,
    };
    let short = SampleGauge::new(&exact, &langevin, &starts, 3, 5).unit();
    eprintln!("annealed {descent:?}, a little Langevin {short:?}");
    assert!(descent.exact < 3.0 * descent.floor && short.exact > 3.0 * short.floor);
}
