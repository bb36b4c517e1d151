//! What several of these tests need.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scorefield::{
    distribution::ExactField,
    model::{Head, Kind, LearnedField, Network, Preconditioning, Shape},
    noise::NoiseLadder,
    training::{Plan, Snapshot, Trainer},
};

pub const SMALL: Shape = Shape {
    kind: Kind::Score,
    width: 8,
    depth: 2,
};
pub const USUAL: Shape = Shape {
    kind: Kind::Score,
    width: 64,
    depth: 3,
};
pub const HEADS: [Head; 2] = [Head::Linear, Head::Quadratic];
pub const KINDS: [Kind; 3] = [Kind::Score, Kind::Energy(Head::Linear), Kind::Energy(Head::Quadratic)];
pub const PRE: Preconditioning = Preconditioning {
    mean: [0.2, -0.1],
    scale: 0.5,
};

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub fn pairs(values: Vec<f32>) -> Tensor<2> {
    let n = values.len() / 2;
    Tensor::from_data(TensorData::new(values, [n, 2]), &Device::flex())
}

pub fn flat(values: Vec<f32>) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), &Device::flex())
}

pub fn host<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as().unwrap()
}

pub fn uniform(n: usize, half_width: f32, seed: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..n).map(|_| half_width * (2.0 * rng.random::<f32>() - 1.0)).collect()
}

/// Weights of which none is zero, so that no derivative vanishes by chance.
pub fn random_weights(shape: Shape, seed: u64) -> Vec<f32> {
    uniform(shape.parameters(), 0.6, seed)
}

/// The field of a small network of some kind with random weights.
pub fn random_field(kind: Kind, seed: u64) -> LearnedField {
    let shape = Shape { kind, ..SMALL };
    LearnedField::new(Network::new(shape, &flat(random_weights(shape, seed))), PRE)
}

pub fn plan(scale: f32, batch: usize) -> Plan {
    Plan {
        batch,
        micro_batch: batch,
        ..Plan::usual(NoiseLadder::for_scale(scale))
    }
}

pub fn conditioned(data: &ExactField) -> Preconditioning {
    Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    }
}

pub fn snapshot(trainer: &Trainer) -> Snapshot {
    block_on(trainer.checkpoint()).unwrap()
}

pub fn size(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |m, v| m.max(v.abs()))
}

pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
