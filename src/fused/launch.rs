//! From tensors to kernels and back.

use burn::backend::Wgpu;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::prelude::*;
use burn::cubecl::server::Handle;
use burn::tensor::{Device, Tensor, TensorData};

use super::batch::upload;
use super::kernels::gradient::{UNITS as GRADIENT_UNITS, gradient};
use super::kernels::passes::passes;
use super::kernels::update::update;
use super::kernels::walk::walk as walk_kernel;
use super::{State, Tile, Weights, is_trusted, walk};
use crate::field::{Move, Route};
use crate::model::{Preconditioning, Shape, perceptron::Adam};
use crate::objective::Batch;

/// Units in a group of the update.
const UNITS: u32 = 64;

/// Bytes of a number.
const FLOAT: usize = size_of::<f32>();

/// Takes a whole training step in three dispatches (two more for each further portion of a large batch), if this network,
/// this task and this device allow it; false, and nothing is changed, if not.
pub fn step(shape: Shape, pre: &Preconditioning, batch: &Batch, adam: &Adam, state: State) -> bool {
    let Some(tile) = usable(shape, state.weights).filter(|_| !batch.is_empty()) else {
        return false;
    };
    let Some(numbers) = upload(batch, pre, adam) else {
        return false;
    };
    let device = state.weights.device();
    let size = numbers.len();
    let Some(sent) = cube::<1>(Tensor::from_data(TensorData::new(numbers, [size]), &device)) else {
        return false;
    };
    let State {
        weights,
        average,
        first_moment,
        second_moment,
    } = state;
    let mut vectors = [weights, average, first_moment, second_moment];
    let Some(cubes) = own(&mut vectors) else {
        return false;
    };
    // SAFETY: `sent` is what `upload` has made of this batch; the vectors have as many numbers as the network has parameters.
    unsafe { launch(tile, &sent, size, batch.len(), &cubes) };
    for (vector, cube) in vectors.into_iter().zip(cubes) {
        *vector = Tensor::from_primitive::<Wgpu>(cube);
    }
    true
}

/// The dispatches of a step. sent: the upload, of `size` numbers; vectors: those of [`State`].
///
/// # Safety
/// What is sent must be of `size` numbers for so many rows, at least one; the vectors must be of the tile's network.
unsafe fn launch(tile: Tile, sent: &CubeTensor, size: usize, rows: usize, vectors: &[CubeTensor; 4]) {
    let client = sent.client.clone();
    let parameters = tile.parameters();
    let cut = tile.cut(rows);
    let (kept_inputs, kept_deltas) = (tile.inputs(cut.portion), tile.deltas(cut.portion));
    let inputs = client.empty(kept_inputs * FLOAT);
    let deltas = client.empty(kept_deltas * FLOAT);
    let partials = client.empty(cut.shares * tile.stride() * FLOAT);
    let handle = |i: usize| vectors[i].handle.clone();
    // SAFETY: the kernels index nothing past the lengths given here: `inputs`, `deltas` and `partials` were made as large as
    // the tile says, and for the rest see above.
    unsafe {
        for from in (0..rows).step_by(cut.portion) {
            let span = (rows - from).min(cut.portion).next_multiple_of(tile.rows);
            passes::launch_unchecked(
                &client,
                CubeCount::Static((span / tile.rows) as u32, 1, 1),
                CubeDim::new_1d(tile.units() as u32),
                buffer(sent.handle.clone(), size),
                buffer(handle(0), parameters),
                buffer(inputs.clone(), kept_inputs),
                buffer(deltas.clone(), kept_deltas),
                rows as u32,
                from as u32,
                span as u32,
                tile,
            );
            gradient::launch_unchecked(
                &client,
                CubeCount::Static(tile.blocks().div_ceil(GRADIENT_UNITS) as u32, cut.shares as u32, 1),
                CubeDim::new_1d(GRADIENT_UNITS as u32),
                buffer(inputs.clone(), kept_inputs),
                buffer(deltas.clone(), kept_deltas),
                buffer(partials.clone(), cut.shares * tile.stride()),
                span as u32,
                cut.share as u32,
                u32::from(from == 0),
                tile,
            );
        }
        update::launch_unchecked(
            &client,
            CubeCount::Static((parameters as u32).div_ceil(UNITS), 1, 1),
            CubeDim::new_1d(UNITS),
            buffer(sent.handle.clone(), size),
            buffer(partials, cut.shares * tile.stride()),
            buffer(handle(0), parameters),
            buffer(handle(1), parameters),
            buffer(handle(2), parameters),
            buffer(handle(3), parameters),
            cut.shares as u32,
            tile,
        );
    }
}

