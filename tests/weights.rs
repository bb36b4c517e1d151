//! Networks in files: what is written comes back, what is broken is refused, and a lab goes on from a file.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[allow(dead_code)] // most of what the lab's own tests need is not needed here
#[path = "lab/driver.rs"]
mod driver;

use burn::tensor::{Device, Tensor, TensorData};
use driver::{lab_on, now};
use scorefield::distribution::{Drawing, Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Backend, Checkpoint, Command, Floats, Report};
use scorefield::engine::settings::{Network, Settings, Source};
use scorefield::field::Field;
use scorefield::model::weights_file::{self, Content, WeightsError};
use scorefield::model::{Head, Kind, Preconditioning, Shape};
use scorefield::noise::NoiseLadder;
use scorefield::objective::Weighting;
use scorefield::training::{Plan, Snapshot, Trainer};

const LADDER: NoiseLadder = NoiseLadder {
    sigma_max: 3.0,
    sigma_min: 0.01,
    levels: 16,
};

fn plan() -> Plan {
    Plan {
        batch: 64,
        ..Plan::usual(LADDER)
    }
}

fn trained_of(kind: Kind, steps: u64) -> Trainer {
    let data = Preset::Rings.field();
    let (width, depth) = (8, 2);
    let pre = Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    };
    let mut trainer = Trainer::new(Shape { kind, width, depth }, pre, 11, &Device::flex());
    (0..steps).for_each(|_| trainer.step(&data, &plan()));
    trainer
}

fn trained(steps: u64) -> Trainer {
    trained_of(Kind::Score, steps)
}

fn snapshot(steps: u64) -> Snapshot {
    now(trained(steps).checkpoint()).unwrap()
}

#[test]
fn a_run_of_every_kind_comes_back_from_its_file_bit_for_bit() {
    for kind in [Kind::Score, Kind::Energy(Head::Linear), Kind::Energy(Head::Quadratic)] {
        let snapshot = now(trained_of(kind, 5).checkpoint()).unwrap();
        let bytes = weights_file::to_bytes(&snapshot, Content::Everything);
        assert_eq!(weights_file::from_bytes(&bytes), Ok(snapshot));
    }
}

/// Where all noise levels count alike, gradients grow with the least of them: their mean square passes a million at the
/// smallest that can be chosen.
#[test]
fn a_run_with_large_gradients_comes_back_from_its_file() {
    let data = Preset::Rings.field();
    let mut plan = plan();
    (plan.weighting, plan.ladder.sigma_min) = (Weighting::Uniform, 0.002);
    let mut trainer = trained(0);
    (0..60).for_each(|_| trainer.step(&data, &plan));
    let snapshot = now(trainer.checkpoint()).unwrap();
    let largest = snapshot.second_moment.iter().fold(0.0, |most, v| v.max(most));
    assert!(largest > 1e6, "{largest:e}");
    let bytes = weights_file::to_bytes(&snapshot, Content::Everything);
    assert_eq!(weights_file::from_bytes(&bytes), Ok(snapshot));
}

#[test]
fn a_file_of_the_average_alone_is_the_average_with_no_moments() {
    let snapshot = snapshot(5);
    let bytes = weights_file::to_bytes(&snapshot, Content::Average);
    let back = weights_file::from_bytes(&bytes).unwrap();
    assert_eq!(back.average, snapshot.average);
    assert_eq!(back.weights, snapshot.average);
    assert!(back.first_moment.iter().chain(&back.second_moment).all(|m| *m == 0.0));
    assert_eq!((back.steps, back.clock, back.seed), (5, 5, 11));
}

#[test]
fn training_goes_on_from_a_file_as_if_it_had_never_stopped() {
    let (mut straight, data) = (trained(5), Preset::Rings.field());
    let bytes = weights_file::to_bytes(&now(straight.checkpoint()).unwrap(), Content::Everything);
    let mut resumed = Trainer::restore(weights_file::from_bytes(&bytes).unwrap(), &Device::flex()).unwrap();
    for trainer in [&mut straight, &mut resumed] {
        (0..5).for_each(|_| trainer.step(&data, &plan()));
    }
    assert_eq!(now(straight.checkpoint()).unwrap(), now(resumed.checkpoint()).unwrap());
}

