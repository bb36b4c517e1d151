//! Mixtures of isotropic Gaussians: drawings, point sets, and curves by quadrature.

use std::ops::Range;
use std::sync::Arc;

use rand::Rng;
use rand::distr::Distribution;
use rand_distr::StandardNormal;

use super::TargetError;
use super::alias::Alias;
use super::exact::{Local, TAU};
use super::keys;
use super::tree::{self, Branch, Points};

/// A mixture of isotropic Gaussians. Cheap to clone: the nodes are shared.
#[derive(Clone, Debug)]
pub struct Mixture {
    nodes: Arc<Nodes>,
}

/// The nodes, those of equal variance side by side and in the order of the tree over them.
#[derive(Debug)]
pub(super) struct Nodes {
    /// Horizontal positions.
    pub x: Vec<f32>,
    /// Vertical positions.
    pub y: Vec<f32>,
    /// Logarithms of the weights, which have sum 1.
    pub log_weight: Vec<f32>,
    /// Which nodes have which variance.
    pub groups: Vec<Group>,
    /// The trees of all groups.
    pub branches: Vec<Branch>,
    choice: Alias,
    mean: [f32; 2],
    variance: f32,
    bounds: [[f32; 2]; 2],
}

/// Nodes of one variance.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Their indices.
    pub range: Range<usize>,
    /// Their variance.
    pub variance: f32,
    /// The branches of their tree, the root first.
    pub branches: Range<usize>,
}

impl Group {
    /// Variance after smoothing. The floor keeps a point without noise from dividing by zero.
    pub fn smoothed(&self, sigma: f32) -> f32 {
        (self.variance + sigma * sigma).max(1e-12)
    }
}

impl Mixture {
    /// See [`super::ExactField::mixture`].
    pub(super) fn new(nodes: &[[f32; 2]], weights: &[f32], variances: &[f32]) -> Result<Self, TargetError> {
        if nodes.len() != weights.len() || nodes.len() != variances.len() {
            return Err(TargetError::BadMixture(
                "nodes, weights and variances must be equally many",
            ));
        }
        if let Some(index) = nodes.iter().position(|m| !(m[0].is_finite() && m[1].is_finite())) {
            return Err(TargetError::NotFinite { index });
        }
        if !weights
            .iter()
            .chain(variances)
            .all(|value| value.is_finite() && *value >= 0.0)
        {
            return Err(TargetError::BadMixture(
                "weights and variances must be finite and not negative",
            ));
        }
        if weights.iter().all(|w| *w <= 0.0) {
            return Err(TargetError::BadMixture("at least one node must have a positive weight"));
        }
        Ok(Self::checked(nodes, weights, variances))
    }

    /// The mixture of arrays that [`Mixture::new`] would accept.
    pub(super) fn checked(nodes: &[[f32; 2]], weights: &[f32], variances: &[f32]) -> Self {
        let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
        let weights: Vec<f32> = weights.iter().map(|w| (f64::from(*w) / total) as f32).collect();
        // Nodes of next to no weight are left out, so that every logarithm is finite.
        let kept = (0..nodes.len()).filter(|j| weights[*j] > 1e-30);
        // By variance, then by index; the bits of positive numbers are ordered as the numbers are.
        let mut keys: Vec<u64> = kept
            .map(|j| u64::from(variances[j].to_bits()) << 32 | j as u64)
            .collect();
        keys::sort(&mut keys);
        let mut order: Vec<usize> = keys.into_iter().map(|key| key as u32 as usize).collect();
        let mut branches = Vec::new();
        let groups = plant(
            &Points {
                at: nodes,
                weight: &weights,
            },
            &mut order,
            variances,
            &mut branches,
        );
        let weight: Vec<f32> = order.iter().map(|j| weights[*j]).collect();
        let (mean, variance) = moments(&order, nodes, &weight, variances);
        let nodes = Nodes {
            x: order.iter().map(|j| nodes[*j][0]).collect(),
            y: order.iter().map(|j| nodes[*j][1]).collect(),
            log_weight: weight.iter().map(|w| w.ln()).collect(),
            choice: Alias::new(&weight),
            groups,
            branches,
            mean,
            variance,
            bounds: bounds(&order, nodes),
        };
        Self { nodes: Arc::new(nodes) }
    }

    /// How many nodes.
    pub fn len(&self) -> usize {
        self.nodes.x.len()
    }

    /// Never: a mixture has at least one node.
    pub fn is_empty(&self) -> bool {
        self.nodes.x.is_empty()
    }

    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    pub(super) fn mean(&self) -> [f32; 2] {
        self.nodes.mean
    }

    /// Mean per-axis variance.
    pub(super) fn variance(&self) -> f32 {
        self.nodes.variance
    }

    pub(super) fn bounds(&self) -> [[f32; 2]; 2] {
        self.nodes.bounds
    }

