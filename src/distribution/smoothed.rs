//! The exact field prepared for many points at one noise level: thousands of nodes at the cost of a few dozen.
//!
//! Points are taken eight neighbours at a time through the tree of nodes, nearest branch first. A branch is skipped
//! where its mass cannot matter, taken as one [`Expansion`] where that is accurate enough, and else opened.

use std::sync::OnceLock;

use super::boxes::Boxes;
use super::exact::{ExactField, Local, TAU};
use super::expansion::{Expansion, ORDER};
use super::lanes::{self, LANES, Lanes, lanes, larger, largest, rough_ln};
use super::mixture::Mixture;
use super::order::neighbours_together;
use super::tree::Branch;

/// A branch is skipped where its share of the density is below `exp(-CUT)`.
const CUT: f32 = 14.0;

/// Logarithm of the share of the density that the rest of an expansion may reach, as its bound has it; the bound is for
/// all mass in one corner of the branch, and what is left out is far smaller.
const LOG_REST: f32 = -1.0;

/// Branches wider than this many standard deviations are never expanded, so they need no coefficients.
const WIDEST: f32 = 2.5;

/// Fewer nodes than this are summed faster than their expansion is evaluated.
const WORTHWHILE: usize = 5;

/// An [`ExactField`] at one sigma, prepared for many evaluations. Relative error of the score against
/// [`ExactField::local`] at most 1e-4 (of its length, or of 1 / sigma where it is shorter), unless f32 itself hides which
/// of two equally far nodes is nearer: a hundred sigma out their exponents are thousands, with a last digit of 5e-4.
#[derive(Clone, Debug)]
pub struct Smoothed {
    sigma: f32,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Mixture(Prepared),
    Boxes(Boxes),
}

impl Smoothed {
    pub(super) fn new(field: &ExactField, sigma: f32) -> Self {
        let form = match field {
            ExactField::Mixture(mixture) => Form::Mixture(Prepared::new(mixture, sigma)),
            ExactField::Boxes(boxes) => Form::Boxes(boxes.clone()),
        };
        Self { sigma, form }
    }

    /// The noise level it was prepared for.
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// Log density and score at `x`.
    pub fn local(&self, x: [f32; 2]) -> Local {
        self.eight(&[x; LANES])[0]
    }

    /// Log densities and scores at eight points, as fast as at one where they are near each other.
    pub fn eight(&self, points: &[[f32; 2]; LANES]) -> [Local; LANES] {
        match &self.form {
            Form::Mixture(prepared) => {
                let sums = prepared.eight(lanes(|i| points[i][0]), lanes(|i| points[i][1]));
                std::array::from_fn(|lane| sums.local(lane))
            }
            Form::Boxes(boxes) => points.map(|x| boxes.local(x, self.sigma)),
        }
    }

    /// Scores at many points. points, out: `[x0, y0, x1, y1, …]`, equally long.
    pub fn scores(&self, points: &[f32], out: &mut [f32]) {
        self.each(points, |i, local| {
            if let Some(score) = out.get_mut(2 * i..2 * i + 2) {
                score.copy_from_slice(&local.score);
            }
        });
    }

    /// Log densities and scores at many points. points, score: `[x0, y0, …]` of n points; log_density: n values.
    pub fn fill(&self, points: &[f32], log_density: &mut [f32], score: &mut [f32]) {
        self.each(points, |i, local| {
            if let (Some(value), Some(score)) = (log_density.get_mut(i), score.get_mut(2 * i..2 * i + 2)) {
                *value = local.log_density;
                score.copy_from_slice(&local.score);
            }
        });
    }

    /// Log densities at many points `[x0, y0, …]`.
    pub fn log_densities(&self, points: &[f32]) -> Vec<f32> {
        let mut log_densities = vec![0.0; points.len() / 2];
        self.each(points, |i, local| {
            if let Some(value) = log_densities.get_mut(i) {
                *value = local.log_density;
            }
        });
        log_densities
    }

    /// Calls `take(index, local)` for every point, in some order.
    fn each(&self, points: &[f32], mut take: impl FnMut(usize, Local)) {
        for eight in neighbours_together(points).chunks(LANES) {
            // The last lanes of an incomplete pack repeat its last point.
            let index = |lane: usize| 2 * eight[lane.min(eight.len() - 1)] as usize;
            let locals = self.eight(&std::array::from_fn(|i| [points[index(i)], points[index(i) + 1]]));
            for (i, local) in eight.iter().zip(locals) {
                take(*i as usize, local);
            }
        }
    }
}

/// A mixture at one sigma. Preparing it is short, because coefficients are computed where they are first needed: of the
/// thousands of branches that could be expanded, a picture expands a few hundred.
#[derive(Clone, Debug)]
struct Prepared {
    mixture: Mixture,
    /// A branch each.
    branches: Vec<Smooth>,
    expansions: Vec<OnceLock<Expansion>>,
}

/// What of a branch depends on sigma.
#[derive(Clone, Copy, Debug)]
struct Smooth {
    /// `t`, the smoothed variance of its nodes.
    t: f32,
    /// `log(2 pi t)`.
    log_norm: f32,
    /// Where its coefficients have their place, if it may be expanded.
    expansion: Option<u32>,
}

