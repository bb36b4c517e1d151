//! The multilayer perceptron and the flat vector its parameters live in.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::{Along, Head, Kind, Perceptron, Shape, activation::Activation, energy_net, score_net};

/// One layer: `h W + b`.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// `[inputs, outputs]`
    pub weight: Tensor<2>,
    /// `[1, outputs]`
    pub bias: Tensor<2>,
}

/// A network with its parameters cut into layers.
///
/// The same forward operations serve inference and training: all that differs is whether the parameters are leaves of
/// the tape, and the [`Activation`] that goes with it.
#[derive(Clone, Debug)]
pub struct Network {
    shape: Shape,
    /// All parameters, as they were before they were cut.
    flat: Tensor<1>,
    hidden: Vec<Layer>,
    last: Layer,
    /// `beta` of the quadratic head, `[1, 1]`.
    gain: Option<Tensor<2>>,
    activation: Activation,
    /// The same network where tensor operations are too slow.
    on_host: Option<Arc<Perceptron>>,
}

impl Network {
    /// Cuts a flat vector of [`Shape::parameters`] numbers into layers, for inference.
    pub fn new(shape: Shape, flat: &Tensor<1>) -> Self {
        Self {
            on_host: on_host(shape, flat).map(Arc::new),
            ..Self::cut(shape, flat, Activation::Plain, |piece| piece)
        }
    }

    /// The same for training: each piece becomes a leaf of the tape. The pieces, and not the flat vector, are the
    /// leaves so that the backward pass need not scatter into the whole vector once a piece.
    pub fn on_tape(shape: Shape, flat: &Tensor<1>) -> Self {
        Self::cut(shape, flat, Activation::Taped, |piece| piece.autodiff().require_grad())
    }

    fn cut(shape: Shape, flat: &Tensor<1>, activation: Activation, finish: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
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
        let last = layer((shape.width, shape.outputs()));
        Self {
            shape,
            flat: flat.clone(),
            hidden,
            last,
            gain: shape.has_gain().then(|| take(1, 1)),
            activation,
            on_host: None,
        }
    }

    /// The network without tensors, if it is on the CPU and has its weights once and for all.
    pub fn on_host(&self) -> Option<&Perceptron> {
        self.on_host.as_deref()
    }

    /// What the network puts out.
    pub fn kind(&self) -> Kind {
        self.shape.kind
    }

    /// Kind and size.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// All parameters in one vector.
    pub fn flat(&self) -> &Tensor<1> {
        &self.flat
    }

    /// `F`. features: `[n, 12]`; returns `[n, 2]`, of unit size.
    pub fn output(&self, features: Tensor<2>) -> Tensor<2> {
        match self.shape.kind {
            Kind::Score => score_net::output(self, features),
            Kind::Energy(head) => energy_net::output(self, head, features),
        }
    }

    /// `F`, and `dF_1/dz_1 + dF_2/dz_2` or its like along other directions. features: `[n, 12]`; returns `[n, 2]` and
    /// `[n, 1]`.
    pub fn output_and_trace(&self, features: Tensor<2>, along: Along) -> (Tensor<2>, Tensor<2>) {
        match self.shape.kind {
            Kind::Score => score_net::output_and_trace(self, features, along),
            Kind::Energy(head) => {
                let curved = energy_net::curved(self, head, features, along);
                (curved.output, -curved.bend)
            }
        }
    }

    /// The number `g` with `F = -dg/dz`, if this is an energy network. features: `[n, 12]`; returns `[n, 1]`.
    pub fn potential(&self, features: Tensor<2>) -> Option<Tensor<2>> {
        self.head().map(|head| energy_net::potential(self, head, features))
    }

    /// `g` and `F` together, if this is an energy network.
    pub fn potential_and_output(&self, features: Tensor<2>) -> Option<(Tensor<2>, Tensor<2>)> {
        self.head()
            .map(|head| energy_net::potential_and_output(self, head, features))
    }

    /// Gradients of a loss by all parameters, flat, in the order of the parameters, without autodiff.
    /// loss: `[1]`, on the tape of this network.
    pub fn gradient(&self, loss: &Tensor<1>) -> Tensor<1> {
        let mut gradients = loss.backward();
        let pieces = self
            .hidden
            .iter()
            .chain([&self.last])
            .flat_map(|layer| [&layer.weight, &layer.bias])
            .chain(&self.gain);
        let flat = pieces.map(|piece| {
            let gradient = piece.grad_remove(&mut gradients);
            let size = piece.dims().iter().product::<usize>();
            // A piece that the loss does not depend on has no gradient on the tape: it is zero. The constant of a linear
            // energy is always one.
            gradient
                .unwrap_or_else(|| piece.clone().without_autodiff().zeros_like())
                .reshape([size])
        });
        Tensor::cat(flat.collect(), 0)
    }

    /// The head, if this is an energy network.
    fn head(&self) -> Option<Head> {
        match self.shape.kind {
            Kind::Score => None,
            Kind::Energy(head) => Some(head),
        }
    }

    /// The hidden layers, first to last.
    pub(super) fn hidden(&self) -> &[Layer] {
        &self.hidden
    }

    /// The last layer.
    pub(super) fn last(&self) -> &Layer {
        &self.last
    }

    /// `beta` of the quadratic head; 0 where there is none.
    pub(super) fn gain(&self) -> Tensor<2> {
        self.gain
            .clone()
            .unwrap_or_else(|| Tensor::zeros([1, 1], &self.last.weight.device()))
    }

    pub(super) fn activation(&self) -> Activation {
        self.activation
    }
}

impl Layer {
    /// h: `[n, inputs]`; returns `[n, outputs]`.
    pub(super) fn apply(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(self.weight.clone()) + self.bias.clone()
    }
}

/// The network of a flat vector without tensors, if that is on the CPU.
pub(crate) fn on_host(shape: Shape, flat: &Tensor<1>) -> Option<Perceptron> {
    if flat.device() != Device::flex() {
        return None;
    }
    Perceptron::new(shape, &flat.try_to_vec_as::<f32>().ok()?)
}

/// A flat vector on a device.
pub(crate) fn upload(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let size = values.len();
    Tensor::from_data(TensorData::new(values, [size]), device)
}
