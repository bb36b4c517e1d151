//! What page and engine say to each other: [`Command`] (page → engine) and [`Report`] (engine → page).
//!
//! A message is one byte buffer, transferred and not copied between the threads; arrays of numbers travel inside it as
//! raw little-endian bytes, never as text. Commands carry whole values, never deltas. Every picture of the run carries
//! a [`Stamp`], by which the page drops what is out of date.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::settings::{Network, Sampler, Settings, Source};
use crate::distribution::Target;

/// Changes whenever this file or the package's version does, so that a page and an engine of different builds refuse
/// each other instead of misreading messages (FNV-1a over this source).
pub const VERSION: u32 = {
    let source = concat!(
        include_str!("protocol.rs"),
        include_str!("settings.rs"),
        env!("CARGO_PKG_VERSION")
    )
    .as_bytes();
    let mut hash = 0x811c_9dc5_u32;
    let mut i = 0;
    while i < source.len() {
        hash = (hash ^ source[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
};

/// An array of numbers that is encoded as raw bytes, and so costs one copy instead of one call a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Floats(pub Vec<f32>);

impl Serialize for Floats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytemuck::cast_slice(&self.0))
    }
}

impl<'de> Deserialize<'de> for Floats {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Floats;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("the bytes of an array of 32-bit floats")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Floats, E> {
                if !bytes.len().is_multiple_of(4) {
                    return Err(E::custom(
                        "an array of floats whose length in bytes is no multiple of 4",
                    ));
                }
                Ok(Floats(
                    bytes
                        .chunks_exact(4)
                        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                        .collect(),
                ))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Page → engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// The lab's settings, whole.
    Configure {
        /// The settings, already checked by the page and checked again by the engine.
        settings: Box<Settings>,
        /// Counts the page's changes of the settings.
        revision: u32,
    },
    /// What is to be learned.
    Learn {
        /// The distribution.
        target: Target,
        /// Counts the page's changes of the drawing.
        revision: u32,
    },
    /// A new network: weights from the settings' seed, mean and scale fitted to the data.
    Reset {
        /// Counts the networks; reports of earlier runs are stale.
        run: u32,
    },
    /// Which of the two live loops are on.
    Play {
        /// Train without end.
        training: bool,
        /// Move the particles without end.
        sampling: bool,
    },
    /// One training step, also while paused.
    TrainOnce,
    /// One sampler step, also while paused.
    SampleOnce,
    /// Particles back to the start of a descent.
    Restart,
    /// Particles dropped with the pointer.
    Drop {
        /// Stage coordinates, `[x0, y0, x1, y1, …]`.
        points: Floats,
    },
    /// Send a [`Report::Frame`] at the end of the current turn. The page keeps one such request in flight.
    Frame {
        /// The tab is hidden: live training and sampling pause, scripted requests go on.
        hidden: bool,
    },
    /// Train this many steps as fast as possible and then report [`Report::Trained`].
    Train {
        /// Names the request in the answer.
        request: u32,
        /// How many steps.
        steps: u32,
    },
    /// Draw samples apart from the live particles and then report [`Report::Sampled`].
    Sample {
        /// Names the request in the answer.
        request: u32,
        /// What to draw and how.
        job: SampleJob,
    },
    /// Evaluate a field at points and then report [`Report::Evaluated`].
    Evaluate {
        /// Names the request in the answer.
        request: u32,
        /// Stage coordinates, `[x0, y0, …]`.
        points: Floats,
        /// Noise level, stage units.
        sigma: f32,
        /// Learned or exact.
        field: Source,
    },
    /// Take up an earlier run where its last checkpoint left it.
    Restore {
        /// What [`Report::Checkpoint`] carried.
        checkpoint: Box<Checkpoint>,
    },
    /// Report [`Report::Weights`]: a file from which [`Command::LoadWeights`] goes on as if nothing had happened.
    SaveWeights {
        /// Names the request in the answer.
        request: u32,
    },
    /// Go on from a file of weights and then report [`Report::WeightsLoaded`]. The network in the file takes over with
    /// its kind, size and seed, whatever the settings say; the page's settings have to follow.
    LoadWeights {
        /// Names the request in the answer.
        request: u32,
        /// The number of the network from then on, as in [`Command::Reset`].
        run: u32,
        /// The file.
        bytes: Vec<u8>,
    },
}

/// A request for samples. `None` means the sampler's own default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleJob {
    /// How particles move.
    pub sampler: Sampler,
    /// How many particles, 1 to 200,000.
    pub count: u32,
    /// Seeds the starting points and the noise.
    pub seed: u32,
    /// Learned or exact.
    pub field: Source,
    /// Noise level of plain Langevin, stage units.
    pub sigma: Option<f32>,
    /// Steps in all (plain) or at each level (annealed).
    pub steps: Option<u32>,
    /// eta, in units of sigma².
    pub step_size: Option<f32>,
    /// Starting points `[x0, y0, …]`; `count` is then ignored.
    pub init: Option<Floats>,
}

