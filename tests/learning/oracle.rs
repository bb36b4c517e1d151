//! An independent network in double precision, one row at a time, with all derivatives by differences.

use scorefield::{
    model::{Head, Kind, Shape},
    objective::{Batch, Task},
};

use crate::common::PRE;

/// Step of the differences; those of fourth order are off by `h⁴`, and double precision loses `1e-16 / h²`.
const H: f64 = 1e-3;

pub struct Oracle {
    pub shape: Shape,
    pub weights: Vec<f64>,
}

impl Oracle {
    pub fn new(shape: Shape, weights: &[f32]) -> Self {
        Self {
            shape,
            weights: weights.iter().map(|&w| f64::from(w)).collect(),
        }
    }

    /// The mean over the rows of what the batch's task asks for.
    pub fn loss(&self, batch: &Batch) -> f64 {
        let rows = (0..batch.len()).map(|i| {
            let sigma = f64::from(batch.sigmas[i]);
            let (sd, pair) = (f64::from(PRE.scale), |v: &[f32]| {
                [0, 1].map(|k| f64::from(v[2 * i + k]))
            });
            let x = pair(&batch.points);
            let z = [0, 1].map(|k| (x[k] - f64::from(PRE.mean[k])) / (sigma * sigma + sd * sd).sqrt());
            let weight = batch.weights.as_ref().map_or(1.0, |w| f64::from(w[i]));
            let f = self.output(z, sigma);
            let by_parts = |trace: f64| dot(f, f) + 2.0 * sigma / sd * (trace - dot(f, z));
            weight
                * match &batch.task {
                    Task::Target(targets) => {
                        let target = pair(targets);
                        (f[0] - target[0]).powi(2) + (f[1] - target[1]).powi(2)
                    }
                    Task::Divergence => by_parts(self.form(z, sigma, [1.0, 0.0]) + self.form(z, sigma, [0.0, 1.0])),
                    Task::Slice(directions) => by_parts(self.form(z, sigma, pair(directions))),
                }
        });
        rows.sum::<f64>() / batch.len() as f64
    }

    /// `F`.
    fn output(&self, z: [f64; 2], sigma: f64) -> [f64; 2] {
        match self.shape.kind {
            Kind::Score => {
                let y = self.last_layer(z, sigma);
                [y[0], y[1]]
            }
            Kind::Energy(_) => {
                [[1.0, 0.0], [0.0, 1.0]].map(|axis| -slope(|t| self.potential(moved(z, axis, t), sigma)))
            }
        }
    }

    /// `vᵀ (dF/dz) v`.
    fn form(&self, z: [f64; 2], sigma: f64, v: [f64; 2]) -> f64 {
        match self.shape.kind {
            Kind::Score => slope(|t| dot(self.output(moved(z, v, t), sigma), v)),
            Kind::Energy(_) => -bend(|t| self.potential(moved(z, v, t), sigma)),
        }
    }

    /// `g`.
    fn potential(&self, z: [f64; 2], sigma: f64) -> f64 {
        let y = self.last_layer(z, sigma);
        match self.shape.kind {
            Kind::Energy(Head::Quadratic) => {
                let beta = self.weights[self.weights.len() - 1];
                (1.0 + (beta - 3.0).exp()).ln() * y.iter().map(|y| y * y).sum::<f64>() / y.len() as f64
            }
            _ => y[0],
        }
    }

    fn last_layer(&self, z: [f64; 2], sigma: f64) -> Vec<f64> {
        let sd = f64::from(PRE.scale);
        let gate = sd * sd / (sigma * sigma + sd * sd);
        let wave = |f: fn(f64) -> f64, frequency: f64, axis: usize| gate * f(frequency * at_rest_beyond(z[axis]));
        let mut h = vec![z[0], z[1]];
        for f in [f64::sin, f64::cos] {
            h.extend([(2.0, 0), (2.0, 1), (4.0, 0), (4.0, 1)].map(|(frequency, axis)| wave(f, frequency, axis)));
        }
        h.extend([0.25 * (0.5 * sigma / sd).ln(), 1.0]);
        let mut offset = 0;
        for (i, (inputs, outputs)) in self.shape.layers().enumerate() {
            let (w, b) = (&self.weights[offset..], &self.weights[offset + inputs * outputs..]);
            let a = (0..outputs).map(|o| b[o] + (0..inputs).map(|j| h[j] * w[j * outputs + o]).sum::<f64>());
            h = a
                .map(|a| {
                    if i < self.shape.depth {
                        a / (1.0 + (-a).exp())
                    } else {
                        a
                    }
                })
                .collect();
            offset += (inputs + 1) * outputs;
        }
        h
    }
}

/// What the waves are waves of.
fn at_rest_beyond(z: f64) -> f64 {
    z.signum() * (z.abs().min(1.5) + (z.abs() - 1.5).max(0.0).tanh())
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

fn moved(z: [f64; 2], direction: [f64; 2], t: f64) -> [f64; 2] {
    [z[0] + t * direction[0], z[1] + t * direction[1]]
}

/// First derivative at 0.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    (8.0 * (f(H) - f(-H)) - (f(2.0 * H) - f(-2.0 * H))) / (12.0 * H)
}

/// Second derivative at 0.
fn bend(f: impl Fn(f64) -> f64) -> f64 {
    (16.0 * (f(H) + f(-H)) - (f(2.0 * H) + f(-2.0 * H)) - 30.0 * f(0.0)) / (12.0 * H * H)
}