/// The score at points, `[n, 2]`, in one dispatch; none as for [`step`].
pub fn score(net: &Weights, x: &Tensor<2>, sigma: f32) -> Option<Tensor<2>> {
    let still = Move {
        sigma,
        drift: 0.0,
        kick: 0.0,
        step: 0,
    };
    let route = Route {
        seed: 0,
        clip: None,
        moves: vec![still],
    };
    run(net, x, &route, false)
}

/// Where particles, `[n, 2]`, are after this route, in one dispatch; none as for [`step`].
pub fn travel(net: &Weights, x: &Tensor<2>, route: &Route) -> Option<Tensor<2>> {
    run(net, x, route, true)
}

fn run(net: &Weights, x: &Tensor<2>, route: &Route, walks: bool) -> Option<Tensor<2>> {
    let tile = usable(net.shape, &net.flat)?;
    let [count, _] = x.dims();
    if count == 0 {
        return None;
    }
    let points = contiguous(cube(x.clone())?);
    let weights = contiguous(cube(net.flat.clone())?);
    let plan = walk::upload(&net.preconditioning, route);
    let size = plan.len();
    let plan = cube::<1>(Tensor::from_data(TensorData::new(plan, [size]), &x.device()))?;
    let client = points.client.clone();
    let result = client.empty(2 * count * FLOAT);
    // SAFETY: the kernel indexes nothing past these lengths: points and results are as many as it is told, the weights
    // those of the tile's network, and the plan has the moves that it is told.
    unsafe {
        walk_kernel::launch_unchecked(
            &client,
            CubeCount::Static(count.div_ceil(tile.rows) as u32, 1, 1),
            CubeDim::new_1d(tile.units() as u32),
            buffer(plan.handle, size),
            buffer(weights.handle, tile.parameters()),
            buffer(points.handle, 2 * count),
            buffer(result.clone(), 2 * count),
            count as u32,
            route.moves.len() as u32,
            walks,
            tile,
        );
    }
    let result = CubeTensor::new_contiguous(client, points.device, [count, 2].into(), result, points.dtype);
    Some(Tensor::from_primitive::<Wgpu>(result))
}

/// Kernels know of no strides: what is not laid out row by row is copied.
fn contiguous(cube: CubeTensor) -> CubeTensor {
    if cube.is_contiguous() { cube } else { cube.copy() }
}

/// The tile of a network, where its weights are on the GPU and the kernels are trusted.
fn usable(shape: Shape, flat: &Tensor<1>) -> Option<Tile> {
    Tile::of(shape).filter(|_| is_trusted() && flat.device() != Device::flex())
}

/// A buffer of so many numbers as a kernel's argument.
///
/// # Safety
/// The buffer must have that many.
unsafe fn buffer(handle: Handle, length: usize) -> BufferArg {
    // SAFETY: as promised by the caller.
    unsafe { BufferArg::from_raw_parts(handle, length) }
}

/// The primitive of a tensor on the GPU; none on any other device.
fn cube<const D: usize>(tensor: Tensor<D>) -> Option<CubeTensor> {
    tensor.try_into_primitive::<Wgpu>().ok()
}

/// Takes the vectors out of their places, each with a buffer of its own, since kernels write in place: a buffer that
/// somebody else holds too is copied. None, and nothing is taken, where they are not on the GPU.
fn own(vectors: &mut [&mut Tensor<1>; 4]) -> Option<[CubeTensor; 4]> {
    let known = vectors.iter().all(|vector| cube((**vector).clone()).is_some());
    if !known {
        return None;
    }
    let taken = vectors.each_mut().map(|vector| {
        let nothing = Tensor::empty([0], &vector.device());
        cube(std::mem::replace(*vector, nothing))
    });
    let [Some(a), Some(b), Some(c), Some(d)] = taken else {
        return None;
    };
    Some([a, b, c, d].map(|cube| if cube.can_mut() { contiguous(cube) } else { cube.copy() }))
}
