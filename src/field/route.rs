//! Several steps of Langevin's kind, to be made in one go.

/// Steps that particles are to make, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Makes the noise, with the numbers of particle and step.
    pub seed: u32,
    /// The box to which denoised points are clamped, lower left and upper right corner; none if they are not.
    pub clip: Option<[[f32; 2]; 2]>,
    /// The steps.
    pub moves: Vec<Move>,
}

/// One step of all particles at one noise level: `x' = x + drift s(x, sigma) + kick z`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// The noise level whose score is followed.
    pub sigma: f32,
    /// What the score is multiplied by.
    pub drift: f32,
    /// Standard deviation of the noise.
    pub kick: f32,
    /// The number of the step.
    pub step: u64,
}
