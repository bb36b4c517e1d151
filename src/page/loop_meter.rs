//! How much a field turns: its circulation round a loop that someone draws.
//!
//! A gradient does the same work on every way from one point to another, so round a closed loop it does none:
//! `∮ s·dl = 0` for every score, and so for the exact field and for every energy network. What a score network has
//! left is the integral of its curl over the inside (Stokes).

use thiserror::Error;

/// Points along a loop at which the field is asked for.
pub const POINTS: usize = 256;
/// The shortest loop, stage units.
const SHORTEST: f32 = 0.05;
/// A loop whose points scatter less than this fraction of its length about a line is one to and fro on that line.
const FLATTEST: f32 = 4e-3;

/// Why a stroke is no loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LoopError {
    /// Hardly a stroke.
    #[error("Draw a loop: press, go round something, let go where you began.")]
    Short,
    /// A line to and fro.
    #[error("This line encloses nothing: draw a loop round something.")]
    Flat,
}

/// A closed loop of [`POINTS`] points, evenly spaced along a stroke and the straight line that closes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// Stage coordinates, `[x0, y0, …]`; the last point is joined to the first.
    pub points: Vec<f32>,
}

impl Ring {
    /// The loop along a stroke `[x0, y0, …]`, stage coordinates. Points that are not finite are left out.
    ///
    /// # Errors
    /// When the stroke encloses nothing.
    pub fn new(stroke: &[f32]) -> Result<Self, LoopError> {
        let mut corners: Vec<[f32; 2]> = stroke
            .chunks_exact(2)
            .map(|p| [p[0], p[1]])
            .filter(|p| p[0].is_finite() && p[1].is_finite())
            .collect();
        corners.extend(corners.first().copied());
        let length: f32 = corners.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
        if length < SHORTEST {
            return Err(LoopError::Short);
        }
        let ring = Self {
            points: spread(&corners, length),
        };
        if ring.scatter() < FLATTEST * length {
            return Err(LoopError::Flat);
        }
        Ok(ring)
    }

    /// The circulation of a field with the values `[s0x, s0y, …]` at the points: the trapezoid rule, which is exact for
    /// linear fields and off by `O(h²)` for others. `None` when there are not as many values as points.
    pub fn circulation(&self, field: &[f32]) -> Option<Circulation> {
        if field.len() != self.points.len() || field.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let count = field.len() / 2;
        let (mut work, mut most) = (0.0, 0.0);
        for k in 0..count {
            let next = (k + 1) % count;
            let [a, b] = [k, next].map(|k| [self.points[2 * k], self.points[2 * k + 1]].map(f64::from));
            let [s, t] = [k, next].map(|k| [field[2 * k], field[2 * k + 1]].map(f64::from));
            let d = [b[0] - a[0], b[1] - a[1]];
            work += 0.5 * ((s[0] + t[0]) * d[0] + (s[1] + t[1]) * d[1]);
            most += 0.5 * (s[0].hypot(s[1]) + t[0].hypot(t[1])) * d[0].hypot(d[1]);
        }
        Some(Circulation {
            work: work as f32,
            most: most as f32,
        })
    }

    /// Standard deviation of the points across the line along which they lie most, stage units.
    fn scatter(&self) -> f32 {
        let n = (self.points.len() / 2) as f32;
        let at = || self.points.chunks_exact(2);
        let mean = [0, 1].map(|axis| at().map(|p| p[axis]).sum::<f32>() / n);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for p in at() {
            let [x, y] = [p[0] - mean[0], p[1] - mean[1]];
            (xx, xy, yy) = (xx + x * x / n, xy + x * y / n, yy + y * y / n);
        }
        // The smaller eigenvalue of the covariance.
        (0.5 * (xx + yy - (xx - yy).hypot(2.0 * xy))).max(0.0).sqrt()
    }
}

/// Points at equal distances along a closed line.
fn spread(corners: &[[f32; 2]], length: f32) -> Vec<f32> {
    let mut points = Vec::with_capacity(2 * POINTS);
    let mut behind = 0.0;
    for pair in corners.windows(2) {
        let side = distance(pair[0], pair[1]);
        while points.len() < 2 * POINTS {
            let wanted = length * (points.len() / 2) as f32 / POINTS as f32;
            if wanted > behind + side {
                break;
            }
            let t = if side > 0.0 { (wanted - behind) / side } else { 0.0 };
            points.extend([0, 1].map(|axis| pair[0][axis] + t * (pair[1][axis] - pair[0][axis])));
        }
        behind += side;
    }
    points
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// What a field does along a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Circulation {
    /// The circulation `∮ s·dl`; positive when the field goes round the way the loop was drawn.
    pub work: f32,
    /// The most it could be, `∮ |s| |dl|`.
    pub most: f32,
}

