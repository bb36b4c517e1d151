//! The network of one tile, as all kernels use it.
//!
//! A layer of a tile lies in shared memory column by column: `layer[column * rows + row]`. A unit computes blocks of
//! [`ROWS`] rows (apart by the number of row blocks, so that neighbouring units read neighbouring numbers) and
//! [`COLUMNS`] neighbouring columns: sixteen numbers are loaded for 64 products. What follows for each number of a layer
//! by itself is a loop, which is compiled once and not for each number of a block.

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
    let (nth, row) = divide(UNIT_POS as usize, comptime!(tile.row_blocks()).runtime());
    (row, nth * COLUMNS)
}

/// Quotient and remainder. CubeCL 0.11.3 takes `n % by` for `n` where it comes to know late that `by` is 1.
#[cube]
pub fn divide(n: usize, by: usize) -> (usize, usize) {
    let quotient = n / by;
    (quotient, n - quotient * by)
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

/// Adds the unit's block of `layer M` to its sums. `M` has `inputs` rows; of the unit's first column it begins at `first`
/// of the weights, and lies `down` from row to row, `across` from column to column.
#[cube]
#[allow(clippy::too_many_arguments)]
pub fn add_product(
    sums: &mut Array<f32>,
    layer: &Shared<[f32]>,
    weights: &[f32],
    first: usize,
    down: usize,
    across: usize,
    inputs: usize,
    #[comptime] tile: Tile,
) {
    let (row, _) = block(tile);
    let (rows, step) = comptime!((tile.rows, tile.row_blocks()));
    for k in 0..inputs {
        let mut h = Sequence::<f32>::new();
        #[unroll]
        for i in 0..ROWS {
            h.push(layer[k * rows + row + i * step]);
        }
        let at = first + k * down;
        #[unroll]
        for j in 0..COLUMNS {
            let w = weights[at + j * across];
            #[unroll]
            for i in 0..ROWS {
                sums[i * COLUMNS + j] += h[i] * w;
            }
        }
    }
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
    let (_, column) = block(tile);
    let width = comptime!(tile.width);
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
    add_product(
        &mut sums,
        layer,
        weights,
        offset + column,
        width.runtime(),
        1usize,
        inputs,
        tile,
    );
    sums
}

/// Puts the units' blocks into the layer. Nobody may read the layer any more, and all is in its place when this returns.
#[cube]
pub fn put(layer: &mut Shared<[f32]>, sums: &Array<f32>, #[comptime] tile: Tile) {
    let (row, column) = block(tile);
    let (rows, step) = comptime!((tile.rows, tile.row_blocks()));
    sync_cube();
    #[unroll]
    for j in 0..COLUMNS {
        #[unroll]
        for i in 0..ROWS {
            layer[(column + j) * rows + row + i * step] = sums[i * COLUMNS + j];
        }
    }
    sync_cube();
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
    let (width, depth) = comptime!((tile.width, tile.depth));
    let mut offset = 0usize;
    let mut inputs = comptime!(features::COUNT).runtime();
    for _ in 0..depth {
        let sums = affine(&*layer, weights, offset, inputs, tile);
        put(layer, &sums, tile);
        for i in range_stepped(UNIT_POS as usize, comptime!(tile.layer()), comptime!(tile.units())) {
            let a = layer[i];
            layer[i] = a * sigmoid(a);
        }
        sync_cube();
        offset += (inputs + 1) * width;
        inputs = width.runtime();
    }
}
