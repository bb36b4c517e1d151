//! Fields with closed forms, runs, and moments with their error bars.

use burn::tensor::{Device, Tensor};
use scorefield::field::{Differential, Field, points_on};
use scorefield::sampler::{Chain, Parameters, Sampler, build, start};

/// `N(0, variance I)` smoothed by sigma.
pub struct Gaussian {
    pub variance: f32,
}

impl Gaussian {
    fn smoothed(&self, sigma: f32) -> f32 {
        self.variance + sigma * sigma
    }
}

impl Field for Gaussian {
    fn score(&self, x: &Tensor<2>, sigma: f32) -> Tensor<2> {
        x.clone() / -self.smoothed(sigma)
    }

    fn differential(&self, _: &Tensor<2>, _: f32) -> Differential {
        unreachable!("sampling needs no derivatives")
    }

    fn energy(&self, x: &Tensor<2>, sigma: f32) -> Option<Tensor<1>> {
        let squared = (x.clone() * x.clone()).sum_dim(1).squeeze_dim::<1>(1);
        Some(squared / (2.0 * self.smoothed(sigma)))
    }
}

/// Particles in statistical tests, two independent coordinates each.
pub const MANY: usize = 40_000;

/// The noise level of the chains here; with no width of its own the field is `N(0, sigma² I)` and eta is in units of the
/// local width, as in the theory.
pub const SIGMA: f32 = 0.4;
pub const POINT: Gaussian = Gaussian { variance: 0.0 };

pub fn chain(eta: f64) -> Chain {
    Chain::new(SIGMA, eta as f32, 5)
}

pub fn tensor(points: &[f32]) -> Tensor<2> {
    points_on(&Device::flex(), points.to_vec())
}

pub fn values<const D: usize>(x: &Tensor<D>) -> Vec<f32> {
    x.to_data().try_into_vec().unwrap()
}

/// `count` particles of `N(0, variance I)`.
pub fn normal(count: usize, variance: f64, seed: u32) -> Vec<f32> {
    start(count, [0.0; 2], 0.0, variance.sqrt() as f32, seed)
}

pub fn steps(sampler: &mut dyn Sampler, field: &dyn Field, points: &[f32], steps: usize) -> Vec<f32> {
    let mut x = tensor(points);
    for _ in 0..steps {
        x = sampler.step(field, x);
    }
    values(&x)
}

pub fn to_the_end(parameters: &Parameters, field: &dyn Field, points: &[f32]) -> Vec<f32> {
    let mut sampler = build(parameters);
    let mut x = tensor(points);
    while !sampler.finished() {
        x = sampler.step(field, x);
    }
    values(&x)
}

/// The share of proposals that were accepted.
pub fn acceptance(sampler: &dyn Sampler) -> f64 {
    f64::from(values(&sampler.acceptance().unwrap())[0])
}

/// Mean square of independent coordinates whose mean is 0.
pub fn variance(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / x.len() as f64
}

/// Asserts that independent normal coordinates have mean 0 and this variance: the mean's standard error is
/// `sqrt(V / n)`, that of the mean square `V sqrt(2 / n)`.
pub fn assert_normal(x: &[f32], expected: f64, what: &str) {
    let n = x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let got = variance(x);
    eprintln!("{what}: variance {got:.5}, expected {expected:.5}");
    assert!(mean.abs() < 6.0 * (expected / n).sqrt(), "{what}: mean {mean}");
    assert!(
        (got / expected - 1.0).abs() < 6.0 * (2.0 / n).sqrt(),
        "{what}: variance {got}, expected {expected}"
    );
}
