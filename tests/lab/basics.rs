//! Training, pictures, requests, checkpoints.

use scorefield::distribution::{Drawing, Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{self, Backend, Checkpoint, Command, Floats, Frame, Report, SampleJob};
use scorefield::engine::settings::{Network, Objective, Sampler, Settings, Source, Weighting};

use crate::driver::{frame, lab_on, now, play, samples, small, tell, train, until, until_frame};

fn sample_job(field: Source, seed: u32) -> SampleJob {
    SampleJob {
        settings: Box::new(Settings {
            particles: 500,
            seed,
            follow: field,
            ..Settings::default()
        }),
        steps: 1000,
        init: None,
    }
}

/// The checkpoint after one more step: that of an earlier one may be out already.
pub fn checkpoint(lab: &mut Lab) -> Checkpoint {
    tell(lab, vec![Command::TrainOnce]);
    until(lab, |report| match report {
        Report::Checkpoint(checkpoint) => Some((**checkpoint).clone()),
        _ => None,
    })
}

#[test]
fn a_script_trains_and_samples_what_was_asked_for() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    let (_, before) = train(&mut lab, 1);
    let (step, after) = train(&mut lab, 299);
    assert_eq!(step, 300);
    // At step 1 the field is that of one Gaussian, over a nat away; 300 steps of this small net take it below 0.4.
    assert!(before > 1.0 && after < 0.5, "{before} nats before, {after} after");
    let points = samples(&mut lab, sample_job(Source::Learned, 1)).unwrap();
    assert_eq!(points.len(), 1000);
    assert!(
        points.iter().all(|x| x.abs() < 2.0),
        "the moons lie within 1.4 of the middle"
    );
}

#[test]
fn samples_are_a_function_of_weights_and_seed() {
    let mut lab = lab_on(Target::Preset(Preset::TwoG), small());
    train(&mut lab, 20);
    let first = samples(&mut lab, sample_job(Source::Learned, 7)).unwrap();
    let again = samples(&mut lab, sample_job(Source::Learned, 7)).unwrap();
    let other = samples(&mut lab, sample_job(Source::Learned, 8)).unwrap();
    assert!(first == again && first != other);
}

#[test]
fn frames_bring_particles_pictures_of_every_tile_and_progress() {
    let mut lab = lab_on(Target::Preset(Preset::EightGaussians), small());
    tell(
        &mut lab,
        vec![Command::Play {
            training: true,
            sampling: true,
        }],
    );
    let (mut particles, mut progress, mut curl, mut sigmas) = (0, false, false, Vec::<f32>::new());
    for _ in 0..4000 {
        let frame = frame(&mut lab);
        particles = particles.max(frame.cloud.particles.map_or(0, |points| points.0.len()));
        progress |= frame
            .progress
            .is_some_and(|progress| progress.sigmas.len() == 6 && progress.nats.is_finite());
        for picture in frame.pictures {
            assert_eq!(picture.score.0.len(), 2 * picture.energy.0.len());
            assert_eq!(picture.energy.0.len(), (picture.grid.side as usize).pow(2));
            assert!(picture.energy.0.iter().any(|energy| energy.is_finite()));
            curl |= picture.curl.is_some_and(f32::is_finite);
            if !sigmas.contains(&picture.sigma) {
                sigmas.push(picture.sigma);
            }
        }
        if particles == 600 && progress && curl && sigmas.len() >= 8 {
            return;
        }
    }
    panic!("{particles} numbers of particles, progress {progress}, curl {curl}, pictures at {sigmas:?}");
}

#[test]
fn a_hidden_page_pauses_live_training_but_not_a_script() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    tell(
        &mut lab,
        vec![
            Command::Play {
                training: true,
                sampling: true,
            },
            Command::Frame { hidden: true },
        ],
    );
    for _ in 0..20 {
        now(lab.turn()).unwrap();
    }
    assert_eq!(train(&mut lab, 5).0, 5, "live training went on in a hidden page");
}

#[test]
fn a_new_lab_takes_up_a_checkpoint_where_the_old_one_left_it() {
    let mut old = lab_on(Target::Preset(Preset::Rings), small());
    train(&mut old, 29);
    let saved = checkpoint(&mut old);
    assert_eq!(saved.stamp.step, 30);
    let mut new = lab_on(Target::Preset(Preset::Rings), small());
    tell(
        &mut new,
        vec![Command::Restore {
            checkpoint: Box::new(saved),
        }],
    );
    train(&mut old, 10);
    assert_eq!(train(&mut new, 10).0, 40);
    let job = || sample_job(Source::Learned, 2);
    assert_eq!(samples(&mut old, job()).unwrap(), samples(&mut new, job()).unwrap());
}

