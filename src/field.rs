//! The question that an exact and a learned field both answer: the score at given points and a given noise level.
//!
//! Samplers, metrics and pictures take any [`Field`] and do not know which of the two they follow.

pub mod density;
mod fitted;
mod interpolated;
mod route;
mod spline;

pub use fitted::{FittedEnergy, Surface};
pub use interpolated::{Interpolated, Interpolation};
pub use route::{Move, Route};

use std::cell::RefCell;

use burn::tensor::{Device, Tensor, TensorData};

use crate::distribution::{ExactField, Smoothed};

/// A score field `s(x, sigma) = grad log p_sigma(x)`, and what else can be asked about it.
///
/// In all questions x is `[n, 2]` stage coordinates on the field's own device and sigma the noise level in stage units;
/// answers are on the same device. Nothing here does autodiff.
pub trait Field {
    /// The score at one noise level, `[n, 2]`.
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2>;

    /// The score with its divergence and curl, exact and not by differences.
    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential;

    /// The energy `E(x, sigma)`, `s = -grad E`, `[n]`; none if the field has no energy.
    ///
    /// The exact field's is `-log p_sigma`. A learned one is known up to a constant that differs from noise level to
    /// noise level: energies may be compared at one sigma only.
    fn energy(&self, _x: &Tensor<2>, _sigma: f32) -> Option<Tensor<1>> {
        None
    }

    /// Energy and score together, for those who need both at the same points and would pay twice; none as for
    /// [`Field::energy`].
    fn energy_and_score(&self, x: &Tensor<2>, sigma: f32) -> Option<(Tensor<1>, Tensor<2>)> {
        self.energy(x, sigma).map(|energy| (energy, self.score(x, sigma)))
    }

    /// Where particles are after these steps, `[n, 2]`, if the field can make them all in one go, with noise that it
    /// draws itself from the seed and the numbers of particle and step; none if they have to be made one by one.
    fn travel(&self, _x: &Tensor<2>, _route: &Route) -> Option<Tensor<2>> {
        None
    }
}

/// A field and its first derivatives at `n` points.
#[derive(Clone, Debug)]
pub struct Differential {
    /// The score, `[n, 2]`.
    pub score: Tensor<2>,
    /// `ds_1/dx + ds_2/dy`, the Laplacian of the log density if there is one; `[n]`.
    pub divergence: Tensor<1>,
    /// `ds_2/dx - ds_1/dy`, zero if the score is a gradient; `[n]`.
    pub curl: Tensor<1>,
}

/// Noise levels whose prepared evaluators are kept; samplers use one or two at a time.
const KEPT: usize = 4;

/// The closed-form field behind the same question as a learned one.
///
/// Goes through host memory and therefore only works on the CPU device, where a read neither waits nor fails; a failed
/// read would give NaN.
#[derive(Debug)]
pub struct ExactScore {
    field: ExactField,
    /// The latest evaluators, most recent last.
    prepared: RefCell<Vec<Smoothed>>,
}

impl ExactScore {
    /// The score of this distribution.
    pub fn new(field: ExactField) -> Self {
        Self {
            field,
            prepared: RefCell::default(),
        }
    }

    /// The distribution.
    pub fn exact(&self) -> &ExactField {
        &self.field
    }

    /// Calls `use_level` with the evaluator prepared for this noise level.
    fn at(&self, sigma: f32, use_level: impl FnOnce(&Smoothed)) {
        let mut prepared = self.prepared.borrow_mut();
        let known = prepared
            .iter()
            .position(|level| level.sigma().to_bits() == sigma.to_bits());
        let level = match known {
            Some(index) => prepared.remove(index),
            None => self.field.at(sigma),
        };
        use_level(&level);
        if prepared.len() >= KEPT {
            prepared.remove(0);
        }
        prepared.push(level);
    }
}

impl Field for ExactScore {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let points = host(x);
        let mut scores = vec![0.0; points.len()];
        self.at(sigma, |level| level.scores(&points, &mut scores));
        pairs(scores, x)
    }

    /// By the direct sums over all nodes: a hundred times slower than [`Field::score`].
    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        let jacobians = host(x)
            .chunks_exact(2)
            .map(|p| self.field.jacobian([p[0], p[1]], sigma))
            .collect::<Vec<_>>();
        Differential {
            score: self.score(x, sigma),
            divergence: column(jacobians.iter().map(|j| j[0][0] + j[1][1]).collect(), x),
            curl: column(vec![0.0; jacobians.len()], x), // a gradient field has none
        }
    }

    fn energy(&self, x: &Tensor<2>, sigma: f32) -> Option<Tensor<1>> {
        self.energy_and_score(x, sigma).map(|(energy, _)| energy)
    }

    fn energy_and_score(&self, x: &Tensor<2>, sigma: f32) -> Option<(Tensor<1>, Tensor<2>)> {
        let points = host(x);
        let (mut log_density, mut scores) = (vec![0.0; points.len() / 2], vec![0.0; points.len()]);
        self.at(sigma, |level| level.fill(&points, &mut log_density, &mut scores));
        Some((-column(log_density, x), pairs(scores, x)))
    }
}

/// Points `[x0, y0, …]` as a tensor, `[n, 2]`.
pub fn points_on(device: &Device, flat: Vec<f32>) -> Tensor<2> {
    let n = flat.len() / 2;
    Tensor::from_data(TensorData::new(flat, [n, 2]), device)
}

/// The numbers of a tensor on the CPU device; NaN should its read fail.
fn host(x: &Tensor<2>) -> Vec<f32> {
    x.try_to_vec_as()
        .unwrap_or_else(|_| vec![f32::NAN; x.shape().num_elements()])
}

/// `[n, 2]` beside `x`.
fn pairs(values: Vec<f32>, x: &Tensor<2>) -> Tensor<2> {
    points_on(&x.device(), values)
}

/// `[n]` beside `x`.
fn column(values: Vec<f32>, x: &Tensor<2>) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), &x.device())
}
