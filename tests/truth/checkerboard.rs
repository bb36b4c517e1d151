//! The checkerboard against quadrature in f64, also where no density is left.

use rand::SeedableRng;
use rand::rngs::StdRng;
use scorefield::distribution::Preset;

use crate::{allowed, distance, points};

/// `ln` of the mass that the uniform density on `[a, b]` leaves at x, and its derivative, by Simpson's rule in f64.
fn segment_by_quadrature(x: f64, [a, b]: [f64; 2], sigma: f64) -> [f64; 2] {
    let nearest = x.clamp(a, b);
    let outside = (x - nearest).abs() / sigma;
    // What lies farther than this is below exp(-40) of the rest.
    let reach = sigma * 9.0_f64.min(40.0 / outside.max(1e-9)) + 1e-12;
    let (low, high) = ((nearest - reach).max(a), (nearest + reach).min(b));
    let n = 2000;
    let (mut mass, mut pull) = (0.0, 0.0);
    for i in 0..=n {
        let u = low + (high - low) * f64::from(i) / f64::from(n);
        let weight = if i == 0 || i == n {
            1.0
        } else {
            2.0 + 2.0 * f64::from(i % 2)
        };
        let z = (x - u) / sigma;
        let e = weight * ((outside * outside - z * z) / 2.0).exp();
        mass += e;
        pull += e * (u - x) / (sigma * sigma);
    }
    let step = (high - low) / f64::from(n) / 3.0;
    let log_mass = (mass * step / (sigma * std::f64::consts::TAU.sqrt())).ln() - outside * outside / 2.0;
    [log_mass, pull / mass]
}

#[test]
fn the_checkerboard_is_right_in_the_middle_of_nowhere_too() {
    let field = Preset::Checkerboard.field();
    let side = 0.5 / (4.0_f64 / 3.0).sqrt();
    let interval = |i: i32| [side * (f64::from(i) - 2.0), side * (f64::from(i) - 1.0)];
    for sigma in [0.01_f32, 0.03, 0.1, 0.5, 3.0] {
        let mut x = points(&field, sigma, 60, 31);
        // The centre of an empty square, at sigma 0.01 more than 21 sigma from any mass.
        x.push([0.5 * side as f32, -0.5 * side as f32]);
        for x in x {
            let mut terms = Vec::new();
            for (i, j) in (0..16).map(|k| (k / 4, k % 4)).filter(|(i, j)| (i + j) % 2 == 0) {
                let [h, dh] = segment_by_quadrature(f64::from(x[0]), interval(i), f64::from(sigma));
                let [v, dv] = segment_by_quadrature(f64::from(x[1]), interval(j), f64::from(sigma));
                terms.push((h + v, [dh, dv]));
            }
            let peak = terms.iter().map(|t| t.0).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = terms.iter().map(|t| (t.0 - peak).exp()).sum();
            let score = [0, 1].map(|axis| terms.iter().map(|t| (t.0 - peak).exp() * t.1[axis]).sum::<f64>() / sum);
            let truth = score.map(|s| s as f32);
            let log_density = peak + sum.ln() - (8.0 * side * side).ln();
            let local = field.local(x, sigma);
            // Where far pulls cancel the score changes so fast that rounding x and the edges to f32 already moves it.
            let [[xx, xy], [_, yy]] = field.jacobian(x, sigma);
            let rounding = f32::EPSILON * x[0].hypot(x[1]) * xx.hypot(yy).hypot(xy);
            let off = distance(local.score, truth);
            assert!(
                off <= allowed(truth, sigma) + rounding,
                "{x:?}, {sigma}: {local:?}, {truth:?}"
            );
            let off = (f64::from(local.log_density) - log_density).abs();
            assert!(
                off < 1e-4 * log_density.abs().max(1.0),
                "{x:?}, {sigma}: {local:?}, {log_density}"
            );
        }
    }
}

#[test]
fn every_draw_from_the_checkerboard_lies_in_a_filled_square() {
    let field = Preset::Checkerboard.field();
    let side = 0.5 / (4.0_f32 / 3.0).sqrt();
    let mut draws = vec![0.0; 4000];
    field.sample(&mut StdRng::seed_from_u64(71), &mut draws);
    for x in draws.chunks_exact(2) {
        let cell = [x[0], x[1]].map(|v| (v / side + 2.0).floor() as i32);
        assert!(
            cell.iter().all(|c| (0..4).contains(c)) && (cell[0] + cell[1]) % 2 == 0,
            "{x:?}"
        );
    }
}
