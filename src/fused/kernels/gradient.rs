//! Features, forward pass, loss gradient and backward pass of a batch, in one kernel.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::math::sigmoid;
use super::network::{Scaling, affine, block, output, write_features, zeros};
use crate::fused::batch::{HEADER, ROW};
use crate::fused::tile::{COLUMNS, INPUTS, ROWS, Tile};
use crate::model::features;

/// The gradient of `sum over rows of weight |F - target|²` by all weights, each group's share of it.
///
/// - `batch`: see [`Upload`](crate::fused::batch::Upload)
/// - `partials`: `[groups, parameters]`, out
/// - `kept`: `[groups, Tile::kept]`, scratch
/// - `each`: tiles that a group takes
#[cube(launch_unchecked)]
pub fn gradient(
    batch: &[f32],
    weights: &[f32],
    partials: &mut [f32],
    kept: &mut [f32],
    rows: u32,
    each: u32,
    #[comptime] tile: Tile,
) {
    let mut layer = Shared::<[f32]>::new_slice(comptime!(tile.memory()));
    let mut delta = Shared::<[f32]>::new_slice(comptime!(tile.memory()));
    for turn in 0..each as usize {
        let first = (CUBE_POS_X as usize * each as usize + turn) * comptime!(tile.rows);
        fill_features(batch, &mut layer, first, rows as usize, tile);
        forward(&mut layer, weights, kept, tile);
        miss(batch, &layer, &mut delta, weights, first, rows as usize, tile);
        last_gradient(&layer, &delta, partials, turn, tile);
        backward(
            batch,
            &mut layer,
            &mut delta,
            weights,
            partials,
            kept,
            first,
            rows as usize,
            turn,
            tile,
        );
    }
}

/// Where a row of the batch begins; rows past the end are the last one again, and count nothing.
#[cube]
fn row_at(row: usize, rows: usize) -> usize {
    HEADER + ROW * min(row, rows - 1)
}

#[cube]
fn fill_features(batch: &[f32], layer: &mut Shared<[f32]>, first: usize, rows: usize, #[comptime] tile: Tile) {
    let scaling = Scaling {
        mean_x: batch[0],
        mean_y: batch[1],
        scale: batch[2],
    };
    let height = comptime!(tile.rows);
    for i in range_stepped(UNIT_POS as usize, 2 * height, comptime!(tile.units())) {
        let (row, axis) = (i % height, i / height);
        let at = row_at(first + row, rows);
        write_features(layer, row, axis, batch[at + axis], batch[at + 2], &scaling, tile);
    }
    sync_cube();
}

/// The hidden layers, each activation kept with its slope.
#[cube]
fn forward(layer: &mut Shared<[f32]>, weights: &[f32], kept: &mut [f32], #[comptime] tile: Tile) {
    let (row, column) = block(tile);
    let (rows, step, width, depth) = comptime!((tile.rows, tile.row_blocks(), tile.width, tile.depth));
    let mut offset = 0usize;
    let mut inputs = comptime!(features::COUNT).runtime();
    for l in 0..depth {
        let sums = affine(&*layer, weights, offset, inputs, tile);
        sync_cube();
        let store = kept_at(l, tile);
        #[unroll]
        for j in 0..COLUMNS {
            #[unroll]
            for i in 0..ROWS {
                let a = sums[i * COLUMNS + j];
                let g = sigmoid(a);
                let h = a * g;
                layer[(column + j) * rows + row + i * step] = h;
                kept[store + 2 * j * rows + i * step] = h;
                kept[store + (2 * j + 1) * rows + i * step] = g + h * (1.0 - g);
            }
        }
        sync_cube();
        offset += (inputs + 1) * width;
        inputs = width.runtime();
    }
}

/// Where a unit keeps its block of a hidden layer: for each column its activations, then their slopes.
#[cube]
fn kept_at(l: usize, #[comptime] tile: Tile) -> usize {
    let (row, column) = block(tile);
    let (rows, width, kept) = comptime!((tile.rows, tile.width, tile.kept()));
    CUBE_POS_X as usize * kept + (l * width + column) * 2 * rows + row
}

/// The derivative of the loss by the two outputs, into the first two columns of `delta`.
#[cube]
fn miss(
    batch: &[f32],
    layer: &Shared<[f32]>,
    delta: &mut Shared<[f32]>,
    weights: &[f32],
    first: usize,
    rows: usize,
    #[comptime] tile: Tile,
) {
    let height = comptime!(tile.rows);
    for i in range_stepped(UNIT_POS as usize, 2 * height, comptime!(tile.units())) {
        let (row, which) = (i % height, i / height);
        let at = row_at(first + row, rows);
        let weight = select(first + row < rows, 2.0 * batch[at + 5], 0.0f32);
        delta[i] = weight * (output(layer, weights, row, which, tile) - batch[at + 3 + which]);
    }
    sync_cube();
}

/// Stores a number of the group's gradient, or adds it to what earlier tiles have left there. There is no branch:
/// with one for every number a block, compilers of shaders take minutes.
#[cube]
fn collect(partials: &mut [f32], parameter: usize, value: f32, turn: usize, #[comptime] tile: Tile) {
    let at = CUBE_POS_X as usize * comptime!(tile.parameters()) + parameter;
    partials[at] = value + select(turn == 0, 0.0f32, partials[at]);
}

