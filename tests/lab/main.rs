//! The engine's lab, run natively: commands in, reports out, no worker and no page.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod basics;
mod driver;
mod judgement;
mod lessons;
mod links;
mod pictures;
mod races;
mod relaxation;
mod samplers;
mod scenes;
