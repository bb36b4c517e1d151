//! A score read off a grid: for many particles that take many steps at one noise level.
//!
//! The score is smooth on the scale of sigma, whoever gives it, so that splines through its values on a grid of some
//! points to each sigma meet it closely, at a small part of a network's price. How closely is not assumed but measured,
//! at the particles themselves and again and again: where the difference is more than a hundredth a finer grid is tried,
//! and where none is fine enough the field is asked as without one. So it is outside the grid, and until a grid would have
//! paid for itself: by the rule of renting until the rents are the price, evaluations are never more than twice the least
//! that would have done (each grid that was too coarse adds its own price).

use std::cell::RefCell;

use burn::tensor::Tensor;

use super::spline::{COEFFICIENTS, cells};
use super::{Differential, Field, host, pairs, points_on};
use crate::engine::protocol::Grid;

/// The root mean square difference from the field, relative to the score, up to which the grid is used.
pub const TOLERANCE: f32 = 0.01;
/// Points an axis that a grid may have.
const SIDES: [u32; 6] = [48, 64, 96, 128, 192, 256];
/// The widest spacing, in sigmas, and by what it is multiplied where that was too wide.
const WIDEST: f32 = 0.8;
const FINER: f32 = 0.6;
/// Half width of the grid in standard deviations of the cloud.
const REACH: f32 = 3.5;
/// Particles at which the difference is measured.
const PROBES: usize = 256;
/// Evaluations between two measurements.
const PROBE_EVERY: u32 = 16;

/// What is kept from step to step about one field. Whoever changes the field makes a new one.
#[derive(Debug, Default)]
pub struct Interpolation(RefCell<Kept>);

#[derive(Debug)]
struct Kept {
    sigma: f32,
    /// Points at which the field itself was asked since the noise level changed or the grid was made.
    asked: usize,
    lattice: Option<Lattice>,
    /// The widest spacing that may do at this noise level, in sigmas.
    widest: f32,
    /// Evaluations since the last measurement.
    unmeasured: u32,
    error: Option<f32>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            sigma: 0.0,
            asked: 0,
            lattice: None,
            widest: WIDEST,
            unmeasured: 0,
            error: None,
        }
    }
}

impl Interpolation {
    /// How far the grid now in use was from the field when last measured: the root mean square difference of the two
    /// scores at up to [`PROBES`] particles, relative to the field's. None while the field itself is asked.
    pub fn error(&self) -> Option<f32> {
        self.0.borrow().error
    }
}

/// A field whose score is read off a grid where that is cheaper and close enough; anything else is the field's own.
///
/// Goes through host memory, as [`super::ExactScore`] does, and therefore only works on the CPU device.
pub struct Interpolated<'a> {
    /// Who knows.
    pub field: &'a dyn Field,
    /// What is kept.
    pub kept: &'a Interpolation,
}

impl Field for Interpolated<'_> {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        let mut kept = self.kept.0.borrow_mut();
        if kept.sigma.to_bits() != sigma.to_bits() {
            *kept = Kept {
                sigma,
                ..Kept::default()
            };
        }
        if let Some(grid) = grid_for(kept.asked, x, kept.widest * sigma) {
            kept.lattice = Some(Lattice::new(grid, self.field, x, sigma));
            (kept.asked, kept.unmeasured) = (0, PROBE_EVERY);
        }
        let Some(lattice) = &kept.lattice else {
            kept.asked += x.dims()[0];
            return self.field.score(x, sigma);
        };
        let points = host(x);
        let (mut scores, outside) = lattice.scores(&points);
        if kept.unmeasured >= PROBE_EVERY {
            let error = self.difference(&points, &scores, x, sigma);
            // NaN, the difference from a field that has none, is no good either.
            let good = error <= TOLERANCE;
            (kept.unmeasured, kept.error) = (0, good.then_some(error));
            if !good {
                // A finer one, should that pay too.
                kept.lattice = None;
                kept.widest *= FINER;
                return self.field.score(x, sigma);
            }
        }
        kept.unmeasured += 1;
        kept.asked += outside.len();
        self.fill_in(&points, &outside, &mut scores, x, sigma);
        pairs(scores, x)
    }

    fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
        self.field.differential(x, sigma)
    }

    fn energy(&self, x: &Tensor<2>, sigma: f32) -> Option<Tensor<1>> {
        self.field.energy(x, sigma)
    }

    fn energy_and_score(&self, x: &Tensor<2>, sigma: f32) -> Option<(Tensor<1>, Tensor<2>)> {
        self.field.energy_and_score(x, sigma)
    }
}

