//! Samplers on fields whose answer is known in closed form.
//!
//! Statistical bounds are six standard deviations of the estimate: a correct sampler fails one in a billion seeds, and
//! the seeds are fixed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::Preset;
use scorefield::field::{Differential, ExactScore, Field, points_on};
use scorefield::metrics::sliced_wasserstein::sliced_wasserstein;
use scorefield::noise::NoiseLadder;
use scorefield::sampler::{Chain, Guard, Parameters, Sampler, Stream, build, start, stream};

/// Particles in statistical tests, two independent coordinates each.
const MANY: usize = 100_000;

/// `N(mean, variance I)` smoothed by sigma: the score is `(mean - x) / (variance + sigma²)`.
struct Gaussian {
    mean: f32,
    variance: f32,
}

impl Field for Gaussian {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        (x.clone() - self.mean) / -(self.variance + sigma * sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        linear(self.score(x, sigma), -1.0 / (self.variance + sigma * sigma))
    }
}

/// A field that pushes outward ever harder, as an untrained network may.
struct Explosion;

impl Field for Explosion {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        x.clone() * (1e6 / (sigma * sigma))
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        linear(self.score(x, sigma), 1e6 / (sigma * sigma))
    }
}

/// The derivatives of `rate (x - centre)`.
fn linear(score: Tensor<2>, rate: f32) -> Differential {
    let [n, _] = score.dims();
    Differential {
        divergence: Tensor::full([n], 2.0 * rate, &score.device()),
        curl: Tensor::zeros([n], &score.device()),
        score,
    }
}

fn tensor(points: &[f32]) -> Tensor<2> {
    points_on(&Device::flex(), points.to_vec())
}

fn values(x: &Tensor<2>) -> Vec<f32> {
    x.to_data().try_into_vec().unwrap()
}

fn langevin(sigma: f32, step_size: f32, guard: Option<Guard>) -> Box<dyn Sampler> {
    build(&Parameters::Langevin {
        chain: Chain {
            guard,
            ..Chain::new(sigma, step_size, 5)
        },
        noise_scale: 1.0,
    })
}

fn annealed(ladder: NoiseLadder, step_size: f32, steps_per_level: u32, guard: Option<Guard>) -> Box<dyn Sampler> {
    build(&Parameters::Annealed {
        ladder,
        step_size,
        steps_per_level,
        beta: 1.0,
        noise_scale: 1.0,
        seed: 5,
        guard,
    })
}

fn run(sampler: &mut dyn Sampler, field: &dyn Field, points: &[f32], steps: usize) -> Vec<f32> {
    let mut x = tensor(points);
    for _ in 0..steps {
        x = sampler.step(field, x);
    }
    values(&x)
}

fn run_to_the_end(sampler: &mut dyn Sampler, field: &dyn Field, points: &[f32]) -> Vec<f32> {
    let mut x = tensor(points);
    while !sampler.finished() {
        x = sampler.step(field, x);
    }
    values(&x)
}

/// Asserts that independent coordinates have this mean and variance, within six standard deviations of the estimates
/// (`V sqrt(2 / n)` is that of a normal's sample variance).
fn assert_normal(x: &[f32], mean: f64, variance: f64) {
    let n = x.len() as f64;
    let got_mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let got = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    assert!(
        (got_mean - mean).abs() < 6.0 * (variance / n).sqrt(),
        "mean {got_mean}, expected {mean}"
    );
    assert!(
        (got - variance).abs() < 6.0 * variance * (2.0 / n).sqrt(),
        "variance {got}, expected {variance}"
    );
}

/// Variance after `steps` Langevin steps of length `a` on a Gaussian of variance `t`, from variance `v`: the closed form
/// of `V' = (1 - a/t)² V + 2 a`.
fn after(steps: i32, a: f64, t: f64, v: f64) -> f64 {
    let rate = (1.0 - a / t).powi(2);
    rate.powi(steps) * v + 2.0 * a * (1.0 - rate.powi(steps)) / (1.0 - rate)
}

#[test]
fn a_guard_far_away_changes_nothing() {
    let field = Gaussian {
        mean: 0.0,
        variance: 0.09,
    };
    let guard = Guard::new([0.0; 2], 0.3, Some([[-30.0, -20.0], [20.0, 30.0]]));
    let points = start(1000, [0.0; 2], 0.3, 0.4, 1);
    for eta in [0.1, 0.9, 1.5] {
        let free = run(langevin(0.4, eta, None).as_mut(), &field, &points, 100);
        let guarded = run(langevin(0.4, eta, Some(guard)).as_mut(), &field, &points, 100);
        let furthest = free
            .iter()
            .zip(&guarded)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{furthest}, more than rounding");
    }
}

