//! Scripted requests that take longer than one turn: training a number of steps, drawing samples.

use std::rc::Rc;

use burn::tensor::{ExecutionError, Tensor};
use web_time::Instant;

use super::fit::Fitting;
use super::lab::Lab;
use super::likelihood::Measuring;
use super::live::Live;
use super::protocol::{Floats, MOST_POINTS, MOST_SAMPLER_STEPS, Report, SampleJob};
use super::recipe::Recipe;
use super::settings::{Settings, Source};
use crate::field::{Field as _, points_on};

/// Why a request for samples cannot be carried out.
const LACKS_ENERGY: &str = "this sampler compares energies, and a score network has none: pass potential: true to take \
                            the least-squares potential of its score, or train network: \"energy\" or \
                            \"energy-quadratic\", or sample with field: \"exact\"";

/// Points at which a field is differentiated at a time: of each, a wide network keeps tens of kilobytes meanwhile.
const POINTS_AT_A_TIME: usize = 4096;

/// What a scripted request still has to do.
pub enum Job {
    /// Training steps.
    Train(Training),
    /// Sampler steps.
    Sample(Box<Sampling>),
    /// The likelihood of the network.
    Likelihood(Box<Measuring>),
}

/// Training steps still to be made.
pub struct Training {
    /// Who asked; nobody for the button "one step".
    pub request: Option<u32>,
    /// Steps left.
    pub left: u32,
    /// When it began.
    pub started: Instant,
}

/// Samples in the making.
pub struct Sampling {
    request: u32,
    cloud: Live,
    /// The energy that the sampler needs and the network lacks, until it is there.
    fitting: Option<Fitting>,
    steps_left: u32,
}

impl Job {
    /// A scripted training run.
    pub fn train(request: u32, steps: u32) -> Self {
        Self::Train(Training {
            request: Some(request),
            left: steps,
            started: Instant::now(),
        })
    }

    /// The button "one step".
    pub fn train_once() -> Self {
        Self::Train(Training {
            request: None,
            left: 1,
            started: Instant::now(),
        })
    }
}

impl Lab {
    /// Prepares a request for samples.
    pub(super) async fn begin_sampling(&mut self, request: u32, job: SampleJob) -> Result<(), ExecutionError> {
        if let Err(message) = check(&job) {
            self.refuse(Some(request), message);
            return Ok(());
        }
        let Some(data) = self.data.as_ref().map(|data| data.score.clone()) else {
            self.refuse(
                Some(request),
                "there is no data yet: draw something or choose a set".into(),
            );
            return Ok(());
        };
        let Some((field, backend)) = self.field_to_follow(job.settings.follow).await? else {
            self.refuse(
                Some(request),
                "there is no network yet: train one, or sample with field: \"exact\"".into(),
            );
            return Ok(());
        };
        let settings = &job.settings;
        let lacking = settings.sampler.needs_energy() && !self.has_energy(settings.follow);
        if lacking && !settings.potential {
            self.refuse(Some(request), LACKS_ENERGY.into());
            return Ok(());
        }
        let fitting = lacking.then(|| Fitting::new(field.clone(), data.exact(), settings.sigma));
        let steps_left = if settings.sampler.descends() {
            u32::MAX
        } else {
            job.steps
        };
        let recipe = Recipe::new(Settings::clone(settings), self.scale());
        let device = self.devices.device(backend);
        let mut cloud = match job.init {
            Some(points) => Live::start_at(recipe, points.0, data.exact(), backend, device),
            None => Live::start(recipe, data.exact(), backend, device),
        };
        cloud.follow(field, None);
        self.jobs.push_back(Job::Sample(Box::new(Sampling {
            request,
            cloud,
            fitting,
            steps_left,
        })));
        Ok(())
    }

