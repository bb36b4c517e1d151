//! The network of one tile, as all kernels use it.
//!
//! A layer of a tile lies in shared memory column by column: `layer[column * rows + row]`. A unit computes blocks of
//! [`ROWS`] rows (apart by the number of row blocks, so that neighbouring units read neighbouring numbers) and
//! [`COLUMNS`] neighbouring columns: twelve numbers are loaded for 32 products.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::math::{sigmoid, sine_and_cosine, tanh};
use crate::fused::tile::{COLUMNS, ROWS, Tile};
use crate::model::features;

/// Mean and scale of the data.
#[derive(CubeType, Clone, Copy)]
pub struct Scaling {
    pub mean_x: f32,
    pub mean_y: f32,
    pub scale: f32,
}

/// `sigma² + sd²`.
#[cube]
pub fn variance(sigma: f32, scaling: &Scaling) -> f32 {
    sigma * sigma + scaling.scale * scaling.scale
}

/// Writes what the network sees of one coordinate of a row: all of its features, and of those that belong to no
/// coordinate the noise level with the first and the constant with the second. See [`features`].
#[cube]
pub fn write_features(
    layer: &mut Shared<[f32]>,
    row: usize,
    axis: usize,
    coordinate: f32,
    sigma: f32,
    scaling: &Scaling,
    #[comptime] tile: Tile,
) {
    let mean = select(axis == 0, scaling.mean_x, scaling.mean_y);
    let variance = variance(sigma, scaling);
    let gate = scaling.scale * scaling.scale / variance;
    let z = (coordinate - mean) / variance.sqrt();
    let beyond = max(z.abs() - features::STRAIGHT, 0.0);
    let u = z - select(z < 0.0, -1.0f32, 1.0f32) * (beyond - tanh(beyond));
    let (s, c) = sine_and_cosine(u * features::FREQUENCY);
    let noise = 0.25 * (0.5 * sigma / scaling.scale).ln();
    let rows = comptime!(tile.rows);
    let at = axis * rows + row;
    layer[at] = z;
    layer[at + 2 * rows] = gate * s;
    layer[at + 4 * rows] = gate * 2.0 * s * c;
    layer[at + 6 * rows] = gate * c;
    layer[at + 8 * rows] = gate * (1.0 - 2.0 * s * s);
    layer[at + 10 * rows] = select(axis == 0, noise, 1.0f32);
}

/// The block of a unit: its first row and its first column.
#[cube]
pub fn block(#[comptime] tile: Tile) -> (usize, usize) {
    let blocks = comptime!(tile.row_blocks());
    let unit = UNIT_POS as usize;
    (unit % blocks, unit / blocks * COLUMNS)
}

/// So many sums that have not begun.
#[cube]
pub fn zeros(#[comptime] count: usize) -> Array<f32> {
    let mut sums = Array::<f32>::new(count);
    #[unroll]
    for i in 0..count {
        sums[i] = 0.0;
    }
    sums
}

/// The unit's block of `h W + b`. layer: `h`; the weights of this layer begin at `offset`.
#[cube]
pub fn affine(
    layer: &Shared<[f32]>,
    weights: &[f32],
    offset: usize,
    inputs: usize,
    #[comptime] tile: Tile,
) -> Array<f32> {
    let (row, column) = block(tile);
    let (rows, step, width) = comptime!((tile.rows, tile.row_blocks(), tile.width));
    let mut sums = Array::<f32>::new(comptime!(ROWS * COLUMNS));
    let bias = offset + inputs * width + column;
    #[unroll]
    for j in 0..COLUMNS {
        let b = weights[bias + j];
        #[unroll]
        for i in 0..ROWS {
            sums[i * COLUMNS + j] = b;
        }
    }
    for k in 0..inputs {
        let mut w = Array::<f32>::new(COLUMNS);
        #[unroll]
        for j in 0..COLUMNS {
            w[j] = weights[offset + k * width + column + j];
        }
        #[unroll]
        for i in 0..ROWS {
            let h = layer[k * rows + row + i * step];
            #[unroll]
            for j in 0..COLUMNS {
                sums[i * COLUMNS + j] += h * w[j];
            }
        }
    }
    sums
}

/// One of the two outputs of a row: the last layer.
#[cube]
pub fn output(layer: &Shared<[f32]>, weights: &[f32], row: usize, which: usize, #[comptime] tile: Tile) -> f32 {
    let (rows, width, offset) = comptime!((tile.rows, tile.width, tile.last_layer()));
    let mut sum = weights[offset + 2 * width + which];
    for k in 0..width {
        sum += layer[k * rows + row] * weights[offset + 2 * k + which];
    }
    sum
}

/// All hidden layers, in place. layer: features in, the last hidden layer out; everything is in its place when this
/// returns.
#[cube]
pub fn hidden_layers(layer: &mut Shared<[f32]>, weights: &[f32], #[comptime] tile: Tile) {
    let (row, column) = block(tile);
    let (rows, step, width, depth) = comptime!((tile.rows, tile.row_blocks(), tile.width, tile.depth));
    let mut offset = 0usize;
    let mut inputs = comptime!(features::COUNT).runtime();
    for _ in 0..depth {
        let sums = affine(&*layer, weights, offset, inputs, tile);
        sync_cube();
        #[unroll]
        for j in 0..COLUMNS {
            #[unroll]
            for i in 0..ROWS {
                let a = sums[i * COLUMNS + j];
                layer[(column + j) * rows + row + i * step] = a * sigmoid(a);
            }
        }
        sync_cube();
        offset += (inputs + 1) * width;
        inputs = width.runtime();
    }
}
