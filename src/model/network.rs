//! The multilayer perceptron and the flat vector its parameters live in.

use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{activation, features};

/// Numbers that the network puts out: the two components of `F`.
const OUTPUTS: usize = 2;

/// Size of a network: `depth` hidden layers of `width` SiLU units between 12 features and 2 outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Units in each hidden layer, at least 1.
    pub width: usize,
    /// Hidden layers, at least 1.
    pub depth: usize,
}

impl Shape {
    /// Inputs and outputs of each layer, first to last.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..=self.depth).map(|i| {
            let inputs = if i == 0 { features::COUNT } else { self.width };
            let outputs = if i == self.depth { OUTPUTS } else { self.width };
            (inputs, outputs)
        })
    }

    /// How many parameters there are: 9,282 for 3 layers of 64.
    pub fn parameters(&self) -> usize {
        self.layers().map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
    }

    /// Fresh parameters: weights normal with variance `2 / inputs` (He et al. 2015; `1 / inputs` in the first layer,
    /// which no activation precedes), biases and the whole last layer zero, so that an untrained network is the score
    /// of one round Gaussian.
    pub fn initial<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<f32> {
        let mut flat = Vec::with_capacity(self.parameters());
        for (i, (inputs, outputs)) in self.layers().enumerate() {
            let variance = if i == 0 { 1.0 } else { 2.0 } / inputs as f32;
            let sd = if i == self.depth { 0.0 } else { variance.sqrt() };
            flat.extend((0..inputs * outputs).map(|_| {
                let normal: f32 = StandardNormal.sample(rng);
                sd * normal
            }));
            flat.extend(std::iter::repeat_n(0.0, outputs));
        }
        flat
    }
}

/// One layer: `h W + b`.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// `[inputs, outputs]`
    pub weight: Tensor<2>,
    /// `[1, outputs]`
    pub bias: Tensor<2>,
}

/// A network with its parameters cut into layers.
#[derive(Clone, Debug)]
pub struct Network {
    hidden: Vec<Layer>,
    output: Layer,
}

impl Network {
    /// Cuts a flat vector of [`Shape::parameters`] numbers into layers, for inference.
    pub fn new(shape: Shape, flat: &Tensor<1>) -> Self {
        Self::cut(shape, flat, |piece| piece)
    }

    /// The same for training: each piece becomes a leaf of the tape. The pieces, and not the flat vector, are the
    /// leaves so that the backward pass need not scatter into the whole vector once a piece.
    pub fn on_tape(shape: Shape, flat: &Tensor<1>) -> Self {
        Self::cut(shape, flat, |piece| piece.autodiff().require_grad())
    }

    fn cut(shape: Shape, flat: &Tensor<1>, finish: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
        let mut offset = 0;
        let mut take = |rows: usize, columns: usize| {
            let range = offset..offset + rows * columns;
            offset = range.end;
            finish(flat.clone().slice(range).reshape([rows, columns]))
        };
        let mut layer = |(inputs, outputs)| Layer {
            weight: take(inputs, outputs),
            bias: take(1, outputs),
        };
        let hidden = shape.layers().take(shape.depth).map(&mut layer).collect();
        Self {
            hidden,
            output: layer((shape.width, OUTPUTS)),
        }
    }

    /// `F`. input: `[n, 12]` features; returns `[n, 2]`. No gradients.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.run(input, activation::silu)
    }

    /// `F` with its tape, for a network made by [`Network::on_tape`].
    pub fn forward_on_tape(&self, input: Tensor<2>) -> Tensor<2> {
        self.run(input, activation::silu_on_tape)
    }

    fn run(&self, input: Tensor<2>, activation: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.iter().fold(input, |h, layer| activation(layer.apply(h)));
        self.output.apply(hidden)
    }

    /// Gradients of a loss by all parameters, flat, in the order of the parameters, without autodiff.
    /// loss: `[1]`, on the tape of this network.
    pub fn gradient(&self, loss: &Tensor<1>) -> Tensor<1> {
        let mut gradients = loss.backward();
        let pieces = self
            .hidden
            .iter()
            .chain([&self.output])
            .flat_map(|layer| [&layer.weight, &layer.bias]);
        let flat = pieces.map(|piece| {
            let gradient = piece.grad_remove(&mut gradients);
            let size = piece.dims().iter().product::<usize>();
            // A piece that the loss does not depend on has no gradient on the tape: it is zero.
            gradient
                .unwrap_or_else(|| piece.clone().without_autodiff().zeros_like())
                .reshape([size])
        });
        Tensor::cat(flat.collect(), 0)
    }

    /// The hidden layers, first to last.
    pub(super) fn hidden(&self) -> &[Layer] {
        &self.hidden
    }

    /// The last layer.
    pub(super) fn output(&self) -> &Layer {
        &self.output
    }
}

impl Layer {
    /// h: `[n, inputs]`; returns `[n, outputs]`.
    pub(super) fn apply(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(self.weight.clone()) + self.bias.clone()
    }
}

/// A flat vector on a device.
pub(crate) fn upload(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let size = values.len();
    Tensor::from_data(TensorData::new(values, [size]), device)
}
