//! The two matrix products of a layer, for a block of rows that stays in the nearest cache.
//!
//! Numbers of a block lie unit by unit, the rows side by side in vectors. Then the weights of four neighbouring units are
//! what a product reads one after the other, no number is ever shuffled, and both directions through a layer are one
//! function.

use super::lane::F4;

/// Pairs of vectors in a block.
const PAIRS: usize = 8;

/// Rows in a block.
pub const ROWS: usize = 8 * PAIRS;

/// The numbers of one unit for the rows of a block.
pub type Unit = [[F4; 2]; PAIRS];

/// Units that are computed together: with two vectors of rows, eight sums, which is what stays in registers.
pub const PANEL: usize = 4;

/// Calls `finish(outputs[n], starts[n] + sum_k weights[k][n] inputs[k])` for all units `n`, which are in panels of four.
///
/// weights: panel by panel, in each four numbers an input.
#[inline(always)]
pub fn product(
    weights: &[[f32; PANEL]],
    starts: impl Fn(usize) -> [f32; PANEL],
    inputs: &[Unit],
    outputs: &mut [Unit],
    finish: impl Fn(&mut [F4; 2], [F4; 2]),
) {
    let panels = weights.chunks_exact(inputs.len());
    for (panel, (weights, outputs)) in panels.zip(outputs.as_chunks_mut::<PANEL>().0).enumerate() {
        let starts = starts(panel);
        for pair in 0..PAIRS {
            let mut sums = starts.map(|start| [F4::splat(start); 2]);
            for (weights, input) in weights.iter().zip(inputs) {
                let [a, b] = input[pair];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    let weight = F4::splat(*weight);
                    sum[0] += weight * a;
                    sum[1] += weight * b;
                }
            }
            for (output, sum) in outputs.iter_mut().zip(sums) {
                finish(&mut output[pair], sum);
            }
        }
    }
}

/// Adds `sum over rows of inputs[k] slopes[n]` to the gradient by `weights[k][n]`, which lies as the weights do. The
/// inputs are even in number, the slopes a multiple of four.
pub fn outer(inputs: &[Unit], slopes: &[Unit], gradient: &mut [F4]) {
    let panels = gradient.chunks_exact_mut(inputs.len());
    for (slopes, gradient) in slopes.as_chunks::<PANEL>().0.iter().zip(panels) {
        for (inputs, gradient) in inputs.as_chunks::<2>().0.iter().zip(gradient.as_chunks_mut::<2>().0) {
            let mut sums = [[F4::default(); PANEL]; 2];
            for pair in 0..PAIRS {
                for half in 0..2 {
                    let slopes = [0, 1, 2, 3].map(|n: usize| slopes[n][pair][half]);
                    for (sums, input) in sums.iter_mut().zip(inputs) {
                        for (sum, slope) in sums.iter_mut().zip(slopes) {
                            *sum += input[pair][half] * slope;
                        }
                    }
                }
            }
            for (gradient, sums) in gradient.iter_mut().zip(sums) {
                *gradient += F4::sums(sums);
            }
        }
    }
}
