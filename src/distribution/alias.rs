//! Draws from a discrete distribution in constant time.

use rand::{Rng, RngExt};

/// An alias table (Walker 1977, in Vose's linear-time construction): every column holds its own index up to a
/// threshold and one other index above it.
#[derive(Clone, Debug)]
pub(super) struct Alias {
    columns: Vec<(f32, u32)>,
}

impl Alias {
    /// For positive weights of any sum, fewer than 2³².
    pub fn new(weights: &[f32]) -> Self {
        let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
        let mut rest: Vec<f64> = weights
            .iter()
            .map(|w| f64::from(*w) * weights.len() as f64 / total)
            .collect();
        let mut columns: Vec<(f32, u32)> = (0..weights.len() as u32).map(|j| (1.0, j)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|j| rest[*j] < 1.0);
        while let (Some(low), Some(high)) = (small.last().copied(), large.last().copied()) {
            small.pop();
            columns[low] = (rest[low] as f32, high as u32);
            rest[high] -= 1.0 - rest[low];
            if rest[high] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        Self { columns }
    }

    /// An index, as often as its weight says.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> usize {
        let column = rng.random_range(0..self.columns.len());
        let (threshold, other) = self.columns[column];
        if rng.random::<f32>() < threshold {
            column
        } else {
            other as usize
        }
    }
}
