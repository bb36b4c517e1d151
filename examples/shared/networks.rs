//! The networks by the names they have in links and scripts.

use scorefield::model::{Head, Kind};

/// Name and kind.
pub const NETWORKS: [(&str, Kind); 3] = [
    ("score", Kind::Score),
    ("energy", Kind::Energy(Head::Linear)),
    ("energy-quadratic", Kind::Energy(Head::Quadratic)),
];
