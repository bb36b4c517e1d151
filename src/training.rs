//! The trainer: batch, loss, Adam, schedule, moving average.
//!
//! All parameters and the optimiser's moments are flat vectors on the trainer's device, so that an Adam step is a dozen
//! operations whatever the depth. Nothing here waits for the device: only [`Trainer::checkpoint`] reads back, and that
//! asynchronously. On the CPU device the weights are, bit for bit, a function of seed, settings and step.

pub mod loss;
mod snapshot;

use burn::tensor::{Device, ExecutionError, Tensor};
use rand::{SeedableRng, rngs::StdRng};

pub use self::{
    loss::gradient,
    snapshot::{RestoreError, Snapshot},
};

use crate::{
    distribution::ExactField,
    fused::{self, State},
    model::{
        LearnedField, Network, Preconditioning, Shape,
        perceptron::{Adam, Weights},
        upload,
    },
    noise::NoiseLadder,
    objective::{Batch, Objective, Problem, Weighting},
};

/// Adam's decay of the gradients' mean and of their mean square (Kingma & Ba 2015).
const BETAS: [f64; 2] = [0.9, 0.99];
/// Keeps Adam's quotient finite.
const EPSILON: f64 = 1e-8;
/// Steps over which the learning rate rises from zero.
const WARM_UP: f64 = 50.0;
/// The learning rate falls as one over the root of the step (Karras et al. 2024, EDM2), and here is what the plan says.
const REFERENCE_STEP: f64 = 1000.0;
/// The most it is before that with calm targets, in units of the plan's; with noisy ones it is no more than the plan's.
const LARGEST_RATE: f64 = 2.0;
/// Exponent of the power-function average: step `i` of `t` weighs as `i^16.97` (EDM2, section 3).
const AVERAGE_EXPONENT: f64 = 17.97;
/// Where an edit of the data sets the clock back to, so that the field follows it within a few hundred steps.
const CLOCK_AFTER_EDIT: u64 = 300;

/// How to take a step; may change from one step to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Rows of a batch.
    pub batch: usize,
    /// Adam's step length at step 1,000, from where it falls as one over the root of the step. Before, it is the same, or
    /// with calm targets up to twice that.
    pub learning_rate: f32,
    /// Training covers the range of this ladder, not only its rungs.
    pub ladder: NoiseLadder,
    /// At most this many rows at a time; a larger batch is accumulated.
    pub micro_batch: usize,
    /// What the network is asked to fit.
    pub objective: Objective,
    /// How much each noise level counts.
    pub weighting: Weighting,
}

impl Plan {
    /// Denoising in batches of 512, in one piece, over this ladder.
    pub fn usual(ladder: NoiseLadder) -> Self {
        Self {
            batch: 512,
            learning_rate: 1e-2,
            ladder,
            micro_batch: 512,
            objective: Objective::default(),
            weighting: Weighting::default(),
        }
    }
}

/// A network in training.
#[derive(Clone, Debug)]
pub struct Trainer {
    shape: Shape,
    preconditioning: Preconditioning,
    seed: u32,
    device: Device,
    /// Adam steps taken; also numbers the batches.
    steps: u64,
    /// The schedule's and the average's own count, which an edit sets back.
    clock: u64,
    weights: Tensor<1>,
    average: Tensor<1>,
    first_moment: Tensor<1>,
    second_moment: Tensor<1>,
}

/// What a stream of random numbers is for; streams of different purposes are independent.
#[derive(Clone, Copy)]
enum Purpose {
    Initialisation = 1,
    Batch = 2,
}

/// The stream for a purpose at a step. A new stream every step makes batches a function of seed and step, with no
/// generator state to keep.
fn stream(seed: u32, purpose: Purpose, step: u64) -> StdRng {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&seed.to_le_bytes());
    key[4] = purpose as u8;
    key[8..16].copy_from_slice(&step.to_le_bytes());
    StdRng::from_seed(key)
}

impl Trainer {
    /// A fresh network with weights drawn from the seed.
    pub fn new(shape: Shape, preconditioning: Preconditioning, seed: u32, device: &Device) -> Self {
        let weights = upload(shape.initial(&mut stream(seed, Purpose::Initialisation, 0)), device);
        let zeros = weights.zeros_like();
        Self {
            shape,
            preconditioning,
            seed,
            device: device.clone(),
            steps: 0,
            clock: 0,
            average: weights.clone(),
            weights,
            first_moment: zeros.clone(),
            second_moment: zeros,
        }
    }

    /// The batch of the next step: a function of seed, settings and step, so that others can repeat the step.
    pub fn next_batch(&self, data: &ExactField, plan: &Plan) -> Batch {
        let mut rng = stream(self.seed, Purpose::Batch, self.steps + 1);
        let problem = Problem {
            data,
            preconditioning: &self.preconditioning,
            ladder: &plan.ladder,
            size: plan.batch,
        };
        plan.objective.batch(plan.weighting, &problem, &mut rng)
    }

    /// One Adam step on a fresh batch.
    pub fn step(&mut self, data: &ExactField, plan: &Plan) {
        let batch = self.next_batch(data, plan);
        self.steps += 1;
        self.clock += 1;
        let adam = self.adam(plan);
        let state = State {
            weights: &mut self.weights,
            average: &mut self.average,
            first_moment: &mut self.first_moment,
            second_moment: &mut self.second_moment,
        };
        if fused::step(self.shape, &self.preconditioning, &batch, &adam, state) {
            return;
        }
        let gradient = gradient(
            self.shape,
            &self.weights,
            &self.preconditioning,
            &batch,
            plan.micro_batch,
        );
        self.follow(gradient, &adam);
    }

