//! The gradient by all weights, from what the passes have left: for each layer a product of two matrices.

use burn::cubecl;
use burn::cubecl::prelude::*;

use super::network::{divide, zeros};
use crate::fused::tile::{COLUMNS, FEATURES, INPUTS, OUTPUTS, Tile};
use crate::model::features;

/// Units in a group.
pub const UNITS: usize = 64;

/// Where a block of the gradient finds its numbers, and where it belongs.
#[derive(CubeType, Clone, Copy)]
struct Block {
    /// Its first input and its first output.
    input: usize,
    output: usize,
    /// Inputs and outputs of its layer.
    inputs: usize,
    outputs: usize,
    /// Where the layer begins in the three buffers.
    saw: usize,
    wanted: usize,
    offset: usize,
    /// From row to row in the first two of them.
    saw_row: usize,
    wanted_row: usize,
}

/// `hᵀ delta` for all layers, and the sums of `delta` for the biases; each unit computes a block of [`INPUTS`] inputs and
/// [`COLUMNS`] outputs for a share of the rows, and each share of the rows has a gradient of its own.
///
/// - `inputs`, `deltas`: see [`passes`](super::passes::passes)
/// - `partials`: `[shares, Tile::stride]`, out
/// - `span`: rows in `inputs` and `deltas`; `each`: rows that a share has
/// - `fresh`: 1 for the first portion of a batch; later ones are added
#[cube(launch_unchecked)]
pub fn gradient(
    inputs: &[f32],
    deltas: &[f32],
    partials: &mut [f32],
    span: u32,
    each: u32,
    fresh: u32,
    #[comptime] tile: Tile,
) {
    let index = CUBE_POS_X as usize * UNITS + UNIT_POS as usize;
    if index < comptime!(tile.blocks()) {
        let block = find(index, span as usize, tile);
        let begin = CUBE_POS_Y as usize * each as usize;
        let end = min(begin + each as usize, span as usize);
        let mut sums = zeros(comptime!(INPUTS * COLUMNS));
        let mut biases = zeros(COLUMNS);
        for row in begin..end {
            let saw = block.saw + row * block.saw_row + block.input;
            let wanted = block.wanted + row * block.wanted_row + block.output;
            let mut d = Sequence::<f32>::new();
            #[unroll]
            for j in 0..COLUMNS {
                d.push(deltas[wanted + j]);
                biases[j] += d[j];
            }
            #[unroll]
            for i in 0..INPUTS {
                let h = inputs[saw + i];
                #[unroll]
                for j in 0..COLUMNS {
                    sums[i * COLUMNS + j] += h * d[j];
                }
            }
        }
        store(partials, &block, &sums, &biases, fresh == 1, tile);
    }
}

/// The block of this index: those of the first layer come first, those of the last one last.
#[cube]
fn find(index: usize, span: usize, #[comptime] tile: Tile) -> Block {
    let (width, depth) = comptime!((tile.width, tile.depth));
    let across = comptime!(tile.width / COLUMNS);
    let ahead = comptime!(FEATURES / INPUTS * (tile.width / COLUMNS));
    let beyond = max(index, ahead) - ahead;
    let is_first = index < ahead;
    let (above, rest) = divide(
        beyond,
        comptime!((tile.width / COLUMNS) * (tile.width / COLUMNS)).runtime(),
    );
    let l = select(is_first, 0, above + 1);
    let is_last = l == depth;
    let abreast = select(is_last, 1, across);
    let (down, right) = divide(select(is_first, index, rest), abreast);
    let outputs = select(is_last, 2, width);
    Block {
        input: down * INPUTS,
        output: right * COLUMNS,
        inputs: select(is_first, features::COUNT, width),
        outputs,
        saw: select(is_first, 0, span * FEATURES + above * span * width),
        wanted: l * span * width,
        offset: select(
            is_first,
            0,
            comptime!((features::COUNT + 1) * tile.width) + above * comptime!((tile.width + 1) * tile.width),
        ),
        saw_row: select(is_first, FEATURES, width),
        wanted_row: select(is_last, OUTPUTS, width),
    }
}

/// What belongs to no parameter (a block may be larger than what is left of its layer) goes to a number past them. There is
/// no branch: with one for every number a block, compilers of shaders take minutes.
#[cube]
fn store(
    partials: &mut [f32],
    block: &Block,
    sums: &Array<f32>,
    biases: &Array<f32>,
    fresh: bool,
    #[comptime] tile: Tile,
) {
    let start = CUBE_POS_Y as usize * comptime!(tile.stride());
    let nowhere = start + comptime!(tile.parameters());
    #[unroll]
    for j in 0..COLUMNS {
        let output = block.output + j;
        let known = output < block.outputs;
        let column = start + block.offset + output;
        #[unroll]
        for i in 0..INPUTS {
            let input = block.input + i;
            let at = select(input < block.inputs, column + input * block.outputs, nowhere);
            collect(partials, select(known, at, nowhere), sums[i * COLUMNS + j], fresh);
        }
        let at = select(block.input == 0, column + block.inputs * block.outputs, nowhere);
        collect(partials, select(known, at, nowhere), biases[j], fresh);
    }
}

/// Stores a number, or adds it to what earlier portions have left there.
#[cube]
fn collect(partials: &mut [f32], at: usize, value: f32, fresh: bool) {
    partials[at] = value + select(fresh, 0.0f32, partials[at]);
}
