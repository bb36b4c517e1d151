//! A lab that is asked for too much, or given nonsense, goes on: training that runs away goes back, and no file of
//! weights, no code of a drawing and no message ends in anything but a value or an error, in bounded time.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[allow(dead_code)] // most of what the lab's own tests need is not needed here
#[path = "../lab/driver.rs"]
mod driver;
mod forged;
mod rollback;

use std::time::{Duration, Instant};

use driver::{lab_on, now};
use scorefield::distribution::{Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{self, Command, Floats, Report};
use scorefield::engine::settings::{Settings, Source};
use scorefield::model::weights_file::{self, Content};
use scorefield::model::{Head, Kind, Preconditioning, Shape};
use scorefield::training::Snapshot;

fn lab(settings: Settings) -> Lab {
    lab_on(Target::Preset(Preset::Moons), settings)
}

fn small() -> Settings {
    Settings {
        width: 16,
        depth: 2,
        batch: 64,
        particles: 50,
        ..Settings::default()
    }
}

/// Patience with a lab that is to say something.
const SOON: Duration = Duration::from_secs(600);

/// Obeys and turns until a report is the one that is waited for; hands out that and all before it.
fn until(lab: &mut Lab, command: Command, wanted: impl Fn(&Report) -> bool) -> Vec<Report> {
    let mut said = Vec::new();
    now(lab.obey(command)).unwrap();
    let started = Instant::now();
    while !said.iter().any(&wanted) {
        assert!(started.elapsed() < SOON, "it is not said");
        now(lab.turn()).unwrap();
        said.extend(lab.reports());
    }
    said
}

fn is_halt(report: &Report) -> bool {
    matches!(report, Report::Halted { .. })
}

fn scores(lab: &mut Lab) -> Vec<f32> {
    let command = Command::Evaluate {
        request: 6,
        points: Floats(vec![0.1, 0.2, -0.5, 0.9]),
        sigma: 0.3,
        field: Source::Learned,
    };
    let said = until(lab, command, |report| matches!(report, Report::Evaluated { .. }));
    let score = said.into_iter().find_map(|report| match report {
        Report::Evaluated { score, .. } => Some(score.0),
        _ => None,
    });
    score.unwrap()
}

fn saved(lab: &mut Lab) -> Snapshot {
    let said = until(lab, Command::SaveWeights { request: 5 }, |report| {
        matches!(report, Report::Weights { .. })
    });
    let bytes = said.into_iter().find_map(|report| match report {
        Report::Weights { bytes, .. } => Some(bytes),
        _ => None,
    });
    weights_file::from_bytes(&bytes.unwrap()).unwrap()
}

fn load(bytes: Vec<u8>, run: u32) -> Command {
    Command::LoadWeights { request: 7, run, bytes }
}

fn is_loaded(report: &Report) -> bool {
    matches!(report, Report::WeightsLoaded { .. })
}

fn snapshot_of(shape: Shape, value: impl Fn(usize) -> f32) -> Snapshot {
    let weights: Vec<f32> = (0..shape.parameters()).map(value).collect();
    let none = vec![0.0; weights.len()];
    Snapshot {
        shape,
        preconditioning: Preconditioning {
            mean: [0.0; 2],
            scale: 0.5,
        },
        seed: 1,
        steps: 10,
        clock: 10,
        average: weights.clone(),
        weights,
        first_moment: none.clone(),
        second_moment: none,
    }
}

/// Everything in it is allowed, and nothing in it makes sense.
#[test]
fn a_network_of_absurd_numbers_neither_stops_the_lab_nor_keeps_it() {
    for kind in [Kind::Score, Kind::Energy(Head::Linear), Kind::Energy(Head::Quadratic)] {
        for (size, scale) in [(9e5, 0.5), (9e5, 9e5), (1e-30, 1e-6)] {
            let shape = Shape {
                kind,
                width: 16,
                depth: 2,
            };
            let mut snapshot = snapshot_of(shape, |i| if i % 3 == 0 { -size } else { size });
            snapshot.preconditioning.scale = scale;
            let mut lab = lab(small());
            until(
                &mut lab,
                load(weights_file::to_bytes(&snapshot, Content::Average), 2),
                is_loaded,
            );
            for command in [
                Command::Play {
                    training: false,
                    sampling: true,
                },
                Command::Frame { hidden: false },
            ] {
                now(lab.obey(command)).unwrap();
            }
            let started = Instant::now();
            for _ in 0..60 {
                now(lab.turn()).unwrap();
                now(lab.obey(Command::Frame { hidden: false })).unwrap();
                for report in lab.reports() {
                    protocol::decode::<Report>(&protocol::encode(&report).unwrap()).unwrap();
                }
            }
            assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
            // A sane network takes over again.
            now(lab.obey(Command::Reset { run: 3 })).unwrap();
            assert!(scores(&mut lab).iter().all(|score| score.is_finite()));
        }
    }
}
