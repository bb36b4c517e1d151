//! A lab that is asked for too much, or given nonsense, goes on: training that runs away goes back, and no file of
//! weights, no code of a drawing and no message ends in anything but a value or an error, in bounded time.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[allow(dead_code)] // most of what the lab's own tests need is not needed here
#[path = "lab/driver.rs"]
mod driver;

use std::time::{Duration, Instant};

use driver::{lab_on, now};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scorefield::distribution::{Drawing, Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{self, Backend, Checkpoint, Command, Floats, Progress, Report, Stamp};
use scorefield::engine::settings::{Network, Settings, Source};
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
        assert!(started.elapsed() < SOON, "still not: {said:?}");
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

/// A network in whose outputs numbers overflow: a step ends in no numbers, whatever the learning rate. The average, by
/// which fields are evaluated, is that of `good`.
fn overflowing(mut snapshot: Snapshot) -> Vec<u8> {
    snapshot
        .weights
        .iter_mut()
        .for_each(|weight| *weight = 9e5 * weight.signum());
    weights_file::to_bytes(&snapshot, Content::Everything)
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

#[test]
fn training_that_runs_away_goes_back_to_the_last_good_average_and_pauses() {
    for network in [Network::Score, Network::EnergyQuadratic] {
        let mut lab = lab(Settings { network, ..small() });
        until(&mut lab, Command::Train { request: 1, steps: 50 }, |report| {
            matches!(report, Report::Trained { .. })
        });
        let good = saved(&mut lab);
        until(&mut lab, load(overflowing(good.clone()), 2), is_loaded);
        let before = scores(&mut lab);

        let play = Command::Play {
            training: true,
            sampling: false,
        };
        let said = until(&mut lab, play, is_halt);
        let Some(Report::Halted { message }) = said.iter().find(|report| is_halt(report)) else {
            panic!("it was not said: {said:?}");
        };
        assert!(
            message.contains("step 50") && message.contains("learning rate"),
            "{message}"
        );
        assert_eq!(scores(&mut lab), before, "the average of then is the field of now");
        assert!(before.iter().all(|score| score.is_finite()));

        // It stays paused, and the network learns again when told to.
        for _ in 0..5 {
            now(lab.turn()).unwrap();
        }
        let back = saved(&mut lab);
        assert_eq!((back.steps, &back.weights), (50, &good.average));
        assert!(back.first_moment.iter().chain(&back.second_moment).all(|m| *m == 0.0));
        let said = until(&mut lab, Command::Train { request: 2, steps: 20 }, |report| {
            matches!(report, Report::Trained { .. })
        });
        let nats = said.iter().find_map(|report| match report {
            Report::Trained { step: 70, progress, .. } => Some(progress.nats),
            _ => None,
        });
        assert!(nats.is_some_and(f32::is_finite), "{nats:?}");
    }
}

#[test]
fn a_script_whose_training_runs_away_is_told_so() {
    let mut lab = lab(small());
    let bytes = overflowing(saved(&mut lab));
    until(&mut lab, load(bytes, 2), is_loaded);
    let refused = |report: &Report| matches!(report, Report::Failed { request: Some(3), message } if message.contains("ran away"));
    let said = until(&mut lab, Command::Train { request: 3, steps: 9 }, refused);
    assert!(said.iter().any(is_halt) && !said.iter().any(|report| matches!(report, Report::Trained { .. })));
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

/// Changes some of the bytes in one of the ways in which files are damaged, or forged.
fn bend(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    const LOUD: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x9b, 0xbb, 0x7b];
    for _ in 0..rng.random_range(1..5) {
        let place = |rng: &mut StdRng, length: usize| rng.random_range(0..length.max(1));
        // What is at the front says what the rest is.
        let length = if rng.random_bool(0.7) {
            bytes.len().min(400)
        } else {
            bytes.len()
        };
        let at = place(rng, length);
        match rng.random_range(0..6) {
            _ if bytes.is_empty() => bytes.push(0),
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = LOUD[rng.random_range(0..LOUD.len())],
            2 => bytes.truncate(at),
            3 => {
                let piece: Vec<u8> = bytes[at..].iter().take(rng.random_range(1..64)).copied().collect();
                let to = place(rng, length);
                bytes.splice(to..to, piece);
            }
            4 => {
                let end = (at + rng.random_range(1..32)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => bytes.splice(at..at, [0xff; 9]).for_each(drop),
        }
    }
}

/// The longest that any input took, at the better of two tries: what hangs does so each time, and a machine that stands
/// still for others does not.
fn longest(inputs: u64, mut each: impl FnMut(&mut StdRng)) -> Duration {
    let mut time = |seed| {
        let mut rng = StdRng::seed_from_u64(seed);
        let started = Instant::now();
        each(&mut rng);
        started.elapsed()
    };
    let times = (0..inputs).map(|seed| {
        let took = time(seed);
        if took < PATIENCE { took } else { took.min(time(seed)) }
    });
    times.max().unwrap()
}

/// Far above what a machine under load makes of some microseconds, far below what anyone would call a hang.
const PATIENCE: Duration = Duration::from_secs(2);

#[test]
fn a_hundred_thousand_forged_files_of_weights_are_networks_or_errors() {
    let shape = |width| Shape {
        kind: Kind::Score,
        width,
        depth: 2,
    };
    let file = |width, content| weights_file::to_bytes(&snapshot_of(shape(width), |i| 0.01 * i as f32), content);
    let files = [file(2, Content::Average), file(3, Content::Everything)];
    let (mut read, mut refused) = (0, 0);
    let took = longest(100_000, |rng| {
        let mut bytes = files[rng.random_range(0..files.len())].clone();
        bend(&mut bytes, rng);
        match weights_file::from_bytes(&bytes) {
            Ok(snapshot) => {
                read += 1;
                assert_eq!(snapshot.average.len(), snapshot.shape.parameters());
                let all = [
                    &snapshot.average,
                    &snapshot.weights,
                    &snapshot.first_moment,
                    &snapshot.second_moment,
                ];
                assert!(all.into_iter().flatten().all(|value| value.is_finite()));
            }
            Err(error) => {
                refused += 1;
                let said = error.to_string();
                assert!(said.len() < 300, "{} characters", said.len());
            }
        }
    });
    println!("{read} read, {refused} refused, {took:?} at most");
    assert!(
        read > 10 && refused > 50_000 && took < PATIENCE,
        "{read}, {refused}, {took:?}"
    );
}

/// The longest metadata that are looked at, made of as many values as bytes.
#[test]
fn a_file_that_is_all_metadata_is_refused_in_time() {
    for filling in [0x80_u8, 0xa0, 0x00, 0x60] {
        for head in [&[0x9a_u8, 0, 0x0f, 0xff, 0xf0][..], &[0xba, 0, 0x07, 0xff, 0xf8]] {
            let mut metadata = head.to_vec();
            metadata.resize(1 << 20, filling);
            let mut file = b"NRUB\x01\x00".to_vec();
            file.extend((metadata.len() as u32).to_le_bytes());
            file.extend(metadata);
            let started = Instant::now();
            assert!(weights_file::from_bytes(&file).is_err());
            assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
        }
    }
}

#[test]
fn a_hundred_thousand_forged_codes_are_drawings_or_errors() {
    let mut rng = StdRng::seed_from_u64(11);
    let points: Vec<f32> = (0..400).map(|_| rng.random_range(-1.4..1.4)).collect();
    let code = Drawing::from_points(&points, 0.04).unwrap().encode();
    let letters = b"ABCabcxyz0189-_aQ=%\xc3\xa4 ";
    let (mut read, mut refused) = (0, 0);
    let took = longest(100_000, |rng| {
        let mut bytes = code.clone().into_bytes();
        for _ in 0..rng.random_range(1..4) {
            let (at, letter) = (
                rng.random_range(0..bytes.len()),
                letters[rng.random_range(0..letters.len())],
            );
            match rng.random_range(0..8) {
                0 => bytes.truncate(at + 1),
                1 => bytes.insert(at, letter),
                _ => bytes[at] = letter,
            }
        }
        match Drawing::decode(&String::from_utf8_lossy(&bytes)) {
            Ok(drawing) => {
                read += 1;
                // A set of dots, whatever their order in the code, and written as it was read.
                assert_eq!(Drawing::decode(&drawing.encode()).unwrap().len(), drawing.len());
                if let Ok(field) = drawing.field() {
                    assert!(field.scale().is_finite() && field.scale() > 0.0);
                    assert!(
                        field
                            .local([0.3, -0.2], 0.1)
                            .score
                            .iter()
                            .all(|value| value.is_finite())
                    );
                }
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 300);
            }
        }
    });
    println!("{read} read, {refused} refused, {took:?} at most");
    assert!(
        read > 1_000 && refused > 10_000 && took < PATIENCE,
        "{read}, {refused}, {took:?}"
    );
}

/// The longest code there can be, of all the dots there can be, and one of as many bytes that claims more.
#[test]
fn the_longest_codes_are_read_in_time() {
    let started = Instant::now();
    let mut longest = "a".to_owned();
    longest.push_str(&"_".repeat(scorefield::distribution::MAX_DOTS * 15));
    assert!(Drawing::decode(&longest).is_err());
    longest.push_str(&"A".repeat(50 << 20));
    assert!(Drawing::decode(&longest).is_err());
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

/// What page and engine say to each other does not come from strangers; but what is of another build, or cut short,
/// ends in an error as well.
#[test]
fn a_hundred_thousand_forged_messages_are_messages_or_errors() {
    let checkpoint = Checkpoint {
        stamp: Stamp::default(),
        seed: 1,
        network: Network::Score,
        width: 2,
        depth: 1,
        mean: [0.0; 2],
        scale: 1.0,
        clock: 1,
        seconds: 1.0,
        weights: Floats(vec![0.5; 9]),
        average: Floats(vec![0.5; 9]),
        first_moment: Floats(vec![0.5; 9]),
        second_moment: Floats(vec![0.5; 9]),
    };
    let drawing = Drawing::from_points(&[0.0, 0.1, 0.5, 0.7, -0.4, 0.3], 0.04).unwrap();
    let messages = [
        protocol::encode(&Command::Configure {
            settings: Box::default(),
            revision: 1,
        }),
        protocol::encode(&Command::Learn {
            target: Target::Drawing(drawing),
            revision: 2,
        }),
        protocol::encode(&Command::Restore {
            checkpoint: Box::new(checkpoint.clone()),
        }),
        protocol::encode(&Report::Checkpoint(Box::new(checkpoint))),
        protocol::encode(&Report::Frame(Box::default())),
        protocol::encode(&Report::Trained {
            request: 1,
            step: 2,
            seconds: 3.0,
            progress: Progress::default(),
        }),
    ]
    .map(Result::unwrap);
    let (mut read, mut refused) = (0, 0);
    let mut lab = Lab::new(Some(Backend::Cpu));
    let took = longest(100_000, |rng| {
        let mut bytes = messages[rng.random_range(0..messages.len())].clone();
        bend(&mut bytes, rng);
        let command = protocol::decode::<Command>(&bytes);
        match (&command, protocol::decode::<Report>(&bytes)) {
            (Err(_), Err(_)) => refused += 1,
            _ => read += 1,
        }
        // A forged checkpoint is of a network that exists, or refused.
        if let Ok(Command::Restore { checkpoint }) = command {
            now(lab.obey(Command::Restore { checkpoint })).unwrap();
        }
    });
    println!("{read} read, {refused} refused, {took:?} at most");
    assert!(
        read > 1_000 && refused > 10_000 && took < PATIENCE,
        "{read}, {refused}, {took:?}"
    );
}
