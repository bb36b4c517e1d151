//! A network whose two outputs are `F` themselves.

use burn::tensor::Tensor;

use super::{
    Along, Network, features,
    tangents::{Lifted, column},
};

/// `F`, `[n, 2]`.
pub(super) fn output(network: &Network, features: Tensor<2>) -> Tensor<2> {
    let activation = network.activation();
    let hidden = network
        .hidden()
        .iter()
        .fold(features, |h, layer| activation.value(layer.apply(h)));
    network.last().apply(hidden)
}

/// `F`, `[n, 2]`, and its divergence by `z` or its quadratic form along other directions, `[n, 1]`.
pub(super) fn output_and_trace(network: &Network, features: Tensor<2>, along: Along) -> (Tensor<2>, Tensor<2>) {
    match along {
        Along::Axes => {
            let Lifted { value, derivatives } = output_and_jacobian(network, features);
            (value, column(&derivatives[0], 0) + column(&derivatives[1], 1))
        }
        Along::Rows(v) => {
            let tangents = [features::slopes(&features) * features::spread(v)];
            let Lifted { value, derivatives } = lifted(network, features, tangents);
            let [along_v] = derivatives;
            (value, (along_v * v.clone()).sum_dim(1))
        }
    }
}

/// `F` and `dF/dz_1`, `dF/dz_2`, `[n, 2]` each.
pub(super) fn output_and_jacobian(network: &Network, features: Tensor<2>) -> Lifted<2> {
    let tangents = features::along_axes(&features::slopes(&features));
    lifted(network, features, tangents)
}

/// Carries features and `K` derivatives of them through all layers.
fn lifted<const K: usize>(network: &Network, features: Tensor<2>, tangents: [Tensor<2>; K]) -> Lifted<K> {
    let activation = network.activation();
    let inputs = Lifted {
        value: features,
        derivatives: tangents,
    };
    let hidden = network.hidden().iter().fold(inputs, |h, layer| {
        let a = h.through(layer);
        let [value, slope] = activation.with_slope(a.value);
        Lifted {
            value,
            derivatives: a.derivatives.map(|t| t * slope.clone()),
        }
    });
    hidden.through(network.last())
}
