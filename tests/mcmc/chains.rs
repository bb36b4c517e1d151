//! Chains at one noise level on a Gaussian: their stationary variances, at every temperature and noise scale.

use scorefield::sampler::{Chain, Parameters, build};

use crate::common::{MANY, POINT, SIGMA, assert_normal, chain, normal, steps, tensor, values};

/// The variance of the density that is sampled.
const WIDTH: f64 = 0.16;

/// The variance of plain Langevin with noise scale c at inverse temperature beta: the fixed point of
/// `V = (1 - eta beta)² V + 2 eta c² w²`, in which the bias is `1 / (1 - eta beta / 2)`.
fn langevin_variance(eta: f64, beta: f64, c: f64) -> f64 {
    c * c * WIDTH / (beta * (1.0 - 0.5 * eta * beta))
}

/// Where the chain is after so many steps from twice the variance of the density.
fn run(parameters: &Parameters, count: usize) -> Vec<f32> {
    let starts = normal(MANY, 2.0 * WIDTH, 1);
    steps(build(parameters).as_mut(), &POINT, &starts, count)
}

#[test]
fn unadjusted_langevin_is_too_wide_by_exactly_what_its_step_predicts() {
    for (eta, factor) in [(0.1, 1.0526), (0.5, 1.3333), (1.0, 2.0), (1.5, 4.0)] {
        let x = run(
            &Parameters::Langevin {
                chain: chain(eta),
                noise_scale: 1.0,
            },
            120,
        );
        let expected = langevin_variance(eta, 1.0, 1.0);
        assert!((expected / WIDTH - factor).abs() < 1e-4);
        assert_normal(&x, expected, &format!("Langevin at eta {eta}"));
        // The standard error is 0.3 % and the smallest bias 5 %: no other formula would pass.
    }
}

#[test]
fn averaged_noise_has_the_exact_variance_at_every_stable_step() {
    for eta in [0.1, 0.5, 1.0, 1.5, 1.9] {
        let x = run(
            &Parameters::AveragedNoise {
                chain: chain(eta),
                noise_scale: 1.0,
            },
            120,
        );
        assert_normal(&x, WIDTH, &format!("averaged noise at eta {eta}"));
    }
}

#[test]
fn the_normal_of_a_step_is_kept_for_the_next() {
    // Two steps of pure noise, (z0 + z1) / 2 + (z1 + z2) / 2: the middle normal counts twice, and the variance is
    // 2 a (1 + 4 + 1) / 4. With new normals each step it would be 2 a.
    let flat = crate::common::Gaussian { variance: 1e12 };
    let mut sampler = build(&Parameters::AveragedNoise {
        chain: chain(0.3),
        noise_scale: 1.0,
    });
    let a = 0.3 * WIDTH;
    let x = steps(sampler.as_mut(), &flat, &vec![0.0; 2 * MANY], 2);
    assert_normal(&x, 3.0 * a, "two steps of averaged noise");
}

#[test]
fn the_five_chains_sample_at_the_temperature_that_is_asked_for() {
    for beta in [0.25, 4.0] {
        let at = |eta: f64| Chain {
            beta: beta as f32,
            ..chain(eta)
        };
        let chains = [
            (
                Parameters::Langevin {
                    chain: at(0.2),
                    noise_scale: 1.0,
                },
                langevin_variance(0.2, beta, 1.0),
            ),
            (
                Parameters::AveragedNoise {
                    chain: at(0.2),
                    noise_scale: 1.0,
                },
                WIDTH / beta,
            ),
            (Parameters::Mala { chain: at(0.2) }, WIDTH / beta),
            (
                Parameters::Hmc {
                    chain: at(0.2),
                    leapfrog_steps: 3,
                },
                WIDTH / beta,
            ),
            (
                Parameters::Underdamped {
                    chain: at(0.2),
                    friction: 1.0,
                },
                WIDTH / beta,
            ),
        ];
        for (parameters, expected) in chains {
            // The slowest relaxes by (1 - eta beta)² a step, at beta 1/4 to 1e-9 in 200.
            let x = run(&parameters, 200);
            assert_normal(&x, expected, &format!("{parameters:?}"));
        }
    }
}

