//! Natively there are no kernels, and whoever asks goes the way of the graph.

use burn::tensor::Tensor;

use super::{State, Weights};
use crate::field::Route;
use crate::model::{Preconditioning, Shape, perceptron::Adam};
use crate::objective::Batch;

/// False: nothing was done.
pub fn step(_shape: Shape, _pre: &Preconditioning, _batch: &Batch, _adam: &Adam, _state: State) -> bool {
    false
}

/// None.
pub fn score(_net: &Weights, _x: &Tensor<2>, _sigma: f32) -> Option<Tensor<2>> {
    None
}

/// None.
pub fn travel(_net: &Weights, _x: &Tensor<2>, _route: &Route) -> Option<Tensor<2>> {
    None
}
