//! The density of a Langevin cloud as theory has it: the Fokker-Planck equation on a grid, and how it approaches its
//! target.
//!
//! Langevin dynamics `dx = s dt + sqrt(2) dW` with `s = grad log pi` moves the density of its particles by
//!
//! ```text
//! dp/dt = -div(p s) + Laplacian(p) = div(pi grad(p / pi))
//! ```
//!
//! and so `d/dt KL(p || pi) = -∫ p |grad log(p / pi)|² = -FI(p || pi)`: the divergence falls at the rate of the relative
//! Fisher information, which is (twice) what explicit score matching measures.

use web_time::Instant;

use crate::engine::protocol::Grid;

/// Share of the largest stable time step that is taken: every cell keeps some of its mass.
const CAUTION: f32 = 0.9;

/// A density on the cells of a grid that approaches its target `pi`.
///
/// Cells exchange mass by the scheme of Scharfetter & Gummel (1969), which is second order in their width, keeps
/// densities positive, keeps their mass, has `pi` as its exact equilibrium, and has a discrete Fisher information that
/// is exactly the rate at which the discrete divergence falls. No mass leaves the grid.
#[derive(Clone, Debug)]
pub struct FokkerPlanck {
    side: usize,
    /// Logarithms of the target's cell masses.
    log_target: Vec<f32>,
    /// Cell masses, adding up to 1.
    masses: Vec<f32>,
    /// Between a cell and its right neighbour.
    across: Exchange,
    /// Between a cell and the one above.
    upward: Exchange,
    /// The masses before the step under way.
    before: Vec<f32>,
    /// Largest stable time step, with caution.
    step: f32,
    time: f64,
}

/// Rates, per unit of time, at which mass goes from each cell to a neighbour and comes back, and the net flow now.
#[derive(Clone, Debug)]
struct Exchange {
    /// Index distance of the neighbour.
    stride: usize,
    out: Vec<f32>,
    back: Vec<f32>,
    flow: Vec<f32>,
}

impl FokkerPlanck {
    /// A cloud on its way.
    ///
    /// - `grid`: cells are centred on its points
    /// - `log_target`: `log pi` at its points, up to a constant; finite
    /// - `start`: the starting density at its points, up to a factor; not negative, somewhere positive
    /// - `diffusion`: `D` in `dx = D grad log pi dt + sqrt(2 D) dW`, 1 for Langevin dynamics of `pi` itself. Dynamics with
    ///   drift `beta s` and noise `c sqrt(2) dW` have `pi = p^(beta / c²)` and `D = c²`.
    pub fn new(grid: Grid, log_target: &[f32], start: &[f32], diffusion: f32) -> Self {
        let side = grid.side as usize;
        let log_total = super::divergence::log_normaliser(log_target, 1.0);
        let log_target: Vec<f32> = log_target.iter().map(|value| value - log_total).collect();
        let total: f64 = start.iter().map(|&mass| f64::from(mass)).sum();
        let masses: Vec<f32> = start.iter().map(|&mass| (f64::from(mass) / total) as f32).collect();
        let rate = diffusion / grid.spacing().powi(2);
        let across = Exchange::new(&log_target, 1, rate, |k| k % side + 1 < side);
        let upward = Exchange::new(&log_target, side, rate, |_| true);
        let step = CAUTION / fastest(&[&across, &upward]);
        Self {
            side,
            log_target,
            before: masses.clone(),
            masses,
            across,
            upward,
            step,
            time: 0.0,
        }
    }

    /// Goes on to this Langevin time, or as far towards it as it gets before the deadline; true when it is there.
    pub fn advance(&mut self, time: f32, deadline: Instant) -> bool {
        loop {
            let left = f64::from(time) - self.time;
            if left <= 0.0 {
                return true;
            }
            self.step(f64::from(self.step).min(left));
            if Instant::now() >= deadline {
                return self.time >= f64::from(time);
            }
        }
    }

    /// One step of Heun's scheme in the form of Shu & Osher (1988): the mean of here and two steps of Euler's, and so as
    /// positive as they are.
    fn step(&mut self, dt: f64) {
        self.before.copy_from_slice(&self.masses);
        self.euler(dt as f32);
        self.euler(dt as f32);
        for (mass, before) in self.masses.iter_mut().zip(&self.before) {
            *mass = 0.5 * (*mass + before);
        }
        self.time += dt;
    }

