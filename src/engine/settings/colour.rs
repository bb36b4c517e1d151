//! What there is to see in colour.

use serde::{Deserialize, Serialize};

/// Which number of a field the colours on stage and strip say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// The energy; of the error field, its size.
    #[default]
    Energy,
    /// The divergence of the score, `dsx/dx + dsy/dy`.
    Divergence,
    /// The curl of the score, `dsy/dx - dsx/dy`: none for a gradient.
    Curl,
}
