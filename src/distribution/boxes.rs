//! A uniform density on cells of a grid (the checkerboard): products of differences of normal distribution functions.
//!
//! Everything is written with the scaled complementary error function, whose relative error stays small in the tails:
//! a plain difference of distribution functions is 0 / 0 in f32 from 13 sigma outside.

use rand::{Rng, RngExt};

use super::exact::Local;

/// A uniform density on some cells of a grid.
#[derive(Clone, Debug)]
pub struct Boxes {
    /// Column intervals `[left, right]`.
    columns: Vec<[f32; 2]>,
    /// Row intervals `[bottom, top]`.
    rows: Vec<[f32; 2]>,
    /// The filled cells, as column and row.
    cells: Vec<[usize; 2]>,
    /// Logarithm of the filled area.
    log_area: f32,
}

/// The mass that one interval of unit density leaves at one coordinate, and its derivatives.
#[derive(Clone, Copy, Debug, Default)]
struct Segment {
    /// `ln P`, `P = Phi((x - a) / sigma) - Phi((x - b) / sigma)`.
    log_mass: f32,
    /// `P' / P`.
    slope: f32,
    /// `P'' / P`.
    bend: f32,
}

impl Boxes {
    /// The cells `[column, row]` of the grid with these edges (ascending); cells out of the grid are left out.
    pub(super) fn new(x_edges: &[f32], y_edges: &[f32], cells: &[[usize; 2]]) -> Self {
        let intervals = |edges: &[f32]| edges.windows(2).map(|w| [w[0], w[1]]).collect::<Vec<_>>();
        let (columns, rows) = (intervals(x_edges), intervals(y_edges));
        let cells: Vec<_> = cells
            .iter()
            .copied()
            .filter(|[i, j]| *i < columns.len() && *j < rows.len())
            .collect();
        let area: f32 = cells
            .iter()
            .map(|[i, j]| (columns[*i][1] - columns[*i][0]) * (rows[*j][1] - rows[*j][0]))
            .sum();
        Self {
            columns,
            rows,
            cells,
            log_area: area.ln(),
        }
    }

    pub(super) fn corners(&self) -> impl Iterator<Item = ([f32; 2], [f32; 2])> {
        self.cells.iter().map(|[i, j]| (self.columns[*i], self.rows[*j]))
    }

    pub(super) fn mean(&self) -> [f32; 2] {
        let (mut mean, mut area) = ([0.0; 2], 0.0);
        for (c, r) in self.corners() {
            let a = (c[1] - c[0]) * (r[1] - r[0]);
            area += a;
            mean[0] += a * (c[0] + c[1]) / 2.0;
            mean[1] += a * (r[0] + r[1]) / 2.0;
        }
        mean.map(|m| m / area)
    }

    /// Mean per-axis variance.
    pub(super) fn variance(&self) -> f32 {
        let mean = self.mean();
        let (mut variance, mut area) = (0.0, 0.0);
        for (c, r) in self.corners() {
            let (width, height) = (c[1] - c[0], r[1] - r[0]);
            let [dx, dy] = [(c[0] + c[1]) / 2.0 - mean[0], (r[0] + r[1]) / 2.0 - mean[1]];
            area += width * height;
            variance += width * height * (dx * dx + dy * dy + (width * width + height * height) / 12.0) / 2.0;
        }
        variance / area
    }

    pub(super) fn bounds(&self) -> [[f32; 2]; 2] {
        self.corners()
            .fold([[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]], |[low, high], (c, r)| {
                [
                    [low[0].min(c[0]), low[1].min(r[0])],
                    [high[0].max(c[1]), high[1].max(r[1])],
                ]
            })
    }

    /// The intervals of one axis (0: columns, 1: rows), each with the density inside it that its cells leave when the other
    /// coordinate is integrated over.
    pub(super) fn shares(&self, axis: usize) -> impl Iterator<Item = ([f32; 2], f32)> {
        let [ours, others] = if axis == 0 {
            [&self.columns, &self.rows]
        } else {
            [&self.rows, &self.columns]
        };
        let length = move |k: usize| others[k][1] - others[k][0];
        ours.iter().enumerate().map(move |(i, interval)| {
            let cells = self.cells.iter().filter(move |cell| cell[axis] == i);
            let total: f32 = cells.map(|cell| length(cell[1 - axis])).sum();
            (*interval, total * (-self.log_area).exp())
        })
    }

    /// What noise leaves at `x` of an interval of unit density.
    pub(super) fn mass(x: f32, interval: [f32; 2], sigma: f32) -> f32 {
        segment(x, interval, sigma).log_mass.exp()
    }

    /// All cells are equally likely: the grid's cells are of equal size in every set that is made of them.
    pub(super) fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> [f32; 2] {
        let [i, j] = self.cells[rng.random_range(0..self.cells.len())];
        let ([left, right], [bottom, top]) = (self.columns[i], self.rows[j]);
        let [u, v]: [f32; 2] = [rng.random(), rng.random()];
        [left + u * (right - left), bottom + v * (top - bottom)]
    }

    /// `p = sum over cells of P(x) P(y) / area`, by log-sum-exp over the cells.
    pub(super) fn local(&self, x: [f32; 2], sigma: f32) -> Local {
        let mut score = [0.0; 2];
        let log_density = self.weigh(x, sigma, |r, h, v| {
            score[0] += r * h.slope;
            score[1] += r * v.slope;
        });
        Local { log_density, score }
    }

