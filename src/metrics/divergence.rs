//! Kullback-Leibler divergence between the truth and a model's density: on a grid, by the likelihood of draws, or by
//! counting them.

/// What was found on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridDivergence {
    /// `KL(p || q)`, nats.
    pub nats: f32,
    /// How much of `p` is on the grid, 1 if it covers everything: what is outside is missing from the divergence.
    pub mass: f32,
}

/// What was found by sampling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// `KL(p || q)`, nats. Can come out a little below 0.
    pub nats: f32,
    /// Standard error of it.
    pub standard_error: f32,
}

/// Logarithm of the integral of `exp(values)` over a grid of cells of this area, by the midpoint rule and without
/// overflow. Subtract it from `-E` for a normalised log density: `log q = -E - log Z`.
///
/// For smooth densities the midpoint rule is nearly exact when cells are at most 1.5 standard deviations wide; the grid
/// must reach beyond everything that has weight.
pub fn log_normaliser(values: &[f32], cell_area: f32) -> f32 {
    let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !top.is_finite() {
        return top; // nothing there, or too much
    }
    let sum: f64 = values.iter().map(|&value| f64::from(value - top).exp()).sum();
    (f64::from(top) + sum.ln() + f64::from(cell_area).ln()) as f32
}

/// `KL(p || q) = ∫ p (log p - log q) dx` by the midpoint rule over a grid of cells of this area.
///
/// log_p, log_q: normalised log densities at the cells' centres, in one order, equally many. Infinite where `q` is zero
/// and `p` is not; NaN when a value of `q` is NaN.
pub fn on_grid(log_p: &[f32], log_q: &[f32], cell_area: f32) -> GridDivergence {
    let (mut sum, mut mass) = (0.0, 0.0);
    for (&p, &q) in log_p.iter().zip(log_q) {
        let weight = f64::from(p).exp();
        // 0 log 0 = 0.
        if weight > 0.0 {
            sum += weight * (f64::from(p) - f64::from(q));
            mass += weight;
        }
    }
    GridDivergence {
        nats: (sum * f64::from(cell_area)) as f32,
        mass: (mass * f64::from(cell_area)) as f32,
    }
}

/// `KL(p || q) = E_p[log p - log q]`, the mean over draws of `p`, with its standard error.
///
/// log_p, log_q: log densities at the draws, in one order, equally many. One draw has no standard error and none has no
/// divergence: NaN.
pub fn by_likelihood(log_p: &[f32], log_q: &[f32]) -> Estimate {
    let differences = || log_p.iter().zip(log_q).map(|(&p, &q)| f64::from(p) - f64::from(q));
    let n = log_p.len().min(log_q.len()) as f64;
    let mean = differences().sum::<f64>() / n;
    let variance = differences().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Estimate {
        nats: mean as f32,
        standard_error: (variance / n).sqrt() as f32,
    }
}

/// `KL(p || q)` between a cloud and a density, both told apart no finer than the cells in which the cloud is counted.
///
/// counts: particles a cell, `n` in all; masses: `q`'s share of each cell, in one order. Taking shares of counts for
/// probabilities would find a divergence of about half the number of occupied cells over `n` by chance alone, also for a
/// cloud that has the density `q`. So logarithms of counts are replaced by Grassberger's (2003, "Entropy estimates from
/// insufficient samplings"), which leave almost no bias where a cell expects more than one particle. The estimate can
/// come out a little below 0. Particles outside all cells are not counted; NaN without particles.
pub fn by_counts(counts: &[u32], masses: &[f32]) -> f32 {
    let n: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let terms = counts.iter().zip(masses).filter(|(count, _)| **count > 0);
    let sum: f64 = terms
        .map(|(&count, &mass)| f64::from(count) * (unbiased_ln(count) - f64::from(mass).ln()))
        .sum();
    (sum / n - n.ln()) as f32
}

/// Grassberger's `G(n)`, for which the mean of `n G(n)` over Poisson counts of mean `m` is nearly `m ln m`; `n > 0`.
fn unbiased_ln(n: u32) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    /// From here on `G(n)` is `ln n` to seven digits.
    const LARGE: u32 = 1000;
    if n >= LARGE {
        return f64::from(n).ln();
    }
    // G(1) = -gamma - ln 2, G(2k) = G(2k - 1) + 2 / (2k - 1), G(2k + 1) = G(2k).
    let odd = (1..=n / 2).map(|k| 2.0 / f64::from(2 * k - 1));
    odd.sum::<f64>() - EULER - std::f64::consts::LN_2
}
