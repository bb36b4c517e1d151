//! The score network as few GPU kernels: a training step in three dispatches, where the graph of tensor operations takes
//! 110, and several steps of Langevin's kind in one.
//!
//! A dispatch costs tens of microseconds whatever it does, and a network of this size is done in less. So one kernel
//! takes a batch through the network and back, each group of units a [`Tile`] of its rows, and leaves what every layer saw
//! and the derivative by what it gives. A second multiplies the two to the gradient by the weights, in a few shares of the
//! rows, and a third adds these up and does Adam and the moving average. A fourth evaluates the field, or moves particles
//! along it with noise that it draws itself ([`random`]). What they need goes up in one buffer each ([`batch`], [`walk`]).
//!
//! Kernels exist where burn computes on WebGPU, in a browser. They serve score networks of widths that are multiples of
//! 8 and tasks with a target ([`Task::Target`](crate::objective::Task)), once [`trust`] was expressed by the self-test at
//! the start; everything else goes through the graph, which is the reference for them.
//!
//! They are written without a branch for every number: shader compilers take minutes over those.

pub mod batch;
#[cfg(target_arch = "wasm32")]
mod kernels;
#[cfg(target_arch = "wasm32")]
mod launch;
#[cfg(not(target_arch = "wasm32"))]
mod none;
pub mod random;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // the kernels use it all
mod tile;
pub mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Tensor;

use crate::model::{Preconditioning, Shape};

#[cfg(target_arch = "wasm32")]
pub use self::launch::{score, step, travel};
#[cfg(not(target_arch = "wasm32"))]
pub use self::none::{score, step, travel};
pub use self::tile::Tile;

/// The flat vectors of a training run, changed in place.
#[derive(Debug)]
pub struct State<'a> {
    /// The weights.
    pub weights: &'a mut Tensor<1>,
    /// Their moving average.
    pub average: &'a mut Tensor<1>,
    /// Adam's mean of the gradients.
    pub first_moment: &'a mut Tensor<1>,
    /// Adam's mean square of the gradients.
    pub second_moment: &'a mut Tensor<1>,
}

/// A network as the kernels need it.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Its size.
    pub shape: Shape,
    /// Mean and scale in its inputs and outputs.
    pub preconditioning: Preconditioning,
    /// Its parameters, flat.
    pub flat: Tensor<1>,
}

/// Whether the kernels may be used. There is one GPU device in a worker's life, and this belongs to it.
static TRUSTED: AtomicBool = AtomicBool::new(false);

/// Lets the kernels be used from now on, or no longer.
pub fn trust(trusted: bool) {
    TRUSTED.store(trusted, Ordering::Relaxed);
}

/// Whether the kernels may be used.
pub fn is_trusted() -> bool {
    TRUSTED.load(Ordering::Relaxed)
}
