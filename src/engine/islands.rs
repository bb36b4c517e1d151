//! Wells with nothing between them.
//!
//! A score tells how steep the energy is, and so its differences along a path where it is known. Between two wells that
//! are apart by void there is no such path: the potential's difference across it is the sum of a long way of errors.
//! There the data say how deep the wells are to each other, as they say where the void is.

/// Levels every island of known energies by the data: its mean distance from `-log p`, weighted by the density, becomes
/// that of all others. Then counts energies from the lowest.
///
/// `energy`: nats, a square grid with `side` points an axis, NaN in the void; `log_density`: of the data, same grid.
pub fn level(energy: &mut [f32], log_density: &[f32], side: usize) {
    let highest = log_density.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut seen = vec![false; energy.len()];
    for start in 0..energy.len() {
        let island = explore(energy, &mut seen, start, side);
        let weight = |i: &usize| f64::from((log_density[*i] - highest).exp());
        let mass: f64 = island.iter().map(weight).sum();
        let lift: f64 = island
            .iter()
            .map(|i| weight(i) * f64::from(energy[*i] + log_density[*i]))
            .sum();
        if mass > 0.0 {
            island.iter().for_each(|i| energy[*i] -= (lift / mass) as f32);
        }
    }
    let lowest = energy.iter().copied().fold(f32::INFINITY, f32::min);
    energy.iter_mut().for_each(|e| *e -= lowest);
}

/// The indices of the island around a point that were not seen yet; none when it lies in the void.
fn explore(energy: &[f32], seen: &mut [bool], start: usize, side: usize) -> Vec<usize> {
    let mut island = Vec::new();
    let mut shore = vec![start];
    while let Some(i) = shore.pop() {
        if energy[i].is_nan() || std::mem::replace(&mut seen[i], true) {
            continue;
        }
        island.push(i);
        let (column, row) = (i % side, i / side);
        let neighbours = [
            (column > 0).then(|| i - 1),
            (column + 1 < side).then(|| i + 1),
            (row > 0).then(|| i - side),
            (row + 1 < side).then(|| i + side),
        ];
        shore.extend(neighbours.into_iter().flatten());
    }
    island
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOID: f32 = f32::NAN;

    #[test]
    fn two_islands_are_levelled_by_the_data_and_slopes_stay() {
        let mut energy = [7.0, 8.0, VOID, 0.0, 1.0];
        let energy_grid: Vec<f32> = energy.iter().copied().cycle().take(25).collect();
        let log_density: Vec<f32> = [-1.0, -2.0, -40.0, -2.5, -3.5]
            .iter()
            .copied()
            .cycle()
            .take(25)
            .collect();
        let mut levelled = energy_grid;
        level(&mut levelled, &log_density, 5);
        energy.copy_from_slice(&levelled[..5]);
        let expected = [0.0, 1.0, VOID, 1.5, 2.5];
        for (got, wanted) in energy.iter().zip(expected) {
            assert!(
                (got - wanted).abs() < 1e-5 || got.is_nan() && wanted.is_nan(),
                "{energy:?}"
            );
        }
    }

    #[test]
    fn one_island_is_only_counted_from_its_lowest_point() {
        let mut energy = vec![3.0, 4.0, 5.5, 3.5];
        level(&mut energy, &[-1.0, -1.5, -2.0, -1.0], 2);
        assert_eq!(energy, [0.0, 1.0, 2.5, 0.5]);
    }
}
