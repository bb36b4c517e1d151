//! Adam and the moving average, one unit a parameter.

use burn::cubecl;
use burn::cubecl::prelude::*;

use crate::fused::tile::Tile;

/// Adds the shares' gradients up, and takes the step that the upload's header describes
/// ([`Adam`](crate::model::perceptron::Adam)).
///
/// - `partials`: `[shares, Tile::stride]`
/// - all others but `header`: `[parameters]`, in and out
#[cube(launch_unchecked)]
pub fn update(
    header: &[f32],
    partials: &[f32],
    weights: &mut [f32],
    average: &mut [f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    shares: u32,
    #[comptime] tile: Tile,
) {
    let i = ABSOLUTE_POS;
    if i < comptime!(tile.parameters()) {
        let mut gradient = 0.0f32;
        for share in 0..shares as usize {
            gradient += partials[share * comptime!(tile.stride()) + i];
        }
        let first = first_moment[i] * header[8] + gradient * (1.0 - header[8]);
        let second = second_moment[i] * header[9] + gradient * gradient * (1.0 - header[9]);
        let spread = (second / header[4]).sqrt() + header[5];
        let weight = weights[i] - first * header[3] / spread;
        first_moment[i] = first;
        second_moment[i] = second;
        weights[i] = weight;
        average[i] = average[i] * header[6] + weight * header[7];
    }
}