    pub(super) fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> [f32; 2] {
        let nodes = &*self.nodes;
        let j = nodes.choice.draw(rng);
        let group = nodes.groups.partition_point(|group| group.range.end <= j);
        let std = nodes.groups[group].variance.sqrt();
        let [a, b]: [f32; 2] = if std > 0.0 {
            [StandardNormal.sample(rng), StandardNormal.sample(rng)]
        } else {
            [0.0, 0.0]
        };
        [nodes.x[j] + std * a, nodes.y[j] + std * b]
    }

    /// With `t_j = v_j + sigma²` and `l_j = log w_j - log(2 pi t_j) - |x - m_j|² / (2 t_j)`: the log density is
    /// `log sum exp l_j` and the score `sum r_j (m_j - x) / t_j`, the responsibilities being `r = softmax(l)`.
    pub(super) fn local(&self, x: [f32; 2], sigma: f32) -> Local {
        let peak = self.peak(x, sigma);
        // Sums over tens of thousands of nodes are carried in f64, so that the reference loses nothing to their length.
        let (mut sum, mut pull) = (0.0_f64, [0.0_f64; 2]);
        self.for_each(x, sigma, |l, u, _| {
            let e = (l - peak).exp();
            sum += f64::from(e);
            pull[0] += f64::from(e * u[0]);
            pull[1] += f64::from(e * u[1]);
        });
        Local {
            log_density: peak + sum.ln() as f32,
            score: pull.map(|p| (p / sum) as f32),
        }
    }

    /// `-sum (r_j / t_j) I + sum r_j (u_j - s)(u_j - s)ᵀ` with `u_j = (m_j - x) / t_j`: the usual
    /// `sum r u uᵀ - s sᵀ`, centred so that far from the data nothing cancels.
    pub(super) fn jacobian(&self, x: [f32; 2], sigma: f32) -> [[f32; 2]; 2] {
        let Local { log_density, score: s } = self.local(x, sigma);
        let (mut xx, mut xy, mut yy) = (0.0_f64, 0.0_f64, 0.0_f64);
        self.for_each(x, sigma, |l, u, t| {
            let r = (l - log_density).exp();
            let [a, b] = [u[0] - s[0], u[1] - s[1]];
            xx += f64::from(r * (a * a - 1.0 / t));
            xy += f64::from(r * a * b);
            yy += f64::from(r * (b * b - 1.0 / t));
        });
        [[xx as f32, xy as f32], [xy as f32, yy as f32]]
    }

    /// The largest `l_j`.
    fn peak(&self, x: [f32; 2], sigma: f32) -> f32 {
        let mut peak = f32::NEG_INFINITY;
        self.for_each(x, sigma, |l, _, _| peak = peak.max(l));
        peak
    }

    /// Calls `visit(l_j, (m_j - x) / t_j, t_j)` for every node.
    pub(super) fn for_each(&self, x: [f32; 2], sigma: f32, mut visit: impl FnMut(f32, [f32; 2], f32)) {
        let nodes = &*self.nodes;
        for group in &nodes.groups {
            let t = group.smoothed(sigma);
            let norm = (TAU * t).ln();
            for j in group.range.clone() {
                let [dx, dy] = [nodes.x[j] - x[0], nodes.y[j] - x[1]];
                visit(
                    nodes.log_weight[j] - norm - (dx * dx + dy * dy) / (2.0 * t),
                    [dx / t, dy / t],
                    t,
                );
            }
        }
    }
}

/// A tree over every run of equal variance in `order`.
fn plant(points: &Points, order: &mut [usize], variances: &[f32], branches: &mut Vec<Branch>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let variance = variances[order[start]];
        let run = order[start..].partition_point(|j| variances[*j].total_cmp(&variance).is_eq());
        let (range, first) = (start..start + run, branches.len());
        tree::plant(points, order, range.clone(), branches);
        groups.push(Group {
            range,
            variance,
            branches: first..branches.len(),
        });
        start += run;
    }
    groups
}

/// Mean and mean per-axis variance.
fn moments(order: &[usize], nodes: &[[f32; 2]], weight: &[f32], variances: &[f32]) -> ([f32; 2], f32) {
    let mut mean = [0.0_f64; 2];
    for (j, w) in order.iter().zip(weight) {
        mean[0] += f64::from(*w) * f64::from(nodes[*j][0]);
        mean[1] += f64::from(*w) * f64::from(nodes[*j][1]);
    }
    let mut variance = 0.0_f64;
    for (j, w) in order.iter().zip(weight) {
        let [dx, dy] = [f64::from(nodes[*j][0]) - mean[0], f64::from(nodes[*j][1]) - mean[1]];
        variance += f64::from(*w) * ((dx * dx + dy * dy) / 2.0 + f64::from(variances[*j]));
    }
    (mean.map(|m| m as f32), variance as f32)
}

/// Lower left and upper right corner of the nodes.
fn bounds(order: &[usize], nodes: &[[f32; 2]]) -> [[f32; 2]; 2] {
    order
        .iter()
        .fold([[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]], |[low, high], j| {
            let [x, y] = nodes[*j];
            [[low[0].min(x), low[1].min(y)], [high[0].max(x), high[1].max(y)]]
        })
}
