//! The named sets, as exact fields: centred, mean per-axis standard deviation 0.5, all within about ±1.35.

use std::f64::consts::PI;
use std::str::FromStr;

use rand::Rng;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::alias::Alias;
use super::boxes::Boxes;
use super::exact::ExactField;
use super::mixture::Mixture;

/// Mean per-axis standard deviation of every named set.
const SCALE: f64 = 0.5;

/// The sets that papers on generative models in the plane use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Eight equal Gaussians on a circle.
    EightGaussians,
    /// Two interleaved half circles.
    Moons,
    /// Eight of sixteen squares.
    Checkerboard,
    /// Two spiral arms.
    Spirals,
    /// One rolled-up spiral.
    SwissRoll,
    /// Four concentric circles of equal weight.
    Rings,
    /// Five bent blades.
    Pinwheel,
    /// Two distant Gaussians of weights 0.2 and 0.8 (Song & Ermon 2019, figure 3).
    TwoG,
}

/// A name that is none of the sets'.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no set named \"{name}\": choose one of {}", Preset::ALL.map(Preset::name).join(", "))]
pub struct UnknownPreset {
    /// What was asked for.
    pub name: String,
}

impl Preset {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::EightGaussians,
        Self::Moons,
        Self::Checkerboard,
        Self::Spirals,
        Self::SwissRoll,
        Self::Rings,
        Self::Pinwheel,
        Self::TwoG,
    ];

    /// The name in scripts and links.
    pub fn name(self) -> &'static str {
        match self {
            Self::EightGaussians => "8gaussians",
            Self::Moons => "moons",
            Self::Checkerboard => "checkerboard",
            Self::Spirals => "spirals",
            Self::SwissRoll => "swissroll",
            Self::Rings => "rings",
            Self::Pinwheel => "pinwheel",
            Self::TwoG => "two_g",
        }
    }

    /// The name shown to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::EightGaussians => "eight Gaussians",
            Self::Moons => "two moons",
            Self::Checkerboard => "checkerboard",
            Self::Spirals => "two spirals",
            Self::SwissRoll => "Swiss roll",
            Self::Rings => "rings",
            Self::Pinwheel => "pinwheel",
            Self::TwoG => "unequal pair",
        }
    }

    /// The set of this [`Preset::name`].
    ///
    /// # Errors
    /// An unknown name; the message lists the known ones.
    pub fn from_name(name: &str) -> Result<Self, UnknownPreset> {
        let unknown = || UnknownPreset { name: name.to_owned() };
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(unknown)
    }

    /// The set in closed form. Curves are quadratures: nodes at the midpoints of equal parts of the parameter, with the
    /// variance of the noise across the curve.
    pub fn field(self) -> ExactField {
        self.raw().map_or_else(checkerboard, Raw::field)
    }

    /// Fills `out` (`[x0, y0, x1, y1, …]`) with independent draws from the set, as its field does; but what only an
    /// evaluation needs is not built, which takes most of the time where there are many nodes.
    pub fn sample<R: Rng + ?Sized>(self, rng: &mut R, out: &mut [f32]) {
        match self.raw() {
            Some(raw) => raw.sample(rng, out),
            None => checkerboard().sample(rng, out),
        }
    }

    /// The set before it is centred and scaled; none for the one that is no mixture of Gaussians.
    fn raw(self) -> Option<Raw> {
        Some(match self {
            Self::EightGaussians => eight_gaussians(),
            Self::Moons => moons(),
            Self::Checkerboard => return None,
            Self::Spirals => spirals(),
            Self::SwissRoll => swiss_roll(),
            Self::Rings => rings(),
            Self::Pinwheel => pinwheel(),
            Self::TwoG => two_g(),
        })
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        Self::from_name(name)
    }
}

/// A mixture before it is centred and scaled. In f64, because the nodes are computed once and are the truth for all else.
#[derive(Default)]
struct Raw {
    nodes: Vec<[f64; 2]>,
    weights: Vec<f64>,
    /// Variance of every node.
    variance: f64,
}

