//! The learned score at given points, and particles that follow it for several steps, each in one kernel.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::network::{Scaling, hidden_layers, output, variance, write_features};
use super::random::normals;
use crate::fused::tile::Tile;
use crate::fused::walk::{HEADER, MOVE};

/// Moves particles, or says where they are pulled.
///
/// - `plan`: see [`upload`](crate::fused::walk::upload)
/// - `points`: `[count, 2]`
/// - `result`: `[count, 2]`, out: where the particles are after these moves, or where nothing `walks` the scores at
///   the points for the first of them
#[cube(launch_unchecked)]
pub fn walk(
    plan: &[f32],
    weights: &[f32],
    points: &[f32],
    result: &mut [f32],
    count: u32,
    moves: u32,
    #[comptime] walks: bool,
    #[comptime] tile: Tile,
) {
    let (rows, units) = comptime!((tile.rows, tile.units()));
    let mut layer = Shared::<[f32]>::new_slice(comptime!(tile.memory()));
    let scaling = Scaling {
        mean_x: plan[0],
        mean_y: plan[1],
        scale: plan[2],
    };
    let first = CUBE_POS_X as usize * rows;
    // Rows past the last one are left out: whatever their layers are, nobody asks.
    let here = min(count as usize - first, rows);
    // A number of the result belongs to one unit, from the beginning to the end: it is where the point is meanwhile.
    for i in range_stepped(UNIT_POS as usize, 2 * here, units) {
        result[2 * first + i] = points[2 * first + i];
    }
    for m in 0..moves as usize {
        let at = HEADER + MOVE * m;
        let sigma = plan[at];
        for i in range_stepped(UNIT_POS as usize, 2 * here, units) {
            let x = result[2 * first + i];
            write_features(&mut layer, i / 2, i % 2, x, sigma, &scaling, tile);
        }
        sync_cube();
        hidden_layers(&mut layer, weights, tile);
        for i in range_stepped(UNIT_POS as usize, 2 * here, units) {
            let (row, axis) = (i / 2, i % 2);
            let x = result[2 * first + i];
            let output = output(&layer, weights, row, axis, tile);
            let score = score(plan, output, x, axis, sigma, &scaling);
            if comptime!(walks) {
                let noise = noise(plan, at, (first + row) as u32, axis);
                result[2 * first + i] = x + plan[at + 1] * score + plan[at + 2] * noise;
            } else {
                result[2 * first + i] = score;
            }
        }
        sync_cube();
    }
}

/// The coordinate of the score that an output stands for, with its denoised point clamped if the plan says so.
#[cube]
fn score(plan: &[f32], output: f32, x: f32, axis: usize, sigma: f32, scaling: &Scaling) -> f32 {
    let variance = variance(sigma, scaling);
    let mean = select(axis == 0, scaling.mean_x, scaling.mean_y);
    let score = (mean - x) / variance + output * scaling.scale / (sigma * variance.sqrt());
    let square = sigma * sigma;
    let denoised = min(max(x + square * score, plan[6 + axis]), plan[8 + axis]);
    select(plan[5] == 0.0, score, (denoised - x) / square)
}

/// The noise of a particle's coordinate.
#[cube]
fn noise(plan: &[f32], at: usize, particle: u32, axis: usize) -> f32 {
    let seed = (u32::cast_from(plan[3]) << 16) + u32::cast_from(plan[4]);
    let (low, high) = (u32::cast_from(plan[at + 3]), u32::cast_from(plan[at + 4]));
    let step_low = low + (high << 24);
    let (x, y) = normals(seed, step_low, high >> 8, particle);
    select(axis == 0, x, y)
}
