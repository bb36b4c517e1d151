//! The theory of convergence against closed forms: the Ornstein-Uhlenbeck process, whose densities are Gaussians.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use scorefield::distribution::Preset;
use scorefield::engine::protocol::Grid;
use scorefield::metrics::divergence::by_counts;
use scorefield::metrics::fokker_planck::FokkerPlanck;

fn grid(half_width: f32, side: u32) -> Grid {
    Grid {
        centre: [0.0; 2],
        half_width,
        side,
    }
}

fn gaussian(grid: &Grid, variance: f32) -> Vec<f32> {
    let log = |p: &[f32]| -(p[0] * p[0] + p[1] * p[1]) / (2.0 * variance);
    grid.points().chunks_exact(2).map(log).collect()
}

fn from_gaussian_to_gaussian(start: f32, target: f32, side: u32, diffusion: f32) -> FokkerPlanck {
    let grid = grid(2.6, side);
    let weights: Vec<f32> = gaussian(&grid, start).iter().map(|log| log.exp()).collect();
    FokkerPlanck::new(grid, &gaussian(&grid, target), &weights, diffusion)
}

fn go_to(cloud: &mut FokkerPlanck, time: f32) {
    assert!(cloud.advance(time, Instant::now() + Duration::from_secs(600)));
}

/// Variance, divergence and Fisher information of `dx = -x/v dt + sqrt(2) dW` in two dimensions, from variance `v0`.
fn ornstein_uhlenbeck(v0: f64, v: f64, time: f64) -> [f64; 3] {
    let now = v + (v0 - v) * (-2.0 * time / v).exp();
    [
        now,
        now / v - 1.0 - (now / v).ln(),
        2.0 * now * (1.0 / v - 1.0 / now).powi(2),
    ]
}

fn variance(cloud: &FokkerPlanck, grid: &Grid) -> f64 {
    let second = |(mass, p): (&f32, &[f32])| f64::from(mass * (p[0] * p[0] + p[1] * p[1]) / 2.0);
    cloud
        .masses()
        .iter()
        .zip(grid.points().chunks_exact(2))
        .map(second)
        .sum()
}

#[test]
fn a_gaussian_cloud_relaxes_as_an_ornstein_uhlenbeck_process_and_better_on_a_finer_grid() {
    let errors = [31, 61].map(|side| {
        let mut cloud = from_gaussian_to_gaussian(0.3, 0.1, side, 1.0);
        let mut worst = 0.0_f64;
        for time in [0.0, 0.02, 0.05] {
            go_to(&mut cloud, time);
            let [now, kl, fisher] = ornstein_uhlenbeck(0.3, 0.1, f64::from(time));
            let relative = |got: f64, truth: f64| (got / truth - 1.0).abs();
            worst = worst
                .max(relative(variance(&cloud, &grid(2.6, side)), now))
                .max(relative(cloud.divergence().into(), kl))
                .max(relative(cloud.fisher_information().into(), fisher));
        }
        worst
    });
    assert!(errors[0] < 0.15 && errors[1] < 0.04, "{errors:?}");
    assert!(errors[1] < 0.35 * errors[0], "second order: {errors:?}");
}

#[test]
fn the_divergence_falls_at_the_rate_of_the_fisher_information() {
    let moons = Preset::Moons.field();
    let grid = grid(1.8, 72);
    let mut log = vec![0.0; 72 * 72];
    moons
        .at(0.2)
        .fill(&grid.points(), &mut log, &mut vec![0.0; 2 * 72 * 72]);
    let start: Vec<f32> = gaussian(&grid, 0.29).iter().map(|log| log.exp()).collect();
    let mut cloud = FokkerPlanck::new(grid, &log, &start, 1.0);
    for time in [0.002_f32, 0.01, 0.03, 0.1] {
        go_to(&mut cloud, time);
        let (before, rate) = (cloud.divergence(), cloud.fisher_information());
        // Simpson's rule over a short time: what has fallen is the integral of the rate.
        let dt = 0.1 * before / rate;
        go_to(&mut cloud, time + 0.5 * dt);
        let middle = cloud.fisher_information();
        go_to(&mut cloud, time + dt);
        let end = cloud.fisher_information();
        let fallen = dt * (rate + 4.0 * middle + end) / 6.0;
        let got = before - cloud.divergence();
        assert!((got / fallen - 1.0).abs() < 0.01, "at {time}: {got} and {fallen}");
        // Between, the next round begins later than it says: times only go forward.
        assert!(cloud.time() < 3.0 * time + 0.02, "{}", cloud.time());
    }
}

