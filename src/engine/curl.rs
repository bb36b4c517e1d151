//! How far a learned field is from being a gradient.

use burn::tensor::{Device, ExecutionError, Tensor};

use super::protocol::Grid;
use crate::field::{Field, points_on};

/// Points at which the curl is looked up, about 3 ms on one core.
const POINTS: usize = 400;
/// Of these at a time: a tensor of tangents takes 50 KB at a width of 64 then. With all at once there were five of
/// 300 KB, by far the largest pieces of memory here, for which every now and then no hole was left.
const PORTION: usize = 64;
/// Where the density is further than this below its maximum, nats, nobody is there to see the curl.
const DEPTH: f32 = 6.0;

/// The root mean square of the curl over that of the slope (the Jacobian's Frobenius norm), both weighted by the
/// density. 0 for a gradient, as a true score is one. The curl is the field's own, by tangents; the slope, which need
/// not be as exact, is taken by differences on the grid.
///
/// `score`, `log_density`: on the grid, the data's density at this `sigma`.
///
/// # Errors
/// When the device is lost.
pub async fn relative(
    field: &dyn Field,
    device: &Device,
    sigma: f32,
    grid: &Grid,
    score: &[f32],
    log_density: &[f32],
) -> Result<f32, ExecutionError> {
    let side = grid.side as usize;
    let highest = log_density.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let inner = |i: &usize| (1..side - 1).contains(&(i % side)) && (1..side - 1).contains(&(i / side));
    let seen: Vec<usize> = (0..log_density.len())
        .filter(|i| log_density[*i] > highest - DEPTH)
        .filter(inner)
        .collect();
    let chosen: Vec<usize> = seen
        .iter()
        .copied()
        .step_by(seen.len().div_ceil(POINTS).max(1))
        .collect();
    if chosen.is_empty() {
        return Ok(f32::NAN);
    }
    let portions = chosen.chunks(PORTION).map(|portion| {
        let points = portion.iter().flat_map(|i| grid.point(i % side, i / side)).collect();
        field.differential(&points_on(device, points), sigma).curl
    });
    // One read of the device for all.
    let curls = Tensor::cat(portions.collect(), 0).into_data_async().await?;
    let (mut turning, mut sloping) = (0.0_f32, 0.0_f32);
    for (i, curl) in chosen.into_iter().zip(curls.iter::<f32>()) {
        let weight = (log_density[i] - highest).exp();
        turning += weight * curl * curl;
        sloping += weight * squared_slope(score, i, side, grid.spacing());
    }
    Ok((turning / sloping).sqrt())
}

/// `|J|²` by central differences at an inner point of the grid.
fn squared_slope(score: &[f32], i: usize, side: usize, spacing: f32) -> f32 {
    let component = |j: usize, axis: usize| score[2 * j + axis];
    let differences = [(i + 1, i - 1), (i + side, i - side)]
        .into_iter()
        .flat_map(|(after, before)| [0, 1].map(|axis| component(after, axis) - component(before, axis)));
    differences.map(|d| (0.5 * d / spacing).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::Tensor;

    use super::*;
    use crate::field::Differential;

    /// `s = -x + turn * (-y, x)`: slope `sqrt(2 (1 + turn²))` everywhere, curl `2 turn`.
    struct Whirl(f32);

    impl Field for Whirl {
        fn score(&self, x: &Tensor<2>, _sigma: f32) -> Tensor<2> {
            let turned = x.clone().flip([1]) * Tensor::from_data([[-self.0, self.0]], &x.device());
            turned - x.clone()
        }

        fn differential(&self, x: &Tensor<2>, sigma: f32) -> Differential {
            let ones = Tensor::<1>::ones([x.dims()[0]], &x.device());
            Differential {
                score: self.score(x, sigma),
                divergence: ones.clone() * -2.0,
                curl: ones * (2.0 * self.0),
            }
        }
    }

    #[test]
    fn a_linear_whirl_has_the_curl_of_its_closed_form_and_a_gradient_has_none() {
        let device = Device::flex();
        let grid = Grid::window([0.0; 2], 0.5, 0.1, 33);
        let points = grid.points();
        let density: Vec<f32> = points
            .chunks_exact(2)
            .map(|x| -0.5 * (x[0] * x[0] + x[1] * x[1]))
            .collect();
        for turn in [0.0_f32, 0.3, 1.0] {
            let field = Whirl(turn);
            let x = points_on(&device, points.clone());
            let score: Vec<f32> = field.score(&x, 0.1).into_data().iter::<f32>().collect();
            let mut future = Box::pin(relative(&field, &device, 0.1, &grid, &score, &density));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let std::task::Poll::Ready(found) = future.as_mut().poll(&mut context) else {
                panic!("the CPU never waits")
            };
            let expected = 2.0 * turn / (2.0 * (1.0 + turn * turn)).sqrt();
            assert!((found.unwrap() - expected).abs() < 1e-3, "turn {turn}");
        }
    }
}