impl Circulation {
    /// The circulation in units of the most it could be: 0 for a gradient, 1 for a field that runs along the loop.
    pub fn share(&self) -> f32 {
        if self.most > 0.0 {
            self.work.abs() / self.most
        } else {
            0.0
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::distribution::{Preset, Target};

    fn circle(centre: [f32; 2], radius: f32, turns: std::ops::Range<u32>) -> Vec<f32> {
        turns
            .flat_map(|k| {
                let (sin, cos) = (std::f32::consts::TAU * k as f32 / 100.0).sin_cos();
                [centre[0] + radius * cos, centre[1] + radius * sin]
            })
            .collect()
    }

    fn values(ring: &Ring, of: impl Fn([f32; 2]) -> [f32; 2]) -> Vec<f32> {
        ring.points.chunks_exact(2).flat_map(|p| of([p[0], p[1]])).collect()
    }

    #[test]
    fn a_rotation_circulates_by_twice_its_speed_times_the_area() {
        // Circles of a hundred corners, both ways round, and a triangle.
        let omega = 0.7;
        let round = circle([0.4, -0.3], 0.8, 0..100);
        let mut back: Vec<f32> = round.clone();
        back.reverse();
        back.chunks_exact_mut(2).for_each(|p| p.swap(0, 1));
        let hundred = 0.5 * 0.64 * 100.0 * (std::f32::consts::TAU / 100.0).sin();
        let triangle = vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        for (stroke, area) in [(round, hundred), (back, -hundred), (triangle, 0.5)] {
            let ring = Ring::new(&stroke).unwrap();
            let found = ring
                .circulation(&values(&ring, |[x, y]| [-omega * y, omega * x]))
                .unwrap();
            // The chords between the points cut the stroke's corners off.
            assert!((found.work - 2.0 * omega * area).abs() < 1e-3, "{found:?} for {area}");
        }
    }

    #[test]
    fn a_gradient_does_no_work_round_a_loop_up_to_quadrature() {
        let ring = Ring::new(&circle([0.2, 0.1], 0.9, 0..100)).unwrap();
        let linear = ring
            .circulation(&values(&ring, |[x, y]| [3.0 * x + y, x - 2.0 * y]))
            .unwrap();
        assert!(linear.share() < 1e-6, "{linear:?}");
        let exact = Target::Preset(Preset::Moons).field().unwrap();
        for (sigma, tolerance) in [(1.0, 1e-5), (0.2, 1e-4), (0.05, 3e-3)] {
            let found = ring
                .circulation(&values(&ring, |at| exact.local(at, sigma).score))
                .unwrap();
            assert!(found.share() < tolerance, "{found:?} at sigma {sigma}");
        }
    }

    #[test]
    fn a_field_along_the_loop_has_all_its_strength_in_the_circulation() {
        let ring = Ring::new(&circle([0.0, 0.0], 1.0, 0..100)).unwrap();
        let along = ring.circulation(&values(&ring, |[x, y]| [-y, x])).unwrap();
        assert!((along.share() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn an_open_stroke_is_closed_by_a_straight_line_and_points_are_evenly_spaced() {
        // Three quarters of a circle: its chord closes it.
        let ring = Ring::new(&circle([0.0, 0.0], 1.0, 0..76)).unwrap();
        assert_eq!(ring.points.len(), 2 * POINTS);
        let gap = |k: usize| {
            let (i, j) = (2 * k, 2 * ((k + 1) % POINTS));
            (ring.points[i] - ring.points[j]).hypot(ring.points[i + 1] - ring.points[j + 1])
        };
        let length = 75.0 * 2.0 * (std::f32::consts::TAU / 200.0).sin() + 2.0_f32.sqrt();
        let even = length / POINTS as f32;
        // Only across a corner the straight way is shorter than the stroke.
        assert!((0..POINTS).all(|k| gap(k) < 1.001 * even && gap(k) > 0.7 * even));
        assert!((0..POINTS).filter(|&k| gap(k) < 0.95 * even).count() <= 2);
    }

    #[test]
    fn a_stroke_that_encloses_nothing_is_told_why() {
        assert_eq!(Ring::new(&[]), Err(LoopError::Short));
        assert_eq!(Ring::new(&[0.3, 0.3]), Err(LoopError::Short));
        assert_eq!(Ring::new(&circle([0.0; 2], 0.005, 0..100)), Err(LoopError::Short));
        assert_eq!(Ring::new(&[f32::NAN, 0.0, f32::INFINITY, 1.0]), Err(LoopError::Short));
        assert_eq!(Ring::new(&[0.0, 0.0, 0.8, 0.5, 0.4, 0.25]), Err(LoopError::Flat));
        let eight: Vec<f32> = (0..100)
            .flat_map(|k| {
                let t = std::f32::consts::TAU * k as f32 / 100.0;
                [t.sin(), (2.0 * t).sin()]
            })
            .collect();
        assert!(
            Ring::new(&eight).is_ok(),
            "an eight has no area in all, but two insides"
        );
    }

    #[test]
    fn an_answer_of_another_length_or_with_holes_is_no_measurement() {
        let ring = Ring::new(&circle([0.0; 2], 1.0, 0..100)).unwrap();
        assert_eq!(ring.circulation(&[0.0; 10]), None);
        assert_eq!(ring.circulation(&[f32::NAN; 2 * POINTS]), None);
    }
}