/// Engine → page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The engine runs and takes commands.
    Ready {
        /// [`VERSION`] as the engine was built with.
        version: u32,
    },
    /// Which devices compute, after start-up, after the probe and after every change.
    Devices(Devices),
    /// The answer to [`Command::Frame`].
    Frame(Box<Frame>),
    /// Enough to take up the run in a new engine; every two seconds while training.
    Checkpoint(Box<Checkpoint>),
    /// A [`Command::Train`] is done.
    Trained {
        /// The request.
        request: u32,
        /// Training steps since the last reset.
        step: u64,
        /// Wall time of this request, seconds.
        seconds: f64,
        /// Errors against the exact score after it.
        progress: Progress,
    },
    /// A [`Command::Sample`] is done.
    Sampled {
        /// The request.
        request: u32,
        /// Stage coordinates, `[x0, y0, …]`.
        points: Floats,
    },
    /// A [`Command::Evaluate`] is done.
    Evaluated {
        /// The request.
        request: u32,
        /// Scores, `[s0x, s0y, …]`.
        score: Floats,
        /// Log density, exact field only, else empty.
        log_density: Floats,
        /// Divergence of the score, a value a point.
        divergence: Floats,
        /// Curl of the score, a value a point.
        curl: Floats,
    },
    /// The answer to [`Command::SaveWeights`].
    Weights {
        /// The request.
        request: u32,
        /// Training steps since the last reset.
        step: u64,
        /// The file.
        bytes: Vec<u8>,
    },
    /// The answer to [`Command::LoadWeights`]: the network of the file runs.
    WeightsLoaded {
        /// The request.
        request: u32,
        /// The run that the command named.
        run: u32,
        /// Training steps that the network had behind it.
        step: u64,
        /// What it puts out.
        network: Network,
        /// Units in each hidden layer.
        width: u32,
        /// Hidden layers.
        depth: u32,
        /// Seeds its batches.
        seed: u32,
    },
    /// A request could not be carried out; nothing was changed.
    Failed {
        /// The request, or `None` for a command that has none.
        request: Option<u32>,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// Something the user should know; nothing is wrong.
    Notice {
        /// A sentence.
        message: String,
    },
}

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

/// What a report belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The settings' revision.
    pub settings: u32,
    /// The drawing's revision.
    pub target: u32,
    /// The network's run.
    pub run: u32,
    /// Training steps since the last reset.
    pub step: u64,
}

/// One frame of the lab. What did not change since the last frame is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// What this belongs to.
    pub stamp: Stamp,
    /// Mean of the data that the network's preconditioning was fitted to.
    pub mean: [f32; 2],
    /// Scale of that data (mean per-axis standard deviation).
    pub scale: f32,
    /// Particle positions `[x0, y0, …]`, stage coordinates; `None` when they did not move.
    pub particles: Option<Floats>,
    /// Goes up at every restart, drop or change of count: particles of different casts must not be interpolated.
    pub cast: u32,
    /// Where the sampler is.
    pub sampler: SamplerState,
    /// Pictures of the learned field finished since the last frame.
    pub pictures: Vec<Picture>,
    /// Errors against the exact score, when newly measured.
    pub progress: Option<Progress>,
    /// How good the samples of the last descent are, when newly judged.
    pub quality: Option<SampleQuality>,
    /// Training steps a second, over the last second; 0 while paused.
    pub steps_per_second: f32,
    /// Score evaluations a second by the live sampler.
    pub evaluations_per_second: f32,
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
}

/// Where the live sampler is.
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
    /// The descent is over and the particles rest.
    pub finished: bool,
    /// Particles that left the guard box or went non-finite and were drawn anew, since the restart.
    pub recycled: u32,
}

/// The learned field on a square grid at one noise level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Which step of which run.
    pub stamp: Stamp,
    /// Noise level.
    pub sigma: f32,
    /// Where and how fine.
    pub grid: Grid,
    /// Scores at the grid's points, `[s0x, s0y, …]`, rows from low to high y.
    pub score: Floats,
    /// Energy in nats above its lowest value: the least-squares potential of the score, wells that are apart by void
    /// levelled by the data; NaN where the density is over 12 nats below its maximum and the potential means nothing.
    pub energy: Floats,
    /// Root mean square of the learned field's curl over that of its slope, where the data are; on the stage only.
    pub curl: Option<f32>,
    /// The grid is too coarse for this sigma (spacing over sigma / 1.5), so that the energy is only roughly right.
    pub coarse: bool,
}

