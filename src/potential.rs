//! The energy of a score field on a grid: its least-squares potential.
//!
//! A score network gives `s`, not `E`, and a learned `s` is not exactly a gradient, so that integrating it along
//! different paths gives different energies. The potential shown is the one whose slopes fit the field best where the
//! data are:
//!
//! ```text
//! minimise  sum over edges (a, b) of  w_ab (E_b - E_a + ∫_a^b s dl)²,   w = p_sigma, cut off below
//! ```
//!
//! Edges join neighbours of the grid and there is no condition at the border (Neumann). The weights keep the errors of
//! the void, where nothing was learned, from bending the wells. The normal equations are a weighted Poisson problem,
//! solved by conjugate gradients with the preconditioner of Concus & Golub (SIAM J. Numer. Anal. 10, 1973): with
//! `E = w^-1/2 u` the weighted Laplacian becomes the plain one plus a potential, which is replaced by a constant `K`;
//! the plain Laplacian plus `K` is diagonal in the basis of the discrete cosine transform.

mod poisson;

use poisson::Poisson;

use crate::engine::protocol::Grid;

/// Weights are cut off this many nats below the highest density, where the mask begins: with a deeper floor the number
/// of iterations grows and nothing that is shown gains; with a higher one the void would begin to bend the wells.
const FLOOR: f64 = MASK;

/// Energies are masked where the log density is further than this below its maximum, nats.
pub const MASK: f64 = 12.0;

/// Where to stop: no edge within [`TOLERATED_DEPTH`] nats of the densest point may be off by more than this, in nats.
const TOLERANCE: f64 = 0.01;

/// See [`TOLERANCE`].
const TOLERATED_DEPTH: f64 = 8.0;

/// The error is estimated from the progress of this many iterations.
const WINDOW: usize = 4;

/// An end for fields that cannot converge; smooth ones need 15 to 150 iterations.
const MAX_ITERATIONS: usize = 600;

/// A solver for the least-squares potential of one field, which can be run in slices of any length.
///
/// It works in `f64`: the weights span five orders of magnitude, and the conjugate directions would not stay conjugate
/// in `f32`.
pub struct Potential {
    edges: Edges,
    poisson: Poisson,
    inside: Vec<bool>,
    energy: Vec<f64>,
    residual: Vec<f64>,
    direction: Vec<f64>,
    scratch: Vec<f64>,
    /// `residual · M⁻¹ residual`.
    norm: f64,
    /// What the last iterations each took off the squared error, in the norm that is minimised.
    progress: [f64; WINDOW],
    iterations: usize,
}

impl Potential {
    /// Sets the problem up.
    ///
    /// - `score`: at the grid's points, `[s0x, s0y, …]`, rows from low to high y, per stage unit
    /// - `log_density`: of the smoothed data at the same points, nats; any constant may be added to it
    /// - `start`: an earlier solution on the same grid, from which far fewer iterations are needed; masked values are
    ///   allowed in it
    ///
    /// Scores that are missing or not finite count as zero, densities as zero, a `start` of another length as none.
    pub fn new(grid: Grid, score: &[f32], log_density: &[f32], start: Option<&[f32]>) -> Self {
        let side = grid.side.max(2) as usize;
        let count = side * side;
        let depth = depths(log_density, count);
        let weights: Vec<f64> = depth.iter().map(|d| (-d.min(FLOOR)).exp()).collect();
        let edges = Edges::new(side, &weights);
        let (right, up) = drops(side, f64::from(grid.spacing()), score);
        let energy = start
            .filter(|s| s.len() == count)
            .map_or_else(|| vec![0.0; count], filled);

        let mut residual = edges.divergence(&right, &up);
        let mut scratch = vec![0.0; count];
        edges.apply(&energy, &mut scratch);
        residual.iter_mut().zip(&scratch).for_each(|(r, a)| *r -= a);

        let mut poisson = Poisson::new(side, &weights);
        let mut direction = vec![0.0; count];
        poisson.apply(&residual, &mut direction);
        let norm = dot(&residual, &direction);
        let inside = depth.iter().map(|&d| d <= MASK).collect();
        Self {
            edges,
            poisson,
            inside,
            energy,
            residual,
            direction,
            scratch,
            norm,
            progress: [f64::INFINITY; WINDOW],
            iterations: 0,
        }
    }

