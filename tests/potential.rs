//! The least-squares potential of a score field, against the closed-form energies of the named sets.
#![cfg(not(target_arch = "wasm32"))]

use std::time::Instant;

use scorefield::distribution::{ExactField, Preset};
use scorefield::engine::protocol::Grid;
use scorefield::potential::Potential;

/// The seven sets of the reference tables.
const SETS: [Preset; 7] = [
    Preset::EightGaussians,
    Preset::Moons,
    Preset::Checkerboard,
    Preset::Spirals,
    Preset::SwissRoll,
    Preset::Rings,
    Preset::Pinwheel,
];

/// The usual stage at the coarsest spacing allowed at sigma 0.05, which is sigma / 1.5.
const STAGE: Grid = Grid {
    centre: [0.0, 0.0],
    half_width: 1.45,
    side: 88,
};

/// An exact field on a grid.
struct Truth {
    grid: Grid,
    points: Vec<f32>,
    log_density: Vec<f32>,
    score: Vec<f32>,
}

impl Truth {
    fn new(field: &ExactField, grid: Grid, sigma: f32) -> Self {
        let points = grid.points();
        let mut log_density = vec![0.0; points.len() / 2];
        let mut score = vec![0.0; points.len()];
        field.at(sigma).fill(&points, &mut log_density, &mut score);
        Self {
            grid,
            points,
            log_density,
            score,
        }
    }

    fn potential(&self, score: &[f32], start: Option<&[f32]>) -> Potential {
        Potential::new(self.grid, score, &self.log_density, start)
    }

    /// Nats below the highest density on the grid.
    fn depth(&self, k: usize) -> f32 {
        self.log_density.iter().copied().fold(f32::NEG_INFINITY, f32::max) - self.log_density[k]
    }

    fn within(&self, nats: f32) -> Vec<usize> {
        (0..self.log_density.len()).filter(|&k| self.depth(k) <= nats).collect()
    }

    /// The largest difference between an energy and `-log p` after the best constant is removed, where the density is
    /// within so many nats of its maximum.
    fn error(&self, energy: &[f32], nats: f32) -> f32 {
        spread(self.within(nats).into_iter().map(|k| energy[k] + self.log_density[k]))
    }

    /// The same between two energies.
    fn distance(&self, a: &[f32], b: &[f32], nats: f32) -> f32 {
        spread(self.within(nats).into_iter().map(|k| a[k] - b[k]))
    }
}

/// Half the range of the values, which is their largest distance from the best constant.
fn spread(values: impl Iterator<Item = f32>) -> f32 {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for value in values {
        assert!(value.is_finite());
        low = low.min(value);
        high = high.max(value);
    }
    (high - low) / 2.0
}

/// Runs to the end and returns energies, iterations and milliseconds.
fn solved(mut potential: Potential) -> (Vec<f32>, usize, f64) {
    let started = Instant::now();
    while !potential.iterate() {}
    (
        potential.energy(),
        potential.iterations(),
        started.elapsed().as_secs_f64() * 1e3,
    )
}

#[test]
fn exact_scores_at_sigma_0_05_give_the_energy_within_a_fifth_of_a_nat_everywhere_within_8_nats() {
    for side in [88, 96] {
        for preset in SETS {
            let truth = Truth::new(&preset.field(), Grid { side, ..STAGE }, 0.05);
            let (energy, iterations, ms) = solved(truth.potential(&truth.score, None));
            let error = truth.error(&energy, 8.0);
            eprintln!(
                "{:>13} side {side}: {iterations:3} iterations, {ms:4.1} ms, off by {error:.3} nat",
                preset.name()
            );
            assert!(error < 0.2, "{}: {error}", preset.name());
            assert!(iterations <= 150, "{}: {iterations}", preset.name());
        }
    }
}

#[test]
fn a_finer_grid_for_the_same_noise_gives_the_energy_within_a_fiftieth_of_a_nat() {
    for preset in SETS {
        let truth = Truth::new(&preset.field(), Grid { side: 64, ..STAGE }, 0.15);
        let error = truth.error(&truth.potential(&truth.score, None).solve(), 8.0);
        assert!(error < 0.02, "{}: {error}", preset.name());
    }
}

#[test]
fn a_linear_score_gives_its_parabola_to_rounding() {
    // p = N((0.3, -0.2), 0.4² I), so that E = |x - mean|² / 0.32; nothing is discretised away on a cubic rule.
    let grid = Grid {
        centre: [0.3, -0.2],
        half_width: 1.2,
        side: 33,
    };
    let points = grid.points();
    let energy = |p: &[f32]| ((p[0] - 0.3).powi(2) + (p[1] + 0.2).powi(2)) / 0.32;
    let score: Vec<f32> = points
        .chunks_exact(2)
        .flat_map(|p| [-(p[0] - 0.3) / 0.16, -(p[1] + 0.2) / 0.16])
        .collect();
    let log_density: Vec<f32> = points.chunks_exact(2).map(|p| -energy(p)).collect();
    let solution = Potential::new(grid, &score, &log_density, None).solve();
    for (p, e) in points.chunks_exact(2).zip(&solution) {
        assert!(
            (e - energy(p)).abs() < 1e-2,
            "{e} at {p:?}, where the energy is {}",
            energy(p)
        );
    }
}

