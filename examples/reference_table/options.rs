//! What to train, from the command line.

use std::error::Error;

use scorefield::{distribution::Preset, model::Kind, objective::Objective};

use super::REFERENCE;
use super::chosen::chosen;
use super::networks::NETWORKS;

const OBJECTIVES: [(&str, Objective); 2] = [
    ("denoising", Objective::Denoising),
    ("stable-target", Objective::StableTarget),
];

const SAMPLES: [(&str, Extent); 2] = [("flow", Extent::Flow), ("all", Extent::All)];

pub struct Options {
    /// Ascending; all are passed in one training run.
    pub steps: Vec<u64>,
    pub seeds: u32,
    pub sets: Vec<Preset>,
    networks: Vec<(&'static str, Kind)>,
    objectives: Vec<(&'static str, Objective)>,
    pub samples: Option<Extent>,
}

/// What is asked to be known of samples.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those of the probability flow.
    Flow,
    /// Also annealed ones and the likelihood.
    All,
}

/// A kind of network and what it is asked to fit.
#[derive(Clone, Copy)]
pub struct Variant {
    pub network: &'static str,
    pub kind: Kind,
    pub objective_name: &'static str,
    pub objective: Objective,
}

impl Options {
    pub fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            steps: vec![3000],
            seeds: 3,
            sets: REFERENCE.map(|(set, _)| set).to_vec(),
            networks: NETWORKS[..1].to_vec(),
            objectives: OBJECTIVES[..1].to_vec(),
            samples: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--steps" => options.steps = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--seeds" => options.seeds = value.parse()?,
                "--sets" => options.sets = value.split(',').map(Preset::from_name).collect::<Result<_, _>>()?,
                "--samples" => options.samples = chosen(&SAMPLES, &value)?.first().map(|entry| entry.1),
                "--networks" => options.networks = chosen(&NETWORKS, &value)?,
                "--objectives" => options.objectives = chosen(&OBJECTIVES, &value)?,
                _ => {
                    let known = "--steps, --seeds, --sets, --networks, --objectives, --samples";
                    return Err(format!("{name} is none of {known}").into());
                }
            }
        }
        options.steps.sort_unstable();
        Ok(options)
    }

    /// Every network with every objective.
    pub fn variants(&self) -> impl Iterator<Item = Variant> + '_ {
        self.networks.iter().flat_map(|&(network, kind)| {
            self.objectives.iter().map(move |&(objective_name, objective)| Variant {
                network,
                kind,
                objective_name,
                objective,
            })
        })
    }

    /// Whether the set alone tells one row from another, and the reference is for all of them.
    pub fn is_plain(&self) -> bool {
        let usual = |v: Variant| v.kind == Kind::Score && v.objective == Objective::Denoising;
        self.steps.len() == 1 && self.variants().all(usual)
    }
}