    /// One iteration of preconditioned conjugate gradients; true when there is nothing left to do.
    ///
    /// Converged means: what the last four iterations took off the squared error, a close estimate of what was left
    /// before them (Strakos & Tichy, ETNA 13, 2002), is so small that no edge with data on it is off by 0.01 nat.
    pub fn iterate(&mut self) -> bool {
        if self.converged() {
            return true;
        }
        self.edges.apply(&self.direction, &mut self.scratch);
        let curvature = dot(&self.direction, &self.scratch);
        if !(curvature > 0.0 && self.norm > 0.0) {
            // Rounding is all that is left of the residual (or the field is exactly flat).
            self.progress = [0.0; WINDOW];
            return true;
        }
        let step = self.norm / curvature;
        self.energy
            .iter_mut()
            .zip(&self.direction)
            .for_each(|(e, d)| *e += step * d);
        self.residual
            .iter_mut()
            .zip(&self.scratch)
            .for_each(|(r, a)| *r -= step * a);
        self.progress[self.iterations % WINDOW] = step * self.norm;
        self.iterations += 1;

        self.poisson.apply(&self.residual, &mut self.scratch);
        let norm = dot(&self.residual, &self.scratch);
        let keep = norm / self.norm;
        self.norm = norm;
        self.direction
            .iter_mut()
            .zip(&self.scratch)
            .for_each(|(d, z)| *d = z + keep * *d);
        self.converged()
    }

    /// Iterations so far.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Energies in nats above the lowest one inside the data's region, rows from low to high y; NaN where the log
    /// density is over 12 nats below its maximum and the potential means nothing.
    pub fn energy(&self) -> Vec<f32> {
        let lowest = self.lowest();
        self.energy
            .iter()
            .zip(&self.inside)
            .map(|(e, &i)| if i { (e - lowest) as f32 } else { f32::NAN })
            .collect()
    }

    /// The same without the mask: the best `start` for the next solution on this grid.
    pub fn unmasked(&self) -> Vec<f32> {
        let lowest = self.lowest();
        self.energy.iter().map(|e| (e - lowest) as f32).collect()
    }

    /// Iterates to the end; the result is that of [`Potential::energy`].
    pub fn solve(mut self) -> Vec<f32> {
        while !self.iterate() {}
        self.energy()
    }

    fn converged(&self) -> bool {
        let tolerated = (-TOLERATED_DEPTH).exp() * TOLERANCE * TOLERANCE;
        self.progress.iter().sum::<f64>() < tolerated || self.iterations >= MAX_ITERATIONS
    }

    fn lowest(&self) -> f64 {
        let region = self.energy.iter().zip(&self.inside).filter(|&(_, &inside)| inside);
        region.map(|(e, _)| *e).reduce(f64::min).unwrap_or(0.0)
    }
}

/// Nats below the highest density; infinite where the density is unknown.
fn depths(log_density: &[f32], count: usize) -> Vec<f64> {
    let highest = log_density
        .iter()
        .copied()
        .filter(|l| l.is_finite())
        .fold(f32::NEG_INFINITY, f32::max);
    let known = log_density.iter().map(|&l| {
        if l.is_finite() {
            f64::from(highest) - f64::from(l)
        } else {
            f64::INFINITY
        }
    });
    known.chain(std::iter::repeat(f64::INFINITY)).take(count).collect()
}