#[test]
fn the_field_of_a_loaded_network_is_bitwise_that_of_the_saved_one() {
    let trainer = trained(5);
    let points: Vec<f32> = (0..200).map(|i| (0.37 * i as f32).sin()).collect();
    let x = Tensor::<2>::from_data(TensorData::new(points, [100, 2]), &Device::flex());
    let scores = |trainer: &Trainer| {
        let score = now(trainer.field().score(&x, 0.2).into_data_async()).unwrap();
        score.iter::<f32>().map(f32::to_bits).collect::<Vec<_>>()
    };
    for content in [Content::Average, Content::Everything] {
        let bytes = weights_file::to_bytes(&now(trainer.checkpoint()).unwrap(), content);
        let loaded = Trainer::restore(weights_file::from_bytes(&bytes).unwrap(), &Device::flex()).unwrap();
        assert_eq!(scores(&loaded), scores(&trainer));
    }
}

#[test]
fn no_truncated_file_is_a_network() {
    let bytes = weights_file::to_bytes(&snapshot(2), Content::Average);
    for length in 0..bytes.len() {
        assert!(
            weights_file::from_bytes(&bytes[..length]).is_err(),
            "{length} of {} bytes",
            bytes.len()
        );
    }
}

/// Only the padding between the parts may change unnoticed, and then nothing has changed.
#[test]
fn a_flipped_bit_is_noticed_or_without_effect() {
    for content in [Content::Average, Content::Everything] {
        let bytes = weights_file::to_bytes(&snapshot(2), content);
        let whole = weights_file::from_bytes(&bytes).unwrap();
        let (mut noticed, mut tried) = (0, 0);
        for place in 0..bytes.len() {
            for bit in [0, 3, 5, 7] {
                let mut bent = bytes.clone();
                bent[place] ^= 1 << bit;
                tried += 1;
                match weights_file::from_bytes(&bent) {
                    Ok(snapshot) => assert_eq!(snapshot, whole, "bit {bit} of byte {place}"),
                    Err(_) => noticed += 1,
                }
            }
        }
        assert!(2 * noticed > tried, "{noticed} of {tried} flips were noticed");
    }
}