/// The objective may change in mid-run; the kind of network is that of the last reset.
#[test]
fn every_network_learns_by_every_objective_and_is_taken_up_from_a_checkpoint_as_what_it_is() {
    let objectives = [
        Objective::Denoising,
        Objective::Implicit,
        Objective::Sliced,
        Objective::StableTarget,
        Objective::Explicit,
        Objective::DenoisingOneLevel,
    ];
    for network in [Network::Score, Network::Energy, Network::EnergyQuadratic] {
        let settings = Settings { network, ..small() };
        let mut lab = lab_on(Target::Preset(Preset::Moons), settings.clone());
        let (_, before) = train(&mut lab, 1);
        for objective in objectives {
            let settings = Settings {
                objective,
                weighting: Weighting::SigmaSquared,
                ..settings.clone()
            };
            let command = Command::Configure {
                settings: Box::new(settings),
                revision: 2,
            };
            tell(&mut lab, vec![command]);
            let (_, nats) = train(&mut lab, 40);
            assert!(nats.is_finite() && nats < before, "{network:?}, {objective:?}: {nats}");
        }
        assert_eq!(checkpoint(&mut lab).network, network);
    }
}

#[test]
fn bad_requests_are_refused_with_what_is_allowed_and_the_model_stays() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    train(&mut lab, 10);
    let refusal = |lab: &mut Lab| {
        until(lab, |report| match report {
            Report::Failed { message, .. } => Some(message.clone()),
            _ => None,
        })
    };
    let absurd = Settings {
        width: 100_000,
        ..small()
    };
    tell(
        &mut lab,
        vec![Command::Configure {
            settings: Box::new(absurd),
            revision: 2,
        }],
    );
    assert!(refusal(&mut lab).contains("width must be a whole number from 1 to 512"));
    tell(
        &mut lab,
        vec![Command::Learn {
            target: Target::Drawing(Drawing::new()),
            revision: 2,
        }],
    );
    assert!(!refusal(&mut lab).is_empty());
    let points = Floats(vec![0.0, f32::NAN]);
    tell(
        &mut lab,
        vec![Command::Evaluate {
            request: 1,
            points,
            sigma: 0.1,
            field: Source::Learned,
        }],
    );
    assert!(refusal(&mut lab).contains("finite"));
    let mut none = sample_job(Source::Exact, 0);
    none.settings.particles = 0;
    assert!(samples(&mut lab, none).unwrap_err().contains("1 to 200000"));
    assert_eq!(train(&mut lab, 1).0, 11);
}

#[test]
fn an_empty_lab_refuses_to_train_and_to_sample() {
    let mut lab = Lab::new(Some(Backend::Cpu));
    assert!(
        samples(&mut lab, sample_job(Source::Learned, 0))
            .unwrap_err()
            .contains("no data")
    );
    tell(&mut lab, vec![Command::Train { request: 4, steps: 1 }]);
    let message = until(&mut lab, |report| match report {
        Report::Failed {
            request: Some(4),
            message,
        } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("nothing to learn"));
}

#[test]
fn messages_survive_the_journey_and_garbage_is_an_error() {
    let commands = [
        Command::Configure {
            settings: Box::new(Settings {
                learning_rate: 0.003,
                ..Settings::default()
            }),
            revision: 5,
        },
        Command::Learn {
            target: Target::Preset(Preset::Pinwheel),
            revision: 7,
        },
        Command::Drop {
            points: Floats(vec![1.5, -0.25, f32::MIN_POSITIVE, 0.0]),
        },
        Command::Sample {
            request: 1,
            job: sample_job(Source::Exact, u32::MAX),
        },
    ];
    for command in commands {
        let bytes = protocol::encode(&command).unwrap();
        assert_eq!(protocol::decode::<Command>(&bytes).unwrap(), command);
        for cut in 0..bytes.len() {
            assert!(
                protocol::decode::<Command>(&bytes[..cut]).is_err(),
                "{cut} of {} bytes were enough",
                bytes.len()
            );
        }
    }
    let mut frame = Frame::default();
    frame.cloud.particles = Some(Floats((0..8000).map(|i| i as f32).collect()));
    let bytes = protocol::encode(&Report::Frame(Box::new(frame.clone()))).unwrap();
    assert_eq!(
        protocol::decode::<Report>(&bytes).unwrap(),
        Report::Frame(Box::new(frame))
    );
    assert!(protocol::decode::<Report>(&[0xff; 64]).is_err());
}

#[test]
fn a_finished_descent_is_judged_against_the_exact_sampler() {
    for sampler in [Sampler::Annealed, Sampler::ReverseSde, Sampler::ProbabilityFlow] {
        let settings = Settings {
            sampler,
            particles: 600,
            pace: 10_000.0,
            follow: Source::Exact,
            ..small()
        };
        let mut lab = lab_on(Target::Preset(Preset::TwoG), settings);
        play(&mut lab, true);
        let quality = until_frame(&mut lab, |frame| frame.quality.clone());
        // The live particles follow the exact score from the same start with the same noise, as the reference does; only
        // the guard may have drawn a few of them anew.
        let off = (quality.over_exact - 1.0).abs();
        assert!(off < 0.05, "{sampler:?}: {}", quality.over_exact);
        assert_eq!(quality.weights, [0.2, 0.8]);
        assert!((quality.shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}
