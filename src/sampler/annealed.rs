//! Annealed Langevin dynamics: down the ladder of noise levels.

use burn::tensor::Tensor;

use super::langevin::{Noise, denoise, langevin_step};
use super::{Guard, Parameters, Sampler};
use crate::field::Field;
use crate::noise::NoiseLadder;

/// Annealed Langevin dynamics (Song & Ermon 2019, Algorithm 1): at each rung of the ladder, from the most noise to the
/// least, a number of Langevin steps of length `a_i = eta sigma_i²`, and at last one denoising step
/// `x + sigma_L² s(x, sigma_L)` (Song & Ermon 2020). The wide levels carry particles over the gaps between modes that
/// plain Langevin would not cross.
pub struct Annealed {
    ladder: NoiseLadder,
    step_size: f32,
    steps_per_level: u32,
    seed: u32,
    guard: Option<Guard>,
    level: usize,
    step_in_level: u32,
    steps: u64,
    finished: bool,
}

impl Annealed {
    /// A descent of the ladder from its top. Noise from `seed`.
    pub fn new(ladder: NoiseLadder, step_size: f32, steps_per_level: u32, seed: u32, guard: Option<Guard>) -> Self {
        Self {
            ladder,
            step_size,
            steps_per_level: steps_per_level.max(1),
            seed,
            guard,
            level: 0,
            step_in_level: 0,
            steps: 0,
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
    }

    fn final_denoise(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        self.finished = true;
        if x.dims()[0] == 0 {
            return x;
        }
        let sigma = self.sigma();
        let denoised = denoise(&x, field.score(&x, sigma), sigma);
        match &self.guard {
            None => denoised,
            Some(guard) => guard.clip(denoised),
        }
    }
}

impl Sampler for Annealed {
    fn step(&mut self, field: &dyn Field, x: Tensor<2>) -> Tensor<2> {
        if self.finished {
            return x;
        }
        let noise = Noise {
            seed: self.seed,
            step: self.steps,
        };
        self.steps += 1;
        if self.at_the_end() {
            return self.final_denoise(field, x);
        }
        let moved = langevin_step(field, x, self.sigma(), self.step_size, self.guard.as_ref(), noise);
        self.step_in_level += 1;
        self.descend();
        moved
    }

    fn sigma(&self) -> f32 {
        self.ladder.sigma(self.level)
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

    fn steps(&self) -> u64 {
        self.steps
    }

    fn evaluations(&self) -> u64 {
        self.steps
    }

    fn retune(&mut self, parameters: &Parameters) -> bool {
        let Parameters::Annealed {
            ladder,
            step_size,
            steps_per_level,
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
        let steps_per_level = steps_per_level.max(1);
        self.ladder = ladder;
        self.step_size = step_size;
        self.steps_per_level = steps_per_level;
        self.step_in_level = self.step_in_level.min(steps_per_level);
        self.seed = seed;
        self.guard = guard;
        self.descend();
        true
    }
}
