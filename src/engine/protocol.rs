//! What page and engine say to each other: [`Command`] (page → engine) and [`Report`] (engine → page).
//!
//! A message is one byte buffer, transferred and not copied between the threads; arrays of numbers travel inside it as
//! raw little-endian bytes, never as text. Commands carry whole values, never deltas. Every picture of the run carries
//! a [`Stamp`], by which the page drops what is out of date.

mod devices;
mod frame;
mod measured;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::devices::{Backend, Devices};
pub use self::frame::{Approach, Cloud, Frame, Memorised, SampleQuality, SamplerState, Standing};
pub use self::measured::{DensityError, Progress};
pub use scorefield_kernel::engine::protocol::{Grid, STAGE_HALF_WIDTH};

use super::settings::{Network, Settings, Source};
use crate::distribution::Target;

/// Changes whenever these files or the package's version do, so that a page and an engine of different builds refuse
/// each other instead of misreading messages (FNV-1a over the sources).
pub const VERSION: u32 = fingerprint(
    concat!(
        include_str!("protocol.rs"),
        include_str!("protocol/devices.rs"),
        include_str!("protocol/frame.rs"),
        include_str!("protocol/grid.rs"),
        include_str!("protocol/measured.rs"),
        include_str!("settings/colour.rs"),
        include_str!("settings/source.rs"),
        include_str!("settings.rs"),
        env!("CARGO_PKG_VERSION")
    )
    .as_bytes(),
);

/// A number by which some bytes are known again (FNV-1a).
pub const fn fingerprint(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

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
    /// Compare the network's density with the truth, report [`Report::Measuring`] on the way and [`Report::Measured`] at
    /// the end. Training and sampling go on meanwhile; the network is that of now.
    Likelihood {
        /// Names the request in the answers.
        request: u32,
        /// Draws of the truth: the error falls as one over the root of their number.
        count: u32,
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

/// A request for samples, apart from the live particles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleJob {
    /// Which sampler on which field, its parameters, its seed and how many particles; what is not about sampling is
    /// not looked at.
    pub settings: Box<Settings>,
    /// Steps of a chain at one noise level; descents end by themselves.
    pub steps: u32,
    /// Starting points `[x0, y0, …]`; the settings' `start` and `particles` are then not looked at.
    pub init: Option<Floats>,
}

/// Most sampler steps that one request may ask for.
pub const MOST_SAMPLER_STEPS: u32 = 1_000_000;
/// Most points that one request may give or ask for.
pub const MOST_POINTS: u32 = 200_000;
/// Most draws by which one request may have a likelihood measured.
pub const MOST_DRAWS: u32 = 100_000;

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
        /// Energy, nats: of the exact field minus the log density, of an energy network up to a constant that is another
        /// one at every sigma, of a score network empty.
        energy: Floats,
        /// Divergence of the score, a value a point.
        divergence: Floats,
        /// Curl of the score, a value a point.
        curl: Floats,
    },
    /// A [`Command::Likelihood`] is on its way.
    Measuring {
        /// The request.
        request: u32,
        /// The part that is done, from 0 to 1.
        part: f32,
    },
    /// A [`Command::Likelihood`] is done.
    Measured {
        /// The request.
        request: u32,
        /// What was found.
        error: DensityError,
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
    /// Training has stopped by itself, and the page's switch has to follow.
    Halted {
        /// Why, what is kept, and what to do: sentences, the last without its full stop.
        message: String,
    },
    /// Something the user should know; nothing is wrong.
    Notice {
        /// A sentence.
        message: String,
    },
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
    encode_into(message, Vec::new())
}

/// The same behind what is in `bytes` already: with a buffer that is kept, no message is put together in pieces of
/// memory that grow as it does.
///
/// # Errors
/// As [`encode`].
pub fn encode_into<T: Serialize>(message: &T, bytes: Vec<u8>) -> Result<Vec<u8>, ProtocolError> {
    postcard::to_extend(message, bytes).map_err(|error| ProtocolError(error.to_string()))
}

/// The command or report in the bytes.
///
/// # Errors
/// When the bytes are not such a message.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, ProtocolError> {
    postcard::from_bytes(bytes).map_err(|error| ProtocolError(error.to_string()))
}