#[test]
fn energies_start_at_zero_and_the_void_is_masked_and_nothing_else() {
    let truth = Truth::new(&Preset::EightGaussians.field(), STAGE, 0.05);
    let energy = truth.potential(&truth.score, None).solve();
    for (k, e) in energy.iter().enumerate() {
        assert_eq!(
            e.is_nan(),
            truth.depth(k) > 12.0,
            "{e} at a depth of {}",
            truth.depth(k)
        );
    }
    let lowest = energy
        .iter()
        .copied()
        .filter(|e| !e.is_nan())
        .fold(f32::INFINITY, f32::min);
    assert!(lowest.abs() < 1e-6, "{lowest}");
}

/// A whirl `(-d/dy, d/dx) psi` of the bump `psi = strength (1 - r²/radius²)³`, which is 0 outside of the radius.
fn whirl(p: &[f32], centre: [f32; 2], radius: f32, strength: f32) -> [f32; 2] {
    let (dx, dy) = (p[0] - centre[0], p[1] - centre[1]);
    let inside = (1.0 - (dx * dx + dy * dy) / (radius * radius)).max(0.0);
    let slope = -6.0 * strength * inside * inside / (radius * radius);
    [-slope * dy, slope * dx]
}

#[test]
fn a_whirl_in_the_void_hardly_moves_the_wells() {
    let truth = Truth::new(&Preset::EightGaussians.field(), STAGE, 0.05);
    let (centre, radius) = ([0.0, 0.0], 0.22);
    let mut score = truth.score.clone();
    let mut strongest = 0.0_f32;
    for (k, (p, s)) in truth.points.chunks_exact(2).zip(score.chunks_exact_mut(2)).enumerate() {
        let [u, v] = whirl(p, centre, radius, 10.0);
        if u != 0.0 || v != 0.0 {
            assert!(truth.depth(k) > 9.0, "{p:?} is not in the void: {}", truth.depth(k));
        }
        s[0] += u;
        s[1] += v;
        strongest = strongest.max(u.hypot(v));
    }
    assert!(strongest > 50.0, "the whirl is as strong as the field: {strongest}");
    let still = truth.potential(&truth.score, None).solve();
    let moved = truth.distance(&still, &truth.potential(&score, None).solve(), 8.0);
    assert!(moved < 0.02, "the wells moved by {moved}");
}

#[test]
fn nonsense_and_holes_in_the_void_do_not_bend_the_wells() {
    for preset in [Preset::Moons, Preset::EightGaussians, Preset::Checkerboard] {
        let truth = Truth::new(&preset.field(), STAGE, 0.05);
        let mut score = truth.score.clone();
        for (k, s) in score.chunks_exact_mut(2).enumerate() {
            if truth.depth(k) > 12.0 {
                let phase = k as f32;
                s.copy_from_slice(&match k % 5 {
                    0 => [f32::NAN, f32::INFINITY],
                    _ => [80.0 * (0.7 * phase).sin(), 80.0 * (1.3 * phase).cos()],
                });
            }
        }
        let error = truth.error(&truth.potential(&score, None).solve(), 8.0);
        assert!(error < 0.2, "{}: {error}", preset.name());
    }
}

#[test]
fn a_solution_is_its_own_end_and_a_good_start_for_a_changed_field() {
    let truth = Truth::new(&Preset::Moons.field(), STAGE, 0.05);
    let mut first = truth.potential(&truth.score, None);
    while !first.iterate() {}

    let again = solved(truth.potential(&truth.score, Some(&first.unmasked())));
    assert!(again.1 <= 4, "{} iterations from the solution itself", again.1);

    let changed: Vec<f32> = truth
        .score
        .iter()
        .zip(&truth.points)
        .map(|(s, p)| s + 0.2 * (2.0 * p).sin())
        .collect();
    let cold = solved(truth.potential(&changed, None));
    let warm = solved(truth.potential(&changed, Some(&first.unmasked())));
    let masked = solved(truth.potential(&changed, Some(&first.energy())));
    eprintln!(
        "cold {} iterations, warm {}, from a masked start {}",
        cold.1, warm.1, masked.1
    );
    assert!(warm.1 < cold.1);
    assert!(truth.distance(&warm.0, &cold.0, 8.0) < 0.01);
    assert!(truth.distance(&masked.0, &cold.0, 8.0) < 0.01);
}

#[test]
fn input_that_is_short_empty_or_void_ends_without_a_panic() {
    for side in [0, 1, 2, 3, 4, 17] {
        let grid = Grid { side, ..STAGE };
        let count = (side.max(2) * side.max(2)) as usize;
        assert_eq!(Potential::new(grid, &[], &[], None).solve().len(), count);
        let flat = Potential::new(grid, &vec![0.0; 2 * count], &vec![0.0; count], Some(&[1.0])).solve();
        assert!(flat.iter().all(|e| e.abs() < 1e-6), "{flat:?}");
        assert!(
            Potential::new(grid, &[], &vec![f32::NEG_INFINITY; count], None)
                .solve()
                .iter()
                .all(|e| e.is_nan())
        );
    }
}
