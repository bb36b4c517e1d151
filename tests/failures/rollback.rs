//! Training that runs away goes back: to the last checkpoint, or to the network of the seed.

use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Command, Report};
use scorefield::engine::settings::{Network, Objective, Settings, Weighting};
use scorefield::model::weights_file::{self, Content};
use scorefield::training::Snapshot;

use crate::driver::now;
use crate::{is_halt, is_loaded, lab, load, saved, scores, small, until};

/// A network in whose outputs numbers overflow: a step ends in no numbers, whatever the learning rate. The average, by
/// which fields are evaluated, is that of `good`.
fn overflowing(mut snapshot: Snapshot) -> Vec<u8> {
    snapshot
        .weights
        .iter_mut()
        .for_each(|weight| *weight = 9e5 * weight.signum());
    weights_file::to_bytes(&snapshot, Content::Everything)
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

/// An energy of eight layers whose steps are as long as they may be, on small noise that is not weighted down: within some
/// twenty of them its gradients are no numbers any more. (A score net's layers go numb before that.)
fn absurd(network: Network) -> Settings {
    Settings {
        network,
        width: 64,
        depth: 8,
        batch: 8,
        learning_rate: 1.0,
        weighting: Weighting::Uniform,
        noise_min: 0.002,
        ..small()
    }
}

/// A lab whose training has run away before it had a checkpoint, and what it said.
fn run_away_at_once(settings: &Settings) -> (Lab, Vec<Report>) {
    let play = || Command::Play {
        training: true,
        sampling: false,
    };
    for _ in 0..100 {
        let mut lab = lab(settings.clone());
        let said = until(&mut lab, play(), is_halt);
        // On a machine that is held up for two seconds there is one after all.
        if !said.iter().any(|report| matches!(report, Report::Checkpoint(_))) {
            return (lab, said);
        }
    }
    panic!("there was a checkpoint every time");
}

fn trained(lab: &mut Lab, settings: Settings) -> Snapshot {
    let settings = Box::new(settings);
    now(lab.obey(Command::Configure { settings, revision: 2 })).unwrap();
    until(lab, Command::Train { request: 4, steps: 20 }, |report| {
        matches!(report, Report::Trained { .. })
    });
    saved(lab)
}

#[test]
fn training_that_runs_away_before_there_is_a_checkpoint_goes_back_to_the_network_of_the_seed() {
    for (network, objective) in [
        (Network::EnergyQuadratic, Objective::StableTarget),
        (Network::Energy, Objective::Denoising),
    ] {
        let settings = Settings {
            objective,
            ..absurd(network)
        };
        let (mut back_again, said) = run_away_at_once(&settings);
        let message = said.iter().find_map(|report| match report {
            Report::Halted { message } => Some(message.as_str()),
            _ => None,
        });
        let message = message.unwrap();
        assert!(
            message.contains("of step 0,") && message.contains("paused") && message.contains("learning rate"),
            "{message}"
        );
        // It had begun, and stays paused.
        assert!(!message.contains("by step 0 "), "{message}");
        for _ in 0..5 {
            now(back_again.turn()).unwrap();
        }
        let mut fresh = lab(settings.clone());
        let (back, first) = (saved(&mut back_again), saved(&mut fresh));
        assert_same(&back, &first);
        assert!(back.steps == 0 && back.weights.iter().all(|weight| weight.is_finite()));
        // And it learns from there as a new one does.
        let Settings { width, depth, .. } = settings;
        let sane = Settings {
            network,
            width,
            depth,
            ..small()
        };
        let [again, anew] = [&mut back_again, &mut fresh].map(|lab| trained(lab, sane.clone()));
        assert_same(&again, &anew);
        assert!(again.steps == 20 && again.weights != back.weights);
    }
}

/// The same to the last bit.
fn assert_same(a: &Snapshot, b: &Snapshot) {
    let of = |s: &Snapshot| (s.shape, s.preconditioning, s.seed, s.steps, s.clock);
    assert_eq!(of(a), of(b));
    let bits = |s: &Snapshot| {
        [&s.weights, &s.average, &s.first_moment, &s.second_moment]
            .map(|all| all.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
    };
    assert!(bits(a) == bits(b));
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
