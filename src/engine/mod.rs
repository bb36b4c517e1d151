//! The engine: a dedicated worker that owns the network, the optimiser and the particles.
//!
//! `settings` and `protocol` are the shared language of page and engine and never mention burn; everything else runs
//! in the worker only and never touches the DOM. Data flows one way: commands in, reports out.

mod constructors;
mod devices;
mod jobs;
pub mod lab;
mod live;
mod pacing;
mod pictures;
mod progress;
pub mod protocol;
pub mod settings;
mod turn;
pub mod webgpu;
pub mod worker;
