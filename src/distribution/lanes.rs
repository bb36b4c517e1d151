//! Eight points at a time: fixed-size arrays whose loops the compiler turns into vector instructions, natively and on
//! wasm, and an exponential that vectorises with them.

/// How many points are evaluated together.
pub const LANES: usize = 8;

/// One value a point.
pub type Lanes = [f32; LANES];

/// One value a point, from the lane's index.
#[inline(always)]
pub fn lanes(value: impl Fn(usize) -> f32) -> Lanes {
    let mut out = [0.0; LANES];
    for (i, out) in out.iter_mut().enumerate() {
        *out = value(i);
    }
    out
}

/// The larger of two numbers, neither of them NaN: one instruction, which `f32::max` with its care for NaN is not.
#[inline(always)]
pub(super) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The largest lane.
#[inline(always)]
pub(super) fn largest(a: &Lanes) -> f32 {
    let half: [f32; 4] = std::array::from_fn(|i| larger(a[i], a[i + 4]));
    larger(larger(half[0], half[1]), larger(half[2], half[3]))
}

/// `exp(x)` for `x <= 88`, relative error below 3e-7; below -87 it stays at `exp(-87)`, which is next to nothing.
///
/// `exp(x) = 2^k exp(r)` with `k` the integer nearest to `x / ln 2`, found by adding a number so large that the sum's
/// last bit is worth 1, and a polynomial for `r`, `|r| <= ln 2 / 2` (Chebyshev fit, error 8e-8).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5 * 2^23
    // ln 2 in two parts, the first with so few bits that its product with k is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = larger(x, -87.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let k = shifted - SHIFT;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let p = 0.008_369_22 * r + 0.041_918_01;
    let p = p * r + 0.166_665_05;
    let p = p * r + 0.499_988_65;
    let p = (p * r + 1.0) * r + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// `ln x` within 0.05, for positive x: the exponent and mantissa bits read as one fixed-point number.
#[inline(always)]
pub(super) fn rough_ln(x: f32) -> f32 {
    const LN_2_PER_STEP: f32 = std::f32::consts::LN_2 / 8_388_608.0;
    (x.to_bits() as i32 as f32) * LN_2_PER_STEP - (127.0 - 0.045) * std::f32::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_is_good_to_three_parts_in_ten_million() {
        for i in 0..200_000 {
            let x = -87.0 + i as f32 * (170.0 / 200_000.0);
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) / truth - 1.0).abs() < 3e-7, "exp({x})");
            assert!((rough_ln(truth as f32) - x).abs() < 0.05, "ln exp({x})");
        }
        assert!(exp(-1e30) < 1e-37);
    }
}
