//! The lab's settings: one flat value, owned by the page, sent whole to the engine, kept in the link.

mod fields;

use serde::{Deserialize, Serialize};

pub use self::fields::{Choice, Field, SettingsError};

pub use scorefield_kernel::engine::settings::{
    ArrowDensity, ArrowLength, Colour, ContourSpacing, ParticleColour, Source,
};

use crate::noise::NoiseLadder;

/// Which network is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// A network whose output is the score itself.
    #[default]
    Score,
    /// A network whose output is an energy, with the score as its negative gradient.
    Energy,
    /// The same with a quadratic head: more parameters, and an energy that grows faster far out.
    EnergyQuadratic,
}

/// What the network is asked to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Denoising score matching over the whole ladder (Vincent 2011; Song & Ermon 2019).
    Denoising,
    /// Denoising score matching at the shown noise level alone (Vincent 2011).
    DenoisingOneLevel,
    /// Implicit score matching with the exact divergence (Hyvarinen 2005).
    Implicit,
    /// Sliced score matching: the divergence along one random direction (Song et al. 2019).
    Sliced,
    /// Denoising towards the posterior mean over the batch (Xu et al. 2023): the same answer from calmer targets, and so
    /// the default. In the page it is good (0.05 nat) two to six times sooner than plain denoising.
    #[default]
    StableTarget,
    /// The exact score itself as the target.
    Explicit,
}

/// How much each noise level counts in the loss: the factor of the squared error of the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// `sigma² (sigma² + sd²) / sd²`, by which every noise level asks for an output of unit size (Karras et al. 2022).
    #[default]
    Edm,
    /// `sigma²` (Song & Ermon 2019).
    SigmaSquared,
    /// The same at every noise level: the smallest drowns all others.
    Uniform,
}

/// How particles move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Unadjusted Langevin dynamics at one noise level.
    Langevin,
    /// Langevin dynamics with averaged noise at one noise level (Leimkuhler & Matthews 2013).
    AveragedNoise,
    /// The Metropolis-adjusted Langevin algorithm at one noise level (Roberts & Tweedie 1996).
    Mala,
    /// Hamiltonian Monte Carlo at one noise level (Duane et al. 1987).
    Hmc,
    /// Underdamped Langevin dynamics by the BAOAB splitting at one noise level (Leimkuhler & Matthews 2013).
    Underdamped,
    /// Langevin dynamics down the ladder of noise levels (Song & Ermon 2019, Algorithm 1).
    #[default]
    Annealed,
    /// The reverse-time stochastic differential equation with Langevin correctors (Song et al. 2021).
    ReverseSde,
    /// The probability-flow ordinary differential equation (Song et al. 2021).
    ProbabilityFlow,
}

impl Sampler {
    /// Goes down the noise levels and ends; the others are chains at one noise level, without end.
    pub fn descends(self) -> bool {
        matches!(self, Self::Annealed | Self::ReverseSde | Self::ProbabilityFlow)
    }

    /// Has a Metropolis test, which compares energies.
    pub fn needs_energy(self) -> bool {
        matches!(self, Self::Mala | Self::Hmc)
    }

    /// Its noise may be multiplied by a number that is not right.
    pub fn takes_noise_scale(self) -> bool {
        matches!(self, Self::Langevin | Self::AveragedNoise | Self::Annealed)
    }

    /// May run at another temperature than 1. For a descent that is a heuristic: `p_sigma^beta` is not the noised
    /// `p^beta`.
    pub fn takes_temperature(self) -> bool {
        !matches!(self, Self::ReverseSde | Self::ProbabilityFlow)
    }
}

/// How the probability flow crosses an interval between two noise levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// One evaluation, first order.
    Euler,
    /// Two evaluations, second order.
    #[default]
    Heun,
}

/// Where particles start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// From noise: `N(mean, (sigma² + scale²) I)`, with the noise level at which the sampler begins.
    #[default]
    Noise,
    /// Evenly over a square about the middle of the data's box, three starting noise levels wider on every side: no mode
    /// is favoured.
    Uniform,
    /// All in one place where there are data, the leftmost of a few hundred draws: how far do they get?
    Spot,
}