#[test]
fn garbage_of_every_length_is_an_error() {
    let mut state = 1_u32;
    for length in (0..2000).step_by(7) {
        let mut bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        assert!(weights_file::from_bytes(&bytes).is_err());
        // And behind a header that is right.
        if length >= 10 {
            bytes[..10].copy_from_slice(&[
                b'N',
                b'R',
                b'U',
                b'B',
                1,
                0,
                (length - 10) as u8,
                ((length - 10) >> 8) as u8,
                0,
                0,
            ]);
            assert!(weights_file::from_bytes(&bytes).is_err());
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let snapshot = snapshot(2);
    let error = |change: &dyn Fn(&mut Snapshot)| {
        let mut bent = snapshot.clone();
        change(&mut bent);
        let bytes = weights_file::to_bytes(&bent, Content::Everything);
        weights_file::from_bytes(&bytes).unwrap_err()
    };
    assert_eq!(error(&|s| s.average[3] = f32::NAN), WeightsError::OutOfRange("average"));
    assert_eq!(
        error(&|s| s.weights[0] = f32::INFINITY),
        WeightsError::OutOfRange("weights")
    );
    for moment in [-1.0, 1e37, f32::INFINITY, f32::NAN] {
        assert_eq!(
            error(&|s| s.second_moment[1] = moment),
            WeightsError::OutOfRange("second_moment")
        );
    }
    assert_eq!(
        error(&|s| s.first_moment[1] = -1e19),
        WeightsError::OutOfRange("first_moment")
    );
    assert_eq!(
        error(&|s| s.preconditioning.scale = 0.0),
        WeightsError::OutOfRange("scale")
    );
    assert_eq!(
        error(&|s| s.preconditioning.mean[0] = f32::NAN),
        WeightsError::OutOfRange("mean_x")
    );
    assert_eq!(error(&|s| s.shape.width = 0), WeightsError::OutOfRange("width"));
    assert_eq!(error(&|s| s.shape.depth = 1 << 40), WeightsError::OutOfRange("depth"));
    assert!(matches!(
        error(&|s| s.shape.width = 9),
        WeightsError::WrongLength { .. }
    ));
    assert!(matches!(
        error(&|s| s.average.truncate(3)),
        WeightsError::WrongLength { .. }
    ));
    let foreign = burn_pack::Writer::new(Vec::new()).into_bytes().unwrap();
    assert_eq!(weights_file::from_bytes(&foreign), Err(WeightsError::Foreign));
    let long = vec![0; weights_file::LONGEST + 1];
    assert_eq!(weights_file::from_bytes(&long), Err(WeightsError::TooLong(long.len())));
    let text = weights_file::from_bytes(b"{\"weights\": [1, 2, 3]}")
        .unwrap_err()
        .to_string();
    assert!(text.contains("no file of network weights"), "{text}");
}

/// Obeys, turns until there is no more to do, and hands out all reports.
fn reports(lab: &mut Lab, command: Command) -> Vec<Report> {
    now(lab.obey(command)).unwrap();
    for _ in 0..40 {
        now(lab.turn()).unwrap();
    }
    lab.reports()
}

fn saved(lab: &mut Lab) -> Vec<u8> {
    reports(lab, Command::SaveWeights { request: 5 })
        .into_iter()
        .find_map(|report| match report {
            Report::Weights { request: 5, bytes, .. } => Some(bytes),
            _ => None,
        })
        .expect("the lab sends its weights")
}

fn scores(lab: &mut Lab) -> Vec<u32> {
    let command = Command::Evaluate {
        request: 6,
        points: Floats(vec![0.1, 0.2, -0.5, 0.9]),
        sigma: 0.3,
        field: Source::Learned,
    };
    reports(lab, command)
        .into_iter()
        .find_map(|report| match report {
            Report::Evaluated { request: 6, score, .. } => Some(score.0.iter().map(|s| s.to_bits()).collect()),
            _ => None,
        })
        .expect("the lab evaluates")
}

fn small(seed: u32) -> Settings {
    Settings {
        width: 16,
        depth: 2,
        particles: 50,
        seed,
        ..Settings::default()
    }
}

/// Files in the right format, of other versions of this page.
#[test]
fn a_file_of_another_version_says_of_which() {
    let ours = || burn_pack::Writer::new(Vec::new()).with_metadata("format", "scorefield");
    let error = |file: burn_pack::Writer| weights_file::from_bytes(&file.into_bytes().unwrap()).unwrap_err();
    assert_eq!(error(ours()), WeightsError::Missing("version"));
    let older = ours().with_scalar("version", 1_u64.into());
    assert_eq!(error(older), WeightsError::OtherVersion(1));
    let current = || ours().with_scalar("version", weights_file::VERSION.into());
    assert_eq!(error(current()), WeightsError::Missing("network"));
    let unknown = error(current().with_metadata("network", "transformer"));
    assert_eq!(unknown, WeightsError::UnknownNetwork("transformer".into()));
    assert!(unknown.to_string().contains("unknown kind \"transformer\""));
}

#[test]
fn a_lab_goes_on_from_the_file_of_another_with_its_size_and_seed() {
    let mut first = lab_on(Target::Preset(Preset::Moons), small(4));
    for _ in 0..30 {
        now(first.obey(Command::TrainOnce)).unwrap();
        now(first.turn()).unwrap();
    }
    let bytes = saved(&mut first);

    let mut second = lab_on(
        Target::Preset(Preset::Moons),
        Settings {
            particles: 50,
            ..Settings::default()
        },
    );
    let said = reports(
        &mut second,
        Command::LoadWeights {
            request: 7,
            run: 2,
            bytes,
        },
    );
    assert!(
        said.contains(&Report::WeightsLoaded {
            request: 7,
            run: 2,
            step: 30,
            network: Network::Score,
            width: 16,
            depth: 2,
            seed: 4
        }),
        "{said:?}"
    );
    assert_eq!(scores(&mut second), scores(&mut first));
    let checkpoint = said.iter().find_map(|report| match report {
        Report::Checkpoint(checkpoint) => Some((**checkpoint).clone()),
        _ => None,
    });
    let Checkpoint { stamp, seed, width, .. } = checkpoint.expect("a checkpoint follows at once");
    assert_eq!((stamp.run, stamp.step, seed, width), (2, 30, 4, 16));
    // And the next step of both is the same step.
    for lab in [&mut first, &mut second] {
        reports(lab, Command::TrainOnce);
    }
    assert_eq!(scores(&mut second), scores(&mut first));
}

#[test]
fn a_file_that_is_no_network_leaves_the_model_as_it_was() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), small(1));
    reports(&mut lab, Command::TrainOnce);
    let before = scores(&mut lab);
    let mut bytes = saved(&mut lab);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for bytes in [bytes, b"nonsense".to_vec(), Vec::new()] {
        let said = reports(
            &mut lab,
            Command::LoadWeights {
                request: 8,
                run: 9,
                bytes,
            },
        );
        let refused = said
            .iter()
            .any(|report| matches!(report, Report::Failed { request: Some(8), .. }));
        assert!(refused, "{said:?}");
        assert!(!said.iter().any(|report| matches!(report, Report::WeightsLoaded { .. })));
    }
    assert_eq!(scores(&mut lab), before);
}

