//! An energy for a field that has none: its least-squares potential at one noise level.
//!
//! A score network gives `s` and no `E`, and what it gives is not exactly a gradient. A Metropolis test needs an energy
//! all the same; the potential whose slopes fit the score best ([`crate::potential`]) is a fair one. What is then
//! sampled is the density of that potential, exactly: the score only makes the proposals.
//!
//! It is as good as the path from one place to another: wells with more than 12 nats between them, where the fit has no
//! weight, each have the right shape and depths that cannot be compared.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::spline::{COEFFICIENTS, cells};
use super::{Differential, Field};
use crate::engine::protocol::Grid;

/// Points to each sigma of a grid, where there may be so many.
const POINTS_A_SIGMA: f32 = 2.0;

/// Points an axis that a grid may have: products of small primes, for the transforms of the fit.
const SIDES: [u32; 11] = [32, 40, 48, 64, 80, 96, 128, 160, 192, 240, 256];

/// An energy surface at one noise level: the bicubic spline through its values on a grid.
#[derive(Clone, Debug)]
pub struct Surface {
    grid: Grid,
    sigma: f32,
    /// The polynomials of all cells, `[cells, 16]`.
    cells: Tensor<2>,
}

impl Surface {
    /// The grid for a surface in this box (`[lower left, upper right]`, for instance [`crate::sampler::Guard::reach`]):
    /// a square that holds it, with points at most `sigma / 2` apart where 256 an axis are enough for that.
    pub fn grid(reach: [[f32; 2]; 2], sigma: f32) -> Grid {
        let side = |k: usize| reach[1][k] - reach[0][k];
        let half_width = 0.5 * side(0).max(side(1));
        let wanted = POINTS_A_SIGMA * 2.0 * half_width / sigma + 1.0;
        Grid {
            centre: [0, 1].map(|k| 0.5 * (reach[0][k] + reach[1][k])),
            half_width,
            side: SIDES.into_iter().find(|side| *side as f32 >= wanted).unwrap_or(256),
        }
    }

    /// The surface through energies at the grid's points, rows from low to high y, nats, as
    /// [`crate::potential::Potential::unmasked`] has them; of the noise level `sigma`. None if they are not as many as
    /// the points.
    pub fn new(grid: Grid, sigma: f32, energies: &[f32], device: &Device) -> Option<Self> {
        let side = grid.side as usize;
        if side < 2 || energies.len() != side * side {
            return None;
        }
        let polynomials = cells(energies, side);
        let count = polynomials.len() / COEFFICIENTS;
        Some(Self {
            grid,
            sigma,
            cells: Tensor::from_data(TensorData::new(polynomials, [count, COEFFICIENTS]), device),
        })
    }

    /// The noise level of which it is the energy.
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// The energies of points, `[n]`; infinite outside the grid. x: `[n, 2]`.
    pub fn energy(&self, x: &Tensor<2>) -> Tensor<1> {
        let [n, _] = x.dims();
        let last = (self.grid.side - 1) as f32;
        let low = [0, 1].map(|k| self.grid.centre[k] - self.grid.half_width);
        let low = Tensor::<2>::from_data(TensorData::from([low]), &x.device());
        let at = (x.clone() - low) / self.grid.spacing();
        let cell = at.clone().floor().clamp(0.0, last - 1.0);
        let outside = (at.clone() - at.clone().clamp(0.0, last))
            .abs()
            .sum_dim(1)
            .greater_elem(0.0);
        let within = at - cell.clone();
        let [column, row] = columns(cell);
        let index: Tensor<1, Int> = (row * last + column).squeeze_dim::<1>(1).int();
        let polynomials = self.cells.clone().select(0, index).reshape([n, 4, 4]);
        let [u, v] = columns(within);
        let along = horner(polynomials, u.unsqueeze_dim(2)).reshape([n, 4, 1]);
        let energy = horner(along.swap_dims(1, 2), v.unsqueeze_dim(2)).reshape([n, 1]);
        energy.mask_fill(outside, f32::INFINITY).squeeze_dim(1)
    }
}

/// The two columns of `[n, 2]`, `[n, 1]` each.
fn columns(x: Tensor<2>) -> [Tensor<2>; 2] {
    [x.clone().narrow(1, 0, 1), x.narrow(1, 1, 1)]
}

/// Cubic polynomials, the coefficients along the last dimension, at one place a row: `[n, k, 4]` and `[n, 1, 1]` give
/// `[n, k, 1]`.
fn horner(coefficients: Tensor<3>, at: Tensor<3>) -> Tensor<3> {
    let power = |k: usize| coefficients.clone().narrow(2, k, 1);
    ((power(3) * at.clone() + power(2)) * at.clone() + power(1)) * at + power(0)
}

/// A score field and the energy that was fitted to it at one noise level.
///
/// At other noise levels it has no energy. The score is the field's own, which the network may have moved away from the
/// energy a little: the Metropolis test makes up for that, as for every proposal.
pub struct FittedEnergy<'a> {
    /// Answers everything but the energy.
    pub score: &'a dyn Field,
    /// The energy.
    pub surface: &'a Surface,
}

impl Field for FittedEnergy<'_> {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.score.score(x, sigma)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        self.score.differential(x, sigma)
    }

    fn energy(&self, x: &Tensor<2>, sigma: f32) -> Option<Tensor<1>> {
        let same = (sigma / self.surface.sigma - 1.0).abs() < 1e-4;
        same.then(|| self.surface.energy(x))
    }
}
