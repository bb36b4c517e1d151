//! A tree over the nodes of a mixture: whole branches are skipped, or taken as one, where they are far away.

use std::ops::Range;

use super::keys;
use super::lanes::larger;

/// Most nodes in a leaf.
const LEAF: usize = 8;

/// The nodes of one region.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    /// Which nodes.
    pub range: Range<usize>,
    /// Lower left and upper right corner of them.
    pub bounds: [[f32; 2]; 2],
    /// Their weighted mean.
    pub centre: [f32; 2],
    /// No node is farther from the centre.
    pub radius: f32,
    /// Weighted mean squared distance from the centre.
    pub spread: f32,
    /// Logarithm of their total weight.
    pub log_weight: f32,
    /// Index of the first of two children, next to each other; `None` for a leaf.
    pub children: Option<usize>,
}

/// Weighted points, to be put in the tree's order.
pub(super) struct Points<'a> {
    /// Positions.
    pub at: &'a [[f32; 2]],
    /// Positive weights.
    pub weight: &'a [f32],
}

/// Puts `order[range]` (indices into the points) into the tree's order and appends the branches, the root first.
pub(super) fn plant(points: &Points, order: &mut [usize], range: Range<usize>, branches: &mut Vec<Branch>) {
    let root = branches.len();
    let mut keys = Vec::with_capacity(range.len());
    branches.push(describe(points, order, range));
    let mut next = root;
    while next < branches.len() {
        let Branch {
            range,
            bounds: [low, high],
            ..
        } = branches[next].clone();
        if range.len() > LEAF {
            let axis = usize::from(high[1] - low[1] > high[0] - low[0]);
            let middle = range.len() / 2;
            // Ties go by index, so that the order is a function of the points alone.
            let key = |j: &usize| u64::from(keys::ascending(points.at[*j][axis])) << 32 | *j as u64;
            keys.clear();
            keys.extend(order[range.clone()].iter().map(key));
            keys::select(&mut keys, middle);
            for (place, key) in order[range.clone()].iter_mut().zip(&keys) {
                *place = *key as u32 as usize;
            }
            branches[next].children = Some(branches.len());
            let middle = range.start + middle;
            branches.push(describe(points, order, range.start..middle));
            branches.push(describe(points, order, middle..range.end));
        }
        next += 1;
    }
}

fn describe(points: &Points, order: &[usize], range: Range<usize>) -> Branch {
    let members = || order[range.clone()].iter().map(|j| (points.at[*j], points.weight[*j]));
    let mut bounds = [[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]];
    let (mut total, mut sum) = (0.0_f64, [0.0_f64; 2]);
    for (x, w) in members() {
        for axis in 0..2 {
            // Two comparisons: `f32::min` is a function call on wasm, and this is done for every node at every level.
            bounds[0][axis] = -larger(-bounds[0][axis], -x[axis]);
            bounds[1][axis] = larger(bounds[1][axis], x[axis]);
            sum[axis] += f64::from(w) * f64::from(x[axis]);
        }
        total += f64::from(w);
    }
    let centre = sum.map(|s| (s / total) as f32);
    let (mut radius, mut spread) = (0.0_f32, 0.0_f64);
    for (x, w) in members() {
        let d = [x[0] - centre[0], x[1] - centre[1]];
        let squared = d[0] * d[0] + d[1] * d[1];
        radius = larger(radius, squared);
        spread += f64::from(w) * f64::from(squared);
    }
    let (radius, spread) = (radius.sqrt(), (spread / total) as f32);
    Branch {
        range,
        bounds,
        centre,
        radius,
        spread,
        log_weight: total.ln() as f32,
        children: None,
    }
}
