//! The settings in the words of the model and the trainer.

use super::pacing::micro_batch;
use super::settings::{self, Settings};
use crate::model::{Head, Kind, Shape};
use crate::noise::NoiseLadder;
use crate::objective::{Objective, Weighting};
use crate::training::Plan;

impl From<settings::Network> for Kind {
    fn from(network: settings::Network) -> Self {
        match network {
            settings::Network::Score => Self::Score,
            settings::Network::Energy => Self::Energy(Head::Linear),
            settings::Network::EnergyQuadratic => Self::Energy(Head::Quadratic),
        }
    }
}

impl From<Kind> for settings::Network {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Score => Self::Score,
            Kind::Energy(Head::Linear) => Self::Energy,
            Kind::Energy(Head::Quadratic) => Self::EnergyQuadratic,
        }
    }
}

impl From<settings::Weighting> for Weighting {
    fn from(weighting: settings::Weighting) -> Self {
        match weighting {
            settings::Weighting::Edm => Self::Edm,
            settings::Weighting::SigmaSquared => Self::SigmaSquared,
            settings::Weighting::Uniform => Self::Uniform,
        }
    }
}

impl Settings {
    /// The network that these settings ask for.
    pub fn shape(&self) -> Shape {
        Shape {
            kind: self.network.into(),
            width: self.width as usize,
            depth: self.depth as usize,
        }
    }

    /// How a training step of a network of this shape is made. ladder: stage units.
    pub fn plan(&self, ladder: NoiseLadder, shape: Shape) -> Plan {
        Plan {
            batch: self.batch as usize,
            learning_rate: self.learning_rate,
            ladder,
            micro_batch: micro_batch(shape.parameters()),
            objective: self.problem(),
            weighting: self.weighting.into(),
        }
    }

    fn problem(&self) -> Objective {
        match self.objective {
            settings::Objective::Denoising => Objective::Denoising,
            settings::Objective::DenoisingOneLevel => Objective::DenoisingAt(self.sigma),
            settings::Objective::Implicit => Objective::Implicit,
            settings::Objective::Sliced => Objective::Sliced,
            settings::Objective::StableTarget => Objective::StableTarget,
            settings::Objective::Explicit => Objective::Explicit,
        }
    }
}