    fn euler(&mut self, dt: f32) {
        for exchange in [&mut self.across, &mut self.upward] {
            exchange.measure(&self.masses);
        }
        for exchange in [&self.across, &self.upward] {
            exchange.carry(&mut self.masses, dt);
        }
    }

    /// Langevin time since the start.
    pub fn time(&self) -> f32 {
        self.time as f32
    }

    /// Cells an axis.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The cells' masses, rows from low to high y.
    pub fn masses(&self) -> &[f32] {
        &self.masses
    }

    /// The target's masses in the same cells.
    pub fn target(&self) -> impl Iterator<Item = f32> + '_ {
        self.log_target.iter().map(|log| log.exp())
    }

    /// `KL(p || pi)` now, nats.
    pub fn divergence(&self) -> f32 {
        let terms = self
            .masses
            .iter()
            .zip(&self.log_target)
            .filter(|(mass, _)| **mass > 0.0);
        terms
            .map(|(&mass, &log)| f64::from(mass) * (f64::from(mass.ln()) - f64::from(log)))
            .sum::<f64>() as f32
    }

    /// The rate at which [`Self::divergence`] falls now, nats per unit of Langevin time: `D` times the relative Fisher
    /// information `∫ p |grad log(p / pi)|²`.
    pub fn fisher_information(&mut self) -> f32 {
        let mut rate = 0.0;
        for exchange in [&mut self.across, &mut self.upward] {
            exchange.measure(&self.masses);
            rate += exchange.dissipation(&self.masses, &self.log_target);
        }
        rate as f32
    }
}

impl Exchange {
    fn new(log_target: &[f32], stride: usize, rate: f32, joined: impl Fn(usize) -> bool) -> Self {
        let pairs = log_target.len().saturating_sub(stride);
        let (mut out, mut back) = (vec![0.0; pairs], vec![0.0; pairs]);
        for k in (0..pairs).filter(|&k| joined(k)) {
            let uphill = log_target[k] - log_target[k + stride]; // energy there minus energy here
            out[k] = rate * bernoulli(uphill);
            back[k] = rate * bernoulli(-uphill);
        }
        Self {
            stride,
            out,
            back,
            flow: vec![0.0; pairs],
        }
    }

    /// The net flow between neighbours.
    fn measure(&mut self, masses: &[f32]) {
        let there = &masses[self.stride..];
        let rates = self.out.iter().zip(&self.back);
        for ((flow, (out, back)), (here, there)) in self.flow.iter_mut().zip(rates).zip(masses.iter().zip(there)) {
            *flow = out * here - back * there;
        }
    }

    /// Moves what flows in a time.
    fn carry(&self, masses: &mut [f32], dt: f32) {
        for (mass, flow) in masses.iter_mut().zip(&self.flow) {
            *mass -= dt * flow;
        }
        for (mass, flow) in masses[self.stride..].iter_mut().zip(&self.flow) {
            *mass += dt * flow;
        }
    }

    /// `sum of flow times the fall of log(p / pi) along it`.
    fn dissipation(&self, masses: &[f32], log_target: &[f32]) -> f64 {
        let height = |k: usize| f64::from(masses[k].max(f32::MIN_POSITIVE).ln()) - f64::from(log_target[k]);
        self.flow
            .iter()
            .enumerate()
            .filter(|(_, flow)| **flow != 0.0)
            .map(|(k, &flow)| f64::from(flow) * (height(k) - height(k + self.stride)))
            .sum()
    }
}

/// `z / (e^z - 1)`: the weight of Scharfetter & Gummel, 1 at 0.
fn bernoulli(z: f32) -> f32 {
    if z.abs() < 1e-3 {
        1.0 - 0.5 * z
    } else {
        (f64::from(z) / f64::from(z).exp_m1()) as f32
    }
}

/// The largest share of its mass that any cell gives away per unit of time.
fn fastest(exchanges: &[&Exchange]) -> f32 {
    let cells = exchanges.iter().map(|e| e.out.len() + e.stride).max().unwrap_or(0);
    let mut rates = vec![0.0_f32; cells];
    for exchange in exchanges {
        for k in 0..exchange.out.len() {
            rates[k] += exchange.out[k];
            rates[k + exchange.stride] += exchange.back[k];
        }
    }
    rates.into_iter().fold(f32::MIN_POSITIVE, f32::max)
}
