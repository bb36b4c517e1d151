//! The generator of [`crate::fused::random`] on the GPU.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::math::sine_and_cosine;
use crate::fused::random::{KEY_STEPS, MULTIPLIERS, PURPOSE, ROUNDS, UNIT};

/// The high word of a product.
#[cube]
fn high(a: u32, b: u32) -> u32 {
    let (a_low, a_high) = (a & 0xFFFF, a >> 16);
    let (b_low, b_high) = (b & 0xFFFF, b >> 16);
    let (across, along) = (a_low * b_high, a_high * b_low);
    let middle = ((a_low * b_low) >> 16) + (across & 0xFFFF) + (along & 0xFFFF);
    a_high * b_high + (across >> 16) + (along >> 16) + (middle >> 16)
}

/// Two independent standard normal numbers for a particle at a step, whose number comes in two words.
#[cube]
pub fn normals(seed: u32, step_low: u32, step_high: u32, particle: u32) -> (f32, f32) {
    let mut a = particle;
    let mut b = step_low;
    let mut c = step_high;
    let mut d = 0u32;
    let mut key_0 = seed;
    let mut key_1 = comptime!(PURPOSE).runtime();
    for _ in 0..ROUNDS {
        let first = high(a, comptime!(MULTIPLIERS[0]));
        let second = high(c, comptime!(MULTIPLIERS[1]));
        let low_0 = a * comptime!(MULTIPLIERS[0]);
        let low_1 = c * comptime!(MULTIPLIERS[1]);
        a = second ^ b ^ key_0;
        b = low_1;
        c = first ^ d ^ key_1;
        d = low_0;
        key_0 += comptime!(KEY_STEPS[0]);
        key_1 += comptime!(KEY_STEPS[1]);
    }
    let first = (f32::cast_from(a >> 8) + 1.0) * UNIT;
    let angle = f32::cast_from(b >> 8) * UNIT * std::f32::consts::TAU;
    let radius = max(-(2.0 * first.ln()), 0.0).sqrt();
    let (sine, cosine) = sine_and_cosine(angle);
    (radius * cosine, radius * sine)
}
