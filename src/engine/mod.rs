//! The engine: a dedicated worker that owns the network, the optimiser and the particles.
//!
//! `settings` and `protocol` are the shared language of page and engine and never mention burn; everything else runs
//! in the worker only and never touches the DOM. Data flows one way: commands in, reports out.

pub mod protocol;
pub mod settings;

#[cfg(feature = "engine")]
mod checkpoint;
#[cfg(feature = "engine")]
mod constructors;
#[cfg(feature = "engine")]
mod curl;
#[cfg(feature = "engine")]
mod devices;
#[cfg(feature = "engine")]
mod fit;
#[cfg(feature = "engine")]
mod islands;
#[cfg(feature = "engine")]
mod jobs;
#[cfg(feature = "engine")]
pub mod lab;
#[cfg(feature = "engine")]
mod likelihood;
#[cfg(feature = "engine")]
mod live;
#[cfg(feature = "engine")]
mod pacing;
#[cfg(feature = "engine")]
mod pictures;
#[cfg(feature = "engine")]
mod plan;
#[cfg(feature = "engine")]
mod progress;
#[cfg(feature = "engine")]
mod quality;
#[cfg(feature = "engine")]
mod race;
#[cfg(feature = "engine")]
mod recipe;
#[cfg(feature = "engine")]
mod relaxation;
#[cfg(feature = "engine")]
mod standing;
#[cfg(feature = "engine")]
mod starts;
#[cfg(feature = "engine")]
mod turn;
#[cfg(feature = "engine")]
pub mod webgpu;
#[cfg(feature = "engine")]
mod weights;
#[cfg(feature = "engine")]
pub mod worker;
