//! Hamiltonian Monte Carlo.

use burn::tensor::Tensor;
use rand::rngs::StdRng;

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
    trajectory: Option<Trajectory>,
    tally: Tally,
}

/// All that happens between two tests, as far as it has come.
struct Trajectory {
    /// Energy and score where it began.
    here: Place,
    /// The momenta with which it began, `[n, 2]`.
    begun: Tensor<2>,
    /// Momenta after the last kick, `[n, 2]`.
    p: Tensor<2>,
    /// Where it has led, `[n, 2]`.
    y: Tensor<2>,
    /// Leapfrog steps still to be made.
    left: u32,
    /// The numbers of this step.
    rng: StdRng,
    /// What it has cost: counted only when it is complete.
    spent: Tally,
}

impl Hmc {
    /// This chain, before its first step; with at least one leapfrog step.
    pub fn new(chain: Chain, leapfrog_steps: u32) -> Self {
        Self {
            chain,
            leapfrog_steps: leapfrog_steps.max(1),
            metropolis: Metropolis::default(),
            trajectory: None,
            tally: Tally::default(),
        }
    }

    /// New momenta, and the first leapfrog step but for its second kick; none if the field has no energy.
    fn begin(&mut self, field: &dyn Field, x: &Tensor<2>) -> Option<Trajectory> {
        let (chain, h) = (self.chain, self.chain.time_step());
        let mut spent = Tally::default();
        let here = self.metropolis.here(&chain, field, x, &mut spent)?;
        let mut rng = stream(chain.seed, Stream::Step(self.tally.steps));
        let begun = normals(&mut rng, x.dims()[0], chain.beta.recip().sqrt(), &x.device());
        let p = begun.clone() + here.score.clone() * (0.5 * h);
        Some(Trajectory {
            here,
            begun,
            y: x.clone() + p.clone() * h,
            p,
            left: self.leapfrog_steps - 1,
            rng,
            spent,
        })
    }

    /// The test at the end of a trajectory from `x`; returns positions, `[n, 2]`.
    fn judge(&mut self, field: &dyn Field, x: Tensor<2>, trajectory: Trajectory) -> Tensor<2> {
        let Trajectory {
            here,
            begun,
            p,
            y,
            mut rng,
            mut spent,
            ..
        } = trajectory;
        let (chain, h) = (self.chain, self.chain.time_step());
        let Some(there) = Place::at(&chain, field, &y, &mut spent) else {
            return x;
        };
        self.tally.evaluated(spent.evaluations);
        self.tally.passed(chain.length() * self.leapfrog_steps as f32);
        let q = p + there.score.clone() * (0.5 * h);
        // |q|² - |p|² as a product, without the cancellation of the difference.
        let kinetic = ((q.clone() - begun.clone()) * (q + begun))
            .sum_dim(1)
            .squeeze_dim::<1>(1)
            * 0.5;
        let change = (there.energy.clone() - here.energy.clone() + kinetic) * chain.beta;
        self.metropolis.judge((x, here), (y, there), change, &mut rng)
    }
}

impl Sampler for Hmc {
    fn prepare(&mut self, field: &dyn Field, x: &Tensor<2>) -> bool {
        if x.dims()[0] == 0 {
            return true;
        }
        let (chain, h) = (self.chain, self.chain.time_step());
        let under_way = self
            .trajectory
            .take()
            .filter(|trajectory| trajectory.y.dims() == x.dims());
        self.trajectory = match under_way {
            None => self.begin(field, x),
            Some(mut trajectory) if trajectory.left > 0 => {
                trajectory.p = trajectory.p + chain.score(field, &trajectory.y) * h;
                trajectory.spent.evaluated(1);
                trajectory.y = trajectory.y + trajectory.p.clone() * h;
                trajectory.left -= 1;
                Some(trajectory)
            }
            complete => complete,
        };
        self.trajectory.as_ref().is_none_or(|trajectory| trajectory.left == 0)
    }

    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        while !self.prepare(field, &x) {}
        let moved = match self.trajectory.take() {
            Some(trajectory) => self.judge(field, x, trajectory),
            None => x,
        };
        self.tally.step();
        moved
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
        self.trajectory = None;
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Hmc { chain, leapfrog_steps } = *parameters else {
            return false;
        };
        let leapfrog_steps = leapfrog_steps.max(1);
        if (chain, leapfrog_steps) != (self.chain, self.leapfrog_steps) {
            (self.chain, self.leapfrog_steps) = (chain, leapfrog_steps);
            (self.metropolis, self.trajectory) = (Metropolis::default(), None);
        }
        true
    }
}
