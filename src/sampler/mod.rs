//! Samplers: how particles follow a score field.
//!
//! Each sampler is one file behind one trait, [`Sampler`], and takes any [`Field`]. Positions stay on the field's
//! device: a step uploads its noise and reads nothing back. What has to look at positions (drawing runaway particles
//! anew, [`Guard::recycle`]) is left to the caller, who reads them for the picture anyway.
//!
//! A run is a function of the field, the starting points and the seed: the noise of step `k` depends on `(seed, k)`
//! only, not on the frame rate. (Steps that a field makes in one go, [`Sampler::leap`], have noise of another generator,
//! which depends on the same numbers.)

mod annealed;
mod averaged_noise;
mod chain;
mod guard;
mod hmc;
mod langevin;
mod mala;
mod metropolis;
mod nodes;
mod noise;
mod probability_flow;
mod reverse_sde;
mod underdamped;

pub use annealed::Annealed;
pub use averaged_noise::AveragedNoise;
pub use chain::{Chain, Tally};
pub use guard::Guard;
pub use hmc::Hmc;
pub use langevin::Langevin;
pub use mala::Mala;
pub use nodes::karras;
pub use noise::{Stream, start, stream};
pub use probability_flow::{ProbabilityFlow, Scheme};
pub use reverse_sde::ReverseSde;
pub use underdamped::Underdamped;

use burn::tensor::Tensor;

use crate::field::Field;
use crate::noise::NoiseLadder;

/// What moves a cloud of particles with the help of a score field: a Markov chain, or a flow.
///
/// What a sampler remembers from step to step (momenta, kept noise, energies and scores where the particles are) stays
/// on the device. It belongs to the particles that the last step returned: whoever moves some of them, or changes the
/// field, says so by [`Sampler::forget`].
pub trait Sampler {
    /// One step of every particle.
    ///
    /// x: `[n, 2]` stage coordinates on the field's device; returns `[n, 2]`. A finished sampler returns `x`, and so
    /// does one that needs an energy when the field has none.
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2>;

    /// Does a part of the next step ahead of it, about one evaluation, for a caller who cannot wait for a long one:
    /// false while there is more of it than [`Sampler::step`] does in an evaluation or two. The step is the same then as
    /// without this, if field and particles are, and counts only when it is made.
    fn prepare(&mut self, _field: &dyn Field, _x: &Tensor<2>) -> bool {
        true
    }

    /// Makes some of the next steps in one go, at most `most`, where the field can ([`Field::travel`]): the particles after
    /// them, and how many they were. None where they have to be made one by one.
    fn leap(&mut self, _field: &dyn Field, _x: &Tensor<2>, _most: u32) -> Option<(Tensor<2>, u32)> {
        None
    }

    /// The noise level whose score the next step follows, in stage units.
    fn sigma(&self) -> f32;

    /// The widest noise level by which particles may still be spread: that of the rung before, for a descent. This is
    /// the sigma for [`Guard::recycle`].
    fn spread(&self) -> f32 {
        self.sigma()
    }

    /// The rung of the ladder, for samplers that descend it. (The nodes of a flow are its own and no rungs.)
    fn level(&self) -> Option<usize> {
        None
    }

    /// Nothing is left to do: the descent is over. A chain at one noise level never is.
    fn finished(&self) -> bool {
        false
    }

    /// What the run has cost so far.
    fn tally(&self) -> Tally;

    /// Steps since the start.
    fn steps(&self) -> u64 {
        self.tally().steps
    }

    /// Score evaluations a particle since the start.
    fn evaluations(&self) -> u64 {
        self.tally().evaluations
    }

    /// Langevin time since the start: the sum of all `a`, in stage units squared. A leapfrog step and a step of
    /// underdamped dynamics count `h² / 2`, a proposal that is rejected counts like others, flows and predictors not at
    /// all.
    fn time(&self) -> f32 {
        self.tally().time as f32
    }

    /// The share of proposals that were accepted, since the start or the last change of parameters, `[1]`: on the
    /// device, for the caller to read. None for samplers without a test, and before its first use.
    fn acceptance(&self) -> Option<Tensor<1>> {
        None
    }