    /// The Hessian of the log density: `sum r (grad² p_c / p_c) - s sᵀ`, `r` being the cells' responsibilities.
    pub(super) fn jacobian(&self, x: [f32; 2], sigma: f32) -> [[f32; 2]; 2] {
        let s = self.local(x, sigma).score;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        self.weigh(x, sigma, |r, h, v| {
            let [a, b] = [h.slope - s[0], v.slope - s[1]];
            xx += r * (h.bend - h.slope * h.slope + a * a);
            xy += r * a * b;
            yy += r * (v.bend - v.slope * v.slope + b * b);
        });
        [[xx, xy], [xy, yy]]
    }

    /// Calls `visit(responsibility, horizontal, vertical)` for every cell and returns the log density. The intervals
    /// are shared by the cells, so their terms are computed once.
    fn weigh(&self, x: [f32; 2], sigma: f32, mut visit: impl FnMut(f32, Segment, Segment)) -> f32 {
        let across: Vec<Segment> = self.columns.iter().map(|c| segment(x[0], *c, sigma)).collect();
        let up: Vec<Segment> = self.rows.iter().map(|r| segment(x[1], *r, sigma)).collect();
        let terms = || self.cells.iter().map(|[i, j]| (across[*i], up[*j]));
        let peak = terms().fold(f32::NEG_INFINITY, |peak, (h, v)| peak.max(h.log_mass + v.log_mass));
        let shares: Vec<f32> = terms().map(|(h, v)| (h.log_mass + v.log_mass - peak).exp()).collect();
        let sum: f32 = shares.iter().sum();
        for ((h, v), share) in terms().zip(shares) {
            visit(share / sum, h, v);
        }
        peak + sum.ln() - self.log_area
    }
}

/// The terms of the interval `[a, b]` at `x`.
///
/// Reflected so that `x` is right of the middle, with `z_a = (x - a) / sigma >= |z_b|`. Outside (`z_b >= 0`)
/// `P = Q(z_b) - Q(z_a)`, inside `P = 1 - Q(z_a) - Q(-z_b)`, the upper tail being
/// `Q(z) = exp(-z² / 2) scaled_tail(z) / 2`; `phi(z_a) = phi(z_b) exp(-(z_a² - z_b²) / 2)` keeps the slope from cancelling.
fn segment(x: f32, [a, b]: [f32; 2], sigma: f32) -> Segment {
    let middle = x - (a + b) / 2.0;
    let mirror = if middle < 0.0 { -1.0 } else { 1.0 };
    let (m, half) = (middle.abs() / sigma, (b - a) / (2.0 * sigma));
    let (za, zb) = (m + half, m - half);
    let width = 2.0 * half;
    // phi(za) / phi(zb) = exp(-width m)
    let fall = (-width * m).exp();
    // `hazard` is phi(z_b) / P.
    let (log_mass, hazard) = if zb >= 0.0 {
        let scaled = scaled_tail(zb) - fall * scaled_tail(za);
        (-zb * zb / 2.0 + (scaled / 2.0).ln(), SQRT_2_OVER_PI / scaled)
    } else {
        let peak = (-zb * zb / 2.0).exp();
        let outside = peak * (scaled_tail(-zb) + fall * scaled_tail(za)) / 2.0;
        let mass = 1.0 - outside;
        ((-outside).ln_1p(), SQRT_2_OVER_PI / 2.0 * peak / mass)
    };
    let slope = hazard * (-width * m).exp_m1() / sigma;
    let bend = hazard * (zb - za * fall) / (sigma * sigma);
    Segment {
        log_mass,
        slope: mirror * slope,
        bend,
    }
}

/// `sqrt(2 / pi)`, twice the normal density at 0.
const SQRT_2_OVER_PI: f32 = 0.797_884_6;

/// `erfc(z / sqrt 2) exp(z² / 2)` for `z >= 0`, relative error below 3e-7: `t` times a polynomial in
/// `t = 3.5 / (3.5 + z)`, fitted by Chebyshev interpolation over all `z` (the approximation alone is good to 4e-8).
fn scaled_tail(z: f32) -> f32 {
    const C: [f32; 11] = [
        0.227_967_02,
        0.227_967_11,
        0.209_351_94,
        0.172_278_4,
        0.119_104_94,
        0.076_949_64,
        -0.035_460_616,
        0.111_277_84,
        -0.215_785_95,
        0.135_470_43,
        -0.029_120_74,
    ];
    let t = 3.5 / (3.5 + z);
    t * C.iter().rev().fold(0.0, |sum, c| sum * t + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scaled_tail_has_a_small_relative_error_everywhere() {
        // By 40-digit arithmetic.
        let known = [
            (0.0, 1.0),
            (0.3, 0.799_350_6),
            (1.0, 0.523_156_6),
            (2.0, 0.336_204),
            (4.0, 0.188_821_28),
            (6.0, 0.129_558_63),
            (9.0, 0.087_597_58),
            (14.0, 0.056_705_32),
            (25.0, 0.031_864_56),
        ];
        for (z, truth) in known {
            assert!(
                (scaled_tail(z) / truth - 1.0).abs() < 4e-7,
                "z = {z}: {} against {truth}",
                scaled_tail(z)
            );
        }
    }
}