impl Interpolated<'_> {
    /// How far the grid's scores are from the field's at some of the points, relative to these.
    fn difference(&self, points: &[f32], scores: &[f32], x: &Tensor<2>, sigma: f32) -> f32 {
        let (points, scores) = (points.as_chunks::<2>().0, scores.as_chunks::<2>().0);
        let inside = points.iter().zip(scores).filter(|(_, score)| score[0].is_finite());
        let every = points.len().div_ceil(PROBES);
        let (some, read): (Vec<[f32; 2]>, Vec<[f32; 2]>) =
            inside.step_by(every).map(|(at, score)| (*at, *score)).unzip();
        if some.is_empty() {
            return f32::NAN;
        }
        let asked = points_on(&x.device(), some.as_flattened().to_vec());
        let truth = host(&self.field.score(&asked, sigma));
        let (mut off, mut size) = (0.0, 0.0);
        for (score, truth) in read.as_flattened().iter().zip(truth) {
            off += (score - truth) * (score - truth);
            size += truth * truth;
        }
        (off / size).sqrt()
    }

    /// Asks the field where the grid does not reach.
    fn fill_in(&self, points: &[f32], outside: &[usize], scores: &mut [f32], x: &Tensor<2>, sigma: f32) {
        if outside.is_empty() {
            return;
        }
        let far = outside
            .iter()
            .flat_map(|k| [points[2 * k], points[2 * k + 1]])
            .collect();
        let answers = host(&self.field.score(&points_on(&x.device(), far), sigma));
        for (k, answer) in outside.iter().zip(answers.as_chunks::<2>().0) {
            scores[2 * k..2 * k + 2].copy_from_slice(answer);
        }
    }
}

/// The grid that pays now, when the field has been asked at so many points: a square about the cloud with points at most
/// so far apart. None when there would be too many, or it is not paid for yet.
fn grid_for(asked: usize, x: &Tensor<2>, widest: f32) -> Option<Grid> {
    // Where not even the smallest grid is paid for, a look at the cloud would be in vain.
    if asked < (SIDES[0] * SIDES[0]) as usize {
        return None;
    }
    let points = host(x);
    let points = points.as_chunks::<2>().0;
    let finite = || points.iter().filter(|at| at[0].is_finite() && at[1].is_finite());
    let n = finite().count().max(1) as f32;
    let centre = [0, 1].map(|k| finite().map(|at| at[k]).sum::<f32>() / n);
    let variance = [0, 1].map(|k| finite().map(|at| (at[k] - centre[k]).powi(2)).sum::<f32>() / n);
    let half_width = REACH * variance[0].max(variance[1]).sqrt();
    let spacings = 2.0 * half_width / widest;
    let side = SIDES.into_iter().find(|side| (side - 1) as f32 >= spacings)?;
    (asked >= (side * side) as usize && half_width > 0.0).then_some(Grid {
        centre,
        half_width,
        side,
    })
}

/// The two coordinates of a score on a grid, each a bicubic spline.
#[derive(Debug)]
struct Lattice {
    grid: Grid,
    /// Those of a cell follow each other.
    cells: Vec<[[f32; COEFFICIENTS]; 2]>,
}

impl Lattice {
    fn new(grid: Grid, field: &dyn Field, x: &Tensor<2>, sigma: f32) -> Self {
        let scores = host(&field.score(&points_on(&x.device(), grid.points()), sigma));
        let along = |axis: usize| {
            let values: Vec<f32> = scores.iter().skip(axis).step_by(2).copied().collect();
            cells(&values, grid.side as usize)
        };
        let (first, second) = (along(0), along(1));
        let both = first.as_chunks().0.iter().zip(second.as_chunks().0);
        Self {
            grid,
            cells: both.map(|(first, second)| [*first, *second]).collect(),
        }
    }

    /// The scores at points `[x0, y0, …]`, NaN outside the grid, and the numbers of the points that are there.
    fn scores(&self, points: &[f32]) -> (Vec<f32>, Vec<usize>) {
        let (mut scores, mut outside) = (Vec::with_capacity(points.len()), Vec::new());
        let low = [0, 1].map(|k| self.grid.centre[k] - self.grid.half_width);
        let (per, last) = (1.0 / self.grid.spacing(), self.grid.side as usize - 2);
        for (k, at) in points.as_chunks::<2>().0.iter().enumerate() {
            let [u, v] = [0, 1].map(|axis| per * (at[axis] - low[axis]));
            let reach = 0.0..=(last + 1) as f32;
            if !(reach.contains(&u) && reach.contains(&v)) {
                outside.push(k);
                scores.extend([f32::NAN; 2]);
                continue;
            }
            let (i, j) = ((u as usize).min(last), (v as usize).min(last));
            let (u, v) = (u - i as f32, v - j as f32);
            scores.extend(self.cells[j * (last + 1) + i].map(|c| bicubic(&c, u, v)));
        }
        (scores, outside)
    }
}

