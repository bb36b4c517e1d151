//! The gradient of a regression by all weights, in one way forward and backward.
//!
//! With `a_l = h_{l-1} W_l + b_l`, `h_l = phi(a_l)` and the loss `mean of w |F - target|²`,
//!
//! ```text
//! d_L = 2 w (F - target) / n,    d_{l-1} = (d_l W_lᵀ) phi'(a_{l-1}),
//! gradient by W_l = h_{l-1}ᵀ d_l,    by b_l = the sum of d_l over the rows
//! ```

use super::features;
use super::functions::silu;
use super::lane::F4;
use super::product::{PANEL, ROWS, Unit, outer, product, sums};
use super::{Layer, Perceptron, filled, rooms};
use crate::model::Preconditioning;

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

/// A layer on the way back.
struct Back {
    /// The transposed weights, panel by panel of the inputs, four numbers an output.
    weights: Vec<[f32; PANEL]>,
    /// The gradient, as [`Layer::weights`] lie.
    by_weights: Vec<F4>,
    by_biases: Vec<F4>,
}

impl Back {
    fn new(layer: &Layer) -> Self {
        let [inputs, outputs] = layer.size.map(filled);
        let weight = |k: usize, n: usize| layer.weights[n / PANEL * inputs + k][n % PANEL];
        let panels = (0..inputs).step_by(PANEL);
        Self {
            weights: panels
                .flat_map(|start| (0..outputs).map(move |n| std::array::from_fn(|i| weight(start + i, n))))
                .collect(),
            by_weights: vec![F4::default(); layer.weights.len()],
            by_biases: vec![F4::default(); layer.biases.len()],
        }
    }

    /// Appends the gradient as it is kept: weights `[inputs, outputs]`, then biases.
    fn append(&self, [inputs, outputs]: [usize; 2], flat: &mut Vec<f32>) {
        let by_weights: Vec<[f32; PANEL]> = self.by_weights.iter().map(|g| g.numbers()).collect();
        for k in 0..inputs {
            flat.extend((0..outputs).map(|n| by_weights[n / PANEL * filled(inputs) + k][n % PANEL]));
        }
        let by_biases = self.by_biases.iter().flat_map(|g| g.numbers());
        flat.extend(by_biases.take(outputs));
    }
}

impl Perceptron {
    /// The gradient of the mean loss by all weights, in the order in which they came.
    pub fn gradient(&self, rows: &Regression) -> Vec<f32> {
        let mut pass = Pass::new(self);
        for start in (0..rows.sigmas.len()).step_by(ROWS) {
            pass.forward(rows, start);
            pass.blame(rows, start);
            pass.backward();
        }
        let mut flat = Vec::with_capacity(self.layers.iter().map(|l| (l.size[0] + 1) * l.size[1]).sum());
        for (back, layer) in pass.backs.iter().zip(&self.layers) {
            back.append(layer.size, &mut flat);
        }
        flat
    }
}

/// Where the numbers of a block are on their way.
struct Pass<'a> {
    layers: &'a [Layer],
    backs: Vec<Back>,
    features: Vec<Unit>,
    /// `h` of each hidden layer, then the outputs.
    values: Vec<Vec<Unit>>,
    /// `phi'` of each hidden layer, then `d` of the outputs; on the way back they become `d` of each layer.
    slopes: Vec<Vec<Unit>>,
}

impl<'a> Pass<'a> {
    fn new(network: &'a Perceptron) -> Self {
        let layers = &network.layers;
        Self {
            layers,
            backs: layers.iter().map(Back::new).collect(),
            features: vec![Unit::default(); features::COUNT],
            values: rooms(layers),
            slopes: rooms(layers),
        }
    }

    fn forward(&mut self, rows: &Regression, start: usize) {
        let end = rows.sigmas.len().min(start + ROWS);
        let (points, sigmas) = (&rows.points[2 * start..2 * end], &rows.sigmas[start..end]);
        features::fill(rows.preconditioning, points, |i| sigmas[i], &mut self.features);
        let last = self.layers.len() - 1;
        let mut inputs = &self.features;
        let rooms = self.values.iter_mut().zip(&mut self.slopes);
        for (i, (layer, (values, slopes))) in self.layers.iter().zip(rooms).enumerate() {
            layer.sums(inputs, values);
            if i < last {
                let pairs = values.as_flattened_mut().iter_mut().zip(slopes.as_flattened_mut());
                for (value, slope) in pairs {
                    let [[v0, s0], [v1, s1]] = value.map(silu);
                    (*value, *slope) = ([v0, v1], [s0, s1]);
                }
            }
            inputs = values;
        }
    }

    /// `d` of the outputs; zero in rows that are not there.
    fn blame(&mut self, rows: &Regression, start: usize) {
        let (count, last) = (rows.sigmas.len(), self.layers.len() - 1);
        let per_row = 2.0 / count as f32;
        for k in 0..2 {
            let number = |i: usize, of: &dyn Fn(usize) -> f32| if start + i < count { of(start + i) } else { 0.0 };
            let four = |i: usize, of: &dyn Fn(usize) -> f32| F4::new([0, 1, 2, 3].map(|lane| number(i + lane, of)));
            let weight = |row: usize| per_row * rows.weights.map_or(1.0, |weights| weights[row]);
            let outputs = self.values[last][k].as_flattened();
            for (i, (d, output)) in self.slopes[last][k]
                .as_flattened_mut()
                .iter_mut()
                .zip(outputs)
                .enumerate()
            {
                let target = four(4 * i, &|row| rows.targets[2 * row + k]);
                *d = (*output - target) * four(4 * i, &weight);
            }
        }
    }

    fn backward(&mut self) {
        for i in (0..self.layers.len()).rev() {
            let back = &mut self.backs[i];
            let (before, now) = self.slopes.split_at_mut(i);
            let d = &now[0];
            let inputs = if i == 0 { &self.features } else { &self.values[i - 1] };
            outer(inputs, d, &mut back.by_weights);
            sums(d, &mut back.by_biases);
            if let Some(slopes) = before.last_mut() {
                product(
                    &back.weights,
                    |_| [0.0; PANEL],
                    d,
                    slopes,
                    |slope, sum| *slope = [sum[0] * slope[0], sum[1] * slope[1]],
                );
            }
        }
    }
}
