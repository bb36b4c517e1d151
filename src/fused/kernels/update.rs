//! Adam and the moving average, one unit a parameter.

use burn::cubecl;
use burn::cubecl::prelude::*;

use crate::fused::batch::{FIRST_DECAY, SECOND_DECAY};

/// Adds the groups' gradients up, and takes the step that the upload's header describes
/// ([`Rates`](crate::fused::batch::Rates)).
///
/// - `partials`: `[groups, parameters]`
/// - all others but `header`: `[parameters]`, in and out
#[cube(launch_unchecked)]
pub fn update(
    header: &[f32],
    partials: &[f32],
    weights: &mut [f32],
    average: &mut [f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    groups: u32,
    #[comptime] parameters: usize,
) {
    let i = ABSOLUTE_POS;
    if i < parameters {
        let mut gradient = 0.0f32;
        for group in 0..groups as usize {
            gradient += partials[group * parameters + i];
        }
        let first = first_moment[i] * FIRST_DECAY + gradient * (1.0 - FIRST_DECAY);
        let second = second_moment[i] * SECOND_DECAY + gradient * gradient * (1.0 - SECOND_DECAY);
        let spread = (second / header[4]).sqrt() + header[5];
        let weight = weights[i] - first * header[3] / spread;
        first_moment[i] = first;
        second_moment[i] = second;
        weights[i] = weight;
        average[i] = average[i] * header[6] + weight * header[7];
    }
}
