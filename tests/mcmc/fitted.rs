//! The energy that is fitted to a score: against the exact one.

use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::{ExactField, Preset};
use scorefield::field::{Differential, ExactScore, Field, FittedEnergy, Surface};
use scorefield::potential::Potential;
use scorefield::sampler::{Chain, Guard, Parameters, build};

use crate::common::{acceptance, steps, tensor, values};

/// The exact score without its energy, as a score network answers.
struct ScoreOnly<'a>(&'a ExactScore);

impl Field for ScoreOnly<'_> {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.0.score(x, sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        self.0.differential(x, sigma)
    }
}

fn guard_of(exact: &ExactField) -> Guard {
    Guard::new(exact.mean(), exact.scale(), Some(exact.bounds()))
}

/// The potential of the exact score on the grid that the data ask for.
fn fit(exact: &ExactField, sigma: f32) -> Surface {
    let grid = Surface::grid(guard_of(exact).reach(sigma), sigma);
    let points = grid.points();
    let (mut log_density, mut score) = (vec![0.0; points.len() / 2], vec![0.0; points.len()]);
    exact.at(sigma).fill(&points, &mut log_density, &mut score);
    let mut potential = Potential::new(grid, &score, &log_density, None);
    while !potential.iterate() {}
    Surface::new(grid, sigma, &potential.unmasked(), &Device::flex()).unwrap()
}

/// The largest difference between fitted and exact energies, after the best constant is removed, where the density is
/// within so many nats of its highest.
fn error(score: &ExactScore, surface: &Surface, reach: [[f32; 2]; 2], nats: f32) -> f32 {
    const SIDE: usize = 101; // no multiple of the surface's grid, so that points fall between
    let place = |k: usize, a: usize| reach[0][a] + (reach[1][a] - reach[0][a]) * (k as f32 + 0.5) / SIDE as f32;
    let points: Vec<f32> = (0..SIDE * SIDE)
        .flat_map(|k| [place(k % SIDE, 0), place(k / SIDE, 1)])
        .collect();
    let truth = values(&score.energy(&tensor(&points), surface.sigma()).unwrap());
    let fitted = values(&surface.energy(&tensor(&points)));
    let lowest = truth.iter().copied().fold(f32::INFINITY, f32::min);
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for (truth, fitted) in truth.iter().zip(fitted).filter(|(truth, _)| **truth - lowest < nats) {
        assert!(fitted.is_finite());
        (low, high) = (low.min(fitted - truth), high.max(fitted - truth));
    }
    0.5 * (high - low)
}

#[test]
fn energies_fitted_to_an_exact_score_differ_as_the_exact_ones_do() {
    for preset in [Preset::EightGaussians, Preset::Moons, Preset::Rings, Preset::TwoG] {
        let exact = preset.field();
        let score = ExactScore::new(exact.clone());
        for sigma in [0.1, 0.2, 0.3] {
            let error = error(&score, &fit(&exact, sigma), guard_of(&exact).reach(sigma), 8.0);
            eprintln!("{} at sigma {sigma}: within {error:.4} nat", preset.name());
            assert!(error < 0.05, "{error} nat");
        }
    }
}

#[test]
fn the_metropolis_test_accepts_with_a_fitted_energy_what_it_accepts_with_the_exact_one() {
    // With the same random numbers only decisions at the threshold differ. Were the runs independent, of 100,000
    // decisions of which 0.06 to 0.1 reject the shares would have a standard error of 0.0012, and of 0.0016 between
    // them if neighbouring decisions hang together a little: six of those are the tolerance.
    let mut rng = StdRng::seed_from_u64(1);
    for preset in [Preset::EightGaussians, Preset::Moons, Preset::TwoG] {
        let exact = preset.field();
        let mut starts = vec![0.0; 2 * 1000];
        exact.sample(&mut rng, &mut starts);
        let score = ExactScore::new(exact.clone());
        for sigma in [0.1, 0.3] {
            let surface = fit(&exact, sigma);
            let fitted = FittedEnergy {
                score: &ScoreOnly(&score),
                surface: &surface,
            };
            let accepted = |field: &dyn Field| {
                let mut mala = build(&Parameters::Mala {
                    chain: Chain {
                        guard: Some(guard_of(&exact)),
                        ..Chain::new(sigma, 0.5, 1)
                    },
                });
                steps(mala.as_mut(), field, &starts, 100);
                acceptance(mala.as_ref())
            };
            let (truth, got) = (accepted(&score), accepted(&fitted));
            eprintln!("{} at sigma {sigma}: {got:.4}, exact {truth:.4}", preset.name());
            assert!((got - truth).abs() < 0.01);
        }
    }
}

#[test]
fn a_fitted_energy_ends_at_its_window_and_belongs_to_one_noise_level() {
    let exact = Preset::Moons.field();
    let (score, surface) = (ExactScore::new(exact.clone()), fit(&exact, 0.2));
    let fitted = FittedEnergy {
        score: &score,
        surface: &surface,
    };
    let [low, high] = guard_of(&exact).reach(0.2);
    let beyond = 0.5 * (high[0] - low[0]).max(high[1] - low[1]) + 1e-3;
    let centre = [0, 1].map(|k| 0.5 * (low[k] + high[k]));
    let points = [
        centre[0],
        centre[1],
        centre[0] + beyond,
        centre[1],
        centre[0],
        centre[1] - beyond,
    ];
    let energy = values(&fitted.energy(&tensor(&points), 0.2).unwrap());
    assert!(energy[0].is_finite() && energy[1..].iter().all(|e| *e == f32::INFINITY));
    assert!(fitted.energy(&tensor(&points), 0.21).is_none());
    assert!(Surface::new(Surface::grid([low, high], 0.2), 0.2, &[0.0; 7], &Device::flex()).is_none());
}
