//! Features, forward pass and backward pass of a batch, in one kernel: what each layer saw, and what the loss wants of it.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::math::sigmoid;
use super::network::{Scaling, add_product, affine, block, output, put, write_features, zeros};
use crate::fused::batch::{HEADER, ROW};
use crate::fused::tile::{COLUMNS, FEATURES, OUTPUTS, ROWS, Tile};
use crate::model::features;

/// What the gradient of `sum over rows of weight |F - target|²` by the weights is made of, for a portion of the batch.
///
/// - `batch`: see [`Upload`](crate::fused::batch::Upload)
/// - `inputs`: `[span, FEATURES]`, then for each hidden layer its activations, `[span, width]`; out
/// - `deltas`: the derivative of the loss by what each hidden layer gives before its activation, `[span, width]`, then by
///   the outputs, `[span, OUTPUTS]`; out
/// - `rows`: of the batch; `from`: where the portion begins; `span`: its rows, whole tiles
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
pub fn passes(
    batch: &[f32],
    weights: &[f32],
    inputs: &mut [f32],
    deltas: &mut [f32],
    rows: u32,
    from: u32,
    span: u32,
    #[comptime] tile: Tile,
) {
    let mut layer = Shared::<[f32]>::new_slice(comptime!(tile.memory()));
    let at = CUBE_POS_X as usize * comptime!(tile.rows);
    let (first, rows, span) = (from as usize + at, rows as usize, span as usize);
    fill_features(batch, &mut layer, inputs, first, rows, at, tile);
    forward(&mut layer, weights, inputs, deltas, span, at, tile);
    miss(batch, &mut layer, weights, deltas, first, rows, span, at, tile);
    backward(&mut layer, weights, deltas, span, at, tile);
}

/// Where a row of the batch begins; rows past the end are the last one again, and count nothing.
#[cube]
fn row_at(row: usize, rows: usize) -> usize {
    HEADER + ROW * min(row, rows - 1)
}

#[cube]
#[allow(clippy::too_many_arguments)]
fn fill_features(
    batch: &[f32],
    layer: &mut Shared<[f32]>,
    inputs: &mut [f32],
    first: usize,
    rows: usize,
    at: usize,
    #[comptime] tile: Tile,
) {
    let scaling = Scaling {
        mean_x: batch[0],
        mean_y: batch[1],
        scale: batch[2],
    };
    let (height, units) = comptime!((tile.rows, tile.units()));
    for i in range_stepped(UNIT_POS as usize, 2 * height, units) {
        let (row, axis) = (i % height, i / height);
        let here = row_at(first + row, rows);
        write_features(layer, row, axis, batch[here + axis], batch[here + 2], &scaling, tile);
    }
    sync_cube();
    for i in range_stepped(UNIT_POS as usize, comptime!(features::COUNT * tile.rows), units) {
        inputs[(at + i % height) * FEATURES + i / height] = layer[i];
    }
}

/// The hidden layers: each activation is kept, and its slope where later the derivative will be.
#[cube]
fn forward(
    layer: &mut Shared<[f32]>,
    weights: &[f32],
    inputs: &mut [f32],
    deltas: &mut [f32],
    span: usize,
    at: usize,
    #[comptime] tile: Tile,
) {
    let (rows, width, depth) = comptime!((tile.rows, tile.width, tile.depth));
    let mut offset = 0usize;
    let mut count = comptime!(features::COUNT).runtime();
    for l in 0..depth {
        let sums = affine(&*layer, weights, offset, count, tile);
        put(layer, &sums, tile);
        for i in range_stepped(UNIT_POS as usize, comptime!(tile.layer()), comptime!(tile.units())) {
            let a = layer[i];
            let g = sigmoid(a);
            let h = a * g;
            let place = (l * span + at + i % rows) * width + i / rows;
            layer[i] = h;
            inputs[span * FEATURES + place] = h;
            deltas[place] = g + h * (1.0 - g);
        }
        sync_cube();
        offset += (count + 1) * width;
        count = width.runtime();
    }
}

/// The derivative of the loss by the two outputs, also into the first two columns of the layer.
#[cube]
#[allow(clippy::too_many_arguments)]
fn miss(
    batch: &[f32],
    layer: &mut Shared<[f32]>,
    weights: &[f32],
    deltas: &mut [f32],
    first: usize,
    rows: usize,
    span: usize,
    at: usize,
    #[comptime] tile: Tile,
) {
    let (height, units) = comptime!((tile.rows, tile.units()));
    let last = comptime!(tile.depth * tile.width) * span;
    for i in range_stepped(UNIT_POS as usize, 2 * height, units) {
        let (row, which) = (i % height, i / height);
        let here = row_at(first + row, rows);
        let weight = select(first + row < rows, 2.0 * batch[here + 5], 0.0f32);
        deltas[last + (at + row) * OUTPUTS + which] =
            weight * (output(&*layer, weights, row, which, tile) - batch[here + 3 + which]);
    }
    sync_cube();
    // Each unit takes what it has put there itself.
    for i in range_stepped(UNIT_POS as usize, 2 * height, units) {
        layer[i] = deltas[last + (at + i % height) * OUTPUTS + i / height];
    }
    sync_cube();
}

/// Down the hidden layers: the layer becomes the derivative by one after the other.
#[cube]
fn backward(
    layer: &mut Shared<[f32]>,
    weights: &[f32],
    deltas: &mut [f32],
    span: usize,
    at: usize,
    #[comptime] tile: Tile,
) {
    let (rows, width, depth) = comptime!((tile.rows, tile.width, tile.depth));
    let (_, column) = block(tile);
    let mut offset = comptime!(tile.last_layer()).runtime();
    let mut outputs = 2usize;
    for above in 0..depth {
        let l = depth - 1 - above;
        let mut sums = zeros(comptime!(ROWS * COLUMNS));
        // The transposed weights.
        let first = offset + column * outputs;
        add_product(&mut sums, &*layer, weights, first, 1usize, outputs, outputs, tile);
        put(layer, &sums, tile);
        for i in range_stepped(UNIT_POS as usize, comptime!(tile.layer()), comptime!(tile.units())) {
            let place = (l * span + at + i % rows) * width + i / rows;
            let delta = layer[i] * deltas[place];
            layer[i] = delta;
            deltas[place] = delta;
        }
        sync_cube();
        let below = select(l == 0, features::COUNT, width);
        offset -= (below + 1) * width;
        outputs = width.runtime();
    }
}
