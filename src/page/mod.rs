//! The DOM: stage, layers, strip, charts, controls, link, script API. Never imports burn.

pub mod layers;
pub mod stage;
pub mod strip;
pub mod viewport;
