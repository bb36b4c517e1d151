//! Networks in files: a burnpack with flat vectors.
//!
//! | part | content |
//! |---|---|
//! | metadata `format` | `scorefield` |
//! | metadata `network` | what the network puts out: `score`, `energy` or `energy-quadratic` |
//! | scalars `version`, `width`, `depth`, `seed`, `steps`, `clock` | whole numbers; `version` is [`VERSION`] |
//! | scalars `mean_x`, `mean_y`, `scale` | the preconditioning |
//! | scalar `checksum` | FNV-1a of all that follows from the file, see [`checksum`] |
//! | tensor `average` | the averaged weights, by which fields are evaluated |
//! | tensors `weights`, `first_moment`, `second_moment` | all of them or none: what training goes on from |
//!
//! A file without the last three is a quarter as large. Training then goes on from the average, with moments of zero.
//!
//! Files come from strangers. Reading one takes time and memory in proportion to its length, which is bounded, and ends
//! in a network of checked size and finite numbers or in an error that says what is wrong.

mod burnpack;

use thiserror::Error;

use self::burnpack::{Pack, Scalar};
use super::{Head, Kind, Preconditioning, Shape};
use crate::training::Snapshot;

/// Version of the content. It changes with what the numbers mean: input features, layout, preconditioning.
pub const VERSION: u64 = 2;

/// Longest file that is looked at, in bytes: twice what the largest network needs.
pub const LONGEST: usize = 64 << 20;

/// Most units in a layer and most layers, those that the settings allow.
const LARGEST: [usize; 2] = [512, 8];

/// All kinds of network.
const KINDS: [Kind; 3] = [Kind::Score, Kind::Energy(Head::Linear), Kind::Energy(Head::Quadratic)];

/// Numbers of this size and more are of no use to any network.
const ABSURD: f32 = 1e6;

/// Gradients are larger: where all noise levels count alike they grow as 1 / σ², with no end that holds for all settings. But
/// Adam goes on from them as long as their squares are finite, which go up to 3.4e38.
const LARGEST_GRADIENT: f32 = 1e18;

const FORMAT: &str = "scorefield";

/// How much of a run a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The averaged weights: enough to evaluate the field.
    Average,
    /// Everything: training goes on as if it had never stopped.
    Everything,
}

/// A file that is no network, or one of which no network can be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WeightsError {
    /// No burnpack, or a broken one.
    #[error("this is no file of network weights, or it is damaged: {0}")]
    Unreadable(&'static str),
    /// Longer than any file of this page.
    #[error("this file has {0} bytes, and no file of weights here has more than {LONGEST}")]
    TooLong(usize),
    /// A burnpack with something else in it.
    #[error("this file holds the weights of another program")]
    Foreign,
    /// Written by a later or an earlier version.
    #[error("this file is of version {0}, and this page reads version {VERSION}")]
    OtherVersion(u64),
    /// A kind of network that this version does not know.
    #[error("this file holds a network of the unknown kind \"{0}\"")]
    UnknownNetwork(String),
    /// Something is not there.
    #[error("this file lacks its {0}")]
    Missing(&'static str),
    /// Something is out of its range.
    #[error("this file's {0} is out of range or not a finite number")]
    OutOfRange(&'static str),
    /// A vector has not the length of the network it belongs to.
    #[error("this file's {part} holds {got} numbers, and a network of its size has {wanted}")]
    WrongLength {
        /// Which vector.
        part: &'static str,
        /// Its length.
        got: usize,
        /// The length that goes with the shape.
        wanted: usize,
    },
    /// Checksum and content do not agree.
    #[error("this file is damaged: its checksum is wrong")]
    Damaged,
}

/// The file of a run.
pub fn to_bytes(snapshot: &Snapshot, content: Content) -> Vec<u8> {
    let texts = [("format", FORMAT), ("network", name_of(snapshot.shape.kind))];
    let checksum = ("checksum", Scalar::Whole(checksum(snapshot, content)));
    let whole = whole_numbers(snapshot).map(|(name, value)| (name, Scalar::Whole(value)));
    let fractions = fractions(snapshot).map(|(name, value)| (name, Scalar::Fraction(value)));
    let scalars: Vec<_> = whole.into_iter().chain(fractions).chain([checksum]).collect();
    let tensors: Vec<_> = parts(snapshot, content).collect();
    burnpack::write(&texts, &scalars, &tensors)
}

/// The run in a file. Of a file that holds the average alone, the average is taken for the weights as well.
///
/// # Errors
/// What is wrong with the file.
pub fn from_bytes(bytes: &[u8]) -> Result<Snapshot, WeightsError> {
    if bytes.len() > LONGEST {
        return Err(WeightsError::TooLong(bytes.len()));
    }
    let file = File(Pack::read(bytes).map_err(WeightsError::Unreadable)?);
    if file.0.text("format") != Some(FORMAT) {
        return Err(WeightsError::Foreign);
    }
    let version = file.whole("version", u64::MAX)?;
    if version != VERSION {
        return Err(WeightsError::OtherVersion(version));
    }
    let mut snapshot = file.head()?;
    let wanted = snapshot.shape.parameters();
    snapshot.average = file.vector("average", wanted, ABSURD)?;
    let rest = ["weights", "first_moment", "second_moment"];
    let content = if rest.iter().any(|name| file.0.has(name)) {
        snapshot.weights = file.vector("weights", wanted, ABSURD)?;
        snapshot.first_moment = file.vector("first_moment", wanted, LARGEST_GRADIENT)?;
        snapshot.second_moment = file.vector("second_moment", wanted, LARGEST_GRADIENT * LARGEST_GRADIENT)?;
        Content::Everything
    } else {
        snapshot.weights = snapshot.average.clone();
        snapshot.first_moment = vec![0.0; wanted];
        snapshot.second_moment = vec![0.0; wanted];
        Content::Average
    };
    if snapshot.second_moment.iter().any(|v| *v < 0.0) {
        return Err(WeightsError::OutOfRange("second_moment"));
    }
    if checksum(&snapshot, content) != file.whole("checksum", u64::MAX)? {
        return Err(WeightsError::Damaged);
    }
    Ok(snapshot)
}

/// The name of a kind of network.
fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Score => "score",
        Kind::Energy(Head::Linear) => "energy",
        Kind::Energy(Head::Quadratic) => "energy-quadratic",
    }
}