/// Everything adjustable. Field names in camel case are the keys of `scorefield.configure` and of the link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Which network is trained.
    pub network: Network,
    /// Units in each hidden layer.
    pub width: u32,
    /// Hidden layers.
    pub depth: u32,
    /// Noised points in a training step.
    pub batch: u32,
    /// Adam's step length at step 1,000, from where it falls as one over the root of the step.
    pub learning_rate: f32,
    /// What the network is asked to fit.
    pub objective: Objective,
    /// How much each noise level counts.
    pub weighting: Weighting,
    /// Seeds initialisation, batches and particles (each a stream of its own).
    pub seed: u32,
    /// Largest noise level, in multiples of the data's scale (mean per-axis standard deviation).
    pub noise_max: f32,
    /// Smallest noise level, in multiples of the data's scale.
    pub noise_min: f32,
    /// Rungs of the ladder.
    pub levels: u32,
    /// How particles move.
    pub sampler: Sampler,
    /// Which field drives the particles: learned or exact.
    pub follow: Source,
    /// How many particles.
    pub particles: u32,
    /// Langevin step in units of sigma²: a step is `a = eta sigma²`. For HMC and underdamped dynamics the time step is
    /// `h = sqrt(2 a)`, so that one leapfrog step goes as far as one Langevin step.
    pub step_size: f32,
    /// Langevin steps at each rung of the ladder.
    pub steps_per_level: u32,
    /// Inverse temperature: chains sample `p_sigma^beta`.
    pub beta: f32,
    /// What the noise of plain and annealed Langevin and of averaged noise is multiplied by: 1 is right, 0 is gradient
    /// ascent, and any other value c samples at the temperature c².
    pub noise_scale: f32,
    /// Friction of underdamped dynamics in units of 1 / sigma: 0 conserves energy, large is Langevin.
    pub friction: f32,
    /// Leapfrog steps of HMC between two Metropolis tests.
    pub leapfrog_steps: u32,
    /// Noise levels of the probability flow and the reverse SDE, both ends included.
    pub nodes: u32,
    /// How the probability flow crosses the interval between two of them.
    pub scheme: Scheme,
    /// Langevin steps by which the reverse SDE corrects itself at each noise level.
    pub corrector_steps: u32,
    /// A sampler that needs an energy may take the least-squares potential for that of a score net.
    pub potential: bool,
    /// The score is read off a grid where that is cheaper and at most a hundredth off: see `field::Interpolated`. On the
    /// CPU only, and not by samplers with a Metropolis test.
    pub interpolate: bool,
    /// Where particles start.
    pub start: Start,
    /// A second cloud, moved by another sampler, runs beside the first at equal numbers of score evaluations.
    pub race: bool,
    /// That other sampler. What it has no parameter of its own for, it shares with the first.
    pub rival: Sampler,
    /// Its step size, as `step_size`.
    pub rival_step_size: f32,
    /// Its steps at each rung.
    pub rival_steps_per_level: u32,
    /// Rungs of its ladder, between the same ends.
    pub rival_levels: u32,
    /// Sampler steps a second that are aimed at, as far as there is time for them. In a race these are steps of the runner
    /// whose steps take more score evaluations, and the other makes as many evaluations in as many steps as that takes:
    /// with HMC of 5 leapfrog steps against Langevin dynamics, five times as many.
    pub pace: f32,
    /// Begin another descent some seconds after one has ended.
    pub repeat: bool,
    /// The noise level shown on the stage, in stage units; also that of plain Langevin.
    pub sigma: f32,
    /// Keep the shown sigma while annealing, instead of following the sampler.
    pub pinned: bool,
    /// Which field is shown.
    pub source: Source,
    /// Layer: the energy heat map.
    pub energy: bool,
    /// What the colours of stage and strip say. Divergence and curl are shown whether or not the energy is a layer.
    pub colour: Colour,
    /// Layer: contours of equal energy.
    pub contours: bool,
    /// How far apart they are.
    pub contour_spacing: ContourSpacing,
    /// Their energies are written on them, nats above the lowest.
    pub contour_labels: bool,
    /// Layer: arrows of the score.
    pub arrows: bool,
    /// What their length says.
    pub arrow_length: ArrowLength,
    /// How many there are, and how many lines of the denoiser.
    pub arrow_density: ArrowDensity,
    /// Layer: streamlines of the score.
    pub streamlines: bool,
    /// Light runs along the streamlines with the flow, while the particles may move.
    pub flow: bool,
    /// Layer: lines from points x to where the denoiser takes them, `D(x) = x + sigma² s(x)`.
    pub denoiser: bool,
    /// Layer: hatching where the training at this noise level has hardly ever been.
    pub coverage: bool,
    /// Layer: points drawn from the data.
    pub show_data: bool,
    /// Layer: the particles.
    pub show_particles: bool,
    /// What their colour says.
    pub particle_colour: ParticleColour,
    /// Layer: the particles' trails.
    pub trails: bool,
    /// The stage shows the energy as a landscape, in three dimensions, with the particles on it: wells where the data
    /// are. Of an error it shows how large it is.
    pub surface: bool,
    /// The pictures of the field at every rung of the ladder take the place of the lab: exact, learned and error.
    pub all_levels: bool,
    /// Each of the pictures side by side has a colour scale of its own, and not all of them the same.
    pub own_scale: bool,
    /// Along the stage's edges, one coordinate of the particles at a time beside its exact density.
    pub marginals: bool,
    /// The page is for readers far away: stage, strip and three controls.
    pub projector: bool,
}

