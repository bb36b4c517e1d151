//! An energy network: its last layer puts out a number `g`, and `F = -dg/dz`.
//!
//! The gradient is the way back, from the last layer to the features, with `u` the slope of `g` by the sums of a layer,
//!
//! ```text
//! v_{l-1} = u_l W_lᵀ,   u_l = v_l phi'(a_l),   F_k = - sum over the features of axis k of v_0 times the feature's slope
//! ```
//!
//! With `v'`, `u'` the slopes of the loss by these, which go the same way forward, the gradient of a loss that depends on
//! `F` has two parts, of which the second is the usual way back:
//!
//! ```text
//! u'_l = v'_{l-1} W_l,   v'_l = u'_l phi'(a_l),   gradient by W_l = v'_{l-1}ᵀ u_l + h_{l-1}ᵀ d_l,
//! d_l = (d_{l+1} W_{l+1}ᵀ) phi'(a_l) + u'_l v_l phi''(a_l)
//! ```

use super::features;
use super::functions::silu_with_curvature;
use super::lane::F4;
use super::layer::{Layer, numbers, numbers_mut, room};
use super::product::Unit;
use super::way::{Gradient, Way};

/// `g` of the last layer's sums `y`.
#[derive(Clone, Copy, Debug)]
pub enum Top {
    /// The first of them.
    First,
    /// `gain mean(y²)`.
    Square {
        /// Twice the gain over the number of sums: what `y` is multiplied by in `dg/dy`.
        twice_gain: f32,
        /// The derivative of that by the network's parameter.
        slope: f32,
    },
}

/// A block on its way through an energy network.
pub struct Energy<'a> {
    layers: &'a [Layer],
    top: Top,
    features: Vec<Unit>,
    hidden: Vec<Hidden>,
    /// `y`, and `u` of it, which becomes `d`.
    sums: Vec<Unit>,
    by_sums: Vec<Unit>,
    /// `v_0`, then `v'_0`.
    by_features: Vec<Unit>,
    /// The derivative of each feature by the axis it depends on.
    feature_slopes: Vec<Unit>,
    output: [Unit; 2],
    /// `u'` of one layer.
    lifted: Vec<Unit>,
}

/// The numbers of a hidden layer.
struct Hidden {
    /// `h`
    value: Vec<Unit>,
    /// `phi'`
    slope: Vec<Unit>,
    /// `phi''`
    curvature: Vec<Unit>,
    /// `v`, which becomes `u' v phi''` and then `d`.
    v: Vec<Unit>,
    /// `u`, which becomes `v'`.
    u: Vec<Unit>,
}

impl Hidden {
    fn new(layer: &Layer) -> Self {
        Self {
            value: layer.room(),
            slope: layer.room(),
            curvature: layer.room(),
            v: layer.room(),
            u: layer.room(),
        }
    }

    /// From the sums `a`, which stand where the values will be.
    fn activate(&mut self) {
        let derivatives = numbers_mut(&mut self.slope)
            .iter_mut()
            .zip(numbers_mut(&mut self.curvature));
        for (value, (slope, curvature)) in numbers_mut(&mut self.value).iter_mut().zip(derivatives) {
            [*value, *slope, *curvature] = silu_with_curvature(*value);
        }
    }

    /// `u = v phi'`.
    fn turn(&mut self) {
        let factors = numbers(&self.v).iter().zip(numbers(&self.slope));
        for (u, (v, slope)) in numbers_mut(&mut self.u).iter_mut().zip(factors) {
            *u = *v * *slope;
        }
    }

    /// `u' v phi''` and `v' = u' phi'`, in place of `v` and `u`.
    fn lift(&mut self, lifted: &[Unit]) {
        let places = numbers_mut(&mut self.v).iter_mut().zip(numbers_mut(&mut self.u));
        let derivatives = numbers(&self.slope).iter().zip(numbers(&self.curvature));
        for ((lifted, (v, u)), (slope, curvature)) in numbers(lifted).iter().zip(places).zip(derivatives) {
            *v = *lifted * *v * *curvature;
            *u = *lifted * *slope;
        }
    }

    /// Adds to `d` what came back from the layer above, which stands where the slopes were.
    fn add_slope(&mut self) {
        for (v, slope) in numbers_mut(&mut self.v).iter_mut().zip(numbers(&self.slope)) {
            *v += *slope;
        }
    }
}

impl<'a> Energy<'a> {
    /// Room for a block. layers: at least one hidden and the last.
    pub fn new(layers: &'a [Layer], top: Top) -> Self {
        let (last, hidden) = (&layers[layers.len() - 1], &layers[..layers.len() - 1]);
        let mut by_sums = last.room();
        by_sums[0] = [[F4::splat(1.0); 2]; _];
        Self {
            layers,
            top,
            features: room(features::COUNT),
            hidden: hidden.iter().map(Hidden::new).collect(),
            sums: last.room(),
            by_sums,
            by_features: room(features::COUNT),
            feature_slopes: room(features::COUNT),
            output: Default::default(),
            lifted: layers[0].room(),
        }
    }