#[test]
fn mass_is_kept_stays_positive_and_rests_at_the_target() {
    let mut cloud = from_gaussian_to_gaussian(0.3, 0.05, 41, 1.0);
    go_to(&mut cloud, 0.05);
    let total: f64 = cloud.masses().iter().map(|&mass| f64::from(mass)).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
    assert!(cloud.masses().iter().all(|&mass| mass >= 0.0));
    let mut at_rest = from_gaussian_to_gaussian(0.1, 0.1, 41, 1.0);
    go_to(&mut at_rest, 0.5);
    assert!(at_rest.divergence().abs() < 1e-5 && at_rest.fisher_information() < 1e-3);
}

#[test]
fn twice_the_diffusion_takes_half_of_the_time() {
    let (mut slow, mut fast) = (
        from_gaussian_to_gaussian(0.3, 0.1, 41, 1.0),
        from_gaussian_to_gaussian(0.3, 0.1, 41, 2.0),
    );
    go_to(&mut slow, 0.08);
    go_to(&mut fast, 0.04);
    assert!((slow.divergence() / fast.divergence() - 1.0).abs() < 2e-3);
    assert!((2.0 * slow.fisher_information() / fast.fisher_information() - 1.0).abs() < 2e-3);
}

#[test]
fn a_deadline_is_kept_and_the_work_goes_on_where_it_was() {
    let mut cloud = from_gaussian_to_gaussian(0.3, 0.1, 61, 1.0);
    assert!(!cloud.advance(1.0, Instant::now()), "one step does not reach that far");
    let soon = cloud.time();
    assert!(soon > 0.0 && soon < 0.1);
    go_to(&mut cloud, 1.0);
    assert!(cloud.time() >= 1.0 && cloud.divergence() < 1e-4);
}

#[test]
fn counted_clouds_have_the_divergence_of_their_density_without_bias() {
    // 24 x 24 cells of 0.2; a cloud of variance 0.2 against a target of variance 0.15.
    let side = 24;
    let grid = grid(2.3, side);
    // Masses of whole cells, by 9 x 9 points in each.
    let masses = |variance: f32| {
        let fine = Grid {
            half_width: 2.3 + 4.0 * grid.spacing() / 9.0,
            side: 9 * side,
            ..grid
        };
        let mut cells = vec![0.0_f64; (side * side) as usize];
        for (k, log) in gaussian(&fine, variance).into_iter().enumerate() {
            let (i, j) = (k % (9 * side as usize) / 9, k / (9 * side as usize) / 9);
            cells[j * side as usize + i] += f64::from(log.exp());
        }
        let total: f64 = cells.iter().sum();
        cells.into_iter().map(|w| w / total).collect::<Vec<f64>>()
    };
    let (p, q) = (masses(0.2), masses(0.15));
    let truth: f64 = p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum();
    let q: Vec<f32> = q.into_iter().map(|mass| mass as f32).collect();
    let mut rng = StdRng::seed_from_u64(5);
    let rounds = 60;
    let estimates: Vec<f64> = (0..rounds)
        .map(|_| {
            let mut counts = vec![0; q.len()];
            for _ in 0..4000 {
                let mut cell = || {
                    let z: f32 = StandardNormal.sample(&mut rng);
                    (0.2_f32.sqrt() * z + 2.3 + 0.5 * grid.spacing()) / grid.spacing()
                };
                let (i, j) = (cell(), cell());
                if i >= 0.0 && j >= 0.0 && i < side as f32 && j < side as f32 {
                    counts[j as usize * side as usize + i as usize] += 1;
                }
            }
            by_counts(&counts, &q).into()
        })
        .collect();
    let mean = estimates.iter().sum::<f64>() / f64::from(rounds);
    let spread = estimates.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / f64::from(rounds - 1);
    let error = (spread / f64::from(rounds)).sqrt();
    // The correction is of first order in cells over particles; what is left of the bias is smaller than 0.004.
    assert!(
        (mean - truth).abs() < 0.004 + 6.0 * error,
        "{mean} ± {error} and {truth}"
    );
    assert!(by_counts(&[0, 0], &[0.5, 0.5]).is_nan());
}
