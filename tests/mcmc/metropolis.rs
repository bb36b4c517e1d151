//! The samplers with a Metropolis test: exact at every step, with the acceptance of theory.

use burn::tensor::Tensor;
use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::{ExactField, Preset};
use scorefield::field::{Differential, ExactScore, Field};
use scorefield::sampler::{Chain, Guard, Parameters, build, start};

use crate::common::{Gaussian, MANY, POINT, acceptance, assert_normal, chain, normal, steps, tensor, values};

/// Expected acceptance of Langevin proposals on a round Gaussian of width 1 in two dimensions, by the definition of the
/// test: the mean over `x ~ N(0, I)` and `z ~ N(0, I)`, with x turned onto the first axis. Midpoints 0.05 apart leave an
/// error below 1e-4.
fn expected_acceptance(eta: f64) -> f64 {
    const STEP: f64 = 0.05;
    let middle = |k: i32| (f64::from(k) + 0.5) * STEP;
    let bell = |z: f64| (-0.5 * z * z).exp();
    let square = |a: [f64; 2]| a[0] * a[0] + a[1] * a[1];
    let (mut sum, mut mass) = (0.0, 0.0);
    for r in (0..110).map(middle) {
        for z1 in (-110..110).map(middle) {
            // Symmetric in the second component of z.
            for z2 in (0..110).map(middle) {
                let weight = r * bell(r) * bell(z1) * bell(z2);
                let x = [r, 0.0];
                let kick = (2.0 * eta).sqrt();
                let y = [x[0] * (1.0 - eta) + kick * z1, kick * z2];
                let away = |from: [f64; 2], to: [f64; 2]| [0, 1].map(|k| to[k] - from[k] + eta * from[k]);
                let log_ratio = 0.5 * (square(x) - square(y)) + (square(away(x, y)) - square(away(y, x))) / (4.0 * eta);
                sum += weight * log_ratio.exp().min(1.0);
                mass += weight;
            }
        }
    }
    sum / mass
}

#[test]
fn langevin_proposals_are_accepted_as_often_as_theory_says_and_keep_the_exact_variance() {
    for (eta, known) in [
        (0.1, 0.99),
        (0.2, 0.97),
        (0.5, 0.88),
        (1.0, 0.67),
        (1.5, 0.46),
        (1.9, 0.32),
    ] {
        let expected = expected_acceptance(eta);
        assert!((expected - known).abs() < 0.007, "{expected}, known {known}");
        // From the exact density, so that every step's expectation is that of theory.
        let mut mala = build(&Parameters::Mala { chain: chain(eta) });
        let x = steps(mala.as_mut(), &POINT, &normal(MANY, 0.16, 1), 60);
        let got = acceptance(mala.as_ref());
        eprintln!("eta {eta}: acceptance {got:.4}, expected {expected:.4}");
        // Steps of one particle hang together and particles do not: the error is at most that of one step.
        let error = (expected * (1.0 - expected) / MANY as f64).sqrt();
        assert!(
            (got - expected).abs() < 6.0 * error + 1e-4,
            "{got}, expected {expected}"
        );
        assert_normal(&x, 0.16, "MALA");
    }
}

#[test]
fn from_elsewhere_the_tested_chains_come_to_the_exact_variance() {
    for parameters in [
        Parameters::Mala { chain: chain(0.5) },
        Parameters::Hmc {
            chain: chain(0.1),
            leapfrog_steps: 4,
        },
    ] {
        let x = steps(build(&parameters).as_mut(), &POINT, &normal(MANY, 0.04, 1), 100);
        assert_normal(&x, 0.16, "from a quarter of the variance");
        // The fourth moment of a normal is 3 V², with deviation sqrt(96) V².
        let fourth = x.iter().map(|&x| f64::from(x).powi(4)).sum::<f64>() / x.len() as f64 / 0.16_f64.powi(2);
        assert!((fourth - 3.0).abs() < 6.0 * (96.0 / x.len() as f64).sqrt(), "{fourth}");
    }
}