impl Prepared {
    fn new(mixture: &Mixture, sigma: f32) -> Self {
        let nodes = mixture.nodes();
        let mut branches = Vec::with_capacity(nodes.branches.len());
        let mut expandable = 0;
        for group in &nodes.groups {
            let t = group.smoothed(sigma);
            let (per_std, log_norm) = (1.0 / t.sqrt(), (TAU * t).ln());
            branches.extend(nodes.branches[group.branches.clone()].iter().map(|branch| {
                let expand = branch.range.len() >= WORTHWHILE && branch.radius * per_std < WIDEST;
                let expansion = expand.then_some(expandable);
                expandable += u32::from(expand);
                Smooth { t, log_norm, expansion }
            }));
        }
        Self {
            mixture: mixture.clone(),
            branches,
            expansions: vec![OnceLock::new(); expandable as usize],
        }
    }

    /// The expansion of a branch, where it has the place `e` among the expansions.
    fn expansion(&self, e: u32, branch: &Branch, t: f32) -> &Expansion {
        self.expansions[e as usize].get_or_init(|| {
            let (nodes, per_std) = (self.mixture.nodes(), 1.0 / t.sqrt());
            let [cx, cy] = branch.centre;
            Expansion::new(branch.range.clone().step_by(LANES).map(|first| {
                // The last lanes of an incomplete pack repeat its last node, without weight.
                let node = |i: usize| (first + i).min(branch.range.end - 1);
                let weight = |i: usize| lanes::exp(nodes.log_weight[node(i)] - branch.log_weight);
                let dx = lanes(|i| (nodes.x[node(i)] - cx) * per_std);
                let dy = lanes(|i| (nodes.y[node(i)] - cy) * per_std);
                let there = |i: usize| first + i < branch.range.end;
                ([dx, dy], lanes(|i| if there(i) { weight(i) } else { 0.0 }))
            }))
        })
    }

    /// The sums over all nodes at eight points. Long, and therefore compiled once.
    #[inline(never)]
    fn eight(&self, x: Lanes, y: Lanes) -> Sums {
        let nodes = self.mixture.nodes();
        let mut sums = Sums::new(x, y);
        let mut stack = [0_usize; 64];
        for root in nodes.groups.iter().map(|group| group.branches.start) {
            sums.expect(&nodes.branches[root], self.branches[root]);
        }
        for root in nodes.groups.iter().map(|group| group.branches.start) {
            stack[0] = root;
            let mut height = 1;
            while height > 0 {
                height -= 1;
                let k = stack[height];
                let (branch, smooth) = (&nodes.branches[k], self.branches[k]);
                let share = sums.share(branch, smooth);
                if largest(&share) < -CUT {
                    continue;
                }
                if let Some(e) = smooth.expansion
                    && sums.accepts(branch, smooth, &share)
                {
                    sums.add_expansion(branch, smooth, self.expansion(e, branch, smooth.t));
                } else if let Some(first) = branch.children {
                    let near = usize::from(sums.nearer(&nodes.branches[first + 1], &nodes.branches[first]));
                    stack[height] = first + 1 - near;
                    stack[height + 1] = first + near;
                    height += 2;
                } else {
                    let range = branch.range.clone();
                    sums.add_nodes(
                        &nodes.x[range.clone()],
                        &nodes.y[range.clone()],
                        &nodes.log_weight[range],
                        smooth,
                    );
                }
            }
        }
        sums
    }
}

/// Running sums at eight points, relative to `exp(reference)`.
struct Sums {
    x: Lanes,
    y: Lanes,
    reference: Lanes,
    mass: Lanes,
    pull_x: Lanes,
    pull_y: Lanes,
    /// A lower bound of the log density, within a few hundredths of what has been summed.
    level: Lanes,
}

impl Sums {
    fn new(x: Lanes, y: Lanes) -> Self {
        const NOTHING: f32 = -1e30;
        let zero = [0.0; LANES];
        Self {
            x,
            y,
            reference: [NOTHING; LANES],
            mass: zero,
            pull_x: zero,
            pull_y: zero,
            level: [NOTHING; LANES],
        }
    }

    fn local(&self, lane: usize) -> Local {
        let mass = self.mass[lane];
        Local {
            log_density: self.reference[lane] + mass.ln(),
            score: [self.pull_x[lane] / mass, self.pull_y[lane] / mass],
        }
    }

    /// Raises the level to what a branch contributes at least: by Jensen's inequality the mean of `exp` is at least the
    /// `exp` of the mean, and the mean squared distance is that of the centre plus the spread.
    fn expect(&mut self, branch: &Branch, smooth: Smooth) {
        let top = branch.log_weight - smooth.log_norm - branch.spread / (2.0 * smooth.t);
        let squared = self.squared_distance(branch);
        self.level = lanes(|i| larger(self.level[i], top - squared[i] / (2.0 * smooth.t)));
    }