#[test]
fn a_lab_without_data_has_nothing_to_save_and_takes_no_weights() {
    let mut lab = Lab::new(Some(Backend::Cpu));
    let bytes = weights_file::to_bytes(&snapshot(1), Content::Everything);
    for command in [
        Command::SaveWeights { request: 1 },
        Command::LoadWeights {
            request: 1,
            run: 1,
            bytes,
        },
        Command::Learn {
            target: Target::Drawing(Drawing::new()),
            revision: 1,
        },
    ] {
        let said = reports(&mut lab, command);
        assert!(
            said.iter().any(|report| matches!(report, Report::Failed { .. })),
            "{said:?}"
        );
    }
}

/// The page's first learned picture comes from these files.
#[test]
fn the_shipped_networks_are_of_the_default_settings_and_good() {
    let settings = Settings::default();
    for set in Preset::ALL {
        let path = format!("{}/assets/weights/{}.bpk", env!("CARGO_MANIFEST_DIR"), set.name());
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}; run `make weights`"));
        assert!(bytes.len() < 41_000, "{path} has {} bytes", bytes.len());
        let snapshot = weights_file::from_bytes(&bytes).unwrap();
        let exact = set.field();
        assert_eq!((snapshot.shape, snapshot.seed), (settings.shape(), settings.seed));
        // Sums over the same nodes in another order differ by roundings.
        let Preconditioning { mean, scale } = snapshot.preconditioning;
        let near = |a: f32, b: f32| (a - b).abs() <= 1e-6 * exact.scale();
        assert!(
            near(mean[0], exact.mean()[0]) && near(mean[1], exact.mean()[1]),
            "{path}: {mean:?}"
        );
        assert!(near(scale, exact.scale()), "{path}: {scale}");
        let trainer = Trainer::restore(snapshot, &Device::flex()).unwrap();
        let gauge = scorefield::metrics::fisher::FisherGauge::new(
            &exact,
            &scorefield::metrics::fisher::levels(exact.scale()),
            4096,
            7,
            &Device::flex(),
        );
        let nats = now(gauge.measure(&trainer.field())).unwrap().nats;
        assert!(nats < 0.08, "{} is {nats} nats from the truth", set.name());
    }
}
