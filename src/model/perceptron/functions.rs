//! The functions that a network is made of, four numbers at a time, by polynomials: no branches, no tables, no calls.

use super::lane::F4;

/// Adding this rounds a number to an integer and leaves it in the lowest bits: `1.5 * 2^23`.
const ROUND: f32 = 12_582_912.0;

/// `c[0] + c[1] x + c[2] x² + …`
#[inline(always)]
fn polynomial<const N: usize>(c: [f32; N], x: F4) -> F4 {
    let mut sum = F4::splat(c[N - 1]);
    for c in c.into_iter().rev().skip(1) {
        sum = sum * x + c;
    }
    sum
}

/// `exp(x)` within 3e-7 of its size, for x in ±87; it stays where it is beyond.
///
/// `exp(x) = 2^k exp(r)` with `k` the integer nearest to `x / ln 2` and `|r| <= ln(2) / 2`, where a polynomial (a
/// Chebyshev fit) is within 8e-8.
#[inline(always)]
pub fn exp(x: F4) -> F4 {
    // ln 2 in two parts, the first with so few digits that its product with k is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.or_larger(F4::splat(-87.0)).or_smaller(F4::splat(87.0));
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    polynomial([1.0, 1.0, 0.499_988_65, 0.166_665_05, 0.041_918_01, 0.008_369_22], r).times_two_to(shifted)
}

/// `phi(a) = a g` with `g = 1 / (1 + e)`, `e = exp(-a)`, and `phi'(a) = g + phi e g` (of which `e g` is `1 - g` without
/// the difference of nearly equal numbers).
#[inline(always)]
pub fn silu(a: F4) -> [F4; 2] {
    let e = exp(F4::default() - a);
    let g = F4::splat(1.0) / (e + 1.0);
    let value = a * g;
    [value, g + value * (e * g)]
}

/// The same and `phi''(a) = e g² (2 + a (1 - 2 g))`.
#[inline(always)]
pub fn silu_with_curvature(a: F4) -> [F4; 3] {
    let e = exp(F4::default() - a);
    let g = F4::splat(1.0) / (e + 1.0);
    let (value, rest) = (a * g, e * g);
    [value, g + value * rest, g * rest * (a * (rest - g) + 2.0)]
}

/// `tanh(x)` within 2e-7, for x >= 0.
#[inline(always)]
pub fn tanh(x: F4) -> F4 {
    F4::splat(1.0) - F4::splat(2.0) / (exp(x + x) + 1.0)
}

/// `sin(x)` and `cos(x)` within 2e-7, for x in ±100.
///
/// `sin(x) = (-1)^k sin(r)` and the same of the cosine, with `k` the integer nearest to `x / pi` and `|r| <= pi / 2`,
/// where polynomials (Chebyshev fits) are within 3e-8.
#[inline(always)]
pub fn sin_cos(x: F4) -> [F4; 2] {
    // pi in two parts, the first with so few digits that its product with k is exact.
    const PI_HIGH: f32 = 3.140_625;
    const PI_LOW: f32 = 9.676_536e-4;
    let shifted = x * std::f32::consts::FRAC_1_PI + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * PI_HIGH) - k * PI_LOW;
    let t = r * r;
    let sin = polynomial([-0.166_666_66, 8.333_242e-3, -1.982_272_5e-4, 2.634_697e-6], t) * (t * r) + r;
    let cos = polynomial(
        [-0.5, 0.041_666_668, -1.388_881_2e-3, 2.478_606_7e-5, -2.654_549_4e-7],
        t,
    ) * t
        + 1.0;
    [sin, cos].map(|wave| wave.flipped_if_odd(shifted))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest difference from a function in double precision at so many numbers from -far to far, in units of
    /// `size`.
    fn worst(far: f32, function: impl Fn(F4) -> F4, truth: impl Fn(f64) -> f64, size: impl Fn(f64) -> f64) -> f64 {
        const COUNT: usize = 400_000;
        let at = |i: usize| far * (2.0 * i as f32 / COUNT as f32 - 1.0);
        let blocks = (0..COUNT).step_by(4).map(|i| [0, 1, 2, 3].map(|j| at(i + j)));
        let errors = blocks.flat_map(|x| {
            let values = function(F4::new(x)).numbers();
            std::array::from_fn::<f64, 4, _>(|i| {
                let x = f64::from(x[i]);
                (f64::from(values[i]) - truth(x)).abs() / size(truth(x))
            })
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn the_exponential_is_within_three_ten_millionths_of_its_size_and_stays_beyond_its_range() {
        assert!(worst(86.9, exp, f64::exp, |truth| truth) < 3e-7);
        let beyond = exp(F4::new([-1e30, 1e30, f32::NEG_INFINITY, f32::NAN])).numbers();
        let ends = exp(F4::new([-87.0, 87.0, 0.0, 0.0])).numbers();
        assert_eq!(beyond[..2], ends[..2]);
        assert!(beyond[2] < 1e-37 && beyond[3].is_nan());
    }

    #[test]
    fn waves_are_within_two_ten_millionths() {
        assert!(worst(100.0, |x| sin_cos(x)[0], f64::sin, |_| 1.0) < 2e-7);
        assert!(worst(100.0, |x| sin_cos(x)[1], f64::cos, |_| 1.0) < 2e-7);
    }

    #[test]
    fn the_hyperbolic_tangent_is_within_two_ten_millionths() {
        assert!(worst(30.0, |x| tanh(x.abs()), |x| x.abs().tanh(), |_| 1.0) < 2e-7);
    }

    #[test]
    fn silu_and_its_slope_are_within_rounding_of_their_formulas() {
        let logistic = |a: f64| 1.0 / (1.0 + (-a).exp());
        let value = worst(40.0, |a| silu(a)[0], |a| a * logistic(a), |truth| truth.abs().max(0.1));
        assert!(value < 5e-7, "{value}");
        let slope = |a: f64| logistic(a) * (1.0 + a * (1.0 - logistic(a)));
        let found = worst(40.0, |a| silu(a)[1], slope, |_| 1.0);
        assert!(found < 3e-7, "{found}");
        let curvature = |a: f64| logistic(a) * logistic(-a) * (2.0 + a * (1.0 - 2.0 * logistic(a)));
        let found = worst(40.0, |a| silu_with_curvature(a)[2], curvature, |_| 1.0);
        assert!(found < 3e-7, "{found}");
        let far = silu(F4::new([-1e9, 1e9, f32::NAN, 0.0])).map(F4::numbers);
        assert!(far[0][0].abs() < 1e-27 && far[0][1].to_bits() == 1e9_f32.to_bits() && far[0][2].is_nan());
        assert!(far[1][0].abs() < 1e-27 && far[1][1].to_bits() == 1.0_f32.to_bits() && far[1][2].is_nan());
    }
}