/// Half the width of the usual stage, in which data are drawn.
pub const STAGE_HALF_WIDTH: f32 = 1.45;

/// A square grid of points: `side` points an axis, the outermost ones on the window's edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Centre of the window, stage coordinates.
    pub centre: [f32; 2],
    /// Half the window's width.
    pub half_width: f32,
    /// Points along an axis, at least 2.
    pub side: u32,
}

impl Grid {
    /// Half the width of the window in which everything of interest lies at a noise level: the usual stage, or wider
    /// where the noise spreads the data (scale: mean per-axis standard deviation).
    pub fn half_width_at(scale: f32, sigma: f32) -> f32 {
        (2.2 * scale.hypot(sigma)).max(STAGE_HALF_WIDTH)
    }

    /// That window, with `side` points an axis. The usual stage does not move, so that a drawing stays where it was
    /// drawn; the wider the window, the more it centres on the data.
    pub fn window(mean: [f32; 2], scale: f32, sigma: f32, side: u32) -> Self {
        let half_width = Self::half_width_at(scale, sigma);
        let drift = 1.0 - STAGE_HALF_WIDTH / half_width;
        Self {
            centre: [mean[0] * drift, mean[1] * drift],
            half_width,
            side,
        }
    }

    /// Points an axis by which a window of this half-width resolves a noise level: their spacing is at most
    /// `sigma / 1.5`.
    pub fn side_resolving(half_width: f32, sigma: f32) -> u32 {
        ((2.0 * half_width * 1.5 / sigma.max(1e-6)).ceil() as u32).saturating_add(1)
    }

    /// The grid is fine enough for this noise level.
    pub fn resolves(&self, sigma: f32) -> bool {
        self.spacing() <= sigma / 1.5
    }

    /// Distance between neighbouring points.
    pub fn spacing(&self) -> f32 {
        2.0 * self.half_width / (self.side.max(2) - 1) as f32
    }

    /// The point in column `i` and row `j`; row 0 has the lowest y.
    pub fn point(&self, i: usize, j: usize) -> [f32; 2] {
        let h = self.spacing();
        [
            self.centre[0] - self.half_width + h * i as f32,
            self.centre[1] - self.half_width + h * j as f32,
        ]
    }

    /// All points `[x0, y0, x1, y1, …]`, rows from low to high y.
    pub fn points(&self) -> Vec<f32> {
        let n = self.side as usize;
        (0..n)
            .flat_map(|j| (0..n).flat_map(move |i| self.point(i, j)))
            .collect()
    }
}

/// What was learned, measured against the exact score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Training steps since the last reset.
    pub step: u64,
    /// Seconds spent in training since the last reset.
    pub seconds: f64,
    /// Noise levels at which the error was measured, ascending.
    pub sigmas: Vec<f32>,
    /// Relative Fisher error `E|s - s*|² / E|s*|²` at each of them, under `p_sigma`.
    pub error: Vec<f32>,
    /// The bound B in nats: `∫ sigma² E|s - s*|² d ln sigma` over these levels (Song et al. 2021).
    pub nats: f32,
}

/// Enough to take up a run: about 150 KB for the default network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What it belongs to.
    pub stamp: Stamp,
    /// Seeds batches.
    pub seed: u32,
    /// What the network puts out.
    pub network: Network,
    /// Hidden width of the network.
    pub width: u32,
    /// Hidden layers of the network.
    pub depth: u32,
    /// Mean in the preconditioning.
    pub mean: [f32; 2],
    /// Scale in the preconditioning.
    pub scale: f32,
    /// The schedule's and the EMA's clock, which an edit of the drawing sets back.
    pub clock: u64,
    /// Seconds spent in training.
    pub seconds: f64,
    /// Trained weights, flat.
    pub weights: Floats,
    /// Their moving average, by which fields are evaluated.
    pub average: Floats,
    /// Adam's first moments.
    pub first_moment: Floats,
    /// Adam's second moments.
    pub second_moment: Floats,
}

/// A message that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a message between page and engine could not be read: {0}")]
pub struct ProtocolError(pub String);

/// The bytes of a command or report.
///
/// # Errors
/// When the value cannot be encoded, which no value of these types should cause.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, ProtocolError> {
    postcard::to_allocvec(message).map_err(|error| ProtocolError(error.to_string()))
}

/// The command or report in the bytes.
///
/// # Errors
/// When the bytes are not such a message.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, ProtocolError> {
    postcard::from_bytes(bytes).map_err(|error| ProtocolError(error.to_string()))
}