/// The sum of `c[4 j + i] u^i v^j`.
fn bicubic(c: &[f32; COEFFICIENTS], u: f32, v: f32) -> f32 {
    let cubic = |c: &[f32]| ((c[3] * u + c[2]) * u + c[1]) * u + c[0];
    ((cubic(&c[12..]) * v + cubic(&c[8..12])) * v + cubic(&c[4..8])) * v + cubic(&c[..4])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::super::ExactScore;
    use super::*;
    use crate::distribution::Preset;

    /// Counts the points at which it is asked.
    struct Counting {
        field: ExactScore,
        asked: Cell<usize>,
    }

    impl Counting {
        fn moons() -> Self {
            Self {
                field: ExactScore::new(Preset::Moons.field()),
                asked: Cell::new(0),
            }
        }
    }

    impl Field for Counting {
        fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
            self.asked.set(self.asked.get() + x.dims()[0]);
            self.field.score(x, sigma)
        }

        fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
            self.field.differential(x, sigma)
        }
    }

    /// Draws of the moons at a noise level.
    fn cloud(count: usize, sigma: f32, seed: u64) -> Tensor<2> {
        let mut rng = StdRng::seed_from_u64(seed);
        let exact = Preset::Moons.field();
        let mut points = vec![0.0; 2 * count];
        exact.sample_noised(sigma, &mut rng, &mut points);
        points_on(&burn::tensor::Device::flex(), points)
    }

    fn difference(a: &Tensor<2>, b: &Tensor<2>) -> f32 {
        let (a, b) = (host(a), host(b));
        let off: f32 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
        (off / b.iter().map(|b| b * b).sum::<f32>()).sqrt()
    }

    #[test]
    fn once_paid_for_the_grid_answers_and_is_as_far_off_as_it_says() {
        let (field, kept) = (Counting::moons(), Interpolation::default());
        let interpolated = Interpolated {
            field: &field,
            kept: &kept,
        };
        for sigma in [1.0, 0.4, 0.15, 0.08] {
            let mut steps = 0;
            while kept.error().is_none() || steps == 0 {
                let x = cloud(20_000, sigma, steps);
                let score = interpolated.score(&x, sigma);
                if kept.error().is_none() {
                    assert!(
                        difference(&score, &field.field.score(&x, sigma)) == 0.0,
                        "until then it is exact"
                    );
                }
                steps += 1;
                assert!(steps < 4, "no grid at sigma {sigma}");
            }
            // Other particles than those at which it was measured; a root mean square over 256 is known to a few tenths
            // of itself where the largest differences are rare.
            let x = cloud(20_000, sigma, 99);
            let off = difference(&interpolated.score(&x, sigma), &field.field.score(&x, sigma));
            let stated = kept.error().unwrap();
            assert!(
                stated <= TOLERANCE && off <= 3.0 * stated + 1e-5,
                "{off} and not {stated} at {sigma}"
            );
        }
    }

    #[test]
    fn a_grid_that_would_be_too_coarse_is_not_used() {
        let (field, kept) = (Counting::moons(), Interpolation::default());
        let interpolated = Interpolated {
            field: &field,
            kept: &kept,
        };
        for step in 0..8 {
            let x = cloud(20_000, 0.01, step);
            let score = interpolated.score(&x, 0.01);
            assert!(difference(&score, &field.field.score(&x, 0.01)) == 0.0 && kept.error().is_none());
        }
    }

    #[test]
    fn at_most_twice_the_evaluations_are_made_that_would_have_done() {
        for (count, steps) in [(500, 3), (4_000, 2), (4_000, 40), (20_000, 1), (20_000, 15)] {
            let (field, kept) = (Counting::moons(), Interpolation::default());
            let interpolated = Interpolated {
                field: &field,
                kept: &kept,
            };
            for step in 0..steps {
                interpolated.score(&cloud(count, 0.2, step), 0.2);
            }
            // At this noise level 48 points an axis do; a step more was under way, and some probes are asked.
            let (without, grid) = (count * steps as usize, 48 * 48);
            let least = without.min(grid);
            let allowed = 2 * least + count + PROBES * (1 + steps as usize / PROBE_EVERY as usize);
            assert!(field.asked.get() <= allowed, "{} for {least}", field.asked.get());
        }
    }

    #[test]
    fn what_lies_outside_the_grid_is_asked_of_the_field() {
        let (field, kept) = (Counting::moons(), Interpolation::default());
        let interpolated = Interpolated {
            field: &field,
            kept: &kept,
        };
        let x = cloud(20_000, 0.2, 1);
        (0..3).for_each(|_| drop(interpolated.score(&x, 0.2)));
        assert!(kept.error().is_some());
        let mut rng = StdRng::seed_from_u64(4);
        let far: Vec<f32> = (0..64).map(|_| rng.random_range(5.0..9.0)).collect();
        let far = points_on(&x.device(), far);
        let answer = interpolated.score(&far, 0.2);
        assert!(difference(&answer, &field.field.score(&far, 0.2)) == 0.0);
    }
}