    /// It follows the energy too, and does not move on a field without one.
    fn needs_energy(&self) -> bool {
        false
    }

    /// Positions or the field were changed from outside: what is remembered about them is void.
    fn forget(&mut self) {}

    /// Takes up changed parameters in mid-run. False when they belong to another kind of sampler and nothing was
    /// changed: then [`build`] a new one.
    fn retune(&mut self, parameters: &Parameters) -> bool;
}

/// Which sampler, and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameters {
    /// See [`Langevin`].
    Langevin {
        /// The chain.
        chain: Chain,
        /// What the noise is multiplied by; 1 is right.
        noise_scale: f32,
    },
    /// See [`AveragedNoise`].
    AveragedNoise {
        /// The chain.
        chain: Chain,
        /// What the noise is multiplied by; 1 is right.
        noise_scale: f32,
    },
    /// See [`Mala`].
    Mala {
        /// The chain.
        chain: Chain,
    },
    /// See [`Hmc`].
    Hmc {
        /// The chain.
        chain: Chain,
        /// Leapfrog steps between two tests, at least 1.
        leapfrog_steps: u32,
    },
    /// See [`Underdamped`].
    Underdamped {
        /// The chain.
        chain: Chain,
        /// In units of `1 / sigma`, 0 to infinity.
        friction: f32,
    },
    /// See [`Annealed`].
    Annealed {
        /// The noise levels.
        ladder: NoiseLadder,
        /// eta: a step at rung `i` is `a_i = eta sigma_i²`.
        step_size: f32,
        /// Langevin steps at each rung, at least 1.
        steps_per_level: u32,
        /// The inverse temperature.
        beta: f32,
        /// What the noise is multiplied by; 1 is right.
        noise_scale: f32,
        /// Seeds the noise.
        seed: u32,
        /// Denoiser clipping; `None` follows the field blindly.
        guard: Option<Guard>,
    },
    /// See [`ReverseSde`].
    ReverseSde {
        /// The noise level at the start, in stage units.
        sigma_max: f32,
        /// The noise level at the end.
        sigma_min: f32,
        /// Noise levels from one to the other, ends included, at least 2.
        nodes: usize,
        /// Langevin steps at each level reached.
        corrector_steps: u32,
        /// Their eta: `a = eta sigma²`.
        step_size: f32,
        /// Whether a last step denoises.
        denoise: bool,
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
        Parameters::Langevin { chain, noise_scale } => Box::new(Langevin::new(chain, noise_scale)),
        Parameters::AveragedNoise { chain, noise_scale } => Box::new(AveragedNoise::new(chain, noise_scale)),
        Parameters::Mala { chain } => Box::new(Mala::new(chain)),
        Parameters::Hmc { chain, leapfrog_steps } => Box::new(Hmc::new(chain, leapfrog_steps)),
        Parameters::Underdamped { chain, friction } => Box::new(Underdamped::new(chain, friction)),
        Parameters::Annealed {
            ladder,
            step_size,
            steps_per_level,
            beta,
            noise_scale,
            seed,
            guard,
        } => {
            let chain = Chain {
                beta,
                guard,
                ..Chain::new(ladder.sigma(0), step_size, seed)
            };
            Box::new(Annealed::new(ladder, chain, steps_per_level, noise_scale))
        }
        Parameters::ReverseSde {
            sigma_max,
            sigma_min,
            nodes,
            corrector_steps,
            step_size,
            denoise,
            seed,
            guard,
        } => {
            let nodes = karras(sigma_max, sigma_min, nodes);
            Box::new(ReverseSde::new(nodes, corrector_steps, step_size, denoise, seed, guard))
        }
        Parameters::ProbabilityFlow {
            sigma_max,
            sigma_min,
            nodes,
            scheme,
            denoise,
            guard,
        } => {
            let nodes = karras(sigma_max, sigma_min, nodes);
            Box::new(ProbabilityFlow::new(nodes, scheme, denoise, guard))
        }
    }
}
