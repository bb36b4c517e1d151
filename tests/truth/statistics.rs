//! What is drawn from a field, and the mass under its density.

use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::Preset;

use crate::drawings;

#[test]
fn densities_integrate_to_one() {
    let (sigma, half_width, side) = (0.2, 4.0_f32, 161_usize);
    let step = 2.0 * half_width / (side - 1) as f32;
    let at = |k: usize| step * k as f32 - half_width;
    let grid: Vec<f32> = (0..side * side).flat_map(|k| [at(k % side), at(k / side)]).collect();
    for field in Preset::ALL.map(Preset::field).into_iter().chain(drawings()) {
        let (mut log_density, mut score) = (vec![0.0; side * side], vec![0.0; grid.len()]);
        field.at(sigma).fill(&grid, &mut log_density, &mut score);
        let mass: f64 = log_density.iter().map(|l| f64::from(*l).exp()).sum::<f64>() * f64::from(step * step);
        assert!((mass - 1.0).abs() < 1e-4, "{mass}");
    }
}

#[test]
fn samples_have_the_mean_and_scale_of_the_field() {
    const COUNT: usize = 40_000;
    for field in Preset::ALL.map(Preset::field).into_iter().chain(drawings()) {
        let mut draws = vec![0.0; 2 * COUNT];
        field.sample(&mut StdRng::seed_from_u64(51), &mut draws);
        let mean = field.mean().map(f64::from);
        let check = |value: &dyn Fn(f64, f64) -> f64, truth: f64| {
            let values: Vec<f64> = draws.chunks_exact(2).map(|x| value(x[0].into(), x[1].into())).collect();
            let average = values.iter().sum::<f64>() / COUNT as f64;
            let variance = values.iter().map(|v| (v - average).powi(2)).sum::<f64>() / COUNT as f64;
            // Six standard errors: a chance of 2e-9 each.
            let bar = 6.0 * (variance / COUNT as f64).sqrt();
            assert!((average - truth).abs() < bar, "{average} is not {truth} within {bar}");
        };
        check(&|x, _| x, mean[0]);
        check(&|_, y| y, mean[1]);
        let scale = f64::from(field.scale());
        check(
            &|x, y| ((x - mean[0]).powi(2) + (y - mean[1]).powi(2)) / 2.0,
            scale * scale,
        );
    }
}

#[test]
fn the_unequal_pair_is_drawn_two_to_eight() {
    const COUNT: usize = 40_000;
    let mut draws = vec![0.0; 2 * COUNT];
    Preset::TwoG.field().sample(&mut StdRng::seed_from_u64(61), &mut draws);
    // The Gaussians stand at -8 and 2 of their own scale off the mean (0, 0), 14 deviations apart: no draw is in doubt.
    let upper = draws.chunks_exact(2).filter(|x| x[0] + x[1] > -0.4).count() as f64 / COUNT as f64;
    let bar = 6.0 * (0.2 * 0.8 / COUNT as f64).sqrt();
    assert!((upper - 0.8).abs() < bar, "{upper}");
}
