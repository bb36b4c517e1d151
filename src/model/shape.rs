//! What kind of network it is, how large, and what its parameters are before training.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::perceptron::features;

/// Subtracted from the quadratic head's parameter, so that a fresh one has a small gain.
pub const GAIN_SHIFT: f32 = 3.0;

/// What the network puts out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The two components of `F` themselves: any vector field, with or without curl.
    #[default]
    Score,
    /// A number `g`, of which `F = -grad g`: a gradient field, with an energy.
    Energy(Head),
}

/// How an energy network makes its number `g` of the last hidden layer `h`. Both forms confine: far out the quadratic
/// part of the energy wins, so that no particle can be sent to infinity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// `g = h · w + b`: grows no faster than the distance, for SiLU networks are asymptotically linear.
    #[default]
    Linear,
    /// `g = softplus(beta - 3) mean(y²)` with `y = h W + b`: never negative.
    Quadratic,
}

/// Kind and size of a network: `depth` hidden layers of `width` SiLU units on 12 features, then what the kind asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// What it puts out.
    pub kind: Kind,
    /// Units in each hidden layer, at least 1.
    pub width: usize,
    /// Hidden layers, at least 1.
    pub depth: usize,
}

impl Default for Shape {
    /// A score network of 3 layers of 64.
    fn default() -> Self {
        Self {
            kind: Kind::Score,
            width: 64,
            depth: 3,
        }
    }
}

impl Shape {
    /// Inputs and outputs of each layer, first to last.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..=self.depth).map(|i| {
            let inputs = if i == 0 { features::COUNT } else { self.width };
            let outputs = if i == self.depth { self.outputs() } else { self.width };
            (inputs, outputs)
        })
    }

    /// Columns of the last layer.
    pub fn outputs(&self) -> usize {
        match self.kind {
            Kind::Score => 2,
            Kind::Energy(Head::Linear) => 1,
            Kind::Energy(Head::Quadratic) => self.width,
        }
    }

    /// Whether one more parameter, the gain of the quadratic head, stands after the layers.
    pub fn has_gain(&self) -> bool {
        self.kind == Kind::Energy(Head::Quadratic)
    }

    /// How many parameters there are: for 3 layers of 64, 9,282 of a score network, and 9,217 (linear) or 13,313
    /// (quadratic) of an energy network.
    pub fn parameters(&self) -> usize {
        let layers: usize = self.layers().map(|(inputs, outputs)| (inputs + 1) * outputs).sum();
        layers + usize::from(self.has_gain())
    }

    /// Fresh parameters: weights normal with variance `2 / inputs` (He et al. 2015; `1 / inputs` in the first layer,
    /// which no activation precedes), biases zero.
    ///
    /// The last layer of a score network is zero, so that untrained it is the score of one round Gaussian. That of an
    /// energy network must not be, or no gradient would reach the layers before it: a linear one has a tenth of the
    /// usual size, a quadratic one variance `1 / width` and a small gain (`beta = 0`).
    pub fn initial<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<f32> {
        let mut flat = Vec::with_capacity(self.parameters());
        for (i, (inputs, outputs)) in self.layers().enumerate() {
            let variance = if i == 0 { 1.0 } else { 2.0 } / inputs as f32;
            let share = if i < self.depth { 1.0 } else { self.last_share() };
            flat.extend((0..inputs * outputs).map(|_| {
                let normal: f32 = StandardNormal.sample(rng);
                share * variance.sqrt() * normal
            }));
            flat.extend(std::iter::repeat_n(0.0, outputs));
        }
        flat.resize(self.parameters(), 0.0);
        flat
    }

    /// Size of the last layer's fresh weights, in units of He's.
    fn last_share(&self) -> f32 {
        match self.kind {
            Kind::Score => 0.0,
            Kind::Energy(Head::Linear) => 0.1,
            Kind::Energy(Head::Quadratic) => std::f32::consts::FRAC_1_SQRT_2,
        }
    }
}
