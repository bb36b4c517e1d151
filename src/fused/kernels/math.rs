//! Functions whose precision WGSL leaves open: it promises sines to 2^-11 only, too little for parity with the CPU.

use burn::cubecl;
use burn::cubecl::prelude::*;

/// `1 / (1 + exp(-a))`.
#[cube]
pub fn sigmoid(a: f32) -> f32 {
    // Beyond these bounds the exponential would overflow or is nothing; WGSL need not know infinity.
    1.0 / (1.0 + (-clamp(a, -80.0, 80.0)).exp())
}

/// `tanh` of a number that is not negative.
#[cube]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + (2.0 * min(x, 40.0)).exp())
}

/// Sine and cosine of an angle of moderate size (below a thousand), within 2e-7: a multiple of `pi / 2` is taken off in
/// three pieces (Cody & Waite), the rest goes through the polynomials of Cephes.
#[cube]
pub fn sine_and_cosine(angle: f32) -> (f32, f32) {
    let turns = f32::floor(angle * std::f32::consts::FRAC_2_PI + 0.5);
    let r = angle - turns * 1.570_312_5 - turns * 4.837_513e-4 - turns * 7.549_79e-8;
    let z = r * r;
    let sine = r - r * z * (1.666_665_5e-1 - z * (8.332_161e-3 - z * 1.951_529_6e-4));
    let cosine = 1.0 - 0.5 * z + z * z * (4.166_664_6e-2 - z * (1.388_731_6e-3 - z * 2.443_315_7e-5));
    let quarter = i32::cast_from(turns);
    let swapped = (quarter & 1i32) != 0i32;
    let sine_sign = select((quarter & 2i32) != 0i32, -1.0f32, 1.0f32);
    let cosine_sign = select(((quarter + 1i32) & 2i32) != 0i32, -1.0f32, 1.0f32);
    (
        sine_sign * select(swapped, cosine, sine),
        cosine_sign * select(swapped, sine, cosine),
    )
}