/// The gradient of the last layer.
#[cube]
fn last_gradient(
    layer: &Shared<[f32]>,
    delta: &Shared<[f32]>,
    partials: &mut [f32],
    turn: usize,
    #[comptime] tile: Tile,
) {
    let (rows, width, offset) = comptime!((tile.rows, tile.width, tile.last_layer()));
    for k in range_stepped(UNIT_POS as usize, width + 1, comptime!(tile.units())) {
        let mut x = 0.0f32;
        let mut y = 0.0f32;
        for row in 0..rows {
            // The bias is a weight whose input is always 1.
            let h = select(k < width, layer[min(k, width - 1) * rows + row], 1.0f32);
            x += h * delta[row];
            y += h * delta[rows + row];
        }
        collect(partials, offset + 2 * k, x, turn, tile);
        collect(partials, offset + 2 * k + 1, y, turn, tile);
    }
}

/// Down the hidden layers: `delta` becomes the derivative by one after the other, and gives the gradient of each.
#[cube]
#[allow(clippy::too_many_arguments)]
fn backward(
    batch: &[f32],
    layer: &mut Shared<[f32]>,
    delta: &mut Shared<[f32]>,
    weights: &[f32],
    partials: &mut [f32],
    kept: &mut [f32],
    first: usize,
    rows: usize,
    turn: usize,
    #[comptime] tile: Tile,
) {
    let (width, depth) = comptime!((tile.width, tile.depth));
    let mut offset = comptime!(tile.last_layer()).runtime();
    let mut outputs = 2usize;
    for above in 0..depth {
        let l = depth - 1 - above;
        let sums = transposed(&*delta, weights, offset, outputs, tile);
        sync_cube();
        pull_back(&sums, delta, kept, l, tile);
        let mut inputs = width.runtime();
        if l == 0 {
            inputs = comptime!(features::COUNT).runtime();
            fill_features(batch, layer, first, rows, tile);
        } else {
            recall(layer, kept, l - 1, tile);
        }
        sync_cube();
        offset -= (inputs + 1) * width;
        layer_gradient(&*layer, &*delta, partials, offset, inputs, turn, tile);
        outputs = width.runtime();
        sync_cube();
    }
}

/// The unit's block of `delta Wᵀ`.
#[cube]
fn transposed(
    delta: &Shared<[f32]>,
    weights: &[f32],
    offset: usize,
    outputs: usize,
    #[comptime] tile: Tile,
) -> Array<f32> {
    let (row, column) = block(tile);
    let (rows, step) = comptime!((tile.rows, tile.row_blocks()));
    let mut sums = zeros(comptime!(ROWS * COLUMNS));
    for k in 0..outputs {
        let mut d = Array::<f32>::new(ROWS);
        #[unroll]
        for i in 0..ROWS {
            d[i] = delta[k * rows + row + i * step];
        }
        #[unroll]
        for j in 0..COLUMNS {
            let w = weights[offset + (column + j) * outputs + k];
            #[unroll]
            for i in 0..ROWS {
                sums[i * COLUMNS + j] += d[i] * w;
            }
        }
    }
    sums
}

/// Back through the activation: times its slope.
#[cube]
fn pull_back(sums: &Array<f32>, delta: &mut Shared<[f32]>, kept: &mut [f32], l: usize, #[comptime] tile: Tile) {
    let (row, column) = block(tile);
    let (rows, step) = comptime!((tile.rows, tile.row_blocks()));
    let store = kept_at(l, tile);
    #[unroll]
    for j in 0..COLUMNS {
        #[unroll]
        for i in 0..ROWS {
            let slope = kept[store + (2 * j + 1) * rows + i * step];
            delta[(column + j) * rows + row + i * step] = sums[i * COLUMNS + j] * slope;
        }
    }
}

/// Brings a hidden layer back.
#[cube]
fn recall(layer: &mut Shared<[f32]>, kept: &mut [f32], l: usize, #[comptime] tile: Tile) {
    let (row, column) = block(tile);
    let (rows, step) = comptime!((tile.rows, tile.row_blocks()));
    let store = kept_at(l, tile);
    #[unroll]
    for j in 0..COLUMNS {
        #[unroll]
        for i in 0..ROWS {
            layer[(column + j) * rows + row + i * step] = kept[store + 2 * j * rows + i * step];
        }
    }
}

/// The gradient `hᵀ delta` of a hidden layer's weights, and of its biases.
#[cube]
fn layer_gradient(
    layer: &Shared<[f32]>,
    delta: &Shared<[f32]>,
    partials: &mut [f32],
    offset: usize,
    inputs: usize,
    turn: usize,
    #[comptime] tile: Tile,
) {
    let (rows, width) = comptime!((tile.rows, tile.width));
    let across = comptime!(tile.width / COLUMNS);
    for block in range_stepped(UNIT_POS as usize, inputs / INPUTS * across, comptime!(tile.units())) {
        let (k, c) = (block / across * INPUTS, block % across * COLUMNS);
        let mut sums = zeros(comptime!(INPUTS * COLUMNS));
        for row in 0..rows {
            let mut d = Array::<f32>::new(COLUMNS);
            #[unroll]
            for j in 0..COLUMNS {
                d[j] = delta[(c + j) * rows + row];
            }
            #[unroll]
            for i in 0..INPUTS {
                let h = layer[(k + i) * rows + row];
                #[unroll]
                for j in 0..COLUMNS {
                    sums[i * COLUMNS + j] += h * d[j];
                }
            }
        }
        #[unroll]
        for i in 0..INPUTS {
            #[unroll]
            for j in 0..COLUMNS {
                collect(
                    partials,
                    offset + (k + i) * width + c + j,
                    sums[i * COLUMNS + j],
                    turn,
                    tile,
                );
            }
        }
    }
    for c in range_stepped(UNIT_POS as usize, width, comptime!(tile.units())) {
        let mut sum = 0.0f32;
        for row in 0..rows {
            sum += delta[c * rows + row];
        }
        collect(partials, offset + inputs * width + c, sum, turn, tile);
    }
}