impl Raw {
    /// Nodes of equal weight.
    fn even(nodes: Vec<[f64; 2]>, noise: f64) -> Self {
        Self {
            weights: vec![1.0; nodes.len()],
            nodes,
            variance: noise * noise,
        }
    }

    /// Nodes and weights, centred and scaled to a mean per-axis standard deviation of [`SCALE`], and the variance of each.
    fn scaled(&self) -> (Vec<[f32; 2]>, Vec<f32>, f32) {
        let total: f64 = self.weights.iter().sum();
        let mean = |value: &dyn Fn(&[f64; 2]) -> f64| {
            self.nodes
                .iter()
                .zip(&self.weights)
                .map(|(m, w)| w * value(m))
                .sum::<f64>()
                / total
        };
        let (cx, cy) = (mean(&|m| m[0]), mean(&|m| m[1]));
        let variance = mean(&|m| ((m[0] - cx).powi(2) + (m[1] - cy).powi(2)) / 2.0) + self.variance;
        let k = SCALE / variance.sqrt();
        let nodes: Vec<[f32; 2]> = self
            .nodes
            .iter()
            .map(|m| [(k * (m[0] - cx)) as f32, (k * (m[1] - cy)) as f32])
            .collect();
        let weights = self.weights.iter().map(|w| (w / total) as f32).collect();
        (nodes, weights, (k * k * self.variance) as f32)
    }

    fn field(self) -> ExactField {
        let (nodes, weights, variance) = self.scaled();
        let variances = vec![variance; nodes.len()];
        ExactField::Mixture(Mixture::checked(&nodes, &weights, &variances))
    }

    fn sample<R: Rng + ?Sized>(self, rng: &mut R, out: &mut [f32]) {
        let (nodes, weights, variance) = self.scaled();
        let (choice, std) = (Alias::new(&weights), variance.sqrt());
        for point in out.chunks_exact_mut(2) {
            let node = nodes[choice.draw(rng)];
            for (x, middle) in point.iter_mut().zip(node) {
                let noise: f32 = StandardNormal.sample(rng);
                *x = middle + std * noise;
            }
        }
    }
}

/// The midpoints of `n` equal parts of [0, 1].
fn midpoints(n: usize) -> impl Iterator<Item = f64> + Clone {
    (0..n).map(move |i| (i as f64 + 0.5) / n as f64)
}

