//! The network whose output is a score: preconditioning, input features, parameters, forward pass.
//!
//! A point and a noise level become [`features`] by way of the [`Preconditioning`]; a [`Network`] turns the features
//! into an output `F` of unit size; the preconditioning turns `F` into a score. [`LearnedField`] does all three for
//! given weights, and [`tangents`] adds its divergence and curl. All parameters live in one flat vector, whose layout
//! [`Shape`] defines; how they are found is the business of [`training`](crate::training), and how they are kept that of
//! [`weights_file`].
//!
//! Nothing here reads a tensor back except [`activation`], and that only on the CPU device: all else must also run on
//! WebGPU in a browser, where a synchronous read panics.

pub mod activation;
pub mod features;
mod learned;
mod network;
mod preconditioning;
pub mod tangents;
pub mod weights_file;

pub use learned::LearnedField;
pub(crate) use network::upload;
pub use network::{Network, Shape};
pub use preconditioning::Preconditioning;
