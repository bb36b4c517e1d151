//! The Metropolis-adjusted Langevin algorithm.

use burn::tensor::Tensor;

use super::metropolis::{Metropolis, Place};
use super::noise::{Stream, normals, stream};
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::Field;

/// Langevin steps with a Metropolis test (Roberts & Tweedie 1996), which takes off all bias:
///
/// ```text
/// y = x + a beta s(x) + sqrt(2 a) z,   a = eta sigma²,   accepted with probability min(1, A)
/// log A = beta (E(x) - E(y)) + (|y - x - a beta s(x)|² - |x - y - a beta s(y)|²) / 4a
/// ```
///
/// The test is right for any drift, as long as the same is in both: a clipped one too. Proposals to where the energy is
/// not finite or particles do not belong are rejected. Needs an energy; without one nothing moves.
///
/// In two dimensions acceptance is best at 0.85 to 0.95 (0.574 is the optimum in many).
pub struct Mala {
    chain: Chain,
    metropolis: Metropolis,
    tally: Tally,
}

impl Mala {
    /// This chain, before its first step.
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            metropolis: Metropolis::default(),
            tally: Tally::default(),
        }
    }
}

impl Sampler for Mala {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        let step = self.tally.step();
        let [n, _] = x.dims();
        if n == 0 {
            return x;
        }
        let (chain, a) = (self.chain, self.chain.length());
        let Some(here) = self.metropolis.here(&chain, field, &x, &mut self.tally) else {
            return x;
        };
        let mut rng = stream(chain.seed, Stream::Step(step));
        let z = normals(&mut rng, n, 1.0, &x.device());
        let y = x.clone() + here.score.clone() * (chain.beta * a) + z.clone() * chain.time_step();
        let Some(there) = Place::at(&chain, field, &y, &mut self.tally) else {
            return x;
        };
        self.tally.passed(a);
        // The squares of log A multiplied out: y - x - a f(x) is sqrt(2a) z, and with f = beta s(x) + beta s(y) what is
        // left is sqrt(a/2) z·f + a/4 |f|², without the cancellation of the original.
        let f = (here.score.clone() + there.score.clone()) * chain.beta;
        let paths = (z * (0.5 * a).sqrt() + f.clone() * (0.25 * a)) * f;
        let change = (there.energy.clone() - here.energy.clone()) * chain.beta + paths.sum_dim(1).squeeze_dim::<1>(1);
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
        let Parameters::Mala { chain } = *parameters else {
            return false;
        };
        if chain != self.chain {
            (self.chain, self.metropolis) = (chain, Metropolis::default());
        }
        true
    }
}