    /// Adam (Kingma & Ba 2015) with warm-up and inverse-square-root decay of the step length.
    ///
    /// Where targets are calm, large steps at the beginning bring the error at step 1,000 down by a quarter; from there on
    /// the length is what it would have been without them. Noisy ones they would keep from learning at all.
    ///
    /// The moving average follows: `average <- beta average + (1 - beta) weights`, `beta = (1 - 1/t)^17.97`, a power
    /// function that needs no horizon, for its memory is a fixed fraction of the run (EDM2, section 3).
    fn adam(&self, plan: &Plan) -> Adam {
        let clock = self.clock as f64;
        let largest = if plan.objective.is_calm() { LARGEST_RATE } else { 1.0 };
        let decay = (REFERENCE_STEP / clock).sqrt().min(largest);
        let rate = f64::from(plan.learning_rate) * (clock / WARM_UP).min(1.0) * decay;
        let [first, second] = BETAS.map(|beta| 1.0 - beta.powf(self.steps as f64));
        let exponent = AVERAGE_EXPONENT * (-1.0 / clock).ln_1p();
        Adam {
            betas: BETAS.map(|beta| beta as f32),
            rate: (rate / first) as f32,
            correction: second as f32,
            epsilon: EPSILON as f32,
            average: [exponent.exp() as f32, -exponent.exp_m1() as f32],
        }
    }

    /// Moves weights, moments and average: in one pass in host memory on the CPU, else by a dozen tensor operations.
    fn follow(&mut self, gradient: Tensor<1>, adam: &Adam) {
        if self.device == Device::flex() {
            self.follow_on_host(gradient, adam);
            return;
        }
        let [first, second] = adam.betas;
        let square = gradient.clone() * gradient.clone();
        self.first_moment
            .inplace(|m| m.mul_scalar(first) + gradient.mul_scalar(1.0 - first));
        self.second_moment
            .inplace(|v| v.mul_scalar(second) + square.mul_scalar(1.0 - second));
        let root = self.second_moment.clone().div_scalar(adam.correction).sqrt();
        let change = self.first_moment.clone().mul_scalar(adam.rate) / root.add_scalar(adam.epsilon);
        self.weights.inplace(|w| w - change);
        let new = self.weights.clone().mul_scalar(adam.average[1]);
        self.average.inplace(|a| a.mul_scalar(adam.average[0]) + new);
    }

    /// Nothing is copied but what a field still holds.
    fn follow_on_host(&mut self, gradient: Tensor<1>, adam: &Adam) {
        let take = |tensor: &mut Tensor<1>| {
            let mut numbers = Vec::new();
            tensor.inplace(|tensor| {
                let device = tensor.device();
                numbers = tensor.try_into_vec_as().unwrap_or_default();
                Tensor::zeros([1], &device)
            });
            numbers
        };
        let mut now = Weights {
            weights: take(&mut self.weights),
            average: take(&mut self.average),
            first_moment: take(&mut self.first_moment),
            second_moment: take(&mut self.second_moment),
        };
        adam.step(&gradient.try_into_vec_as().unwrap_or_default(), &mut now);
        let put = |numbers| upload(numbers, &self.device);
        (self.weights, self.average) = (put(now.weights), put(now.average));
        (self.first_moment, self.second_moment) = (put(now.first_moment), put(now.second_moment));
    }

    /// Steps taken since the start.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The schedule's and the average's clock: the steps taken, less what edits of the data set it back.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Size of the network.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Mean and scale in the network's inputs and outputs.
    pub fn preconditioning(&self) -> Preconditioning {
        self.preconditioning
    }

    /// The data were edited: learning rate and average go back to where they were early in the run, or the field would
    /// follow the edit only over as many steps as were already taken.
    pub fn data_changed(&mut self) {
        self.clock = self.clock.min(CLOCK_AFTER_EDIT);
    }

    /// The field of the averaged weights as they are now.
    pub fn field(&self) -> LearnedField {
        LearnedField::new(Network::new(self.shape, &self.average), self.preconditioning)
    }

    /// The field of the averaged weights on another device, by way of the host.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn field_on(&self, device: &Device) -> Result<LearnedField, ExecutionError> {
        let average = snapshot::floats(Some(self.average.clone().into_data_async().await?))?;
        Ok(LearnedField::new(
            Network::new(self.shape, &upload(average, device)),
            self.preconditioning,
        ))
    }

    /// Waits until the device has done all steps. On a GPU they are queued, and nothing else slows a caller down.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn settle(&self) -> Result<(), ExecutionError> {
        self.weights.clone().slice(0..1).into_data_async().await.map(drop)
    }

    /// Waits like [`Self::settle`]; false when weights or moments have left what a 32-bit float holds, from where no
    /// step leads back.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn is_sound(&self) -> Result<bool, ExecutionError> {
        let sum = self.weights.clone().sum() + self.second_moment.clone().sum();
        Ok(sum.into_scalar_async::<f32>().await?.is_finite())
    }

    /// The device that trains.
    pub fn device(&self) -> &Device {
        &self.device
    }
}
