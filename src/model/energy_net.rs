//! A network whose output is a number `g`, with `F = -dg/dz` written as forward operations.
//!
//! ```text
//! E(x, sigma) = |y|² / (2 (sigma² + sd²)) + sd / sigma g(z),   s = -dE/dx = -y / (sigma² + sd²) - gain dg/dz
//! ```
//!
//! with the same preconditioning as a score network's. The gradient is the usual backward pass, spelled out so that
//! autodiff of first order can differentiate through it: with the activations' slopes kept from the way forward,
//!
//! ```text
//! v <- dg/dh at the head,   v <- (v phi'(a_l)) W_lᵀ from the last layer to the first,   dg/dz_k = sum_j v_j dh_j/dz_k
//! ```
//!
//! where the last sum runs over the features. For the Laplacian see [`curved`].

use burn::tensor::{Tensor, activation::softplus};

use super::{Along, GAIN_SHIFT, Head, Network, features, tangents::Lifted};

/// `g`, `[n, 1]`.
pub(super) fn potential(network: &Network, head: Head, features: Tensor<2>) -> Tensor<2> {
    let activation = network.activation();
    let hidden = network
        .hidden()
        .iter()
        .fold(features, |h, layer| activation.value(layer.apply(h)));
    value_at_head(network, head, network.last().apply(hidden))
}

/// `F = -dg/dz`, `[n, 2]`.
pub(super) fn output(network: &Network, head: Head, features: Tensor<2>) -> Tensor<2> {
    let (h, slopes) = forward(network, features.clone());
    let v = match head {
        Head::Linear => network.last().weight.clone().transpose(),
        Head::Quadratic => gradient_at_head(network, network.last().apply(h)),
    };
    pull_back(network, v, slopes, &features)
}

/// `g` and `F` of one way forward, `[n, 1]` and `[n, 2]`.
pub(super) fn potential_and_output(network: &Network, head: Head, features: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let (h, slopes) = forward(network, features.clone());
    let y = network.last().apply(h);
    let v = match head {
        Head::Linear => network.last().weight.clone().transpose(),
        Head::Quadratic => gradient_at_head(network, y.clone()),
    };
    (
        value_at_head(network, head, y),
        pull_back(network, v, slopes, &features),
    )
}

/// The last hidden layer and the activations' slopes of all of them.
fn forward(network: &Network, features: Tensor<2>) -> (Tensor<2>, Vec<Tensor<2>>) {
    let mut slopes = Vec::with_capacity(network.hidden().len());
    let h = network.hidden().iter().fold(features, |h, layer| {
        let [value, slope] = network.activation().with_slope(layer.apply(h));
        slopes.push(slope);
        value
    });
    (h, slopes)
}

/// `-dg/dz` of `v = dg/dh`, the gradient by the last hidden layer (`[n, width]`, or one row for all).
fn pull_back(network: &Network, v: Tensor<2>, slopes: Vec<Tensor<2>>, features: &Tensor<2>) -> Tensor<2> {
    let layers = network.hidden().iter().zip(slopes).rev();
    let by_feature = layers.fold(v, |v, (layer, slope)| {
        (v * slope).matmul(layer.weight.clone().transpose())
    });
    -features::sum_by_axis(by_feature * features::slopes(features))
}

/// `g` of the last layer's sums `y = h W + b`: `y` itself, or `gain mean(y²)`.
fn value_at_head(network: &Network, head: Head, y: Tensor<2>) -> Tensor<2> {
    match head {
        Head::Linear => y,
        Head::Quadratic => gain(network) * (y.clone() * y).mean_dim(1),
    }
}

/// `dg/dh = 2 gain / width y Wᵀ` of the quadratic head.
fn gradient_at_head(network: &Network, y: Tensor<2>) -> Tensor<2> {
    let [_, width] = y.dims();
    let by_y = y * gain(network).mul_scalar(2.0 / width as f32);
    by_y.matmul(network.last().weight.clone().transpose())
}

/// Never negative, `[1, 1]`: a negative one would send the energy to minus infinity far out.
fn gain(network: &Network) -> Tensor<2> {
    softplus(network.gain().sub_scalar(GAIN_SHIFT), 1.0)
}

/// An energy network's output with the derivatives of it, all at the same points.
pub(super) struct Curved {
    /// `F = -dg/dz`, `[n, 2]`.
    pub output: Tensor<2>,
    /// The Laplacian of `g` by `z`, or its second derivative along other directions; `[n, 1]`.
    pub bend: Tensor<2>,
}

/// First and second derivatives in one way forward: beside `h` run its derivatives `T_1`, `T_2` and its Laplacian `L`,
///
/// ```text
/// a = h W + b,   A_k = T_k W,   B = L W,   h <- phi(a),   T_k <- phi' A_k,   L <- phi'' (A_1² + A_2²) + phi' B
/// ```
///
/// which starts with the features' own second derivatives. Along a direction `v`, `A_1² + A_2²` becomes
/// `(v_1 A_1 + v_2 A_2)²`.
pub(super) fn curved(network: &Network, head: Head, features: Tensor<2>, along: Along) -> Curved {
    let [first, second] = features::along_axes(&features::slopes(&features));
    let bends = features::bends(&features);
    let bend = match along {
        Along::Axes => bends,
        Along::Rows(v) => bends * features::spread(&(v.clone() * v.clone())),
    };
    let inputs = Lifted {
        value: features,
        derivatives: [first, second, bend],
    };
    let hidden = network.hidden().iter().fold(inputs, |h, layer| {
        let a = h.through(layer);
        let [value, slope, curvature] = network.activation().with_curvature(a.value);
        let [first, second, bend] = a.derivatives;
        let bend = curvature * squared(along, &first, &second) + slope.clone() * bend;
        Lifted {
            value,
            derivatives: [first * slope.clone(), second * slope, bend],
        }
    });
    let y = hidden.through(network.last());
    let [first, second, bend] = y.derivatives;
    match head {
        Head::Linear => Curved {
            output: -Tensor::cat(vec![first, second], 1),
            bend,
        },
        Head::Quadratic => {
            let twice_gain = gain(network).mul_scalar(2.0);
            let gradient = [&first, &second].map(|t| (y.value.clone() * t.clone()).mean_dim(1));
            let bend = (squared(along, &first, &second) + y.value * bend).mean_dim(1);
            Curved {
                output: -Tensor::cat(gradient.to_vec(), 1) * twice_gain.clone(),
                bend: bend * twice_gain,
            }
        }
    }
}

/// `A_1² + A_2²`, or `(v_1 A_1 + v_2 A_2)²`.
fn squared(along: Along, first: &Tensor<2>, second: &Tensor<2>) -> Tensor<2> {
    let square = |t: Tensor<2>| t.clone() * t;
    match along {
        Along::Axes => square(first.clone()) + square(second.clone()),
        Along::Rows(v) => {
            let [n, _] = v.dims();
            let component = |k: usize| v.clone().slice([0..n, k..k + 1]);
            square(first.clone() * component(0) + second.clone() * component(1))
        }
    }
}