/// The vectors that a file holds, by name.
fn parts(snapshot: &Snapshot, content: Content) -> impl Iterator<Item = (&'static str, &[f32])> {
    let all = [
        ("average", snapshot.average.as_slice()),
        ("weights", snapshot.weights.as_slice()),
        ("first_moment", snapshot.first_moment.as_slice()),
        ("second_moment", snapshot.second_moment.as_slice()),
    ];
    let count = if content == Content::Average { 1 } else { all.len() };
    all.into_iter().take(count)
}

fn whole_numbers(snapshot: &Snapshot) -> [(&'static str, u64); 6] {
    [
        ("version", VERSION),
        ("width", snapshot.shape.width as u64),
        ("depth", snapshot.shape.depth as u64),
        ("seed", u64::from(snapshot.seed)),
        ("steps", snapshot.steps),
        ("clock", snapshot.clock),
    ]
}

fn fractions(snapshot: &Snapshot) -> [(&'static str, f32); 3] {
    let pre = &snapshot.preconditioning;
    [("mean_x", pre.mean[0]), ("mean_y", pre.mean[1]), ("scale", pre.scale)]
}

/// FNV-1a, 64 bits, of the network's name, then the whole numbers, mean and scale in the order of the table above, then
/// the vectors in the order average, weights, first moment, second moment; numbers as little-endian bytes, 8 of a whole
/// number and 4 of a fraction.
fn checksum(snapshot: &Snapshot, content: Content) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(name_of(snapshot.shape.kind).as_bytes());
    whole_numbers(snapshot)
        .iter()
        .for_each(|(_, value)| eat(&value.to_le_bytes()));
    fractions(snapshot)
        .iter()
        .for_each(|(_, value)| eat(&value.to_le_bytes()));
    for (_, values) in parts(snapshot, content) {
        values.iter().for_each(|value| eat(&value.to_le_bytes()));
    }
    hash
}

/// A file of whose content nothing is certain yet.
struct File<'a>(Pack<'a>);

impl File<'_> {
    /// All but the vectors.
    fn head(&self) -> Result<Snapshot, WeightsError> {
        let name = self.0.text("network").ok_or(WeightsError::Missing("network"))?;
        let kind = KINDS.into_iter().find(|kind| name_of(*kind) == name);
        let unknown = || WeightsError::UnknownNetwork(name.chars().take(40).collect());
        let shape = Shape {
            kind: kind.ok_or_else(unknown)?,
            width: self.size("width", LARGEST[0])?,
            depth: self.size("depth", LARGEST[1])?,
        };
        let scale = self.fraction("scale")?;
        if scale < 1e-6 {
            return Err(WeightsError::OutOfRange("scale"));
        }
        Ok(Snapshot {
            shape,
            preconditioning: Preconditioning {
                mean: [self.fraction("mean_x")?, self.fraction("mean_y")?],
                scale,
            },
            seed: self.whole("seed", u64::from(u32::MAX))? as u32,
            // Scripts count in doubles, which are whole up to here.
            steps: self.whole("steps", 1 << 53)?,
            clock: self.whole("clock", 1 << 53)?,
            weights: Vec::new(),
            average: Vec::new(),
            first_moment: Vec::new(),
            second_moment: Vec::new(),
        })
    }

    fn whole(&self, name: &'static str, most: u64) -> Result<u64, WeightsError> {
        match self.0.scalar(name).ok_or(WeightsError::Missing(name))? {
            Scalar::Whole(value) if value <= most => Ok(value),
            _ => Err(WeightsError::OutOfRange(name)),
        }
    }

    fn size(&self, name: &'static str, most: usize) -> Result<usize, WeightsError> {
        match self.whole(name, most as u64)? {
            0 => Err(WeightsError::OutOfRange(name)),
            value => Ok(value as usize),
        }
    }

    fn fraction(&self, name: &'static str) -> Result<f32, WeightsError> {
        match self.0.scalar(name).ok_or(WeightsError::Missing(name))? {
            Scalar::Fraction(value) if value.abs() < ABSURD => Ok(value),
            _ => Err(WeightsError::OutOfRange(name)),
        }
    }

    fn vector(&self, part: &'static str, wanted: usize, bound: f32) -> Result<Vec<f32>, WeightsError> {
        let values = self.0.floats(part).ok_or(WeightsError::Missing(part))?;
        let got = values.len();
        if got != wanted {
            return Err(WeightsError::WrongLength { part, got, wanted });
        }
        // Written so that NaN is refused too.
        if !values.iter().all(|value| value.abs() < bound) {
            return Err(WeightsError::OutOfRange(part));
        }
        Ok(values)
    }
}
