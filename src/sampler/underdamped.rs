//! Underdamped Langevin dynamics: molecular dynamics with a thermostat.

use burn::tensor::Tensor;

use super::noise::{Stream, normals, step_noise, stream};
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::Field;

/// Langevin dynamics with momentum, `dx = v dt`, `dv = s dt - gamma v dt + sqrt(2 gamma T) dW`, by the splitting BAOAB
/// (Leimkuhler & Matthews 2013):
///
/// ```text
/// B  v += h/2 s(x)
/// A  x += h/2 v
/// O  v  = c v + sqrt(T (1 - c²)) z,   c = exp(-gamma h)
/// A  x += h/2 v
/// B  v += h/2 s(x)
/// ```
///
/// with `h = sqrt(2 a)`, `a = eta sigma²`, the temperature `T = 1 / beta` and `gamma = friction / sigma`. Without
/// friction this is molecular dynamics, which keeps the energy and does not sample; with more and more it becomes
/// Langevin dynamics with averaged noise and step `T a`. On a Gaussian the positions have the exact variance at every
/// stable step. The last score of a step is the first of the next, so that a step costs one evaluation.
pub struct Underdamped {
    chain: Chain,
    friction: f32,
    /// `[n, 2]`; none before the first step.
    velocity: Option<Tensor<2>>,
    /// The score where the particles are, `[n, 2]`; none when that is not known any more.
    score: Option<Tensor<2>>,
    /// Particles may have been replaced: those that were lost have no velocity to go on with.
    replaced: bool,
    tally: Tally,
}

impl Underdamped {
    /// This chain, before its first step. friction: in units of `1 / sigma`, 0 to infinity.
    pub fn new(chain: Chain, friction: f32) -> Self {
        Self {
            chain,
            friction,
            velocity: None,
            score: None,
            replaced: false,
            tally: Tally::default(),
        }
    }

    /// The particles' velocities, drawn from `N(0, T I)` for those that have none that is finite.
    fn velocity(&mut self, step: u64, x: &Tensor<2>) -> Tensor<2> {
        let replaced = std::mem::take(&mut self.replaced);
        match self.velocity.take() {
            Some(velocity) if velocity.dims() == x.dims() => {
                if !replaced {
                    return velocity;
                }
                // Written so that NaN, which compares false with everything, is lost too.
                let lost = velocity.clone().abs().lower_elem(f32::MAX).bool_not();
                velocity.mask_where(lost, self.draw(step, x))
            }
            _ => self.draw(step, x),
        }
    }

    fn draw(&self, step: u64, x: &Tensor<2>) -> Tensor<2> {
        let mut rng = stream(self.chain.seed, Stream::Velocity(step));
        normals(&mut rng, x.dims()[0], self.chain.beta.recip().sqrt(), &x.device())
    }

    /// The score where the particles are.
    fn score(&mut self, field: &dyn Field, x: &Tensor<2>) -> Tensor<2> {
        match self.score.take() {
            Some(score) if score.dims() == x.dims() => score,
            _ => {
                self.tally.evaluated(1);
                self.chain.score(field, x)
            }
        }
    }

    /// The thermostat: the exact solution of `dv = -gamma v dt + sqrt(2 gamma T) dW` over a time step.
    fn thermostat(&self, velocity: Tensor<2>, step: u64) -> Tensor<2> {
        if self.friction <= 0.0 {
            return velocity;
        }
        let decay = self.friction * (2.0 * self.chain.step_size).sqrt();
        let deviation = (-(-2.0 * decay).exp_m1() / self.chain.beta).sqrt();
        let noise = step_noise(self.chain.seed, step, velocity.dims()[0], deviation, &velocity.device());
        velocity * (-decay).exp() + noise
    }
}

impl Sampler for Underdamped {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        let step = self.tally.step();
        if x.dims()[0] == 0 {
            return x;
        }
        let half = 0.5 * self.chain.time_step();
        let v = self.velocity(step, &x) + self.score(field, &x) * half;
        let x = x + v.clone() * half;
        let v = self.thermostat(v, step);
        let x = x + v.clone() * half;
        let score = self.chain.score(field, &x);
        self.tally.evaluated(1);
        self.tally.passed(self.chain.length());
        self.velocity = Some(v + score.clone() * half);
        self.score = Some(score);
        x
    }

    fn sigma(&self) -> f32 {
        self.chain.sigma
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn forget(&mut self) {
        (self.score, self.replaced) = (None, true);
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Underdamped { chain, friction } = *parameters else {
            return false;
        };
        if chain != self.chain {
            (self.chain, self.score) = (chain, None);
        }
        self.friction = friction;
        true
    }
}
