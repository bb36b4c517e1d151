//! The sources from which a noised point may have come, found fast.

use crate::model::perceptron::{exp, lane::F4};

/// Sources whose probability is below `exp(-CUT)` of the own source's are left out.
const CUT: f32 = 12.0;

/// Sources in a strip, on average.
const IN_A_STRIP: usize = 64;

/// Eight points of a strip.
struct Pack {
    /// The leftmost `x`.
    left: f32,
    /// Their `x`, and their `y`.
    at: [[F4; 2]; 2],
}

/// Where empty lanes lie: so far out that their probability is zero.
const NOWHERE: f32 = 1e9;

/// Sources that are weighed together.
const PACK: usize = 8;

/// Points of the data in horizontal strips, from left to right in each, in packs of eight.
///
/// What is within reach of a point is then a run of packs in a few neighbouring strips, at small noise a small part of
/// all.
pub(super) struct Reference {
    packs: Vec<Pack>,
    /// The rightmost point of each pack.
    right: Vec<f32>,
    /// Where each strip's packs begin, and where the last one's end.
    starts: Vec<usize>,
    bottom: f32,
    strips_per_unit: f32,
}

impl Reference {
    /// points: `[x0, y0, x1, y1, …]`.
    pub fn new(points: &[f32]) -> Self {
        let heights = || points.iter().skip(1).step_by(2);
        let bottom = heights().copied().fold(f32::INFINITY, f32::min);
        let top = heights().copied().fold(f32::NEG_INFINITY, f32::max);
        let count = (points.len() / 2 / IN_A_STRIP).max(1);
        let mut reference = Self {
            packs: Vec::with_capacity(points.len() / PACK),
            right: Vec::new(),
            starts: vec![0],
            bottom,
            strips_per_unit: count as f32 / (top - bottom).max(f32::MIN_POSITIVE),
        };
        let mut strips = vec![Vec::with_capacity(2 * IN_A_STRIP); count];
        for point in points.chunks_exact(2) {
            strips[reference.strip(point[1]).min(count - 1)].push([point[0], point[1]]);
        }
        for mut strip in strips {
            strip.sort_unstable_by(|a: &[f32; 2], b| a[0].total_cmp(&b[0]));
            for pack in strip.chunks(PACK) {
                let at = |i: usize, axis: usize| pack.get(i).map_or(NOWHERE, |point| point[axis]);
                let four = |start: usize, axis: usize| F4::new([0, 1, 2, 3].map(|i| at(start + i, axis)));
                reference.packs.push(Pack {
                    left: pack[0][0],
                    at: [0, 1].map(|axis| [four(0, axis), four(4, axis)]),
                });
                reference.right.push(pack[pack.len() - 1][0]);
            }
            reference.starts.push(reference.packs.len());
        }
        reference
    }

    /// The strip at a height; below all strips is 0, and above them past the last.
    fn strip(&self, y: f32) -> usize {
        ((y - self.bottom) * self.strips_per_unit) as usize
    }

    /// `(D(x) - x) / sigma` of the posterior mean `D` over these sources, for a point that came from one of them by the
    /// noise `eps`.
    ///
    /// Exponents are taken relative to the own source's, which is `-|eps|² / 2`: the largest is at most `|eps|² / 2`, so
    /// nothing overflows, and one pass is enough.
    pub fn mean_offset(&self, x: [f32; 2], eps: [f32; 2], sigma: f32) -> [f32; 2] {
        let own = 0.5 * (eps[0] * eps[0] + eps[1] * eps[1]);
        let reach = sigma * (2.0 * (own + CUT)).sqrt();
        let (left, right) = (x[0] - reach, x[0] + reach);
        let (mut mass, mut sums) = (F4::default(), [F4::default(); 2]);
        let per_sigma = 1.0 / sigma;
        let last = self.strip(x[1] + reach).min(self.starts.len() - 2);
        for strip in self.strip(x[1] - reach).min(last)..=last {
            let packs = self.starts[strip]..self.starts[strip + 1];
            let first = self.right[packs.clone()].partition_point(|&edge| edge < left);
            let near = self.packs[packs]
                .iter()
                .skip(first)
                .take_while(|pack| pack.left <= right);
            for Pack { at: [xs, ys], .. } in near {
                for (px, py) in xs.iter().zip(ys) {
                    let (dx, dy) = ((*px - x[0]) * per_sigma, (*py - x[1]) * per_sigma);
                    let weight = exp((dx * dx + dy * dy) * -0.5 + own);
                    mass += weight;
                    sums[0] += weight * dx;
                    sums[1] += weight * dy;
                }
            }
        }
        let [total, x, y] = [mass, sums[0], sums[1]].map(|sum| sum.numbers().iter().sum::<f32>());
        [x / total, y / total]
    }
}