    /// From the output's slope by the features to `F`, and from the slope by `F` to that by these.
    fn meet_features(&mut self) {
        features::slopes(&self.features, &mut self.feature_slopes);
        self.output = Default::default();
        let products = self.by_features.iter().zip(&self.feature_slopes);
        for (j, (by_feature, slope)) in products.take(features::PLACED).enumerate() {
            let output = self.output[j % 2].as_flattened_mut();
            for (output, (v, slope)) in output
                .iter_mut()
                .zip(by_feature.as_flattened().iter().zip(slope.as_flattened()))
            {
                *output = *output - *v * *slope;
            }
        }
    }

    fn leave_features(&mut self, slopes: &[Unit; 2]) {
        let places = self.by_features.iter_mut().zip(&self.feature_slopes);
        for (j, (place, slope)) in places.enumerate() {
            let by_output = slopes[j % 2].as_flattened();
            for (place, (by_output, slope)) in place
                .as_flattened_mut()
                .iter_mut()
                .zip(by_output.iter().zip(slope.as_flattened()))
            {
                *place = F4::default() - *by_output * *slope;
            }
        }
    }

    /// What the way of `v'` forward says of the weights.
    fn lift(&mut self, gradient: &mut Gradient) {
        let last = self.hidden.len();
        let mut before = &self.by_features;
        for ((layer, hidden), sums) in self.layers.iter().zip(&mut self.hidden).zip(&mut gradient.layers) {
            sums.add(before, &hidden.u);
            layer.lift(before, &mut self.lifted);
            hidden.lift(&self.lifted);
            before = &hidden.u;
        }
        gradient.layers[last].add(before, &self.by_sums);
        if let Top::Square { twice_gain, slope } = self.top {
            self.layers[last].lift(before, &mut self.lifted);
            let mut along = F4::default();
            let places = numbers_mut(&mut self.by_sums).iter_mut().zip(numbers(&self.sums));
            for (lifted, (by_sum, sum)) in numbers(&self.lifted).iter().zip(places) {
                along += *lifted * *sum;
                *by_sum = *lifted * twice_gain;
            }
            gradient.gain += slope * along.numbers().iter().sum::<f32>();
        }
    }

    /// The usual way back, with what [`Energy::lift`] left.
    fn fall(&mut self, gradient: &mut Gradient) {
        if let (Top::Square { .. }, Some(highest)) = (self.top, self.hidden.last_mut()) {
            let last = self.layers.len() - 1;
            gradient.layers[last].add(&highest.value, &self.by_sums);
            gradient.layers[last].add_biases(&self.by_sums);
            self.layers[last].back_times(&self.by_sums, &mut highest.slope);
            highest.add_slope();
        }
        for i in (0..self.hidden.len()).rev() {
            let (before, now) = self.hidden.split_at_mut(i);
            let (now, sums) = (&now[0], &mut gradient.layers[i]);
            sums.add_biases(&now.v);
            match before.last_mut() {
                None => sums.add(&self.features, &now.v),
                Some(before) => {
                    sums.add(&before.value, &now.v);
                    self.layers[i].back_times(&now.v, &mut before.slope);
                    before.add_slope();
                }
            }
        }
    }
}

impl Way for Energy<'_> {
    fn features(&mut self) -> &mut [Unit] {
        &mut self.features
    }

    fn forward(&mut self) {
        let (mut inputs, last) = (&self.features, self.hidden.len());
        for (layer, hidden) in self.layers.iter().zip(&mut self.hidden) {
            layer.forward(inputs, &mut hidden.value);
            hidden.activate();
            inputs = &hidden.value;
        }
        self.layers[last].forward(inputs, &mut self.sums);
        if let Top::Square { twice_gain, .. } = self.top {
            for (by_sum, sum) in numbers_mut(&mut self.by_sums).iter_mut().zip(numbers(&self.sums)) {
                *by_sum = *sum * twice_gain;
            }
        }
        let mut above = &self.by_sums;
        for (layer, hidden) in self.layers[1..].iter().zip(&mut self.hidden).rev() {
            layer.back(above, &mut hidden.v);
            hidden.turn();
            above = &hidden.u;
        }
        self.layers[0].back(above, &mut self.by_features);
        self.meet_features();
    }

    fn output(&self) -> [&Unit; 2] {
        [&self.output[0], &self.output[1]]
    }

    fn potential(&self) -> Option<Unit> {
        Some(match self.top {
            Top::First => self.sums[0],
            Top::Square { twice_gain, .. } => {
                let mut potential = Unit::default();
                for sums in &self.sums {
                    for (g, y) in potential.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                        *g += *y * *y * (0.5 * twice_gain);
                    }
                }
                potential
            }
        })
    }

    fn backward(&mut self, slopes: [Unit; 2], gradient: &mut Gradient) {
        self.leave_features(&slopes);
        self.lift(gradient);
        self.fall(gradient);
    }
}
