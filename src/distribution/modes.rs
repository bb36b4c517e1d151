//! Mode weights: whether each part of the distribution has got its share of the samples.
//!
//! Scores at small noise do not know the relative weights of distant modes, and neither do samplers that cannot cross
//! between them (Song & Ermon 2019, section 3.2.2; Wenliang & Kanagawa 2020). So they are counted.

use super::Preset;

/// The parts of a distribution that are far enough apart to be told by the nearest one.
#[derive(Clone, Debug, PartialEq)]
pub struct Modes {
    places: Places,
    weights: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq)]
enum Places {
    /// A mode around each point.
    Centres(Vec<[f32; 2]>),
    /// A mode along each circle about the origin, radii ascending.
    Radii(Vec<f32>),
}

/// What was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct ModeWeights {
    /// The share of the samples at each mode. Samples that are not finite are at none.
    pub shares: Vec<f32>,
    /// Total variation between these and the true weights, `1/2 sum |share - weight|`: the least part of the samples
    /// that would have to change mode. Lost samples count as a mode of true weight 0.
    pub total_variation: f32,
}

/// The modes of a named set; none for sets whose parts touch. All have scale 0.5 and mean 0, and the modes of
/// [`Preset::field`] are
/// - `8gaussians`: eight Gaussians on a circle of radius 8 of their standard deviations,
/// - `rings`: circles of radii 1 : 2 : 3 : 4, whose smallest is 9.375 standard deviations of the noise across them,
/// - `two_g`: Gaussians of weights 0.2 and 0.8, `10 sqrt(2)` standard deviations apart.
pub fn modes(preset: Preset) -> Option<Modes> {
    match preset {
        Preset::EightGaussians => Some(eight_gaussians()),
        Preset::Rings => Some(rings()),
        Preset::TwoG => Some(two_g()),
        Preset::Moons | Preset::Checkerboard | Preset::Spirals | Preset::SwissRoll | Preset::Pinwheel => None,
    }
}

impl Modes {
    /// The true weights, of sum 1.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The mode nearest to a point; none for a point that is not finite.
    pub fn nearest(&self, x: [f32; 2]) -> Option<usize> {
        let finite = x[0].is_finite() && x[1].is_finite();
        let nearer = |i: &usize, j: &usize| self.distance(x, *i).total_cmp(&self.distance(x, *j));
        (0..self.weights.len()).filter(|_| finite).min_by(nearer)
    }

    /// How far a point is from a mode.
    fn distance(&self, x: [f32; 2], mode: usize) -> f32 {
        match &self.places {
            Places::Centres(centres) => (x[0] - centres[mode][0]).hypot(x[1] - centres[mode][1]),
            Places::Radii(radii) => (x[0].hypot(x[1]) - radii[mode]).abs(),
        }
    }

    /// Mean squared distance of samples, `[x0, y0, …]`, from the mode nearest to each. Samples that are not finite are
    /// left out; NaN when none is left.
    pub fn spread(&self, samples: &[f32]) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for x in samples.chunks_exact(2).map(|x| [x[0], x[1]]) {
            if let Some(mode) = self.nearest(x) {
                sum += f64::from(self.distance(x, mode)).powi(2);
                count += 1.0;
            }
        }
        (sum / count) as f32
    }

    /// Counts samples, `[x0, y0, …]`. NaN throughout when there are none.
    pub fn count(&self, samples: &[f32]) -> ModeWeights {
        let mut counts = vec![0_usize; self.weights.len()];
        for x in samples.chunks_exact(2) {
            if let Some(mode) = self.nearest([x[0], x[1]]) {
                counts[mode] += 1;
            }
        }
        self.of_counts(&counts, samples.len() / 2)
    }

    /// The weights of this many samples at each mode, out of so many.
    pub fn of_counts(&self, counts: &[usize], samples: usize) -> ModeWeights {
        let shares: Vec<f32> = counts.iter().map(|&n| n as f32 / samples as f32).collect();
        let lost = 1.0 - counts.iter().sum::<usize>() as f32 / samples as f32;
        let missed: f32 = shares.iter().zip(&self.weights).map(|(p, q)| (p - q).abs()).sum();
        ModeWeights {
            shares,
            total_variation: 0.5 * (missed + lost),
        }
    }

    /// The total variation that this many independent draws of the truth have on average,
    /// `1/2 sum sqrt(2 p (1 - p) / (π n))` (each share being nearly normal).
    pub fn floor(&self, samples: usize) -> f32 {
        let deviation = |p: &f32| (2.0 * p * (1.0 - p) / (std::f32::consts::PI * samples as f32)).sqrt();
        0.5 * self.weights.iter().map(deviation).sum::<f32>()
    }
}

