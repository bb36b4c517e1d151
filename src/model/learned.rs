//! The field of a network with fixed weights.

use burn::tensor::{Tensor, TensorData};

use super::{
    Along, Head, Kind, Network, Perceptron, Preconditioning, energy_net, features, score_net, tangents::column,
};
use crate::field::{Differential, Field, Route, points_on};
use crate::fused;

/// The score of a trained network of either kind; no gradients by its weights are kept.
///
/// ```text
/// s      = -y / (sigma² + sd²) + gain F,                        y = x - mean
/// div s  = -2 / (sigma² + sd²) + gain c_in (dF_1/dz_1 + dF_2/dz_2)
/// curl s = gain c_in (dF_2/dz_1 - dF_1/dz_2)                    zero for an energy network
/// E      = |y|² / (2 (sigma² + sd²)) + sd / sigma g             energy networks only
/// ```
#[derive(Clone, Debug)]
pub struct LearnedField {
    network: Network,
    preconditioning: Preconditioning,
}

impl LearnedField {
    /// A field of these weights.
    pub fn new(network: Network, preconditioning: Preconditioning) -> Self {
        Self {
            network,
            preconditioning,
        }
    }

    /// What the network puts out.
    pub fn kind(&self) -> Kind {
        self.network.kind()
    }

    /// The network's own output `F` (unit size at every noise level). x: `[n, 2]`; returns `[n, 2]`.
    pub fn output(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.on_host(x, |network, points| {
            network.outputs(&self.preconditioning, points, sigma)
        })
        .unwrap_or_else(|| self.network.output(self.features(x, sigma)))
    }

    /// What a network that is on the CPU says of the points `[x0, y0, …]`, beside them.
    fn on_host(&self, x: &Tensor<2>, say: impl FnOnce(&Perceptron, &[f32]) -> Vec<f32>) -> Option<Tensor<2>> {
        let network = self.network.on_host()?;
        let points = x.try_to_vec_as::<f32>().ok()?;
        Some(points_on(&x.device(), say(network, &points)))
    }

    /// What the fused kernels need of it.
    fn weights(&self) -> fused::Weights {
        fused::Weights {
            shape: self.network.shape(),
            preconditioning: self.preconditioning,
            flat: self.network.flat().clone(),
        }
    }

    /// `g` and `F` of an energy network that is on the CPU, `[n, 1]` and `[n, 2]`.
    fn potential_and_output_on_host(&self, x: &Tensor<2>, sigma: f32) -> Option<(Tensor<2>, Tensor<2>)> {
        let (network, points) = (self.network.on_host()?, x.try_to_vec_as::<f32>().ok()?);
        let (potentials, outputs) = network.potentials_and_outputs(&self.preconditioning, &points, sigma)?;
        let n = potentials.len();
        let potentials = Tensor::from_data(TensorData::new(potentials, [n, 1]), &x.device());
        Some((potentials, points_on(&x.device(), outputs)))
    }

    fn features(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        features::on_device(&self.preconditioning, x, sigma)
    }

    /// The score that an output `F` stands for.
    fn score_of(&self, output: Tensor<2>, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let pre = &self.preconditioning;
        let pull = (features::mean_row(pre, x) - x.clone()).div_scalar(pre.variance(sigma));
        pull + output.mul_scalar(pre.score_gain(sigma))
    }

    /// The energy that a number `g` stands for, `[n]`.
    fn energy_of(&self, potential: Tensor<2>, x: &Tensor<2>, sigma: f32) -> Tensor<1> {
        let pre = &self.preconditioning;
        let y = x.clone() - features::mean_row(pre, x);
        let bowl = (y.clone() * y).sum_dim(1).div_scalar(2.0 * pre.variance(sigma));
        flat(bowl + potential.mul_scalar(pre.scale / sigma))
    }

    /// Output, divergence and curl by `z`, `[n, 2]`, `[n, 1]`, `[n, 1]`.
    fn derivatives(&self, features: Tensor<2>) -> [Tensor<2>; 3] {
        match self.kind() {
            Kind::Score => {
                let jet = score_net::output_and_jacobian(&self.network, features);
                let [along_x, along_y] = jet.derivatives;
                let trace = column(&along_x, 0) + column(&along_y, 1);
                let turn = column(&along_x, 1) - column(&along_y, 0);
                [jet.value, trace, turn]
            }
            Kind::Energy(head) => self.gradient_derivatives(head, features),
        }
    }

    fn gradient_derivatives(&self, head: Head, features: Tensor<2>) -> [Tensor<2>; 3] {
        let curved = energy_net::curved(&self.network, head, features, Along::Axes);
        let turn = curved.bend.zeros_like();
        [curved.output, -curved.bend, turn]
    }
}

impl Field for LearnedField {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        self.on_host(x, |network, points| {
            network.scores(&self.preconditioning, points, sigma)
        })
        .or_else(|| fused::score(&self.weights(), x, sigma))
        .unwrap_or_else(|| self.score_of(self.output(x, sigma), x, sigma))
    }

    fn travel(&self, x: &Tensor<2>, route: &Route) -> Option<Tensor<2>> {
        fused::travel(&self.weights(), x, route)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        let pre = &self.preconditioning;
        let [output, trace, turn] = self.derivatives(self.features(x, sigma));
        let gain = pre.score_gain(sigma) * pre.input_gain(sigma);
        Differential {
            score: self.score_of(output, x, sigma),
            divergence: flat(trace).mul_scalar(gain).sub_scalar(2.0 / pre.variance(sigma)),
            curl: flat(turn).mul_scalar(gain),
        }
    }

    fn energy(&self, x: &Tensor<2>, sigma: f32) -> Option<Tensor<1>> {
        if let Some((potential, _)) = self.potential_and_output_on_host(x, sigma) {
            return Some(self.energy_of(potential, x, sigma));
        }
        let potential = self.network.potential(self.features(x, sigma))?;
        Some(self.energy_of(potential, x, sigma))
    }

    fn energy_and_score(&self, x: &Tensor<2>, sigma: f32) -> Option<(Tensor<1>, Tensor<2>)> {
        let on_host = self.potential_and_output_on_host(x, sigma);
        let (potential, output) = on_host.or_else(|| self.network.potential_and_output(self.features(x, sigma)))?;
        Some((self.energy_of(potential, x, sigma), self.score_of(output, x, sigma)))
    }
}

/// `[n, 1]` as `[n]`.
fn flat(column: Tensor<2>) -> Tensor<1> {
    let [n, _] = column.dims();
    column.reshape([n])
}
