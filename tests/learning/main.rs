//! Learning: networks and their derivatives, objectives, training, checkpoints, the Fisher gauge.
#![allow(clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

mod common;
mod density;
mod energy;
mod gauge;
mod gradients;
mod network;
mod objectives;
mod on_host;
mod oracle;
mod training;