/// A starting point without holes: what was masked lies at the height of the highest known value.
fn filled(start: &[f32]) -> Vec<f64> {
    let top = start
        .iter()
        .copied()
        .filter(|e| e.is_finite())
        .fold(f32::NEG_INFINITY, f32::max);
    let top = if top.is_finite() { top } else { 0.0 };
    start
        .iter()
        .map(|&e| f64::from(if e.is_finite() { e } else { top }))
        .collect()
}

/// The energy drops `∫ s dl` along the edges to the right and upward of each point; 0 where there is no such edge.
fn drops(side: usize, spacing: f64, score: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let at = |axis: usize, k: usize| {
        score
            .get(2 * k + axis)
            .copied()
            .filter(|s| s.is_finite())
            .map_or(0.0, f64::from)
    };
    let (mut right, mut up) = (vec![0.0; side * side], vec![0.0; side * side]);
    for line in 0..side {
        for i in 0..side - 1 {
            right[line * side + i] = spacing * edge_mean(|k| at(0, line * side + k), i, side);
            up[i * side + line] = spacing * edge_mean(|k| at(1, k * side + line), i, side);
        }
    }
    (right, up)
}

/// Mean of `f` over the edge from point `i` to `i + 1` of a line of `n` points: the integral of the cubic through the
/// four nearest points, so that the error of an edge is of fifth order in the spacing, against third with the mean of
/// the two ends.
fn edge_mean(f: impl Fn(usize) -> f64, i: usize, n: usize) -> f64 {
    if n < 4 {
        (f(i) + f(i + 1)) / 2.0
    } else if i == 0 {
        (9.0 * f(0) + 19.0 * f(1) - 5.0 * f(2) + f(3)) / 24.0
    } else if i + 2 == n {
        (9.0 * f(n - 1) + 19.0 * f(n - 2) - 5.0 * f(n - 3) + f(n - 4)) / 24.0
    } else {
        (13.0 * (f(i) + f(i + 1)) - f(i - 1) - f(i + 2)) / 24.0
    }
}

/// Weights of the edges to the right and upward of each point; 0 where there is no such edge.
struct Edges {
    side: usize,
    right: Vec<f64>,
    up: Vec<f64>,
}

impl Edges {
    /// An edge weighs the geometric mean of its ends, which is the density in its middle when the log is smooth.
    fn new(side: usize, weights: &[f64]) -> Self {
        let (mut right, mut up) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        for row in 0..side {
            for i in 0..side {
                let k = row * side + i;
                if i + 1 < side {
                    right[k] = (weights[k] * weights[k + 1]).sqrt();
                }
                if row + 1 < side {
                    up[k] = (weights[k] * weights[k + side]).sqrt();
                }
            }
        }
        Self { side, right, up }
    }

    /// The weighted drops that leave each point less those that reach it: the right-hand side of the normal equations.
    fn divergence(&self, right: &[f64], up: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.right.len()];
        for k in 0..out.len() {
            let (r, u) = (self.right[k] * right[k], self.up[k] * up[k]);
            out[k] += r + u;
            if let Some(next) = out.get_mut(k + 1) {
                *next -= r;
            }
            if let Some(above) = out.get_mut(k + self.side) {
                *above -= u;
            }
        }
        out
    }

    /// The weighted graph Laplacian of `x`.
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let n = self.side;
        for (row, ((values, right), out)) in x
            .chunks_exact(n)
            .zip(self.right.chunks_exact(n))
            .zip(out.chunks_exact_mut(n))
            .enumerate()
        {
            out.fill(0.0);
            for i in 0..n - 1 {
                let flow = right[i] * (values[i] - values[i + 1]);
                out[i] += flow;
                out[i + 1] -= flow;
            }
            let start = row * n;
            if let Some(above) = x.get(start + n..start + 2 * n) {
                let up = &self.up[start..start + n];
                for i in 0..n {
                    out[i] += up[i] * (values[i] - above[i]);
                }
            }
            if row > 0 {
                let (below, up) = (&x[start - n..start], &self.up[start - n..start]);
                for i in 0..n {
                    out[i] += up[i] * (values[i] - below[i]);
                }
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
