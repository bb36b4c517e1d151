//! A score network: its last layer puts out `F`.
//!
//! With `a_l = h_{l-1} W_l + b_l`, `h_l = phi(a_l)` and `d_L` the slope of the loss by `F = a_L`,
//!
//! ```text
//! d_{l-1} = (d_l W_lᵀ) phi'(a_{l-1}),   gradient by W_l = h_{l-1}ᵀ d_l,   by b_l = the sum of d_l over the rows
//! ```

use super::features;
use super::functions::silu;
use super::layer::{Layer, Sums, numbers_mut, room};
use super::product::Unit;
use super::way::{Gradient, Way};

/// A block on its way through a score network.
pub struct Score<'a> {
    layers: &'a [Layer],
    features: Vec<Unit>,
    /// `h` of each hidden layer, then `F`.
    values: Vec<Vec<Unit>>,
    /// `phi'` of each hidden layer; on the way back it becomes `d`.
    slopes: Vec<Vec<Unit>>,
}

impl<'a> Score<'a> {
    /// Room for a block.
    pub fn new(layers: &'a [Layer]) -> Self {
        let rooms = || layers.iter().map(Layer::room).collect();
        Self {
            layers,
            features: room(features::COUNT),
            values: rooms(),
            slopes: rooms(),
        }
    }
}

impl Way for Score<'_> {
    fn features(&mut self) -> &mut [Unit] {
        &mut self.features
    }

    fn forward(&mut self) {
        let last = self.layers.len() - 1;
        let mut inputs = &self.features;
        let rooms = self.values.iter_mut().zip(&mut self.slopes);
        for (i, (layer, (values, slopes))) in self.layers.iter().zip(rooms).enumerate() {
            layer.forward(inputs, values);
            if i < last {
                for (value, slope) in numbers_mut(values).iter_mut().zip(numbers_mut(slopes)) {
                    [*value, *slope] = silu(*value);
                }
            }
            inputs = values;
        }
    }

    fn output(&self) -> [&Unit; 2] {
        let last = &self.values[self.layers.len() - 1];
        [&last[0], &last[1]]
    }

    fn backward(&mut self, slopes: [Unit; 2], gradient: &mut Gradient) {
        let last = self.layers.len() - 1;
        self.slopes[last][..2].copy_from_slice(&slopes);
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let (before, now) = self.slopes.split_at_mut(i);
            let inputs = if i == 0 { &self.features } else { &self.values[i - 1] };
            let sums: &mut Sums = &mut gradient.layers[i];
            sums.add(inputs, &now[0]);
            sums.add_biases(&now[0]);
            if let Some(slopes) = before.last_mut() {
                layer.back_times(&now[0], slopes);
            }
        }
    }
}
