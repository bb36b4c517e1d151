//! The multilayer perceptron on the CPU, without a graph: a block of rows goes forward and backward through all layers
//! while it stays in the nearest cache, and nothing is allocated between.
//!
//! The same mathematics as `model::score_net` and `training::loss` write in tensors, against which tests hold it; those
//! remain for what is not written here, and for other devices. Sums are in a fixed order, so that the same weights and
//! rows give the same bits.

mod adam;
pub mod features;
mod functions;
mod gradient;
mod lane;
mod product;

pub use adam::{Adam, Weights};
pub use gradient::Regression;

use self::product::{PANEL, ROWS, Unit, product};
use super::Preconditioning;

/// A network of hidden SiLU layers and a linear one with two outputs: a score network's.
#[derive(Clone, Debug)]
pub struct Perceptron {
    layers: Vec<Layer>,
}

/// The weights of a layer in the order in which they are used; inputs and outputs are filled up to whole panels with
/// zeros, through which nothing passes.
#[derive(Clone, Debug)]
struct Layer {
    /// Units before it and in it, without what fills them up.
    size: [usize; 2],
    /// Panel by panel of the outputs, four numbers an input.
    weights: Vec<[f32; PANEL]>,
    /// Panel by panel.
    biases: Vec<[f32; PANEL]>,
}

/// So many units with what fills up their last panel.
fn filled(units: usize) -> usize {
    units.next_multiple_of(PANEL)
}

impl Layer {
    /// weights: `[inputs, outputs]`, then `[outputs]`.
    fn new(size: [usize; 2], weights: &[f32]) -> Self {
        let [inputs, outputs] = size;
        let (weights, biases) = weights.split_at(inputs * outputs);
        let panel = |row: &[f32], start: usize| std::array::from_fn(|i| row.get(start + i).copied().unwrap_or(0.0));
        let starts = || (0..outputs).step_by(PANEL);
        let mut packed = Vec::with_capacity(filled(inputs) * filled(outputs) / PANEL);
        for start in starts() {
            packed.extend(weights.chunks_exact(outputs).map(|row| panel(row, start)));
            packed.resize(packed.len().next_multiple_of(filled(inputs)), [0.0; PANEL]);
        }
        Self {
            size,
            weights: packed,
            biases: starts().map(|start| panel(biases, start)).collect(),
        }
    }

    /// Units in it, with what fills them up.
    fn outputs(&self) -> usize {
        filled(self.size[1])
    }

    /// The sums `h W + b`.
    fn sums(&self, inputs: &[Unit], outputs: &mut [Unit]) {
        let starts = |panel: usize| self.biases[panel];
        product(&self.weights, starts, inputs, outputs, |output, sum| *output = sum);
    }
}

/// Rooms for the numbers of the hidden layers.
fn rooms(layers: &[Layer]) -> Vec<Vec<Unit>> {
    layers
        .iter()
        .map(|layer| vec![Unit::default(); layer.outputs()])
        .collect()
}

impl Perceptron {
    /// sizes: inputs and outputs of each layer, the first with as many inputs as there are [`features`], the last with 2
    /// outputs; flat: weights `[inputs, outputs]` and biases `[outputs]`, layer by layer. `None` if these do not fit.
    pub fn new(sizes: impl Iterator<Item = (usize, usize)>, mut flat: &[f32]) -> Option<Self> {
        let mut layers = Vec::new();
        for (inputs, outputs) in sizes {
            let (weights, rest) = flat.split_at_checked((inputs + 1) * outputs)?;
            layers.push(Layer::new([inputs, outputs], weights));
            flat = rest;
        }
        let fits = layers.first()?.size[0] == features::COUNT && layers.last()?.size[1] == 2 && flat.is_empty();
        fits.then_some(Self { layers })
    }

    /// The network's output `F` at points `[x0, y0, …]`, stage coordinates, at one noise level; as many numbers.
    pub fn outputs(&self, pre: &Preconditioning, points: &[f32], sigma: f32) -> Vec<f32> {
        let mut features = vec![Unit::default(); features::COUNT];
        let mut rooms = rooms(&self.layers);
        let mut all = Vec::with_capacity(points.len());
        for points in points.chunks(2 * ROWS) {
            features::fill(pre, points, |_| sigma, &mut features);
            let mut inputs = &features;
            for (i, (layer, room)) in self.layers.iter().zip(&mut rooms).enumerate() {
                layer.sums(inputs, room);
                if i + 1 < self.layers.len() {
                    room.as_flattened_mut()
                        .as_flattened_mut()
                        .iter_mut()
                        .for_each(|h| *h = functions::silu(*h)[0]);
                }
                inputs = room;
            }
            for i in 0..points.len() / 2 {
                all.extend([0, 1].map(|k: usize| inputs[k][i / 8][i / 4 % 2].numbers()[i % 4]));
            }
        }
        all
    }

    /// The score at points `[x0, y0, …]`, stage coordinates, at one noise level; as many numbers.
    pub fn scores(&self, pre: &Preconditioning, points: &[f32], sigma: f32) -> Vec<f32> {
        let mut scores = self.outputs(pre, points, sigma);
        let (variance, gain) = (pre.variance(sigma), pre.score_gain(sigma));
        for (score, point) in scores.as_chunks_mut::<2>().0.iter_mut().zip(points.as_chunks::<2>().0) {
            for ((score, x), mean) in score.iter_mut().zip(point).zip(pre.mean) {
                *score = (mean - x) / variance + gain * *score;
            }
        }
        scores
    }
}
