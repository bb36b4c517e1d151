//! The multilayer perceptron on the CPU, without a graph: a block of rows goes forward and backward through all layers
//! while it stays in the nearest cache, and nothing is allocated between.
//!
//! The same mathematics as `model::score_net`, `model::energy_net` and `training::loss` write in tensors, against which
//! tests hold it; those remain for what is not written here (divergences), and for other devices. Sums are in a fixed
//! order, so that the same weights and rows give the same bits.

mod adam;
mod energy;
pub mod features;
mod functions;
pub mod lane;
mod layer;
mod product;
mod score;
mod way;

pub use adam::{Adam, Weights};
pub use functions::exp;

use self::energy::{Energy, Top};
use self::lane::F4;
use self::layer::{Layer, Sums};
use self::product::{ROWS, Unit};
use self::score::Score;
use self::way::{Gradient, Way};
use super::shape::GAIN_SHIFT;
use super::{Head, Kind, Preconditioning, Shape};

/// A network of any kind, with its weights.
#[derive(Clone, Debug)]
pub struct Perceptron {
    shape: Shape,
    layers: Vec<Layer>,
    /// `beta` of the quadratic head.
    gain: f32,
}

/// Rows of a batch, each with what the network's output should be there.
#[derive(Clone, Copy, Debug)]
pub struct Regression<'a> {
    /// Mean and scale in the network's inputs.
    pub preconditioning: &'a Preconditioning,
    /// `[x0, y0, …]`, stage coordinates.
    pub points: &'a [f32],
    /// The noise level of each row.
    pub sigmas: &'a [f32],
    /// `[f0x, f0y, …]`.
    pub targets: &'a [f32],
    /// How much each row counts; nothing if all count 1.
    pub weights: Option<&'a [f32]>,
}

impl Perceptron {
    /// The network of a flat vector of [`Shape::parameters`] numbers; none of a vector of another length.
    pub fn new(shape: Shape, flat: &[f32]) -> Option<Self> {
        if flat.len() != shape.parameters() {
            return None;
        }
        let mut rest = flat;
        let layers = shape.layers().map(|(inputs, outputs)| {
            let (weights, others) = rest.split_at((inputs + 1) * outputs);
            rest = others;
            Layer::new([inputs, outputs], weights)
        });
        Some(Self {
            shape,
            layers: layers.collect(),
            gain: rest.first().copied().unwrap_or(0.0),
        })
    }

    /// Room for a block.
    fn way(&self) -> Box<dyn Way + '_> {
        let top = match self.shape.kind {
            Kind::Score => return Box::new(Score::new(&self.layers)),
            Kind::Energy(Head::Linear) => Top::First,
            Kind::Energy(Head::Quadratic) => {
                let (share, e) = (2.0 / self.shape.width as f32, (self.gain - GAIN_SHIFT).exp());
                Top::Square {
                    twice_gain: share * e.ln_1p(),
                    slope: share * e / (1.0 + e),
                }
            }
        };
        Box::new(Energy::new(&self.layers, top))
    }

    /// Calls `tell` for each of the points `[x0, y0, …]` after the way of its block, with its place in the block.
    fn each(&self, pre: &Preconditioning, points: &[f32], sigma: f32, mut tell: impl FnMut(&dyn Way, usize)) {
        let mut way = self.way();
        for points in points.chunks(2 * ROWS) {
            features::fill(pre, points, |_| sigma, way.features());
            way.forward();
            (0..points.len() / 2).for_each(|row| tell(&*way, row));
        }
    }

    /// The network's output `F` at points `[x0, y0, …]`, stage coordinates, at one noise level; as many numbers.
    pub fn outputs(&self, pre: &Preconditioning, points: &[f32], sigma: f32) -> Vec<f32> {
        let mut outputs = Vec::with_capacity(points.len());
        self.each(pre, points, sigma, |way, row| {
            outputs.extend(way.output().map(|unit| number(unit, row)));
        });
        outputs
    }

    /// The number `g` at each point and the output `F`, if this is an energy network.
    pub fn potentials_and_outputs(
        &self,
        pre: &Preconditioning,
        points: &[f32],
        sigma: f32,
    ) -> Option<(Vec<f32>, Vec<f32>)> {
        if self.shape.kind == Kind::Score {
            return None;
        }
        let (mut potentials, mut outputs) = (Vec::with_capacity(points.len() / 2), Vec::with_capacity(points.len()));
        self.each(pre, points, sigma, |way, row| {
            potentials.extend(way.potential().map(|unit| number(&unit, row)));
            outputs.extend(way.output().map(|unit| number(unit, row)));
        });
        Some((potentials, outputs))
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

    /// The gradient of the mean of `w |F - target|²` by all weights, in the order in which they came.
    pub fn gradient(&self, rows: &Regression) -> Vec<f32> {
        let mut way = self.way();
        let mut gradient = Gradient {
            layers: self.layers.iter().map(Sums::new).collect(),
            gain: 0.0,
        };
        for start in (0..rows.sigmas.len()).step_by(ROWS) {
            let end = rows.sigmas.len().min(start + ROWS);
            let (points, sigmas) = (&rows.points[2 * start..2 * end], &rows.sigmas[start..end]);
            features::fill(rows.preconditioning, points, |row| sigmas[row], way.features());
            way.forward();
            let slopes = rows.slopes(start, way.output());
            way.backward(slopes, &mut gradient);
        }
        let mut flat = Vec::with_capacity(self.shape.parameters());
        gradient.layers.iter().for_each(|sums| sums.append(&mut flat));
        if self.shape.has_gain() {
            flat.push(gradient.gain);
        }
        flat
    }
}

/// The number of a row.
fn number(unit: &Unit, row: usize) -> f32 {
    unit[row / 8][row / 4 % 2].numbers()[row % 4]
}

impl Regression<'_> {
    /// `2 w (F - target) / n` of the rows of the block that begins at `start`; zero in rows that are not there.
    fn slopes(&self, start: usize, outputs: [&Unit; 2]) -> [Unit; 2] {
        let count = self.sigmas.len();
        let per_row = 2.0 / count as f32;
        let mut slopes = <[Unit; 2]>::default();
        for (k, (slopes, outputs)) in slopes.iter_mut().zip(outputs).enumerate() {
            let places = slopes.as_flattened_mut().iter_mut().zip(outputs.as_flattened());
            for ((slope, output), row) in places.zip((start..count).step_by(4)) {
                let rows = [0, 1, 2, 3].map(|lane| row + lane);
                let known =
                    |of: &dyn Fn(usize) -> f32| F4::new(rows.map(|row| if row < count { of(row) } else { 0.0 }));
                let weights = known(&|row| per_row * self.weights.map_or(1.0, |weights| weights[row]));
                *slope = (*output - known(&|row| self.targets[2 * row + k])) * weights;
            }
        }
        slopes
    }
}
