//! Samplers: how particles follow a score field.
//!
//! Each sampler is one file behind one trait, [`Sampler`], and takes any [`Field`]. Positions stay on the field's
//! device: a step uploads its noise and reads nothing back. What has to look at positions (drawing runaway particles
//! anew, [`Guard::recycle`]) is left to the caller, who reads them for the picture anyway.
//!
//! A run is a function of the field, the starting points and the seed: the noise of step `k` depends on `(seed, k)`
//! only, not on the frame rate.

mod annealed;
mod guard;
mod langevin;
mod noise;
mod probability_flow;

pub use annealed::Annealed;
pub use guard::Guard;
pub use langevin::Langevin;
pub use noise::{Stream, start, stream};
pub use probability_flow::{ProbabilityFlow, Scheme, karras};

use burn::tensor::Tensor;

use crate::field::Field;
use crate::noise::NoiseLadder;

/// What moves a cloud of particles with the help of a score field: a Markov chain, or a flow.
pub trait Sampler {
    /// One step of every particle.
    ///
    /// x: `[n, 2]` stage coordinates on the field's device; returns `[n, 2]`. A finished sampler returns `x`.
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2>;

    /// The noise level whose score the next step follows, in stage units.
    fn sigma(&self) -> f32;

    /// The widest noise level by which particles may still be spread: that of the rung before, for a descent. This is
    /// the sigma for [`Guard::recycle`].
    fn spread(&self) -> f32 {
        self.sigma()
    }

    /// The rung of the ladder, for samplers that descend it.
    fn level(&self) -> Option<usize>;

    /// Nothing is left to do: the descent is over.
    fn finished(&self) -> bool;

    /// Steps since the start.
    fn steps(&self) -> u64;

    /// Score evaluations a particle since the start.
    fn evaluations(&self) -> u64;

    /// Takes up changed parameters in mid-run. False when they belong to another kind of sampler and nothing was
    /// changed: then [`build`] a new one.
    fn retune(&mut self, parameters: &Parameters) -> bool;
}

/// Which sampler, and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameters {
    /// See [`Langevin`].
    Langevin {
        /// The noise level whose density is sampled, in stage units.
        sigma: f32,
        /// eta: a step is `a = eta sigma²`.
        step_size: f32,
        /// Seeds the noise.
        seed: u32,
        /// Denoiser clipping; `None` follows the field blindly.
        guard: Option<Guard>,
    },
    /// See [`Annealed`].
    Annealed {
        /// The noise levels.
        ladder: NoiseLadder,
        /// eta: a step at rung `i` is `a_i = eta sigma_i²`.
        step_size: f32,
        /// Langevin steps at each rung, at least 1.
        steps_per_level: u32,
        /// Seeds the noise.
        seed: u32,
        /// Denoiser clipping; `None` follows the field blindly.
        guard: Option<Guard>,
    },
    /// See [`ProbabilityFlow`].
    ProbabilityFlow {
        /// The noise level at the start, in stage units.
        sigma_max: f32,
        /// The noise level at the end.
        sigma_min: f32,
        /// Noise levels from one to the other, ends included, at least 2.
        nodes: usize,
        /// How an interval between two of them is crossed.
        scheme: Scheme,
        /// Whether a last step denoises.
        denoise: bool,
        /// Denoiser clipping; by default `None`, since it bends the flow.
        guard: Option<Guard>,
    },
}

/// The sampler with these parameters, at its first step.
pub fn build(parameters: &Parameters) -> Box<dyn Sampler> {
    match *parameters {
        Parameters::Langevin {
            sigma,
            step_size,
            seed,
            guard,
        } => Box::new(Langevin::new(sigma, step_size, seed, guard)),
        Parameters::Annealed {
            ladder,
            step_size,
            steps_per_level,
            seed,
            guard,
        } => Box::new(Annealed::new(ladder, step_size, steps_per_level, seed, guard)),
        Parameters::ProbabilityFlow {
            sigma_max,
            sigma_min,
            nodes,
            scheme,
            denoise,
            guard,
        } => Box::new(ProbabilityFlow::new(
            karras(sigma_max, sigma_min, nodes),
            scheme,
            denoise,
            guard,
        )),
    }
}
