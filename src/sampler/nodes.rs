//! The noise levels of descents that choose their own: the probability flow and the reverse SDE.

/// The exponent of the grid of noise levels; 7 spends most nodes where sigma is small (Karras et al. 2022, appendix D).
const RHO: f32 = 7.0;

/// Noise levels from the most noise to the least:
///
/// ```text
/// sigma_k = (sigma_max^(1/rho) + k/(n-1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho,   rho = 7
/// ```
///
/// (Karras et al. 2022, equation 5). `nodes` is at least 2; the ends are exactly as given.
pub fn karras(sigma_max: f32, sigma_min: f32, nodes: usize) -> Vec<f32> {
    let last = nodes.max(2) - 1;
    let (top, bottom) = (sigma_max.powf(RHO.recip()), sigma_min.powf(RHO.recip()));
    let mut sigmas: Vec<f32> = (0..=last)
        .map(|k| (top + k as f32 / last as f32 * (bottom - top)).powf(RHO))
        .collect();
    sigmas[0] = sigma_max;
    sigmas[last] = sigma_min;
    sigmas
}

/// Where a descent is on its grid of noise levels.
pub(super) struct Nodes {
    /// Noise levels, descending.
    sigmas: Vec<f32>,
    /// The noise level of the particles.
    sigma: f32,
    /// The node to which the next step leads.
    next: usize,
}

impl Nodes {
    /// At the first of these noise levels (descending, at least one).
    pub fn new(sigmas: Vec<f32>) -> Self {
        Self {
            sigma: sigmas.first().copied().unwrap_or_default(),
            sigmas,
            next: 1,
        }
    }

    /// The noise level of the particles.
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// The noise level to which the next step leads; none from the last one.
    pub fn ahead(&self) -> Option<f32> {
        self.sigmas.get(self.next).copied()
    }

    /// The particles have reached the node ahead.
    pub fn reach(&mut self, sigma: f32) {
        self.sigma = sigma;
        self.next += 1;
    }

    /// Takes up another grid. Particles keep their noise level, and go on from it to the next node below.
    pub fn change_to(&mut self, sigmas: Vec<f32>) {
        self.next = sigmas.partition_point(|&node| node >= self.sigma);
        self.sigmas = sigmas;
    }
}
