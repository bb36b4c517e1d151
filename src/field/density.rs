//! A normalised density from an energy: `log p = -E - log Z`, with `Z` summed over a grid.
//!
//! A learned energy is known up to a constant that differs from noise level to noise level, because only its gradient is
//! ever trained. In two dimensions the constant can be had by brute force: `log Z = log sum exp(-E) + log cell²` over a
//! grid that holds all of the mass. A sum over a grid is the integral of a smooth function to high order: that of a
//! Gaussian on cells as large as its standard deviation is off by `exp(-2 π²)`, five parts in a billion.

use burn::tensor::{Device, ExecutionError};

use super::{Field, points_on};
use crate::distribution::ExactField;

/// Standard deviations around the data that a grid covers: what is outside is below 4e-6 of the mass.
const REACH: f32 = 5.0;

/// Cell size in units of the finest detail's standard deviation.
const CELL: f32 = 1.0;

/// Most points along an axis; a grid that would need more has larger cells.
const MOST: usize = 1024;

/// Points evaluated at once, so that memory stays bounded.
const PIECE: usize = 1 << 16;

/// Square cells over a rectangle; values are taken at their centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Lower left corner, stage coordinates.
    pub low: [f32; 2],
    /// Side of a cell, stage units.
    pub cell: f32,
    /// Cells along x and along y.
    pub counts: [usize; 2],
}

/// A density on a grid at one noise level.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    /// Where.
    pub grid: Grid,
    /// `log p_sigma` at the cells' centres, row by row from below, each from left to right.
    pub log_density: Vec<f32>,
    /// `log Z`: what is to be taken from `-E` at any other point, at the same noise level.
    pub log_normaliser: f32,
}

impl Grid {
    /// A grid that holds the mass of these data at this noise level, and that of the round Gaussian of their mean and
    /// scale, as which a learned field begins. finest: the standard deviation of the narrowest part of the data without
    /// noise, 0 if it has none.
    pub fn covering(data: &ExactField, finest: f32, sigma: f32) -> Self {
        let (mean, bounds) = (data.mean(), data.bounds());
        let (detail, all) = (finest.hypot(sigma), data.scale().hypot(sigma));
        let low: [f32; 2] = std::array::from_fn(|k| (bounds[0][k] - REACH * detail).min(mean[k] - REACH * all));
        let high: [f32; 2] = std::array::from_fn(|k| (bounds[1][k] + REACH * detail).max(mean[k] + REACH * all));
        let sides = [high[0] - low[0], high[1] - low[1]];
        let cell = (CELL * detail).max(sides[0].max(sides[1]) / MOST as f32);
        Self {
            low,
            cell,
            counts: sides.map(|side| ((side / cell).ceil() as usize).max(1)),
        }
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        self.counts[0] * self.counts[1]
    }

    /// No cells at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The centre of a cell; cells are numbered row by row from below, each from left to right.
    pub fn centre(&self, index: usize) -> [f32; 2] {
        let cell = [index % self.counts[0], index / self.counts[0]];
        std::array::from_fn(|k| self.low[k] + (cell[k] as f32 + 0.5) * self.cell)
    }
}

impl Density {
    /// The density of a field on a grid that covers its mass; none if the field has no energy.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn of(
        field: &dyn Field,
        grid: Grid,
        sigma: f32,
        device: &Device,
    ) -> Result<Option<Self>, ExecutionError> {
        let mut log_density = Vec::with_capacity(grid.len());
        for start in (0..grid.len()).step_by(PIECE) {
            let piece = start..grid.len().min(start + PIECE);
            let points: Vec<f32> = piece.flat_map(|index| grid.centre(index)).collect();
            let x = points_on(device, points);
            let Some(energy) = field.energy(&x, sigma) else {
                return Ok(None);
            };
            log_density.extend(energy.into_data_async().await?.iter::<f32>().map(|e| -e));
        }
        let log_normaliser = log_sum_exp(&log_density) + 2.0 * grid.cell.ln();
        log_density.iter_mut().for_each(|value| *value -= log_normaliser);
        Ok(Some(Self {
            grid,
            log_density,
            log_normaliser,
        }))
    }

    /// The mass on the grid: 1 but for rounding.
    pub fn mass(&self) -> f32 {
        (log_sum_exp(&self.log_density) + 2.0 * self.grid.cell.ln()).exp()
    }
}

/// `log sum exp`, summed in double precision.
fn log_sum_exp(values: &[f32]) -> f32 {
    let peak = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = values.iter().map(|v| f64::from(v - peak).exp()).sum();
    peak + sum.ln() as f32
}
