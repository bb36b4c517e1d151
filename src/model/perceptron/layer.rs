//! The weights of a layer, and sums for their gradient, in the order in which they are used.

use super::lane::F4;
use super::product::{PANEL, Unit, outer, product};

/// A layer `h W + b`. Inputs and outputs are filled up to whole panels with zeros, through which nothing passes.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Units before it and in it, without what fills them up.
    size: [usize; 2],
    /// Panel by panel of the outputs, four numbers an input.
    weights: Vec<[f32; PANEL]>,
    /// Panel by panel of the outputs.
    biases: Vec<[f32; PANEL]>,
    /// The weights once more: panel by panel of the inputs, four numbers an output.
    transposed: Vec<[f32; PANEL]>,
}

/// So many units with what fills up their last panel.
fn filled(units: usize) -> usize {
    units.next_multiple_of(PANEL)
}

/// Room for the numbers of so many units.
pub fn room(units: usize) -> Vec<Unit> {
    vec![Unit::default(); filled(units)]
}

/// All numbers of a room.
pub fn numbers(room: &[Unit]) -> &[F4] {
    room.as_flattened().as_flattened()
}

/// All numbers of a room, to be changed.
pub fn numbers_mut(room: &mut [Unit]) -> &mut [F4] {
    room.as_flattened_mut().as_flattened_mut()
}

impl Layer {
    /// weights: `[inputs, outputs]`, then `[outputs]`.
    pub fn new(size: [usize; 2], weights: &[f32]) -> Self {
        let [inputs, outputs] = size;
        let (weights, biases) = weights.split_at(inputs * outputs);
        let weight = |k: usize, n: usize| {
            if k < inputs && n < outputs {
                weights[k * outputs + n]
            } else {
                0.0
            }
        };
        let bias = |n: usize| biases.get(n).copied().unwrap_or(0.0);
        let panels = |units: usize| (0..units).step_by(PANEL);
        let across = |start: usize, of: &dyn Fn(usize) -> f32| std::array::from_fn(|i| of(start + i));
        let mut layer = Self {
            size,
            weights: Vec::with_capacity(filled(inputs) * filled(outputs) / PANEL),
            biases: panels(outputs).map(|start| across(start, &bias)).collect(),
            transposed: Vec::with_capacity(filled(inputs) * filled(outputs) / PANEL),
        };
        for start in panels(outputs) {
            let rows = (0..filled(inputs)).map(|k| across(start, &|n| weight(k, n)));
            layer.weights.extend(rows);
        }
        for start in panels(inputs) {
            let columns = (0..filled(outputs)).map(|n| across(start, &|k| weight(k, n)));
            layer.transposed.extend(columns);
        }
        layer
    }

    /// Room for its outputs.
    pub fn room(&self) -> Vec<Unit> {
        room(self.size[1])
    }

    /// `h W + b`.
    pub fn forward(&self, inputs: &[Unit], outputs: &mut [Unit]) {
        let starts = |panel: usize| self.biases[panel];
        product(&self.weights, starts, inputs, outputs, |output, sum| *output = sum);
    }

    /// `h W`: of derivatives, to which the bias does not belong.
    pub fn lift(&self, inputs: &[Unit], outputs: &mut [Unit]) {
        product(
            &self.weights,
            |_| [0.0; PANEL],
            inputs,
            outputs,
            |output, sum| *output = sum,
        );
    }

    /// `d Wᵀ`, in place of the inputs.
    pub fn back(&self, outputs: &[Unit], inputs: &mut [Unit]) {
        product(
            &self.transposed,
            |_| [0.0; PANEL],
            outputs,
            inputs,
            |input, sum| *input = sum,
        );
    }

    /// `d Wᵀ` times the slopes that stand in its place.
    pub fn back_times(&self, outputs: &[Unit], slopes: &mut [Unit]) {
        let finish = |slope: &mut [F4; 2], sum: [F4; 2]| *slope = [slope[0] * sum[0], slope[1] * sum[1]];
        product(&self.transposed, |_| [0.0; PANEL], outputs, slopes, finish);
    }
}

/// The gradient by a layer's weights, and by its biases.
#[derive(Clone, Debug)]
pub struct Sums {
    size: [usize; 2],
    /// As the weights lie.
    weights: Vec<F4>,
    biases: Vec<F4>,
}

impl Sums {
    /// Nothing yet.
    pub fn new(layer: &Layer) -> Self {
        Self {
            size: layer.size,
            weights: vec![F4::default(); layer.weights.len()],
            biases: vec![F4::default(); layer.biases.len()],
        }
    }

    /// Adds what a block says of the weights: `sum over rows of inputs[k] slopes[n]`.
    pub fn add(&mut self, inputs: &[Unit], slopes: &[Unit]) {
        outer(inputs, slopes, &mut self.weights);
    }

    /// Adds what it says of the biases: the sum over rows of the slopes.
    pub fn add_biases(&mut self, slopes: &[Unit]) {
        for (slopes, sum) in slopes.as_chunks::<PANEL>().0.iter().zip(&mut self.biases) {
            *sum += F4::sums(slopes.map(|unit| unit.iter().fold(F4::default(), |sum, [a, b]| sum + (*a + *b))));
        }
    }

    /// Appends the gradient as the weights came: `[inputs, outputs]`, then `[outputs]`.
    pub fn append(&self, flat: &mut Vec<f32>) {
        let [inputs, outputs] = self.size;
        let weights: Vec<[f32; PANEL]> = self.weights.iter().map(|g| g.numbers()).collect();
        for k in 0..inputs {
            flat.extend((0..outputs).map(|n| weights[n / PANEL * filled(inputs) + k][n % PANEL]));
        }
        let biases = self.biases.iter().flat_map(|g| g.numbers());
        flat.extend(biases.take(outputs));
    }
}
