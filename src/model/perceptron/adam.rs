//! A step of Adam and of the moving average, in one pass over all weights.

/// The numbers of a step; see `training`.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Decay of the gradients' mean and of their mean square.
    pub betas: [f32; 2],
    /// The step length over the correction of the mean for its start at zero.
    pub rate: f32,
    /// The correction of the mean square.
    pub correction: f32,
    /// Keeps the quotient finite.
    pub epsilon: f32,
    /// What the moving average keeps of itself, and what it takes of the new weights.
    pub average: [f32; 2],
}

/// What a step changes, all of one length.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The weights.
    pub weights: Vec<f32>,
    /// Their moving average.
    pub average: Vec<f32>,
    /// The gradients' mean.
    pub first_moment: Vec<f32>,
    /// Their mean square.
    pub second_moment: Vec<f32>,
}

impl Adam {
    /// Takes the step.
    pub fn step(&self, gradient: &[f32], now: &mut Weights) {
        let [first, second] = self.betas;
        let moments = now.first_moment.iter_mut().zip(&mut now.second_moment);
        let weights = now.weights.iter_mut().zip(&mut now.average);
        for ((g, (m, v)), (w, a)) in gradient.iter().zip(moments).zip(weights) {
            *m = *m * first + g * (1.0 - first);
            *v = *v * second + g * g * (1.0 - second);
            *w -= *m * self.rate / ((*v / self.correction).sqrt() + self.epsilon);
            *a = *a * self.average[0] + *w * self.average[1];
        }
    }
}
