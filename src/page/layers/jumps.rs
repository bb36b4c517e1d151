//! Which particles did not walk from one place to another but were drawn anew there.
//!
//! The engine says how many it has drawn anew, not which. But those have come from far away, and the rest of the cloud
//! shows how far one walks meanwhile.

use crate::distribution::keys;

/// Particles asked how far one walks.
const ASKED: usize = 128;
/// Longest walk in upper quartiles of all walks. The lengths of Gaussian steps in the plane have the distribution of
/// Rayleigh, with upper quartile 1.67 standard deviations: one step in 260,000 is longer than three of them.
const FAR: f32 = 3.0;

/// How far particles walk between two sights of them, `[x0, y0, …]`, at most; who went farther was drawn anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stride(f32);

impl Stride {
    /// What the cloud shows, `[x0, y0, …]` at both times.
    pub fn between(from: &[f32], to: &[f32]) -> Self {
        let count = from.len().min(to.len()) / 2;
        let every = count.div_ceil(ASKED).max(1);
        // The bits of positive numbers are ordered as the numbers are.
        let mut keys = [u64::MAX; ASKED];
        let mut asked = 0;
        for k in (0..count).step_by(every) {
            keys[asked] = square(at(from, k), at(to, k)).to_bits().into();
            asked += 1;
        }
        let quartile = keys::select(&mut keys[..asked], asked * 3 / 4);
        Self(FAR * FAR * quartile.map_or(0.0, |key| f32::from_bits(key as u32)))
    }

    /// The same, but so far in any case, as where places are known no better.
    pub fn at_least(self, distance: f32) -> Self {
        Self(self.0.max(distance * distance))
    }

    /// A particle may have walked from one place to the other; false where one of them is no place.
    pub fn walks(self, from: [f32; 2], to: [f32; 2]) -> bool {
        square(from, to) <= self.0
    }
}

fn at(positions: &[f32], k: usize) -> [f32; 2] {
    [positions[2 * k], positions[2 * k + 1]]
}

fn square(from: [f32; 2], to: [f32; 2]) -> f32 {
    (to[0] - from[0]).powi(2) + (to[1] - from[1]).powi(2)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    #[test]
    fn who_was_drawn_anew_is_told_from_all_who_walked() {
        let mut rng = StdRng::seed_from_u64(5);
        let from: Vec<f32> = (0..8000).map(|_| rng.random_range(-6.0..6.0)).collect();
        // Sums of twelve evenly spread numbers: bell-shaped, and never longer than 8.5 deviations.
        let mut to: Vec<f32> = from
            .iter()
            .map(|x| x + 0.05 * ((0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0))
            .collect();
        to[2 * 1234] += 4.0;
        let stride = Stride::between(&from, &to);
        let jumped: Vec<usize> = (0..4000).filter(|&k| !stride.walks(at(&from, k), at(&to, k))).collect();
        assert_eq!(jumped, [1234]);
    }

    #[test]
    fn nobody_walks_to_or_from_nowhere_and_no_cloud_is_no_trouble() {
        let here = [0.0, 0.0];
        let stride = Stride::between(&[], &[]);
        assert!(!stride.walks(here, [1.0, 0.0]) && stride.at_least(1.1).walks(here, [1.0, 0.0]));
        let stride = stride.at_least(f32::INFINITY);
        assert!(stride.walks(here, [9e9, 0.0]));
        assert!(!stride.walks([f32::NAN, 0.0], here) && !stride.walks(here, [0.0, f32::NAN]));
    }
}