    /// Moves samples in the making on until the deadline; true when they are done and reported.
    pub(super) async fn advance_sampling(
        &mut self,
        job: &mut Sampling,
        deadline: Instant,
    ) -> Result<bool, ExecutionError> {
        let device = self.devices.device(job.cloud.backend());
        if let Some(fitting) = &mut job.fitting {
            let Some(surface) = fitting.advance(device, deadline).await? else {
                return Ok(false);
            };
            job.cloud.follow(fitting.field(), Some(Rc::new(surface)));
            job.fitting = None;
        }
        while job.steps_left > 0 && !job.cloud.finished() {
            let made = job.cloud.step(deadline, job.steps_left);
            if made == 0 {
                return Ok(false);
            }
            job.steps_left = job.steps_left.saturating_sub(made);
            // Reading back is also the only brake there is on a GPU's queue.
            if job.cloud.guard_is_due() {
                job.cloud.read_back(device).await?;
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
        job.cloud.read_back(device).await?;
        if job.cloud.recycled() > 0 {
            let (lost, all) = (job.cloud.recycled(), job.cloud.count());
            self.outbox.push(Report::Notice {
                message: format!("{lost} of {all} samples left the guard box or were not finite, and were drawn anew."),
            });
        }
        let points = Floats(job.cloud.positions().to_vec());
        self.outbox.push(Report::Sampled {
            request: job.request,
            points,
        });
        Ok(true)
    }

    /// Scores, and what goes with them, at given points.
    pub(super) async fn evaluate(
        &mut self,
        request: u32,
        points: &[f32],
        sigma: f32,
        source: Source,
    ) -> Result<Report, ExecutionError> {
        let fail = |message: &str| {
            Ok(Report::Failed {
                request: Some(request),
                message: message.into(),
            })
        };
        if points.is_empty() || !points.len().is_multiple_of(2) || points.iter().any(|v| !v.is_finite()) {
            return fail("points must be finite numbers [x0, y0, x1, y1, …], at least one pair");
        }
        if !(sigma.is_finite() && sigma > 0.0) {
            return fail("sigma must be a positive number");
        }
        match source {
            Source::Error => fail("field must be \"learned\" or \"exact\""),
            Source::Exact => match &self.data {
                None => fail("there is no data yet: draw something or choose a set"),
                Some(data) => Ok(exact_report(request, data.exact(), points, sigma)),
            },
            Source::Learned => {
                let Some(field) = self.learned().await? else {
                    return fail("there is no network yet: train one, or ask for field: \"exact\"");
                };
                let add = async |to: &mut Floats, tensor: Tensor<1>| -> Result<(), ExecutionError> {
                    to.0.extend(tensor.into_data_async().await?.iter::<f32>());
                    Ok(())
                };
                let [mut score, mut energy, mut divergence, mut curl] = [const { Floats(Vec::new()) }; 4];
                for points in points.chunks(2 * POINTS_AT_A_TIME) {
                    let x = points_on(self.devices.sampling(), points.to_vec());
                    let differential = field.differential(&x, sigma);
                    add(&mut score, differential.score.reshape([-1])).await?;
                    add(&mut divergence, differential.divergence).await?;
                    add(&mut curl, differential.curl).await?;
                    if let Some(energies) = field.energy(&x, sigma) {
                        add(&mut energy, energies).await?;
                    }
                }
                Ok(Report::Evaluated {
                    request,
                    score,
                    log_density: Floats::default(),
                    energy,
                    divergence,
                    curl,
                })
            }
        }
    }
}

fn exact_report(request: u32, exact: &crate::distribution::ExactField, points: &[f32], sigma: f32) -> Report {
    let (mut score, mut log_density, mut divergence) = (Vec::new(), Vec::new(), Vec::new());
    for point in points.chunks_exact(2) {
        let x = [point[0], point[1]];
        let local = exact.local(x, sigma);
        let jacobian = exact.jacobian(x, sigma);
        score.extend(local.score);
        log_density.push(local.log_density);
        divergence.push(jacobian[0][0] + jacobian[1][1]);
    }
    let curl = vec![0.0; divergence.len()]; // a gradient field has none
    Report::Evaluated {
        energy: Floats(log_density.iter().map(|log_p| -log_p).collect()),
        request,
        score: Floats(score),
        log_density: Floats(log_density),
        divergence: Floats(divergence),
        curl: Floats(curl),
    }
}

fn check(job: &SampleJob) -> Result<(), String> {
    job.settings.check().map_err(|error| error.to_string())?;
    if let Some(Floats(init)) = &job.init {
        if !(2..=2 * MOST_POINTS as usize).contains(&init.len()) {
            return Err(format!("init must hold 1 to {MOST_POINTS} points"));
        }
        if !init.len().is_multiple_of(2) || init.iter().any(|v| !v.is_finite()) {
            return Err("init must be finite numbers [x0, y0, x1, y1, …]".into());
        }
    }
    if !(1..=MOST_SAMPLER_STEPS).contains(&job.steps) {
        return Err(format!("steps must be a whole number from 1 to {MOST_SAMPLER_STEPS}"));
    }
    Ok(())
}
