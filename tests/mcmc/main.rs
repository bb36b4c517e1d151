//! The sampler family against closed forms: stationary variances, acceptance, conserved energy, temperatures, mode
//! weights.
//!
//! Statistical bounds are six standard errors, each derived where it is used: a correct sampler fails one in half a
//! billion seeds, and the seeds are fixed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

mod chains;
mod common;
mod descents;
mod fitted;
mod metropolis;
mod momentum;
