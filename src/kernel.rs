//! What is computed in every frame and in every training step: a crate of its own.
//!
//! Page and engine are compiled for size, or they would be a tenth larger to download; these modules are compiled for
//! speed in the engine, and in the page for a middle between the two. They know no document and no tensor, and `scorefield` shows them under its own names
//! (`scorefield::distribution` and so on): only what is asked for every pixel, particle, node or row of a batch belongs
//! here. (Generic functions are compiled where they are used: what has to be fast takes `StdRng` and not any generator.)

pub mod distribution;
pub mod noise;
pub mod objective;

/// What the networks compute on the CPU.
pub mod model {
    pub mod perceptron;
    mod preconditioning;
    mod shape;
    pub use self::perceptron::Perceptron;
    pub use self::preconditioning::Preconditioning;
    pub use self::shape::{GAIN_SHIFT, Head, Kind, Shape};
}

/// The words of page and engine that the painters know.
pub mod engine {
    /// Windows and grids.
    pub mod protocol {
        mod grid;
        pub use self::grid::{Grid, STAGE_HALF_WIDTH};
    }
    /// The fields there are to see, and in which colours.
    pub mod settings {
        mod colour;
        mod look;
        mod source;
        pub use self::colour::Colour;
        pub use self::look::{ArrowDensity, ArrowLength, ContourSpacing, ParticleColour};
        pub use self::source::Source;
    }
}

/// What the page paints, without a document.
pub mod page {
    pub mod layers;
    pub mod viewport;
}
