//! The kernels themselves, in CubeCL: compiled to WGSL when a size is first used.

pub mod gradient;
mod math;
mod network;
pub mod passes;
mod random;
pub mod update;
pub mod walk;