#[test]
fn a_wrong_noise_scale_samples_at_its_square_as_the_temperature() {
    for c in [0.5_f64.sqrt(), 2.0] {
        let (chain, noise_scale) = (chain(0.1), c as f32);
        let x = run(&Parameters::AveragedNoise { chain, noise_scale }, 120);
        assert_normal(&x, c * c * WIDTH, &format!("averaged noise times {c}"));
        let x = run(&Parameters::Langevin { chain, noise_scale }, 120);
        assert_normal(&x, langevin_variance(0.1, 1.0, c), &format!("noise times {c}"));
        // In small steps that is the temperature c²; from the target's own variance 500 steps of 0.02 are enough.
        let chain = crate::common::chain(0.02);
        let starts = normal(MANY / 4, WIDTH, 1);
        let mut small = build(&Parameters::Langevin { chain, noise_scale });
        let x = steps(small.as_mut(), &POINT, &starts, 500);
        assert_normal(&x, 1.01 * c * c * WIDTH, &format!("small steps, noise times {c}"));
    }
}

#[test]
fn without_noise_particles_climb_to_the_mode_and_stay() {
    let parameters = Parameters::Langevin {
        chain: chain(0.1),
        noise_scale: 0.0,
    };
    let starts = normal(100, WIDTH, 1);
    let x = steps(build(&parameters).as_mut(), &POINT, &starts, 50);
    for (x, start) in x.iter().zip(&starts) {
        assert!((x - start * 0.9_f32.powi(50)).abs() < 1e-6);
    }
}

#[test]
fn chains_count_time_and_evaluations_and_have_no_end() {
    for (parameters, evaluations, time) in [
        (
            Parameters::Langevin {
                chain: chain(0.5),
                noise_scale: 1.0,
            },
            10,
            0.8,
        ),
        (
            Parameters::AveragedNoise {
                chain: chain(0.5),
                noise_scale: 1.0,
            },
            10,
            0.8,
        ),
        // Chains that remember their last place evaluate the first one besides.
        (Parameters::Mala { chain: chain(0.5) }, 11, 0.8),
        (
            Parameters::Hmc {
                chain: chain(0.5),
                leapfrog_steps: 3,
            },
            31,
            2.4,
        ),
        (
            Parameters::Underdamped {
                chain: chain(0.5),
                friction: 1.0,
            },
            11,
            0.8,
        ),
    ] {
        let mut sampler = build(&parameters);
        let mut x = tensor(&normal(20, WIDTH, 1));
        for _ in 0..10 {
            x = sampler.step(&POINT, x);
        }
        assert_eq!((sampler.steps(), sampler.evaluations()), (10, evaluations));
        assert!((sampler.time() - time).abs() < 1e-5);
        assert!(!sampler.finished() && sampler.level().is_none());
        assert_eq!(sampler.sigma().to_bits(), SIGMA.to_bits());
        assert_eq!(sampler.acceptance().is_some(), sampler.needs_energy());

        // Changed from outside, a remembered place is evaluated anew; the same parameters change nothing.
        assert!(sampler.retune(&parameters));
        x = sampler.step(&POINT, x);
        let step = evaluations / 10;
        assert_eq!(sampler.evaluations(), evaluations + step);
        sampler.forget();
        x = sampler.step(&POINT, x);
        let remembers = u64::from(evaluations > 10 * step);
        assert_eq!(sampler.evaluations(), evaluations + 2 * step + remembers);

        // Fewer particles, or none, are no trouble.
        assert_eq!(values(&sampler.step(&POINT, x.narrow(0, 0, 5))).len(), 10);
        assert!(values(&sampler.step(&POINT, tensor(&[]))).is_empty());
    }
}

#[test]
fn a_run_is_a_function_of_its_seed() {
    for of_seed in [
        (|seed| Parameters::AveragedNoise {
            chain: Chain::new(SIGMA, 0.2, seed),
            noise_scale: 1.0,
        }) as fn(u32) -> Parameters,
        |seed| Parameters::Mala {
            chain: Chain::new(SIGMA, 0.2, seed),
        },
        |seed| Parameters::Hmc {
            chain: Chain::new(SIGMA, 0.2, seed),
            leapfrog_steps: 4,
        },
        |seed| Parameters::Underdamped {
            chain: Chain::new(SIGMA, 0.2, seed),
            friction: 1.0,
        },
    ] {
        let starts = normal(200, WIDTH, 3);
        let run = |seed| steps(build(&of_seed(seed)).as_mut(), &POINT, &starts, 20);
        assert_eq!(run(1), run(1));
        let (one, two) = (run(1), run(2));
        assert!(one.iter().zip(&two).filter(|(a, b)| a.to_bits() == b.to_bits()).count() < 3);
    }
}
