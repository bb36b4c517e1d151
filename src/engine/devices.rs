//! Where the engine computes: the CPU from the first moment, WebGPU once it has shown that it works and wins.

use std::cell::RefCell;
use std::rc::Rc;

use burn::tensor::{Device, ExecutionError};
use web_time::Instant;

use super::protocol::{self, Backend};
use super::webgpu::{self, Adapter};
use super::worker::plain;
use crate::distribution::{ExactField, Preset};
use crate::field::{Field, points_on};
use crate::fused::{self, Tile};
use crate::model::{Preconditioning, Shape};
use crate::noise::NoiseLadder;
use crate::training::{Plan, Trainer};

/// The CPU keeps a job unless the GPU is at least this much slower: moving there frees the core for everything else.
const CPU_MUST_WIN_BY: f64 = 1.5;

/// The devices at hand and the choice between them.
pub struct Devices {
    cpu: Device,
    gpu: Option<Device>,
    forced: Option<Backend>,
    choice: protocol::Devices,
    probe: Probe,
}

enum Probe {
    NotStarted,
    Running(Rc<RefCell<Option<Outcome>>>),
    Over,
}

/// What became of the probe: a device that works, and its times against the CPU's; or why there is none.
struct Outcome {
    adapter: Adapter,
    gpu: Result<(Device, Race), String>,
}

/// Seconds that one training step and one field evaluation take, and how the GPU does them.
struct Race {
    cpu: [f64; 2],
    gpu: [f64; 2],
    kernels: String,
}

impl Devices {
    /// The CPU, at once. `forced`: the backend that the address asks for.
    pub fn new(forced: Option<Backend>) -> Self {
        let choice = protocol::Devices {
            training: Backend::Cpu,
            sampling: Backend::Cpu,
            adapter: "none".into(),
            software: false,
            reason: "the CPU computes; WebGPU has not been asked yet".into(),
            settled: false,
        };
        Self {
            cpu: Device::flex(),
            gpu: None,
            forced,
            choice,
            probe: Probe::NotStarted,
        }
    }

    /// The device of a backend; the CPU where there is no other.
    pub fn device(&self, backend: Backend) -> &Device {
        match (backend, &self.gpu) {
            (Backend::WebGpu, Some(gpu)) => gpu,
            _ => &self.cpu,
        }
    }

    /// Where training runs.
    pub fn training(&self) -> &Device {
        self.device(self.choice.training)
    }

    /// Where sampling and pictures run.
    pub fn sampling(&self) -> &Device {
        self.device(self.choice.sampling)
    }

    /// The choice as it stands.
    pub fn choice(&self) -> &protocol::Devices {
        &self.choice
    }

    /// The probe is over.
    pub fn settled(&self) -> bool {
        self.choice.settled
    }

    /// The address asks for WebGPU, so that it is probed before anything is computed.
    pub fn webgpu_is_forced(&self) -> bool {
        self.forced == Some(Backend::WebGpu)
    }

    /// Starts the probe, or looks whether it is over; true when the choice changed. To be called every turn once the
    /// first learned picture is out, since compiling kernels holds up everything else.
    ///
    /// shape, batch, particles: the size at which the backends are compared.
    pub fn poll(&mut self, shape: Shape, batch: usize, particles: usize) -> bool {
        match &self.probe {
            Probe::Over => false,
            Probe::NotStarted if self.forced == Some(Backend::Cpu) => {
                self.settle("the CPU, as was asked for".into());
                true
            }
            Probe::NotStarted => {
                let slot: Rc<RefCell<Option<Outcome>>> = Rc::default();
                let (result, cpu, forced) = (slot.clone(), self.cpu.clone(), self.webgpu_is_forced());
                webgpu::in_background(async move {
                    let outcome = probe(cpu, forced, shape, batch, particles).await;
                    *result.borrow_mut() = Some(outcome);
                });
                self.probe = Probe::Running(slot);
                self.choice.adapter = "trying WebGPU".into();
                self.choice.reason = "the CPU computes while WebGPU compiles its kernels and is held against it".into();
                true
            }
            Probe::Running(slot) => {
                let Some(outcome) = slot.borrow_mut().take() else {
                    return false;
                };
                self.decide(outcome);
                true
            }
        }
    }

    fn settle(&mut self, reason: String) {
        self.choice.reason = reason;
        self.choice.settled = true;
        self.probe = Probe::Over;
    }

    fn decide(&mut self, outcome: Outcome) {
        self.choice.adapter = outcome.adapter.name;
        self.choice.software = outcome.adapter.software;
        let (device, race) = match outcome.gpu {
            Ok(found) => found,
            Err(reason) => return self.settle(format!("the CPU computes: {reason}")),
        };
        self.gpu = Some(device);
        let choose = |i: usize| {
            if self.webgpu_is_forced() || race.gpu[i] <= CPU_MUST_WIN_BY * race.cpu[i] {
                Backend::WebGpu
            } else {
                Backend::Cpu
            }
        };
        (self.choice.training, self.choice.sampling) = (choose(0), choose(1));
        let times = format!(
            "a training step takes {:.1} ms on WebGPU ({}) and {:.1} ms on the CPU, a field evaluation {:.1} and {:.1} ms",
            1e3 * race.gpu[0],
            race.kernels,
            1e3 * race.cpu[0],
            1e3 * race.gpu[1],
            1e3 * race.cpu[1]
        );
        self.settle(if self.webgpu_is_forced() {
            format!("WebGPU, as the address asks; {times}")
        } else {
            times
        });
    }
}

