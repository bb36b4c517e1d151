//! What the page sees of the running lab: one [`Frame`] a request.

use serde::{Deserialize, Serialize};

use super::{Floats, Picture, Progress, Stamp};

/// One frame of the lab. What did not change since the last frame is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// What this belongs to.
    pub stamp: Stamp,
    /// Mean of the data that the network's preconditioning was fitted to.
    pub mean: [f32; 2],
    /// Scale of that data (mean per-axis standard deviation).
    pub scale: f32,
    /// The live particles.
    pub cloud: Cloud,
    /// The rival's particles, while two samplers race.
    pub rival: Option<Cloud>,
    /// Pictures of the learned field finished since the last frame.
    pub pictures: Vec<Picture>,
    /// Errors against the exact score, when newly measured.
    pub progress: Option<Progress>,
    /// How good the samples of the last descent are, when newly judged.
    pub quality: Option<SampleQuality>,
    /// How the cloud of a chain approaches its target, when newly measured; some four times a second while it moves.
    pub approach: Option<Approach>,
    /// Training steps a second, over the last second; 0 while paused.
    pub steps_per_second: f32,
    /// Score evaluations a second by the live samplers.
    pub evaluations_per_second: f32,
}

/// Particles and what moves them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// Positions `[x0, y0, …]`, stage coordinates; `None` when they did not move.
    pub particles: Option<Floats>,
    /// Goes up at every restart, drop or change of count: particles of different casts must not be interpolated.
    pub cast: u32,
    /// Where the sampler is.
    pub sampler: SamplerState,
    /// How the cloud compares with its target, when newly measured; some twice a second while it moves.
    pub standing: Option<Standing>,
}

/// How a cloud on its way compares with what it is to become: the data at the noise level at which its sampler ends,
/// `p_sigma_min` for a descent and `p_sigma` for a chain at one noise level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Sampler steps when it was measured.
    pub steps: u64,
    /// Score evaluations a particle when it was measured.
    pub evaluations: u64,
    /// Langevin time when it was measured, see [`SamplerState::time`].
    pub time: f32,
    /// Sliced Wasserstein distance of the first 2,048 particles from the target, stage units.
    pub distance: f32,
    /// The same between two sets of true samples: the least that can be expected.
    pub floor: f32,
    /// Share of the particles at each mode, for named sets that have modes.
    pub shares: Vec<f32>,
    /// True weights of these modes.
    pub weights: Vec<f32>,
    /// Mean per-axis variance of the particles about their nearest mode, over that of the target; named sets with modes
    /// only. For a chain that is in balance within its modes this is the temperature at which it really samples.
    pub width: Option<f32>,
}

/// How far the cloud of a chain has come, beside what theory says of it: in `KL(p_t || pi)`, with `p_t` the density of
/// the particles after the Langevin time `t` and `pi` that in which the chain is in balance: `p_sigma`, or
/// `p_sigma^(beta / c²)` at another temperature or noise scale `c`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// Langevin time since the restart, see [`SamplerState::time`].
    pub time: f32,
    /// The divergence of the density that began as the cloud did and obeys the Fokker-Planck equation of the exact
    /// score, nats.
    pub theory: f32,
    /// What that divergence loses per unit of Langevin time: the relative Fisher information (times c²).
    pub rate: f32,
    /// The divergence of the particles as they are counted, nats; scatters about 0 when they are there.
    pub cloud: f32,
}

/// How far the samples of a descent are from the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleQuality {
    /// Sliced Wasserstein distance of the first 2,048 particles from the data, stage units.
    pub distance: f32,
    /// The same in units of what two sets of true data are apart.
    pub over_floor: f32,
    /// The same in units of what the exact score makes of the same start; 1 is perfect.
    pub over_exact: f32,
    /// Share of the samples at each mode, for named sets that have modes.
    pub shares: Vec<f32>,
    /// True weights of these modes.
    pub weights: Vec<f32>,
    /// How many of the samples are drawn dots over again, for drawings of few hard dots.
    pub memorised: Option<Memorised>,
}

/// How many samples lie on a training point, within twice the smallest noise level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memorised {
    /// The share of the samples.
    pub share: f32,
    /// The share of as many draws of the data at the smallest noise level.
    pub truth: f32,
}

/// Where a live sampler is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SamplerState {
    /// Rung of the ladder, for samplers that descend it.
    pub level: Option<u32>,
    /// The noise level whose score drives the particles now.
    pub sigma: f32,
    /// Sampler steps since the restart.
    pub steps: u64,
    /// Score evaluations a particle since the restart.
    pub evaluations: u64,
    /// Langevin time since the restart: the sum of the steps `a`, stage units squared; 0 for samplers that have none.
    pub time: f32,
    /// Share of proposals accepted since the restart, for samplers that have a Metropolis test.
    pub acceptance: Option<f32>,
    /// How far the grid off which the score is read now is from the field, relative, root mean square over some of the
    /// particles; none while the field itself is asked.
    pub interpolation: Option<f32>,
    /// The descent is over and the particles rest.
    pub finished: bool,
    /// The sampler needs an energy and the network has none: the particles wait for
    /// [`crate::engine::settings::Settings::potential`].
    pub lacks_energy: bool,
    /// Particles that left the guard box or went non-finite and were drawn anew, since the restart.
    pub recycled: u32,
}