#[test]
fn annealing_a_point_mass_follows_the_recursion_of_ncsnv2_level_by_level() {
    // Song & Ermon 2020, Proposition 3: s_T²/sigma_i² = (1-eta)^(2T) (gamma² - 1/(1-eta/2)) + 1/(1-eta/2).
    let (eta, steps) = (0.1_f64, 5);
    let ladder = NoiseLadder {
        sigma_max: 2.0,
        sigma_min: 0.1,
        levels: 5,
    };
    let field = Gaussian {
        mean: 0.0,
        variance: 0.0,
    };
    let mut sampler = annealed(ladder, eta as f32, steps, None);
    let mut x = tensor(&start(MANY, [0.0; 2], 0.0, 2.0, 1));
    let mut variance = 4.0;
    for level in 0..ladder.levels {
        assert_eq!(sampler.level(), Some(level));
        let sigma_squared = f64::from(sampler.sigma()).powi(2);
        for _ in 0..steps {
            x = sampler.step(&field, x);
        }
        let limit = 1.0 / (1.0 - eta / 2.0);
        let decay = (1.0 - eta).powi(2 * steps as i32);
        variance = sigma_squared * (decay * (variance / sigma_squared - limit) + limit);
        assert_normal(&values(&x), 0.0, variance);
    }
}

#[test]
fn annealing_a_gaussian_ends_at_its_mean_and_at_the_predicted_variance() {
    let (eta, steps, variance) = (0.1_f64, 15, 0.2_f64);
    let ladder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.05,
        levels: 8,
    };
    let field = Gaussian {
        mean: -0.4,
        variance: variance as f32,
    };
    let guard = Guard::new([-0.4; 2], variance.sqrt() as f32, Some([[-9.0; 2], [9.0; 2]]));
    let mut sampler = annealed(ladder, eta as f32, steps, Some(guard));
    let points = start(MANY, [-0.4; 2], variance.sqrt() as f32, 3.0, 1);
    let x = run_to_the_end(sampler.as_mut(), &field, &points);

    let mut predicted = 9.0 + variance;
    let mut last = 0.0;
    for sigma in ladder.sigmas() {
        last = f64::from(sigma).powi(2);
        predicted = after(steps as i32, eta * last, variance + last, predicted);
    }
    // The final denoising step shrinks what is left towards the mean.
    predicted *= (variance / (variance + last)).powi(2);
    assert_normal(&x, -0.4, predicted);
}

#[test]
fn a_descent_counts_its_steps_and_then_rests() {
    let ladder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.1,
        levels: 4,
    };
    let field = Gaussian {
        mean: 0.0,
        variance: 0.1,
    };
    let mut sampler = annealed(ladder, 0.1, 3, None);
    let mut x = tensor(&start(10, [0.0; 2], 0.3, 3.0, 1));
    for step in 0..13 {
        assert!(!sampler.finished());
        let level = (step / 3).min(3);
        assert_eq!(sampler.level(), Some(level));
        assert_eq!(sampler.sigma().to_bits(), ladder.sigma(level).to_bits());
        assert_eq!(
            sampler.spread().to_bits(),
            ladder.sigma(level.saturating_sub(1)).to_bits()
        );
        x = sampler.step(&field, x);
    }
    assert!(sampler.finished());
    let rest = values(&x);
    assert_eq!(values(&sampler.step(&field, x)), rest);
    assert_eq!((sampler.steps(), sampler.evaluations()), (13, 13));
}

#[test]
fn annealing_the_exact_moons_gives_samples_of_the_moons() {
    const COUNT: usize = 2048;
    let field = Preset::Moons.field();
    let draw = |seed| {
        let mut points = vec![0.0; 2 * COUNT];
        field.sample(&mut StdRng::seed_from_u64(seed), &mut points);
        points
    };
    // What two independent sets of true data are apart.
    let floor = (0..6)
        .map(|k| sliced_wasserstein(&draw(10 + k), &draw(20 + k)))
        .sum::<f32>()
        / 6.0;

    let ladder = NoiseLadder::for_scale(field.scale());
    let guard = Guard::new(field.mean(), field.scale(), Some(field.bounds()));
    let points = start(COUNT, field.mean(), field.scale(), ladder.sigma_max, 1);
    let exact = ExactScore::new(field.clone());
    let samples = run_to_the_end(annealed(ladder, 0.1, 15, Some(guard)).as_mut(), &exact, &points);

    let ratio = (0..3).map(|k| sliced_wasserstein(&samples, &draw(30 + k))).sum::<f32>() / 3.0 / floor;
    eprintln!("annealed Langevin on exact moons: {ratio:.2} times the floor of {floor:.4}");
    assert!(ratio < 2.5, "{ratio} times the floor");
    assert!(
        sliced_wasserstein(&points, &draw(30)) > 20.0 * floor,
        "the start was nothing like the moons"
    );
}

