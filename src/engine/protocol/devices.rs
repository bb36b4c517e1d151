//! Where the engine computes.

use serde::{Deserialize, Serialize};

/// Where the engine computes, and why there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Devices {
    /// Trains.
    pub training: Backend,
    /// Samples and evaluates pictures.
    pub sampling: Backend,
    /// The WebGPU adapter's name, or `none`.
    pub adapter: String,
    /// The adapter is a CPU that pretends to be a GPU.
    pub software: bool,
    /// Why this choice, one sentence for the badge.
    pub reason: String,
    /// The probe is over; until then WebGPU may still take over.
    pub settled: bool,
}

/// A compute backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Backend {
    /// burn Flex, one core.
    Cpu,
    /// burn wgpu over WebGPU.
    WebGpu,
}

impl Backend {
    /// The name used in the script API and in links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// The backend that an address's query (`?backend=cpu`) asks for; `None` when it asks for none.
    ///
    /// # Errors
    /// The name it gives when there is no such backend.
    pub fn of_query(query: &str) -> Result<Option<Self>, &str> {
        let query = query.strip_prefix('?').unwrap_or(query);
        let Some(wish) = query.split('&').find_map(|pair| pair.strip_prefix("backend=")) else {
            return Ok(None);
        };
        let known = [Self::Cpu, Self::WebGpu]
            .into_iter()
            .find(|backend| backend.name() == wish);
        known.map(Some).ok_or(wish)
    }
}