async fn probe(cpu: Device, forced: bool, shape: Shape, batch: usize, particles: usize) -> Outcome {
    let adapter = match webgpu::probe().await {
        Ok(adapter) => adapter,
        Err(reason) => {
            return Outcome {
                adapter: Adapter {
                    name: "none".into(),
                    software: false,
                },
                gpu: Err(reason),
            };
        }
    };
    if adapter.software && !forced {
        return Outcome {
            adapter,
            gpu: Err("the only WebGPU adapter is software, a CPU that pretends to be a GPU".into()),
        };
    }
    let gpu = match webgpu::device().await {
        Ok(gpu) => self_test(&cpu, &gpu, shape, batch, particles)
            .await
            .map(|race| (gpu, race)),
        Err(reason) => Err(reason),
    };
    Outcome { adapter, gpu }
}

/// One training step and one field evaluation on both devices must agree (a broken shader is only logged by the
/// browser, and stale numbers come back), and then they are timed. On the GPU first by the graph of tensor operations and
/// then by the fused kernels, which are used only if they agree too.
async fn self_test(cpu: &Device, gpu: &Device, shape: Shape, batch: usize, particles: usize) -> Result<Race, String> {
    let lost = |error: ExecutionError| format!("WebGPU failed its self-test: {}", plain(&error));
    let data = Preset::Moons.field();
    let here = Contender::run(cpu, shape, &data, batch, particles)
        .await
        .map_err(lost)?;
    fused::trust(false);
    let by_graph = Contender::run(gpu, shape, &data, batch, particles)
        .await
        .map_err(lost)?;
    here.agrees_with(&by_graph)?;
    let mut race = Race {
        cpu: here.seconds,
        gpu: by_graph.seconds,
        kernels: "by single operations, for this network has no fused kernels".into(),
    };
    if Tile::of(shape).is_some() {
        fused::trust(true);
        let by_kernels = Contender::run(gpu, shape, &data, batch, particles)
            .await
            .map_err(lost)?;
        if let Err(reason) = here.agrees_with(&by_kernels) {
            fused::trust(false);
            race.kernels = format!("by single operations, for with fused kernels {reason}");
        } else {
            race.gpu = by_kernels.seconds;
            race.kernels = "by fused kernels".into();
        }
    }
    // What a network of another size asks for later was not tested, but is made by the same code.
    Ok(race)
}

/// Largest difference between two results, against their size, that counts as agreement. Adam divides gradients by
/// their size, so that rounding is amplified where they are near 0.
const PARITY: f32 = 5e-3;

fn agree(what: &str, a: &[f32], b: &[f32]) -> Result<(), String> {
    let size = a.iter().fold(0.0_f32, |size, v| size.max(v.abs()));
    let gap = a.iter().zip(b).fold(0.0_f32, |gap, (a, b)| gap.max((a - b).abs()));
    // Written so that NaN fails.
    if a.len() == b.len() && gap <= PARITY * size {
        Ok(())
    } else {
        Err(format!(
            "WebGPU and the CPU disagree on {what} by {gap:.2e} of {size:.2e}"
        ))
    }
}

/// What one device computes in the self-test, and how fast.
struct Contender {
    weights: Vec<f32>,
    scores: Vec<f32>,
    seconds: [f64; 2],
}

impl Contender {
    fn agrees_with(&self, other: &Self) -> Result<(), String> {
        agree("a training step", &self.weights, &other.weights)?;
        agree("a field evaluation", &self.scores, &other.scores)
    }

    async fn run(
        device: &Device,
        shape: Shape,
        data: &ExactField,
        batch: usize,
        particles: usize,
    ) -> Result<Self, ExecutionError> {
        let scale = data.scale();
        let plan = Plan {
            batch,
            micro_batch: batch,
            ..Plan::usual(NoiseLadder::for_scale(scale))
        };
        let mut trainer = Trainer::new(
            shape,
            Preconditioning {
                mean: data.mean(),
                scale,
            },
            7,
            device,
        );
        trainer.step(data, &plan);
        let weights = trainer.checkpoint().await?.weights;

        let points: Vec<f32> = (0..2 * particles).map(|i| 1.4 * (0.7 * i as f32).sin()).collect();
        let x = points_on(device, points);
        let read = async |trainer: &Trainer| -> Result<Vec<f32>, ExecutionError> {
            Ok(trainer
                .field()
                .score(&x, 0.3 * scale)
                .into_data_async()
                .await?
                .iter::<f32>()
                .collect())
        };
        let scores = read(&trainer).await?;

        const STEPS: u32 = 5;
        let start = Instant::now();
        for _ in 0..STEPS {
            trainer.step(data, &plan);
        }
        trainer.settle().await?;
        let step = start.elapsed().as_secs_f64() / f64::from(STEPS);
        let start = Instant::now();
        read(&trainer).await?;
        Ok(Self {
            weights,
            scores,
            seconds: [step, start.elapsed().as_secs_f64()],
        })
    }
}
