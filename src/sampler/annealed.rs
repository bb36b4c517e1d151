//! Annealed Langevin dynamics: down the ladder of noise levels.

use burn::tensor::Tensor;

use super::langevin::{denoising_step, langevin_step, next_move};
use super::{Chain, Parameters, Sampler, Tally};
use crate::field::Field;
use crate::noise::NoiseLadder;

/// Annealed Langevin dynamics (Song & Ermon 2019, Algorithm 1): at each rung of the ladder, from the most noise to the
/// least, a number of Langevin steps of length `a_i = eta sigma_i²`, and at last one denoising step
/// `x + sigma_L² s(x, sigma_L)` (Song & Ermon 2020). The wide levels carry particles over the gaps between modes that
/// plain Langevin would not cross.
///
/// The steps are those of [`super::Langevin`], with its inverse temperature and its noise scale; the denoising step has
/// neither. Another temperature than 1 is a heuristic here: `p_sigma^beta` is not the noised `p^beta`.
#[derive(Clone)]
pub struct Annealed {
    ladder: NoiseLadder,
    /// eta, beta, seed and guard; its sigma is that of the rung.
    chain: Chain,
    steps_per_level: u32,
    noise_scale: f32,
    level: usize,
    step_in_level: u32,
    tally: Tally,
    finished: bool,
}

impl Annealed {
    /// A descent of the ladder from its top, with at least one step a rung. The chain's sigma does not count.
    pub fn new(ladder: NoiseLadder, chain: Chain, steps_per_level: u32, noise_scale: f32) -> Self {
        Self {
            ladder,
            chain: Chain {
                sigma: ladder.sigma(0),
                ..chain
            },
            steps_per_level: steps_per_level.max(1),
            noise_scale,
            level: 0,
            step_in_level: 0,
            tally: Tally::default(),
            finished: false,
        }
    }

    fn last_level(&self) -> usize {
        self.ladder.levels.max(1) - 1
    }

    /// All Langevin steps are made and only the denoising step is left.
    fn at_the_end(&self) -> bool {
        self.level == self.last_level() && self.step_in_level >= self.steps_per_level
    }

    /// Goes down a rung when the current one has had its steps.
    fn descend(&mut self) {
        if self.step_in_level >= self.steps_per_level && self.level < self.last_level() {
            self.level += 1;
            self.step_in_level = 0;
        }
        self.chain.sigma = self.ladder.sigma(self.level);
    }
}

impl Sampler for Annealed {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        if self.finished {
            return x;
        }
        if self.at_the_end() {
            self.finished = true;
            return denoising_step(&self.chain, field, x, &mut self.tally);
        }
        let moved = langevin_step(&self.chain, self.noise_scale, field, x, &mut self.tally);
        self.step_in_level += 1;
        self.descend();
        moved
    }

    fn leap(&mut self, field: &dyn Field, x: &Tensor<2>, most: u32) -> Option<(Tensor<2>, u32)> {
        let (mut ahead, mut moves) = (self.clone(), Vec::new());
        while (moves.len() as u32) < most && !ahead.at_the_end() {
            moves.push(next_move(&ahead.chain, ahead.noise_scale, &mut ahead.tally));
            ahead.step_in_level += 1;
            ahead.descend();
        }
        let made = moves.len() as u32;
        if made == 0 {
            return None;
        }
        let moved = field.travel(x, &self.chain.route(moves))?;
        *self = ahead;
        Some((moved, made))
    }

    fn sigma(&self) -> f32 {
        self.chain.sigma
    }

    fn spread(&self) -> f32 {
        self.ladder.sigma(self.level.saturating_sub(1))
    }

    fn level(&self) -> Option<usize> {
        Some(self.level)
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Annealed {
            ladder,
            step_size,
            steps_per_level,
            beta,
            noise_scale,
            seed,
            guard,
        } = *parameters
        else {
            return false;
        };
        // On another ladder the descent goes on at the rung with the nearest noise, and where the steps of a rung are
        // cut, a rung that has had more is over.
        if ladder != self.ladder {
            self.level = ladder.nearest(self.sigma()).min(ladder.levels.max(1) - 1);
        }
        self.ladder = ladder;
        self.chain = Chain {
            sigma: self.chain.sigma,
            step_size,
            beta,
            seed,
            guard,
        };
        self.noise_scale = noise_scale;
        self.steps_per_level = steps_per_level.max(1);
        self.step_in_level = self.step_in_level.min(self.steps_per_level);
        self.descend();
        true
    }
}
