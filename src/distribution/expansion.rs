//! Many nearby Gaussians as one: a polynomial times a Gaussian around their centre.
//!
//! With `u = (x - c) / sqrt t` and `d_j = (m_j - c) / sqrt t`, exactly
//! `sum w_j exp(-|u - d_j|² / 2) = exp(-|u|² / 2) sum w_j exp(-|d_j|² / 2) exp(u · d_j)`, and the last exponential is
//! expanded in powers of `u · d_j`. What is left out is at most `(|u| max |d|)^(ORDER + 1) / (ORDER + 1)!` of the
//! whole, so the error is relative also where the density itself is minute, which an expansion in Hermite functions (the
//! fast Gauss transform, Greengard & Strain 1991) does not give.

use super::lanes::{LANES, Lanes, lanes};

/// Highest total power.
pub(super) const ORDER: usize = 6;

/// Coefficients `c_ab` of `u_x^a u_y^b`, `a + b <= ORDER`: for each a from 0 up, b from 0 up.
const COUNT: usize = (ORDER + 1) * (ORDER + 2) / 2;

/// The coefficients `sum w_j exp(-|d_j|² / 2) d_x^a d_y^b / (a! b!)`.
#[derive(Clone, Debug)]
pub(super) struct Expansion([f32; COUNT]);

/// Value and gradient with respect to `u` of the polynomial, at [`LANES`] points.
pub(super) struct Polynomial {
    /// Values.
    pub value: Lanes,
    /// Derivatives along x.
    pub dx: Lanes,
    /// Derivatives along y.
    pub dy: Lanes,
}

impl Expansion {
    /// Of Gaussians given as offsets `d_j`, eight at a time, and weights `w_j`; lanes without a Gaussian weigh nothing.
    pub fn new(members: impl Iterator<Item = ([Lanes; 2], Lanes)>) -> Self {
        let mut c = [[0.0; LANES]; COUNT];
        for ([dx, dy], w) in members {
            let mut across = lanes(|i| w[i] * super::lanes::exp(-(dx[i] * dx[i] + dy[i] * dy[i]) / 2.0));
            let mut k = 0;
            for a in 0..=ORDER {
                let mut term = across;
                for b in 0..=ORDER - a {
                    c[k] = lanes(|i| c[k][i] + term[i]);
                    k += 1;
                    term = lanes(|i| term[i] * (dy[i] * RECIPROCAL[b + 1]));
                }
                across = lanes(|i| across[i] * (dx[i] * RECIPROCAL[a + 1]));
            }
        }
        Self(c.map(|c| c.iter().sum()))
    }

    /// Horner's rule in both variables.
    #[inline(always)]
    pub fn at(&self, ux: &Lanes, uy: &Lanes) -> Polynomial {
        let c = &self.0;
        let (mut value, mut dx, mut dy) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let mut end = COUNT;
        for a in (0..=ORDER).rev() {
            let start = end - (ORDER + 1 - a);
            let (mut row, mut slope) = ([c[end - 1]; LANES], [0.0; LANES]);
            for k in (start..end - 1).rev() {
                slope = lanes(|i| slope[i] * uy[i] + row[i]);
                row = lanes(|i| row[i] * uy[i] + c[k]);
            }
            dx = lanes(|i| dx[i] * ux[i] + value[i]);
            value = lanes(|i| value[i] * ux[i] + row[i]);
            dy = lanes(|i| dy[i] * ux[i] + slope[i]);
            end = start;
        }
        Polynomial { value, dx, dy }
    }
}

/// `1 / n`, from n = 0, where it is not used.
const RECIPROCAL: [f32; ORDER + 2] = {
    let mut table = [0.0; ORDER + 2];
    let mut n = 1;
    while n < ORDER + 2 {
        table[n] = 1.0 / n as f32;
        n += 1;
    }
    table
};
