//! What is learned: closed-form distributions in plain Rust. No burn and no DOM here.

use serde::{Deserialize, Serialize};

/// What is to be learned. (Placeholder until the room is filled.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {}
