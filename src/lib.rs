//! Scorefield: draw a two-dimensional distribution, watch a network learn its score, and let Langevin particles find
//! it again at many noise levels.
//!
//! One sign convention holds in the whole crate, in captions and in lessons: `p = exp(-E) / Z`, and the **score** is
//! `s = grad log p = -grad E`, the physical force at `kT = 1`. `sigma` is the standard deviation of the added noise,
//! `p_sigma = p * N(0, sigma² I)`.
//!
//! # Map
//! Dependencies point down this list only.
//!
//! | room | what lives there |
//! |---|---|
//! | [`distribution`] | *what* is learned: the exact field in plain Rust, the named sets, the drawing |
//! | [`noise`] | the ladder of noise levels, one definition for training, sampling and pictures |
//! | [`field`] | the questions that an exact and a learned field both answer |
//! | [`model`] | the networks: preconditioning, features, parameters; in tensors, and for the CPU without them |
//! | [`objective`] | what a network is asked to fit: a batch and what is asked at its points |
//! | [`fused`] | a training step and a field evaluation as few GPU kernels |
//! | [`training`] | the trainer: batch, loss, Adam, schedule, EMA |
//! | [`sampler`] | how particles move: chains with and without a Metropolis test and momentum, descents, a flow, one file each behind one trait |
//! | [`metrics`] | errors against the truth: Fisher error and nats, distances of samples, likelihood, mode weights, the Fokker-Planck equation |
//! | [`potential`] | the energy of a score net: the least-squares potential of a field on a grid |
//! | [`engine`] | settings and protocol (no burn in them), devices, the lab, its live runners, its pacing |
//! | [`page`] | the DOM: stage, layers, strip, charts, controls, scenes, lessons, recordings, files, link, script API, use without a network. Never imports burn |
//!
//! What is computed in every frame or training step ([`distribution`], [`noise`], [`objective`], `model::perceptron`,
//! [`page::layers`], [`page::viewport`]) is compiled as a crate of its own (`kernel.rs`), for speed where the rest is
//! compiled for size.
//!
//! Two binaries share this library: `page` runs on the main thread and is built without the feature `engine`, that is
//! without everything that computes with burn; `engine` runs in a dedicated worker. They speak in [`engine::protocol`].
//! What no browser reads of either is taken out when the site is built (`pack.rs`).

pub use scorefield_kernel::distribution;
pub mod engine;
#[cfg(feature = "engine")]
pub mod field;
#[cfg(feature = "engine")]
pub mod fused;
#[cfg(feature = "engine")]
pub mod metrics;
#[cfg(feature = "engine")]
pub mod model;
pub use scorefield_kernel::noise;
#[cfg(feature = "engine")]
pub use scorefield_kernel::objective;
pub mod page;
#[cfg(feature = "engine")]
pub mod potential;
#[cfg(feature = "engine")]
pub mod sampler;
#[cfg(feature = "engine")]
pub mod training;
