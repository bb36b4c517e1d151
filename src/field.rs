//! The question that an exact and a learned field both answer: the score at given points and a given noise level.
//!
//! Samplers, metrics and pictures take any [`Field`] and do not know which of the two they follow.

use std::cell::RefCell;

use burn::tensor::{Tensor, TensorData};

use crate::distribution::{ExactField, Smoothed};

/// A score field `s(x, sigma) = grad log p_sigma(x)`.
pub trait Field {
    /// The score at one noise level.
    ///
    /// x: `[n, 2]` stage coordinates on the field's own device, sigma: noise in stage units; returns `[n, 2]` on the
    /// same device. Does no autodiff.
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2>;
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

    fn fill(&self, points: &[f32], sigma: f32, out: &mut [f32]) {
        let mut prepared = self.prepared.borrow_mut();
        let known = prepared
            .iter()
            .position(|level| level.sigma().to_bits() == sigma.to_bits());
        let level = match known {
            Some(index) => prepared.remove(index),
            None => self.field.at(sigma),
        };
        level.scores(points, out);
        if prepared.len() >= KEPT {
            prepared.remove(0);
        }
        prepared.push(level);
    }
}

impl Field for ExactScore {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let Ok(points) = x.try_to_vec_as::<f32>() else {
            return x.full_like(f32::NAN);
        };
        let mut scores = vec![0.0; points.len()];
        self.fill(&points, sigma, &mut scores);
        Tensor::from_data(TensorData::new(scores, x.shape()), &x.device())
    }
}