#[test]
fn clipping_keeps_a_wild_field_in_its_box_and_without_it_particles_are_lost() {
    let ladder = NoiseLadder::for_scale(0.5);
    let guard = Guard::new([0.1, -0.2], 0.5, None);
    let points = start(500, [0.1, -0.2], 0.5, ladder.sigma_max, 1);
    for eta in [0.1, 0.5, 0.99] {
        let x = run_to_the_end(annealed(ladder, eta, 15, Some(guard)).as_mut(), &Explosion, &points);
        for p in x.chunks_exact(2) {
            assert!(
                (0..2).all(|a| p[a] >= guard.low[a] && p[a] <= guard.high[a]),
                "{p:?} with eta {eta}"
            );
        }
        let lost = run_to_the_end(annealed(ladder, eta, 15, None).as_mut(), &Explosion, &points);
        assert!(lost.iter().all(|x| !x.is_finite()));
    }
}

#[test]
fn the_same_seed_gives_the_same_samples_bit_by_bit_and_another_seed_others() {
    let ladder = NoiseLadder::for_scale(0.5);
    let field = Gaussian {
        mean: 0.0,
        variance: 0.25,
    };
    let guard = Guard::new([0.0; 2], 0.5, Some([[-20.0; 2], [20.0; 2]]));
    let sample = |seed| {
        let parameters = Parameters::Annealed {
            ladder,
            step_size: 0.1,
            steps_per_level: 3,
            beta: 1.0,
            noise_scale: 1.0,
            seed,
            guard: Some(guard),
        };
        let points = start(300, [0.0; 2], 0.5, ladder.sigma_max, seed);
        run_to_the_end(build(&parameters).as_mut(), &field, &points)
            .iter()
            .map(|x| x.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(sample(1), sample(1));
    let (one, two) = (sample(1), sample(2));
    let equal = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert!(equal < 3, "{equal} of 600 coordinates are equal");
}

#[test]
fn parameters_change_in_mid_run_and_another_kind_is_refused() {
    let ladder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.1,
        levels: 4,
    };
    let field = Gaussian {
        mean: 0.0,
        variance: 0.1,
    };
    let points = start(10, [0.0; 2], 0.3, 3.0, 1);
    let plain = |sigma, step_size| Parameters::Langevin {
        chain: Chain::new(sigma, step_size, 1),
        noise_scale: 1.0,
    };
    let descent = |ladder, steps_per_level| Parameters::Annealed {
        ladder,
        step_size: 0.1,
        steps_per_level,
        beta: 1.0,
        noise_scale: 1.0,
        seed: 1,
        guard: None,
    };

    let mut langevin = build(&plain(0.5, 0.1));
    run(langevin.as_mut(), &field, &points, 3);
    assert!(langevin.retune(&plain(0.2, 0.3)));
    assert_eq!((langevin.sigma().to_bits(), langevin.steps()), (0.2_f32.to_bits(), 3));
    assert!(!langevin.retune(&descent(ladder, 5)));

    let mut annealed = build(&descent(ladder, 10));
    run(annealed.as_mut(), &field, &points, 15);
    assert_eq!(annealed.level(), Some(1));
    assert!(!annealed.retune(&plain(0.2, 0.3)));
    // Five steps were made on this rung: with three a rung it is over.
    assert!(annealed.retune(&descent(ladder, 3)));
    assert_eq!(annealed.level(), Some(2));
    // The rung nearest in noise on a finer ladder.
    assert!(annealed.retune(&descent(NoiseLadder { levels: 7, ..ladder }, 3)));
    assert_eq!(annealed.level(), Some(4));
    // A zero would never end; it counts as one.
    assert!(annealed.retune(&descent(ladder, 0)));
    run(annealed.as_mut(), &field, &points, 5);
    assert!(annealed.finished());
}

#[test]
fn no_particles_are_no_trouble() {
    let ladder = NoiseLadder {
        sigma_max: 3.0,
        sigma_min: 0.1,
        levels: 2,
    };
    let field = Gaussian {
        mean: 0.0,
        variance: 0.1,
    };
    let guard = Guard::new([0.0; 2], 0.5, None);
    assert!(run_to_the_end(annealed(ladder, 0.1, 2, Some(guard)).as_mut(), &field, &[]).is_empty());
    assert_eq!(guard.recycle(&mut [], 1.0, &mut stream(1, Stream::Start)), 0);
}