impl Default for Settings {
    #[inline(never)]
    fn default() -> Self {
        Self {
            network: Network::Score,
            width: 64,
            depth: 3,
            batch: 512,
            learning_rate: 1e-2,
            objective: Objective::StableTarget,
            weighting: Weighting::Edm,
            seed: 0,
            noise_max: 6.0,
            noise_min: 0.02,
            levels: 16,
            sampler: Sampler::Annealed,
            follow: Source::Learned,
            particles: 4000,
            step_size: 0.1,
            steps_per_level: 15,
            beta: 1.0,
            noise_scale: 1.0,
            friction: 1.0,
            leapfrog_steps: 5,
            nodes: 24,
            scheme: Scheme::Heun,
            corrector_steps: 1,
            potential: false,
            interpolate: false,
            start: Start::Noise,
            race: false,
            rival: Sampler::Langevin,
            rival_step_size: 0.1,
            rival_steps_per_level: 15,
            rival_levels: 16,
            pace: 60.0,
            repeat: true,
            sigma: 0.15,
            pinned: false,
            source: Source::Learned,
            energy: true,
            colour: Colour::Energy,
            contours: true,
            contour_spacing: ContourSpacing::Auto,
            contour_labels: true,
            arrows: true,
            arrow_length: ArrowLength::Soft,
            arrow_density: ArrowDensity::Normal,
            streamlines: false,
            flow: true,
            denoiser: false,
            coverage: false,
            show_data: false,
            show_particles: true,
            particle_colour: ParticleColour::Energy,
            trails: true,
            surface: false,
            all_levels: false,
            own_scale: false,
            marginals: false,
            projector: false,
        }
    }
}

impl Settings {
    /// The ladder of noise levels, stage units, for data of this scale (mean per-axis standard deviation).
    pub fn ladder(&self, scale: f32) -> NoiseLadder {
        NoiseLadder {
            sigma_max: self.noise_max * scale,
            sigma_min: self.noise_min * scale,
            levels: self.levels as usize,
        }
    }

    /// The stage shows the noise level at which the sampler is, and not one that was chosen.
    pub fn follows_sampler(&self) -> bool {
        self.sampler.descends() && !self.pinned
    }

    /// The settings of the race's other runner: the same data, field, latents and seed.
    pub fn of_rival(&self) -> Self {
        Self {
            sampler: self.rival,
            step_size: self.rival_step_size,
            steps_per_level: self.rival_steps_per_level,
            levels: self.rival_levels,
            ..self.clone()
        }
    }
}
