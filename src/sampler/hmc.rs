//! Hamiltonian Monte Carlo.

use burn::tensor::Tensor;

use super::metropolis::{Metropolis, Place};
use super::noise::{Stream, normals, stream};
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::Field;

/// Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011): new momenta `p ~ N(0, T I)`, some leapfrog steps of
/// molecular dynamics, and a Metropolis test of what they changed in `H = E + |p|² / 2`:
///
/// ```text
/// p += h/2 s(x);   x += h p;   p += h/2 s(x);   …      accepted with probability min(1, exp(-(H' - H) / T))
/// ```
///
/// with `h = sqrt(2 a)`, `a = eta sigma²` and the temperature `T = 1 / beta`. One leapfrog step is the Metropolis-adjusted
/// Langevin algorithm with step `T a`. Leapfrog steps are reversible and keep volume whatever force they follow, a
/// clipped one too. Needs an energy; without one nothing moves.
///
/// All particles make equally long trajectories. In a mode of width `w` they turn by about `n h / w`, and where that is
/// near a multiple of pi they come back to where they were (or opposite) and the chain hardly mixes: choose another
/// step or number.
pub struct Hmc {
    chain: Chain,
    leapfrog_steps: u32,
    metropolis: Metropolis,
    tally: Tally,
}

impl Hmc {
    /// This chain, before its first step; with at least one leapfrog step.
    pub fn new(chain: Chain, leapfrog_steps: u32) -> Self {
        Self {
            chain,
            leapfrog_steps: leapfrog_steps.max(1),
            metropolis: Metropolis::default(),
            tally: Tally::default(),
        }
    }

    /// Where the leapfrog steps lead from `x` with momenta `p`: positions, what is known there, momenta.
    fn propose(
        &mut self,
        field: &dyn Field,
        x: Tensor<2>,
        p: Tensor<2>,
        here: &Place,
    ) -> Option<(Tensor<2>, Place, Tensor<2>)> {
        let (chain, h) = (self.chain, self.chain.time_step());
        let mut p = p + here.score.clone() * (0.5 * h);
        let mut y = x + p.clone() * h;
        for _ in 1..self.leapfrog_steps {
            p = p + chain.score(field, &y) * h;
            self.tally.evaluated(1);
            y = y + p.clone() * h;
        }
        let there = Place::at(&chain, field, &y, &mut self.tally)?;
        self.tally.passed(chain.length() * self.leapfrog_steps as f32);
        let p = p + there.score.clone() * (0.5 * h);
        Some((y, there, p))
    }
}

impl Sampler for Hmc {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        let step = self.tally.step();
        let [n, _] = x.dims();
        if n == 0 {
            return x;
        }
        let chain = self.chain;
        let Some(here) = self.metropolis.here(&chain, field, &x, &mut self.tally) else {
            return x;
        };
        let mut rng = stream(chain.seed, Stream::Step(step));
        let p = normals(&mut rng, n, chain.beta.recip().sqrt(), &x.device());
        let Some((y, there, q)) = self.propose(field, x.clone(), p.clone(), &here) else {
            return x;
        };
        // |q|² - |p|² as a product, without the cancellation of the difference.
        let kinetic = ((q.clone() - p.clone()) * (q + p)).sum_dim(1).squeeze_dim::<1>(1) * 0.5;
        let change = (there.energy.clone() - here.energy.clone() + kinetic) * chain.beta;
        self.metropolis.judge((x, here), (y, there), change, &mut rng)
    }

    fn sigma(&self) -> f32 {
        self.chain.sigma
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn acceptance(&self) -> Option<Tensor<1>> {
        self.metropolis.acceptance()
    }

    fn needs_energy(&self) -> bool {
        true
    }

    fn forget(&mut self) {
        self.metropolis.forget();
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Hmc { chain, leapfrog_steps } = *parameters else {
            return false;
        };
        let leapfrog_steps = leapfrog_steps.max(1);
        if (chain, leapfrog_steps) != (self.chain, self.leapfrog_steps) {
            (self.chain, self.leapfrog_steps) = (chain, leapfrog_steps);
            self.metropolis = Metropolis::default();
        }
        true
    }
}
