//! The charts, drawn with plotters on canvases: how learning goes, the error by noise level, the clouds' ways to their
//! targets, the ladder.
//!
//! Labels are placed by hand instead of by plotters' mesh, which measures each of them in the document and so forces
//! a layout of the page. Every chart says its latest values in the label of its canvas, and those at the pointer in
//! words of its own.

mod approach;
mod axis;
mod bars;
mod graph;
mod ladder;
mod learning;
mod marginals;
mod race;
mod sheet;

pub use self::approach::approach;
pub use self::bars::{Bars, bars};
pub use self::ladder::ladder;
pub use self::learning::{Against, learning};
pub use self::marginals::{Marginal, marginals};
pub use self::race::{accepted, race};
pub use self::sheet::{ChartError, Paper};
