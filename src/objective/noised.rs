//! Data points and what noise makes of them.

use rand::RngExt;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};

use super::{Batch, Problem, Task};
use crate::model::Preconditioning;

/// Rows `x = x0 + sigma eps`; flat arrays `[x0, y0, …]`.
#[derive(Clone, Debug, Default)]
pub struct Noised {
    /// The data points `x0`.
    pub clean: Vec<f32>,
    /// The noise `eps`, standard normal.
    pub eps: Vec<f32>,
    /// The noised points `x`.
    pub points: Vec<f32>,
    /// The noise level of each row.
    pub sigmas: Vec<f32>,
}

impl Noised {
    /// Fresh data at noise levels stratified over the ladder's range (`u_i = (i + U) / size` with one `U` a batch), so
    /// that every batch covers all of them evenly. Noise levels ascend.
    pub fn over_ladder(problem: &Problem, rng: &mut StdRng) -> Self {
        Self::draw(problem, rng, |rng| {
            let sigmas = stratified(problem, problem.size, rng);
            sigmas.collect()
        })
    }

    /// The same with `levels` different noise levels (or one a row if there are fewer rows), each shared by as many
    /// neighbouring rows.
    pub fn on_few_levels(problem: &Problem, levels: usize, rng: &mut StdRng) -> Self {
        Self::draw(problem, rng, |rng| {
            let levels = levels.clamp(1, problem.size.max(1));
            let sigmas: Vec<f32> = stratified(problem, levels, rng).collect();
            (0..problem.size).map(|i| sigmas[i * levels / problem.size]).collect()
        })
    }

    /// Fresh data, all at one noise level.
    pub fn at(problem: &Problem, sigma: f32, rng: &mut StdRng) -> Self {
        Self::draw(problem, rng, |_| vec![sigma; problem.size])
    }

    fn draw(problem: &Problem, rng: &mut StdRng, sigmas: impl FnOnce(&mut StdRng) -> Vec<f32>) -> Self {
        let mut clean = vec![0.0; 2 * problem.size];
        problem.data.sample(rng, &mut clean);
        let sigmas = sigmas(rng);
        let eps: Vec<f32> = clean.iter().map(|_| StandardNormal.sample(rng)).collect();
        let noise = eps.iter().zip(sigmas.iter().flat_map(|&sigma| [sigma; 2]));
        let points = clean
            .iter()
            .zip(noise)
            .map(|(x, (eps, sigma))| x + sigma * eps)
            .collect();
        Self {
            clean,
            eps,
            points,
            sigmas,
        }
    }

    /// The batch that asks this task at the noised points.
    pub(super) fn ask(self, task: Task) -> Batch {
        Batch {
            points: self.points,
            sigmas: self.sigmas,
            task,
            weights: None,
        }
    }
}

fn stratified(problem: &Problem, count: usize, rng: &mut StdRng) -> impl Iterator<Item = f32> {
    let (shift, ladder) = (rng.random::<f32>(), *problem.ladder);
    (0..count).map(move |i| ladder.at(1.0 - (i as f32 + shift) / count as f32))
}

/// The output that says "this point came from `clean` by the noise `eps`":
///
/// ```text
/// F = (y0 - c_skip y) / c_out = c_in (sigma / sd y0 - sd eps),   y0 = clean - mean,   y = y0 + sigma eps
/// ```
///
/// The second form has no difference of nearly equal numbers at small noise. Its variance over the data is 1.
pub(super) fn target(pre: &Preconditioning, clean: [f32; 2], eps: [f32; 2], sigma: f32) -> [f32; 2] {
    let gain = pre.input_gain(sigma);
    let of_clean = sigma / pre.scale;
    std::array::from_fn(|k| gain * (of_clean * (clean[k] - pre.mean[k]) - pre.scale * eps[k]))
}
