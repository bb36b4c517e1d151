//! Energies normalised on a grid.

use burn::tensor::Device;
use scorefield::{
    distribution::{ExactField, Preset},
    field::{
        ExactScore, Field,
        density::{Density, Grid},
    },
    model::{Kind, LearnedField, Network, Shape},
};

use crate::{common::*, training::trained};

fn density(field: &dyn Field, grid: Grid, sigma: f32) -> Option<Density> {
    block_on(Density::of(field, grid, sigma, &Device::flex())).unwrap()
}

#[test]
fn the_exact_energy_is_normalised_already() {
    // Standard deviations of the finest parts: of the moons, and of the checkerboard's sharp edges.
    for (preset, finest) in [(Preset::Moons, 0.05), (Preset::Checkerboard, 0.0)] {
        let data = preset.field();
        for sigma in [0.03, 0.3, 3.0] {
            let found = density(
                &ExactScore::new(data.clone()),
                Grid::covering(&data, finest, sigma),
                sigma,
            )
            .unwrap();
            assert!(
                found.log_normaliser.abs() < 1e-4,
                "{preset:?} at {sigma}: {}",
                found.log_normaliser
            );
        }
    }
}

/// `g = 0` has the energy `|y|² / (2 (sigma² + sd²))`, and the constant is to be found.
#[test]
fn a_network_without_weights_has_the_density_of_the_gaussian() {
    let gaussian = ExactField::mixture(vec![PRE.mean], vec![1.0], vec![PRE.scale * PRE.scale]).unwrap();
    let shape = Shape {
        kind: Kind::Energy(HEADS[0]),
        ..SMALL
    };
    let field = LearnedField::new(Network::new(shape, &flat(vec![0.0; shape.parameters()])), PRE);
    for sigma in [0.05, 0.5, 3.0] {
        let grid = Grid::covering(&gaussian, PRE.scale, sigma);
        let found = density(&field, grid, sigma).unwrap();
        assert!((found.mass() - 1.0).abs() < 1e-5);
        assert!((found.log_normaliser - (std::f32::consts::TAU * PRE.variance(sigma)).ln()).abs() < 1e-4);
        for (i, value) in found.log_density.iter().enumerate() {
            let truth = gaussian.local(grid.centre(i), sigma).log_density;
            assert!((value - truth).abs() < 2e-4, "{value} against {truth}");
        }
    }
}

#[test]
fn a_trained_density_has_mass_one_and_is_close_to_the_truth_where_the_data_are() {
    let data = Preset::Moons.field();
    let field = trained(Kind::Energy(HEADS[0]), &data, 400).field();
    let sigma = 0.2;
    let grid = Grid::covering(&data, 0.05, sigma);
    let found = density(&field, grid, sigma).unwrap();
    assert!((found.mass() - 1.0).abs() < 1e-5);
    // Kullback-Leibler divergence of the learned density from the exact one, over the grid.
    let divergence: f32 = (0..grid.len())
        .map(|i| {
            let truth = data.local(grid.centre(i), sigma).log_density;
            truth.exp() * (truth - found.log_density[i]) * grid.cell * grid.cell
        })
        .sum();
    assert!((0.0..0.05).contains(&divergence), "{divergence}");
}

#[test]
fn a_score_network_has_no_density() {
    let grid = Grid::covering(&Preset::Moons.field(), 0.05, 1.0);
    assert_eq!(density(&random_field(Kind::Score, 50), grid, 1.0), None);
}