/// `n` points from `low` to `high`, both included.
fn linspace(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> + Clone {
    (0..n).map(move |i| low + (high - low) * i as f64 / (n - 1) as f64)
}

/// A circle of radius 4, standard deviation 0.5.
fn eight_gaussians() -> Raw {
    let node = |i: i32| {
        let a = f64::from(i) * PI / 4.0;
        [4.0 * a.cos(), 4.0 * a.sin()]
    };
    Raw::even((0..8).map(node).collect(), 0.5)
}

/// scikit-learn's curves, noise 0.1; 256 nodes each.
fn moons() -> Raw {
    let upper = midpoints(256).map(|u| [(PI * u).cos(), (PI * u).sin()]);
    let lower = midpoints(256).map(|u| [1.0 - (PI * u).cos(), 0.5 - (PI * u).sin()]);
    Raw::even(upper.chain(lower).collect(), 0.1)
}

/// FFJORD's curves `t = 3 pi sqrt(u)`, radius `t / 3`, noise 0.1; 600 nodes each.
fn spirals() -> Raw {
    let arm = |sign: f64| {
        midpoints(600).map(move |u| {
            let t = 3.0 * PI * u.sqrt();
            [-sign * t.cos() * t / 3.0, sign * t.sin() * t / 3.0]
        })
    };
    Raw::even(arm(1.0).chain(arm(-1.0)).collect(), 0.1)
}

/// scikit-learn's curve, noise 0.5; 900 nodes.
fn swiss_roll() -> Raw {
    let node = |u: f64| {
        let t = 1.5 * PI * (1.0 + 2.0 * u);
        [t * t.cos(), t * t.sin()]
    };
    Raw::even(midpoints(900).map(node).collect(), 0.5)
}

/// Radii 0.75 to 3, a quarter of the weight each, noise 0.08; nodes in proportion to the length.
fn rings() -> Raw {
    let mut raw = Raw {
        variance: 0.08 * 0.08,
        ..Raw::default()
    };
    for ring in 1..=4_usize {
        let (radius, count) = (0.75 * ring as f64, 160 * ring);
        raw.nodes
            .extend(midpoints(count).map(|u| [radius * (2.0 * PI * u).cos(), radius * (2.0 * PI * u).sin()]));
        raw.weights.extend((0..count).map(|_| 1.0 / count as f64));
    }
    raw
}

/// Five blades: radius `1 + 0.3 z`, 0.1 z' across, turned by `0.25 exp(radius)`, with standard normal z and z'.
/// A tensor quadrature over both, about 30,000 nodes without variance of their own, the lightest left out.
fn pinwheel() -> Raw {
    let mut raw = Raw::default();
    let bell = |z: f64| (-z * z / 2.0).exp();
    let mut all = Vec::new();
    for zr in linspace(-4.5, 4.5, 181) {
        for zt in linspace(-4.5, 4.5, 37) {
            for blade in 0..5 {
                let (r, t) = (1.0 + 0.3 * zr, 0.1 * zt);
                let a = 2.0 * PI * f64::from(blade) / 5.0 + 0.25 * r.exp();
                all.push((
                    [a.cos() * r - a.sin() * t, a.sin() * r + a.cos() * t],
                    bell(zr) * bell(zt),
                ));
            }
        }
    }
    let total: f64 = all.iter().map(|(_, w)| w).sum();
    for (node, weight) in all.into_iter().filter(|(_, w)| w / total > 1e-9) {
        raw.nodes.push(node);
        raw.weights.push(weight);
    }
    raw
}

/// Unit Gaussians at (-5, -5) and (5, 5).
fn two_g() -> Raw {
    Raw {
        nodes: vec![[-5.0, -5.0], [5.0, 5.0]],
        weights: vec![0.2, 0.8],
        variance: 1.0,
    }
}

/// The squares of [-2, 2]² whose column and row are both even or both odd. Of mean zero and per-axis variance 4 / 3, as
/// the whole square has.
fn checkerboard() -> ExactField {
    let side = SCALE / (4.0_f64 / 3.0).sqrt();
    let edges: Vec<f32> = (0..5).map(|i| (side * (f64::from(i) - 2.0)) as f32).collect();
    let cells: Vec<[usize; 2]> = (0..4)
        .flat_map(|i| (0..4).filter(move |j| (i + j) % 2 == 0).map(move |j| [i, j]))
        .collect();
    ExactField::Boxes(Boxes::new(&edges, &edges, &cells))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const DRAWS: usize = 20_000;

    /// Mean and variance of the mean of `f` over some draws.
    fn mean(points: &[f32], f: impl Fn([f32; 2]) -> f32) -> (f64, f64) {
        let values: Vec<f64> = points.chunks_exact(2).map(|x| f64::from(f([x[0], x[1]]))).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        (mean, variance / count)
    }

    #[test]
    fn draws_without_the_field_are_those_of_the_field() {
        for preset in Preset::ALL {
            let mut points = [vec![0.0; 2 * DRAWS], vec![0.0; 2 * DRAWS]];
            let mut rng = StdRng::seed_from_u64(3);
            preset.sample(&mut rng, &mut points[0]);
            preset.field().sample(&mut rng, &mut points[1]);
            let functions: [&dyn Fn([f32; 2]) -> f32; 5] =
                [&|x| x[0], &|x| x[1], &|x| x[0] * x[0], &|x| x[0] * x[1], &|x| {
                    x[0] * x[0] * x[1] * x[1]
                }];
            for (k, f) in functions.into_iter().enumerate() {
                let [(a, var_a), (b, var_b)] = points.each_ref().map(|points| mean(points, f));
                let off = (a - b) / (var_a + var_b).sqrt();
                assert!(
                    off.abs() < 6.0,
                    "{preset:?}, function {k}: {a} and {b}, {off} standard errors"
                );
            }
        }
    }
}
