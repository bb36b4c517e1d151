//! Training runs: reproducible, resumable, and better than before.

use burn::tensor::Device;
use scorefield::{
    distribution::{ExactField, Preset},
    model::{Kind, Shape},
    objective::Objective,
    training::{Plan, RestoreError, Snapshot, Trainer},
};

use crate::{common::*, gauge::measured};

pub fn trained(kind: Kind, data: &ExactField, steps: u64) -> Trainer {
    let mut trainer = Trainer::new(Shape { kind, ..USUAL }, conditioned(data), 0, &Device::flex());
    let plan = plan(data.scale(), 256);
    (0..steps).for_each(|_| trainer.step(data, &plan));
    trainer
}

#[test]
fn training_brings_the_true_error_far_down() {
    let data = Preset::Moons.field();
    let (before, after) = (
        measured(&data, &trained(Kind::Score, &data, 0).field()),
        measured(&data, &trained(Kind::Score, &data, 400).field()),
    );
    // One Gaussian is over a nat away; 400 steps leave about 0.15.
    assert!(before.nats > 1.0, "{before:?}");
    assert!(after.nats < 0.3, "{after:?}");
    assert!(after.relative.iter().all(|&e| e < 0.3), "{after:?}");
}

#[test]
fn the_same_seed_gives_the_same_weights_to_the_last_bit_and_another_seed_gives_others() {
    let data = Preset::Spirals.field();
    let run = |seed| {
        let mut trainer = Trainer::new(SMALL, conditioned(&data), seed, &Device::flex());
        (0..30).for_each(|_| trainer.step(&data, &plan(data.scale(), 64)));
        snapshot(&trainer)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).weights, run(2).weights);
}

#[test]
fn a_run_taken_up_from_a_snapshot_goes_on_to_the_last_bit() {
    let data = Preset::Moons.field();
    let plan = plan(data.scale(), 64);
    let mut straight = Trainer::new(SMALL, conditioned(&data), 4, &Device::flex());
    (0..20).for_each(|_| straight.step(&data, &plan));
    let mut resumed = Trainer::restore(snapshot(&straight), &Device::flex()).unwrap();
    for trainer in [&mut straight, &mut resumed] {
        (0..20).for_each(|_| trainer.step(&data, &plan));
    }
    assert_eq!(snapshot(&straight), snapshot(&resumed));
    assert_eq!(straight.steps(), 40);
}

#[test]
fn a_snapshot_of_the_wrong_length_is_refused_with_the_length_that_is_right() {
    let mut broken = snapshot(&Trainer::new(SMALL, PRE, 0, &Device::flex()));
    broken.average.pop();
    let wanted = SMALL.parameters();
    let error = Trainer::restore(broken, &Device::flex()).err();
    assert_eq!(
        error,
        Some(RestoreError::Length {
            part: "averaged weights",
            got: wanted - 1,
            wanted
        })
    );
}

#[test]
fn an_edit_of_the_data_sets_the_clock_back_but_never_forward() {
    let data = Preset::Moons.field();
    let mut trainer = Trainer::new(
        Shape {
            width: 2,
            depth: 1,
            ..SMALL
        },
        PRE,
        0,
        &Device::flex(),
    );
    let plan = plan(data.scale(), 8);
    (0..100).for_each(|_| trainer.step(&data, &plan));
    trainer.data_changed();
    assert_eq!((trainer.clock(), trainer.steps()), (100, 100));
    (0..300).for_each(|_| trainer.step(&data, &plan));
    trainer.data_changed();
    assert_eq!((trainer.clock(), trainer.steps()), (300, 400));
    trainer.step(&data, &plan);
    assert_eq!((trainer.clock(), trainer.steps()), (301, 401));
}

/// Adam's first step after its moments were zero moves each weight by just the step length, whatever the gradient.
#[test]
fn steps_warm_up_to_the_plans_length_or_twice_that_and_fall_below_it_after_step_1000() {
    let data = Preset::Moons.field();
    let fresh = snapshot(&Trainer::new(SMALL, PRE, 0, &Device::flex()));
    let calm = [(1, 0.04), (25, 1.0), (50, 2.0), (250, 2.0), (1000, 1.0), (4000, 0.5)];
    let noisy = [(1, 0.02), (25, 0.5), (50, 1.0), (250, 1.0), (1000, 1.0), (4000, 0.5)];
    for (objective, lengths) in [(Objective::StableTarget, calm), (Objective::Sliced, noisy)] {
        let plan = Plan {
            learning_rate: 1e-3,
            objective,
            ..plan(data.scale(), 64)
        };
        for (clock, length) in lengths {
            let before = Snapshot {
                clock: clock - 1,
                // Random, for no gradient passes a last layer of zeros.
                weights: random_weights(SMALL, 3),
                ..fresh.clone()
            };
            let mut trainer = Trainer::restore(before.clone(), &Device::flex()).unwrap();
            trainer.step(&data, &plan);
            let moved = largest_difference(&snapshot(&trainer).weights, &before.weights);
            assert!(
                (moved / 1e-3 - length).abs() < 1e-3,
                "{objective:?} at {clock}: {moved}"
            );
        }
    }
}

/// The first step's average is the weights themselves, and later ones are weighed by a power of the step: after `t`
/// steps of weights `w_i` it is `sum_i (prod_{j>i} beta_j) (1 - beta_i) w_i`.
#[test]
fn the_average_is_the_power_function_average_of_the_weights() {
    let data = Preset::Moons.field();
    let mut trainer = Trainer::new(SMALL, PRE, 0, &Device::flex());
    let mut average = vec![0.0_f64; SMALL.parameters()];
    for t in 1..=12 {
        trainer.step(&data, &plan(data.scale(), 16));
        let beta = (1.0 - 1.0 / f64::from(t)).powf(17.97);
        let now = snapshot(&trainer);
        for (a, &w) in average.iter_mut().zip(&now.weights) {
            *a = beta * *a + (1.0 - beta) * f64::from(w);
        }
        let truth: Vec<f32> = average.iter().map(|&a| a as f32).collect();
        assert!(largest_difference(&now.average, &truth) < 1e-6, "step {t}");
    }
}

/// Each kind has its own number of parameters, so that a checkpoint of one is never taken for another's.
#[test]
fn a_snapshot_of_another_kind_of_network_is_refused() {
    for (kind, other) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[2]), (KINDS[2], KINDS[0])] {
        let mut broken = snapshot(&Trainer::new(Shape { kind, ..SMALL }, PRE, 0, &Device::flex()));
        broken.shape.kind = other;
        let (got, wanted) = (broken.weights.len(), broken.shape.parameters());
        let error = Trainer::restore(broken, &Device::flex()).err();
        let part = "weights";
        assert_eq!(error, Some(RestoreError::Length { part, got, wanted }));
    }
}

#[test]
fn a_snapshot_of_an_impossible_size_is_refused() {
    for (width, depth) in [(0, 2), (8, 0), (usize::MAX, 2), (8, usize::MAX)] {
        let mut broken = snapshot(&Trainer::new(SMALL, PRE, 0, &Device::flex()));
        (broken.shape.width, broken.shape.depth) = (width, depth);
        let error = Trainer::restore(broken, &Device::flex()).err();
        assert_eq!(error, Some(RestoreError::Size { width, depth }));
    }
}
