//! The networks: preconditioning, input features, parameters, forward pass, derivatives.
//!
//! A point and a noise level become [`features`] by way of the [`Preconditioning`]; a [`Network`] turns the features
//! into an output `F` of unit size; the preconditioning turns `F` into a score. A score network puts `F` out itself, an
//! energy network puts out a number of which `F` is the negative gradient ([`Kind`]). [`LearnedField`] does all of it
//! for given weights, with divergence, curl and energy. All parameters live in one flat vector, whose layout [`Shape`]
//! defines; how they are found is the business of [`training`](crate::training), and how they are kept that of
//! [`weights_file`].
//!
//! Derivatives by the position are forward operations ([`Along`], and the backward pass of an energy spelled out), so
//! that autodiff of first order, the only kind there is, can train by them.
//!
//! Nothing here reads a tensor back except [`activation`], and that only on the CPU device: all else must also run on
//! WebGPU in a browser, where a synchronous read panics.

pub mod activation;
mod energy_net;
pub mod features;
mod learned;
mod network;
mod score_net;
mod tangents;
pub mod weights_file;

pub use learned::LearnedField;
pub use network::Network;
pub(crate) use network::{on_host, upload};
pub use scorefield_kernel::model::{GAIN_SHIFT, Head, Kind, Perceptron, Preconditioning, Shape, perceptron};
pub use tangents::Along;