#[test]
fn one_leapfrog_step_is_a_langevin_proposal_with_the_same_random_numbers() {
    let exact = Preset::EightGaussians.field();
    let field = ExactScore::new(exact.clone());
    let guard = Some(Guard::new(exact.mean(), exact.scale(), Some(exact.bounds())));
    let starts = start(1000, [0.0; 2], 0.5, 0.2, 3);
    for beta in [1.0_f32, 2.0] {
        // At the temperature T a leapfrog step is a Langevin step of length T h²/2.
        let chain = |step_size| Chain {
            beta,
            guard,
            ..Chain::new(0.2, step_size, 9)
        };
        let mut hmc = build(&Parameters::Hmc {
            chain: chain(0.4),
            leapfrog_steps: 1,
        });
        let mut mala = build(&Parameters::Mala {
            chain: chain(0.4 / beta),
        });
        let x = steps(hmc.as_mut(), &field, &starts, 20);
        let y = steps(mala.as_mut(), &field, &starts, 20);
        // Rounding decides otherwise where chance and threshold agree to six digits, once in some 50 such tests.
        let pairs = x.chunks_exact(2).zip(y.chunks_exact(2));
        let apart = pairs
            .filter(|(x, y)| (0..2).any(|k| (x[k] - y[k]).abs() > 1e-4))
            .count();
        assert!(apart < 4, "{apart} of 1000 particles went another way");
        assert!((acceptance(hmc.as_ref()) - acceptance(mala.as_ref())).abs() < 1e-3);
        assert!(acceptance(mala.as_ref()) < 0.98, "some are rejected");
    }
}

#[test]
fn a_long_step_that_is_made_in_parts_is_the_same_step_and_counts_when_it_is_made() {
    let field = ExactScore::new(Preset::EightGaussians.field());
    let parameters = Parameters::Hmc {
        chain: Chain::new(0.2, 0.4, 9),
        leapfrog_steps: 6,
    };
    let (mut whole, mut parted) = (build(&parameters), build(&parameters));
    let starts = start(1000, [0.0; 2], 0.5, 0.2, 3);
    let mut x = tensor(&starts);
    for step in 1..=5 {
        let before = parted.tally();
        let mut parts = 1;
        while !parted.prepare(&field, &x) {
            parts += 1;
        }
        assert_eq!((parts, parted.tally()), (6, before), "a part is one leapfrog step");
        x = parted.step(&field, x);
        assert_eq!(parted.evaluations(), 6 * step + 1);
    }
    assert_eq!(values(&x), steps(whole.as_mut(), &field, &starts, 5));
    assert_eq!(whole.tally(), parted.tally());
}

/// `count` draws from the data smoothed by sigma.
fn truth(exact: &ExactField, sigma: f32, count: usize, seed: u32) -> Vec<f32> {
    let mut points = vec![0.0; 2 * count];
    exact.sample_noised(sigma, &mut StdRng::seed_from_u64(u64::from(seed)), &mut points);
    points
}

/// Mean and standard error of the energy.
fn mean_energy(field: &ExactScore, points: &[f32], sigma: f32) -> (f64, f64) {
    let energies = values(&field.energy(&tensor(points), sigma).unwrap());
    let n = energies.len() as f64;
    let mean = energies.iter().map(|&e| f64::from(e)).sum::<f64>() / n;
    let square = energies.iter().map(|&e| (f64::from(e) - mean).powi(2)).sum::<f64>() / n;
    (mean, (square / n).sqrt())
}

#[test]
fn a_density_that_is_no_gaussian_is_kept_too_where_langevin_alone_changes_it() {
    const COUNT: usize = 20_000;
    const SIGMA: f32 = 0.1;
    let exact = Preset::TwoG.field();
    let field = ExactScore::new(exact.clone());
    let guard = Some(Guard::new(exact.mean(), exact.scale(), Some(exact.bounds())));
    let chain = Chain {
        guard,
        ..Chain::new(SIGMA, 0.8, 2)
    };
    let (expected, error) = mean_energy(&field, &truth(&exact, SIGMA, 10 * COUNT, 7), SIGMA);
    let starts = truth(&exact, SIGMA, COUNT, 8);
    let off = |parameters: &Parameters| {
        let x = steps(build(parameters).as_mut(), &field, &starts, 40);
        let (mean, own) = mean_energy(&field, &x, SIGMA);
        (mean - expected) / own.hypot(error)
    };
    let mala = off(&Parameters::Mala { chain });
    let hmc = off(&Parameters::Hmc {
        chain,
        leapfrog_steps: 3,
    });
    let plain = off(&Parameters::Langevin {
        chain,
        noise_scale: 1.0,
    });
    eprintln!("mean energy is off by {mala:.1} (MALA), {hmc:.1} (HMC), {plain:.1} (Langevin) standard errors");
    assert!(mala.abs() < 6.0 && hmc.abs() < 6.0);
    assert!(plain > 12.0, "the test can tell");
}