    #[inline(always)]
    fn squared_distance(&self, branch: &Branch) -> Lanes {
        let [cx, cy] = branch.centre;
        lanes(|i| (self.x[i] - cx) * (self.x[i] - cx) + (self.y[i] - cy) * (self.y[i] - cy))
    }

    /// Logarithm of the largest share of the density that the branch can have, at each point.
    #[inline(always)]
    fn share(&self, branch: &Branch, smooth: Smooth) -> Lanes {
        let [[left, bottom], [right, top]] = branch.bounds;
        let half_per_t = 0.5 / smooth.t;
        let peak = branch.log_weight - smooth.log_norm;
        lanes(|i| {
            let dx = larger(larger(left - self.x[i], self.x[i] - right), 0.0);
            let dy = larger(larger(bottom - self.y[i], self.y[i] - top), 0.0);
            peak - (dx * dx + dy * dy) * half_per_t - self.level[i]
        })
    }

    /// Whether the branch's expansion is accurate enough at all points: `share (radius |u|)^(ORDER + 1)` is small.
    #[inline(always)]
    fn accepts(&self, branch: &Branch, smooth: Smooth, share: &Lanes) -> bool {
        let squared = self.squared_distance(branch);
        let per = branch.radius * branch.radius / (smooth.t * smooth.t);
        largest(&lanes(|i| {
            share[i] + 0.5 * (ORDER + 1) as f32 * rough_ln(squared[i] * per)
        })) < LOG_REST
    }

    /// Whether the first branch is nearer than the second, to the first of the points.
    #[inline(always)]
    fn nearer(&self, a: &Branch, b: &Branch) -> bool {
        let squared = |c: [f32; 2]| (self.x[0] - c[0]) * (self.x[0] - c[0]) + (self.y[0] - c[1]) * (self.y[0] - c[1]);
        squared(a.centre) < squared(b.centre)
    }

    fn add_expansion(&mut self, branch: &Branch, smooth: Smooth, expansion: &Expansion) {
        let per_std = 1.0 / smooth.t.sqrt();
        let [cx, cy] = branch.centre;
        let ux = lanes(|i| (self.x[i] - cx) * per_std);
        let uy = lanes(|i| (self.y[i] - cy) * per_std);
        let top = branch.log_weight - smooth.log_norm;
        let l = lanes(|i| top - (ux[i] * ux[i] + uy[i] * uy[i]) * 0.5);
        self.raise(&l);
        let p = expansion.at(&ux, &uy);
        let e = lanes(|i| lanes::exp(l[i] - self.reference[i]));
        self.mass = lanes(|i| self.mass[i] + e[i] * p.value[i]);
        self.pull_x = lanes(|i| self.pull_x[i] + e[i] * (p.dx[i] - ux[i] * p.value[i]) * per_std);
        self.pull_y = lanes(|i| self.pull_y[i] + e[i] * (p.dy[i] - uy[i] * p.value[i]) * per_std);
        self.settle();
    }

    fn add_nodes(&mut self, x: &[f32], y: &[f32], log_weight: &[f32], smooth: Smooth) {
        let half_per_t = 0.5 / smooth.t;
        let mut peak = [f32::NEG_INFINITY; LANES];
        let nodes = || x.iter().zip(y).zip(log_weight);
        for ((mx, my), lw) in nodes() {
            let top = lw - smooth.log_norm;
            peak = lanes(|i| {
                let (dx, dy) = (mx - self.x[i], my - self.y[i]);
                larger(peak[i], top - (dx * dx + dy * dy) * half_per_t)
            });
        }
        self.raise(&peak);
        let (mut mass, mut pull_x, mut pull_y) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for ((mx, my), lw) in nodes() {
            let top = lw - smooth.log_norm;
            for i in 0..LANES {
                let (dx, dy) = (mx - self.x[i], my - self.y[i]);
                let e = lanes::exp(top - (dx * dx + dy * dy) * half_per_t - self.reference[i]);
                mass[i] += e;
                pull_x[i] += e * dx;
                pull_y[i] += e * dy;
            }
        }
        let per_t = 1.0 / smooth.t;
        self.mass = lanes(|i| self.mass[i] + mass[i]);
        self.pull_x = lanes(|i| self.pull_x[i] + pull_x[i] * per_t);
        self.pull_y = lanes(|i| self.pull_y[i] + pull_y[i] * per_t);
        self.settle();
    }

    /// Raises the reference to the given exponents where they are higher.
    #[inline(always)]
    fn raise(&mut self, peak: &Lanes) {
        if largest(&lanes(|i| peak[i] - self.reference[i])) > 0.0 {
            let reference = lanes(|i| larger(self.reference[i], peak[i]));
            let shrink = lanes(|i| lanes::exp(self.reference[i] - reference[i]));
            self.mass = lanes(|i| self.mass[i] * shrink[i]);
            self.pull_x = lanes(|i| self.pull_x[i] * shrink[i]);
            self.pull_y = lanes(|i| self.pull_y[i] * shrink[i]);
            self.reference = reference;
        }
    }

    #[inline(always)]
    fn settle(&mut self) {
        self.level = lanes(|i| larger(self.level[i], self.reference[i] + rough_ln(self.mass[i])));
    }
}
