//! The fields there are to see.

use serde::{Deserialize, Serialize};

/// Which field is shown, or drives the particles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The closed-form field of the data.
    Exact,
    /// The field of the network.
    #[default]
    Learned,
    /// Learned minus exact; pictures only.
    Error,
}
