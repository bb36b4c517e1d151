//! Underdamped dynamics from no friction to any: molecular dynamics at one end, Langevin dynamics at the other.

use scorefield::distribution::ExactField;
use scorefield::field::{ExactScore, Field};
use scorefield::sampler::{Chain, Parameters, build};

use crate::common::{MANY, POINT, assert_normal, chain, normal, steps, tensor, values};

fn underdamped(chain: Chain, friction: f32) -> Parameters {
    Parameters::Underdamped { chain, friction }
}

#[test]
fn without_friction_the_energy_is_conserved_to_second_order_in_the_time_step() {
    // A double well, so that the forces are not linear.
    let wells = ExactField::mixture(vec![[-0.5, 0.0], [0.5, 0.1]], vec![0.4, 0.6], vec![0.02, 0.01]).unwrap();
    let field = ExactScore::new(wells);
    const SIGMA: f32 = 0.2;
    let starts = normal(200, 0.3, 2);
    // The largest change of H = E + |v|²/2 over a given time. Velocities are known from positions: with or without
    // forces, these half kicks and drifts make v_n = (x_{n+1} - x_{n-1}) / 2h exactly.
    let error = |halvings: i32| {
        let chain = Chain::new(SIGMA, 0.08 * 0.25_f32.powi(halvings), 5);
        let h = chain.time_step();
        let mut sampler = build(&underdamped(chain, 0.0));
        let mut x = tensor(&starts);
        let mut path = vec![x.clone()];
        for _ in 0..20 * 2_usize.pow(halvings as u32) {
            x = sampler.step(&field, x);
            path.push(x.clone());
        }
        let energies = path.windows(3).map(|three| {
            let v = (three[2].clone() - three[0].clone()) / (2.0 * h);
            let kinetic = (v.clone() * v).sum_dim(1).squeeze_dim::<1>(1) * 0.5;
            values(&(field.energy(&three[1], SIGMA).unwrap() + kinetic))
        });
        let energies: Vec<_> = energies.collect();
        energies
            .iter()
            .flat_map(|now| now.iter().zip(&energies[0]).map(|(now, first)| (now - first).abs()))
            .fold(0.0_f32, f32::max)
    };
    let errors = [1, 2, 3].map(error);
    eprintln!("errors of H: {errors:?}");
    for pair in errors.windows(2) {
        assert!((pair[0] / pair[1] - 4.0).abs() < 0.4, "{errors:?}");
    }
}

#[test]
fn at_great_friction_it_is_averaged_noise_with_the_same_random_numbers() {
    for beta in [1.0, 4.0] {
        let chain = Chain { beta, ..chain(0.3) };
        let starts = normal(500, 0.16, 1);
        // Its first step has no noise from before and half the drift; from then on step n + 1 takes the normals n and
        // n + 1, as step n of averaged noise does.
        let mut dynamics = build(&underdamped(chain, f32::INFINITY));
        let first = dynamics.step(&POINT, tensor(&starts));
        let mut averaged = build(&Parameters::AveragedNoise {
            chain: Chain {
                step_size: chain.step_size / beta,
                ..chain
            },
            noise_scale: 1.0,
        });
        let (mut x, mut y) = (first.clone(), first);
        for _ in 0..20 {
            x = dynamics.step(&POINT, x);
            y = averaged.step(&POINT, y);
            let furthest = values(&(x.clone() - y.clone()).abs().max());
            assert!(furthest[0] < 1e-5, "{furthest:?}");
        }
    }
}

#[test]
fn positions_have_the_exact_variance_at_every_friction_and_stable_step() {
    for friction in [0.5, 2.0, 20.0] {
        for eta in [0.1, 0.5, 1.5] {
            // From twice the variance; the slowest mode falls by 20 % a step at least.
            let starts = normal(MANY, 0.32, 1);
            let mut sampler = build(&underdamped(chain(eta), friction));
            let x = steps(sampler.as_mut(), &POINT, &starts, 200);
            assert_normal(&x, 0.16, &format!("friction {friction}, eta {eta}"));
        }
    }
}

#[test]
fn lost_particles_get_new_velocities_and_others_keep_theirs() {
    let starts = normal(10, 0.16, 1);
    let run = |lost: bool| {
        let mut sampler = build(&underdamped(chain(0.2), 0.0));
        let mut points = starts.clone();
        if lost {
            points[4] = f32::NAN;
        }
        let x = sampler.step(&POINT, tensor(&points));
        let mut found = values(&x);
        if lost {
            found[4..6].copy_from_slice(&[0.1, 0.2]);
        }
        sampler.forget();
        steps(sampler.as_mut(), &POINT, &found, 10)
    };
    let (whole, repaired) = (run(false), run(true));
    assert!(repaired.iter().all(|x| x.is_finite()));
    for k in (0..20).filter(|k| !(4..6).contains(k)) {
        assert!((whole[k] - repaired[k]).abs() < 1e-6);
    }
}