#[test]
fn what_lies_beyond_the_walls_is_never_sampled_and_the_rest_is_sampled_exactly() {
    // Nearly flat between walls at ±(3 * 0.4 + 4 * 0.4), and the guard clips what little drift there is.
    let field = Gaussian { variance: 9.0 };
    let guard = Guard::new([0.0; 2], 0.4, None);
    let wall = guard.reach(0.4)[1][0];
    assert!((wall - 2.8).abs() < 1e-5);
    let chain = Chain {
        guard: Some(guard),
        ..Chain::new(0.4, 4.0, 4)
    };
    // Variance and kurtosis of the normal that is cut off there, by quadrature.
    let total = f64::from(9.16_f32);
    let moment = |power: i32| {
        let middle = |k: i32| (f64::from(k) + 0.5) * f64::from(wall) / 1000.0;
        (0..1000)
            .map(middle)
            .map(|x| x.powi(power) * (-0.5 * x * x / total).exp())
            .sum::<f64>()
    };
    let (second, fourth) = (moment(2) / moment(0), moment(4) / moment(0));
    for parameters in [
        Parameters::Mala { chain },
        Parameters::Hmc {
            chain,
            leapfrog_steps: 2,
        },
    ] {
        let mut sampler = build(&parameters);
        let x = steps(sampler.as_mut(), &field, &normal(MANY, 0.25, 1), 150);
        assert!(x.iter().all(|x| x.abs() <= wall));
        let n = x.len() as f64;
        let got = x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
        let error = ((fourth - second * second) / n).sqrt();
        eprintln!("variance between walls {got:.4}, expected {second:.4} ± {error:.4}");
        assert!((got - second).abs() < 6.0 * error);
    }
}

/// A score without an energy.
struct NoEnergy;

impl Field for NoEnergy {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        POINT.score(x, sigma)
    }

    fn differential(&self, _: &Tensor<2>, _: f32) -> Differential {
        unreachable!("sampling needs no derivatives")
    }
}

#[test]
fn without_an_energy_nothing_moves_and_nothing_is_counted_as_accepted() {
    let starts = normal(20, 0.16, 1);
    for parameters in [
        Parameters::Mala { chain: chain(0.5) },
        Parameters::Hmc {
            chain: chain(0.5),
            leapfrog_steps: 3,
        },
    ] {
        let mut sampler = build(&parameters);
        assert!(sampler.needs_energy());
        assert_eq!(steps(sampler.as_mut(), &NoEnergy, &starts, 5), starts);
        assert!(sampler.acceptance().is_none());
        assert_eq!((sampler.evaluations(), sampler.time()), (0, 0.0));
    }
}

#[test]
fn a_particle_without_a_finite_energy_moves_on_and_harms_no_other() {
    let mut starts = normal(20, 0.16, 1);
    let run = |starts: &[f32]| {
        let mut mala = build(&Parameters::Mala {
            chain: Chain {
                guard: Some(Guard::new([0.0; 2], 0.5, None)),
                ..chain(0.3)
            },
        });
        steps(mala.as_mut(), &POINT, starts, 60)
    };
    let whole = run(&starts);
    // Far beyond the walls: it is not stuck there but comes home.
    starts[6..8].copy_from_slice(&[40.0, -40.0]);
    starts[12] = f32::NAN;
    let mixed = run(&starts);
    assert!(mixed[6].abs() < 3.0 && mixed[7].abs() < 3.0);
    for k in (0..40).filter(|k| !(6..8).contains(k) && !(12..14).contains(k)) {
        assert!((whole[k] - mixed[k]).abs() < 1e-6);
    }
}

#[test]
fn acceptance_is_counted_anew_when_the_step_is_changed() {
    let mut mala = build(&Parameters::Mala { chain: chain(1.9) });
    let starts = normal(2000, 0.16, 1);
    steps(mala.as_mut(), &POINT, &starts, 20);
    let coarse = acceptance(mala.as_ref());
    assert!(mala.retune(&Parameters::Mala { chain: chain(0.1) }));
    assert!(mala.acceptance().is_none());
    steps(mala.as_mut(), &POINT, &starts, 20);
    assert!(coarse < 0.5 && acceptance(mala.as_ref()) > 0.9);
}
