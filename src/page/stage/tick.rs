//! What a frame of the stage is drawn for.

/// A frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    /// When it is drawn.
    pub now_ms: f64,
    /// Seconds since the frame before.
    pub seconds: f32,
    /// The stage's side, CSS pixels.
    pub side: f32,
    /// Device pixels to one of these.
    pub ratio: f32,
    /// The window is not where it was in the frame before.
    pub moving: bool,
    /// Less motion is wanted.
    pub calm: bool,
}