/// The length that a preset's unit becomes when a mean per-axis variance becomes 1/4.
fn unit(variance: f32) -> f32 {
    0.5 / variance.sqrt()
}

fn eight_gaussians() -> Modes {
    let radius = 4.0 * unit(8.0 + 0.25);
    let centre = |i: i32| {
        let (sin, cos) = (i as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
        [radius * cos, radius * sin]
    };
    Modes {
        places: Places::Centres((0..8).map(centre).collect()),
        weights: vec![0.125; 8],
    }
}

fn rings() -> Modes {
    let radii = [0.75, 1.5, 2.25, 3.0];
    let across: f32 = radii.iter().map(|r| r * r / 2.0).sum::<f32>() / 4.0;
    let unit = unit(across + 0.08 * 0.08);
    Modes {
        places: Places::Radii(radii.map(|r| r * unit).to_vec()),
        weights: vec![0.25; 4],
    }
}

fn two_g() -> Modes {
    // Before they are moved to the mean (3, 3) they are at (-5, -5) and (5, 5), with a variance of 0.2 · 64 + 0.8 · 4.
    let unit = unit(16.0 + 1.0);
    Modes {
        places: Places::Centres(vec![[-8.0 * unit; 2], [2.0 * unit; 2]]),
        weights: vec![0.2, 0.8],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Places, modes};
    use crate::distribution::Preset;

    #[test]
    fn centres_and_weights_are_those_of_the_exact_field() {
        // At the centre of a Gaussian that is alone the score is zero, and the density is weight / (2 pi t).
        for (preset, deviation) in [(Preset::EightGaussians, 0.5), (Preset::TwoG, 1.0)] {
            let (field, modes) = (preset.field(), modes(preset).unwrap());
            let Places::Centres(centres) = &modes.places else {
                unreachable!("these modes are points")
            };
            let variance = (deviation
                * if deviation < 1.0 {
                    0.5 / 8.25_f32.sqrt()
                } else {
                    0.5 / 17.0_f32.sqrt()
                })
            .powi(2);
            let t = variance + 1e-4;
            for (centre, weight) in centres.iter().zip(modes.weights()) {
                let local = field.local(*centre, 0.01);
                let off = t * local.score[0].hypot(local.score[1]);
                assert!(off < 1e-6, "{centre:?} is {off} beside the mode");
                let density = local.log_density.exp() * std::f32::consts::TAU * t;
                assert!((density - weight).abs() < 1e-4, "{density}, not {weight}");
            }
        }
    }

    #[test]
    fn radii_are_those_of_the_exact_field() {
        let field = Preset::Rings.field();
        let modes = modes(Preset::Rings).unwrap();
        let Places::Radii(radii) = &modes.places else {
            unreachable!("these modes are circles")
        };
        let t = (0.08 * radii[0] / 0.75).powi(2) + 1e-4;
        for radius in radii {
            // Of Gaussians along a circle the radial score there is (I1/I0(R²/t) - 1) R/t, which is -1/(2R) (1 + t/4R²…).
            let off = t * (field.local([0.6 * radius, 0.8 * radius], 0.01).score[0] / 0.6 + 0.5 / radius);
            assert!(off.abs() < 1e-4 * radius, "{radius} is {off} beside the ring");
        }
    }
}
