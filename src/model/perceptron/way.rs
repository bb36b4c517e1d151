//! What a score and an energy network have in common on the way of a block through them.

use super::layer::Sums;
use super::product::Unit;

/// A block of rows on its way through a network and back.
pub trait Way {
    /// Where the features of the rows go.
    fn features(&mut self) -> &mut [Unit];

    /// From the features to the output.
    fn forward(&mut self);

    /// The output `F`, after the way forward.
    fn output(&self) -> [&Unit; 2];

    /// The energy's number `g`, if there is one, after the way forward.
    fn potential(&self) -> Option<Unit> {
        None
    }

    /// From the slopes of the loss by `F` back to the weights; to be gone once after each way forward.
    fn backward(&mut self, slopes: [Unit; 2], gradient: &mut Gradient);
}

/// The gradient by all weights.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// By those of each layer.
    pub layers: Vec<Sums>,
    /// By the gain of the quadratic head.
    pub gain: f32,
}
