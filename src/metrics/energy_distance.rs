//! Energy distance: how far apart two clouds of points are, without a scale to choose and without fear of strays.

use web_time::Instant;

use super::{entirely, until};

/// More points of a cloud than this are not looked at: pairs grow with the square.
pub const POINTS: usize = 2048;

/// Rows of pairs between two looks at the clock.
const ROWS: usize = 16;

/// Partial sums that are kept side by side, so that the compiler can add them at once.
const LANES: usize = 16;

/// Energy distance between the densities of which two clouds are draws, in stage units:
///
/// ```text
/// D² = 2 E|a - b| - E|a - a'| - E|b - b'|
/// ```
///
/// zero for equal densities only (Székely & Rizzo 2013, equation 2.3). This is the U-statistic: its means are over all
/// pairs of *different* points, so that it is unbiased, on average zero for two clouds of one density, and then as often
/// negative as not. It is the cross-check of the sliced Wasserstein distance: a few strays hardly move it, and it is
/// blind to a small blur.
///
/// `a`, `b`: `[x0, y0, …]`; of each the first 2048 points count. Returns NaN when a cloud has fewer than two points or
/// when a coordinate is not finite.
pub fn energy_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut distance = EnergyDistance::new(a, b);
    entirely(|| distance.piece())
}

/// [`energy_distance`] a few rows of pairs at a time.
#[derive(Clone, Debug)]
pub struct EnergyDistance {
    a: Cloud,
    b: Cloud,
    /// Rows that are done: first those of `a`, then those of `b`.
    rows: usize,
    /// Sums of distances from `a` to `b`, within `a` and within `b`.
    across: f64,
    within: [f64; 2],
}

impl EnergyDistance {
    /// The distance between these clouds, to be computed by [`EnergyDistance::advance`].
    pub fn new(a: &[f32], b: &[f32]) -> Self {
        Self {
            a: Cloud::new(a),
            b: Cloud::new(b),
            rows: 0,
            across: 0.0,
            within: [0.0; 2],
        }
    }

    /// Works until the deadline; the distance, once it is known.
    pub fn advance(&mut self, deadline: Instant) -> Option<f32> {
        until(deadline, || self.piece())
    }

    /// Some rows.
    fn piece(&mut self) -> Option<f32> {
        let (n, m) = (self.a.len(), self.b.len());
        for row in self.rows..(self.rows + ROWS).min(n + m) {
            if row < n {
                self.across += self.b.distances(self.a.point(row), 0);
                self.within[0] += self.a.distances(self.a.point(row), row + 1);
            } else {
                self.within[1] += self.b.distances(self.b.point(row - n), row - n + 1);
            }
        }
        self.rows = (self.rows + ROWS).min(n + m);
        let pairs = |n: usize| n as f64 * (n as f64 - 1.0) / 2.0;
        (self.rows == n + m).then(|| {
            let mean = self.across / (n as f64 * m as f64);
            (2.0 * mean - self.within[0] / pairs(n) - self.within[1] / pairs(m)) as f32
        })
    }
}

/// Points with their coordinates apart.
#[derive(Clone, Debug)]
struct Cloud {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Cloud {
    fn new(points: &[f32]) -> Self {
        let (x, y) = points.chunks_exact(2).take(POINTS).map(|p| (p[0], p[1])).unzip();
        Self { x, y }
    }

    fn len(&self) -> usize {
        self.x.len()
    }

    fn point(&self, i: usize) -> [f32; 2] {
        [self.x[i], self.y[i]]
    }

    /// Sum of the distances from a point to those from `first` on.
    fn distances(&self, [px, py]: [f32; 2], first: usize) -> f64 {
        let (x, y) = (&self.x[first..], &self.y[first..]);
        let distance = |x: f32, y: f32| ((x - px) * (x - px) + (y - py) * (y - py)).sqrt();
        let mut lanes = [0.0_f32; LANES];
        let (packs_x, packs_y) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        let rest = packs_x.remainder().iter().zip(packs_y.remainder());
        let rest: f32 = rest.map(|(x, y)| distance(*x, *y)).sum();
        for (x, y) in packs_x.zip(packs_y) {
            for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
                *lane += distance(*x, *y);
            }
        }
        lanes.into_iter().chain([rest]).map(f64::from).sum()
    }
}
