//! The loss of a batch and its gradient by the weights.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    model::{self, Along, Network, Preconditioning, Shape, features, perceptron::Regression, upload},
    objective::{Batch, Task},
};

/// Gradient by all weights, flat, of the batch's mean of what its task asks for, each row by its weight.
///
/// A regression on the CPU is made without a graph. All else is: in chunks of at most `micro_batch` rows (at least 1),
/// which changes nothing but the order of additions.
pub fn gradient(
    shape: Shape,
    weights: &Tensor<1>,
    pre: &Preconditioning,
    batch: &Batch,
    micro_batch: usize,
) -> Tensor<1> {
    match on_host(shape, weights, pre, batch) {
        Some(gradient) => upload(gradient, &weights.device()),
        None => by_graph(shape, weights, pre, batch, micro_batch),
    }
}

/// The gradient of a regression, if the network is on the CPU.
fn on_host(shape: Shape, weights: &Tensor<1>, pre: &Preconditioning, batch: &Batch) -> Option<Vec<f32>> {
    let Task::Target(targets) = &batch.task else {
        return None;
    };
    Some(model::on_host(shape, weights)?.gradient(&Regression {
        preconditioning: pre,
        points: &batch.points,
        sigmas: &batch.sigmas,
        targets,
        weights: batch.weights.as_deref(),
    }))
}

/// The same as [`gradient`] by burn's graph, on any device: the reference.
pub fn by_graph(
    shape: Shape,
    weights: &Tensor<1>,
    pre: &Preconditioning,
    batch: &Batch,
    micro_batch: usize,
) -> Tensor<1> {
    let (device, rows) = (weights.device(), micro_batch.max(1));
    let inputs = batch.features(pre);
    let gradients = (0..batch.len()).step_by(rows).map(|start| {
        let chunk = Chunk {
            batch,
            rows: start..batch.len().min(start + rows),
            device: &device,
        };
        let network = Network::on_tape(shape, weights);
        let errors = chunk.errors(&network, chunk.upload(&inputs, features::COUNT), pre);
        network.gradient(&errors.sum().div_scalar(batch.len() as f32))
    });
    gradients
        .reduce(|sum, gradient| sum + gradient)
        .unwrap_or_else(|| weights.zeros_like())
}

/// Some neighbouring rows of a batch.
struct Chunk<'a> {
    batch: &'a Batch,
    rows: Range<usize>,
    device: &'a Device,
}

impl Chunk<'_> {
    /// What each row adds to the loss, on the network's tape; `[n, 1]`, or `[n, 2]` of which both columns add.
    fn errors(&self, network: &Network, inputs: Tensor<2>, pre: &Preconditioning) -> Tensor<2> {
        let errors = match &self.batch.task {
            Task::Target(targets) => {
                let miss = network.output(inputs) - self.upload(targets, 2);
                miss.clone() * miss
            }
            Task::Divergence => self.by_parts(network, inputs, pre, Along::Axes),
            Task::Slice(directions) => self.by_parts(network, inputs, pre, Along::Rows(&self.upload(directions, 2))),
        };
        match &self.batch.weights {
            None => errors,
            Some(weights) => errors * self.upload(weights, 1),
        }
    }

    /// `|F|² + 2 sigma / sd (tr dF/dz - z · F)`, `[n, 1]`; see [`implicit`](crate::objective::implicit).
    fn by_parts(&self, network: &Network, inputs: Tensor<2>, pre: &Preconditioning, along: Along) -> Tensor<2> {
        let [n, _] = inputs.dims();
        let z = inputs.clone().slice([0..n, 0..2]);
        let (output, trace) = network.output_and_trace(inputs, along);
        let factors: Vec<f32> = self.batch.sigmas.iter().map(|sigma| 2.0 * sigma / pre.scale).collect();
        let pull = trace - (output.clone() * z).sum_dim(1);
        (output.clone() * output).sum_dim(1) + pull * self.upload(&factors, 1)
    }

    /// These rows of a table with one line a row of the batch.
    fn upload(&self, table: &[f32], columns: usize) -> Tensor<2> {
        let range = self.rows.start * columns..self.rows.end * columns;
        let values = table.get(range).unwrap_or_default().to_vec();
        Tensor::from_data(TensorData::new(values, [self.rows.len(), columns]), self.device)
    }
}
