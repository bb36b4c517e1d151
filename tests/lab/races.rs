//! Two clouds side by side.

use std::collections::HashMap;

use scorefield::distribution::{Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Cloud, Command, Floats, Frame};
use scorefield::engine::settings::{Sampler, Settings, Source, Start};

use crate::driver::{configure, frame, lab_on, play, small, until_frame};

fn race(sampler: Sampler, rival: Sampler) -> Settings {
    Settings {
        sampler,
        rival,
        race: true,
        follow: Source::Exact,
        particles: 200,
        pace: 500.0,
        repeat: false,
        ..small()
    }
}

fn rival(frame: &Frame) -> &Cloud {
    frame.rival.as_ref().unwrap()
}

#[test]
fn racers_are_never_further_apart_than_one_step_of_the_dearer_one() {
    // Evaluations a step: 5 leapfrog steps against 1; 2 of Heun's scheme against 1.
    let pairs = [
        (Sampler::Hmc, Sampler::Langevin, 5),
        (Sampler::Underdamped, Sampler::Hmc, 5),
        (Sampler::ProbabilityFlow, Sampler::AveragedNoise, 2),
    ];
    for (sampler, other, step) in pairs {
        let settings = Settings {
            nodes: 400,
            // A turn makes up for a tenth of a second at most, so that there are many turns.
            pace: 100.0,
            ..race(sampler, other)
        };
        let mut lab = lab_on(Target::Preset(Preset::TwoG), settings);
        play(&mut lab, true);
        let mut apart = HashMap::new();
        until_frame(&mut lab, |frame| {
            let (a, b) = (frame.cloud.sampler.evaluations, rival(frame).sampler.evaluations);
            // One more where energy and score at the start were evaluated.
            assert!(a.abs_diff(b) <= step + 1, "{sampler:?} {a}, {other:?} {b}");
            apart.insert(a, a.abs_diff(b));
            (a >= 300).then_some(())
        });
        assert!(apart.len() > 3, "the race was looked at {} times", apart.len());
    }
}

/// Both clouds at the end of two descents.
fn ends(pace: f32, particles: u32, racing: bool) -> [Vec<f32>; 2] {
    let settings = Settings {
        pace,
        particles,
        race: racing,
        nodes: 40,
        rival_levels: 4,
        rival_steps_per_level: 12,
        ..race(Sampler::ReverseSde, Sampler::Annealed)
    };
    let mut lab = lab_on(Target::Preset(Preset::Moons), settings);
    play(&mut lab, true);
    let mut latest: [Vec<f32>; 2] = Default::default();
    until_frame(&mut lab, |frame| {
        let clouds = [Some(&frame.cloud), frame.rival.as_ref()];
        for (latest, cloud) in latest.iter_mut().zip(clouds) {
            if let Some(Floats(points)) = cloud.and_then(|cloud| cloud.particles.as_ref()) {
                latest.clone_from(points);
            }
        }
        clouds
            .iter()
            .flatten()
            .all(|cloud| cloud.sampler.finished)
            .then_some(())
    });
    latest
}

#[test]
fn a_racers_path_depends_on_neither_the_pace_nor_the_other_racer() {
    let slow = ends(150.0, 200, true);
    let fast = ends(10_000.0, 200, true);
    assert!(slow == fast, "a race depends on the pace");
    assert!(slow.iter().all(|cloud| cloud.len() == 400) && slow[0] != slow[1]);
    let [alone, none] = ends(700.0, 200, false);
    assert!(alone == slow[0] && none.is_empty(), "a racer depends on the other one");
}

#[test]
fn a_racer_whose_descent_is_over_rests_while_the_other_goes_on() {
    let mut lab = lab_on(
        Target::Preset(Preset::TwoG),
        race(Sampler::ProbabilityFlow, Sampler::Langevin),
    );
    play(&mut lab, true);
    let flow = until_frame(&mut lab, |frame| {
        let far = rival(frame).sampler.evaluations >= 200;
        far.then_some(frame.cloud.sampler)
    });
    // 24 nodes by Heun's scheme.
    assert!(flow.finished && flow.evaluations == 2 * 23, "{flow:?}");
}

fn positions(frame: Frame) -> [Vec<f32>; 2] {
    let taken = |cloud: Cloud| cloud.particles.unwrap().0;
    [taken(frame.cloud), frame.rival.map(taken).unwrap_or_default()]
}

#[test]
fn both_racers_start_from_the_same_points_where_the_settings_say() {
    let field = Preset::Moons.field();
    for start in [Start::Noise, Start::Uniform, Start::Spot] {
        let settings = Settings {
            start,
            sigma: 0.15,
            particles: 2000,
            ..race(Sampler::Langevin, Sampler::Underdamped)
        };
        let mut lab = lab_on(Target::Preset(Preset::Moons), settings);
        let [points, others] = positions(frame(&mut lab));
        assert!(points.len() == 4000 && points == others, "{start:?}");
        let (mean, scale) = (field.mean(), field.scale());
        let from_mean: Vec<f32> = points.iter().enumerate().map(|(i, x)| x - mean[i % 2]).collect();
        let variance = from_mean.iter().map(|x| x * x).sum::<f32>() / 4000.0;
        let within = |expected: f32, kurtosis: f32| {
            let deviation = expected * ((kurtosis - 1.0) / 4000.0).sqrt();
            assert!(
                (variance - expected).abs() < 6.0 * deviation,
                "{start:?}: {variance}, not {expected}"
            );
        };
        match start {
            Start::Noise => within(scale * scale + 0.15 * 0.15, 3.0),
            Start::Uniform => {
                // The variance of a uniform number is a third of the square of its half-width, its kurtosis 9/5.
                let [first, last] = field.bounds();
                let half = 0.5 * (last[0] - first[0]) + 3.0 * 0.15;
                let beside = [0, 1].map(|axis| 0.5 * (first[axis] + last[axis]) - mean[axis]);
                let shift = 0.5 * (beside[0] * beside[0] + beside[1] * beside[1]);
                assert!(shift < 0.01 * half * half, "two moons lie about their mean");
                within(half * half / 3.0 + shift, 1.8);
                let from_middle = from_mean.iter().enumerate().map(|(i, x)| x - beside[i % 2]);
                assert!(from_middle.fold(0.0_f32, |most, x| most.max(x.abs())) <= half);
            }
            Start::Spot => {
                assert!(points.chunks_exact(2).all(|x| x == &points[..2]));
                // The leftmost of some hundred draws: left of the middle by more than the mean distance, and not in the void.
                assert!(from_mean[0] < -scale, "{:?}", &points[..2]);
                let density = |x| field.local(x, 0.05).log_density;
                let spot = density([points[0], points[1]]);
                assert!(
                    spot > density(mean) && spot > -4.0,
                    "nothing is at {:?}: {spot}",
                    &points[..2]
                );
            }
        }
    }
}

/// How often the particles were replaced.
fn cast(lab: &mut Lab) -> u32 {
    frame(lab).cloud.cast
}

#[test]
fn what_only_tunes_a_sampler_does_not_restart_it_and_what_makes_it_another_does() {
    let start = race(Sampler::Underdamped, Sampler::Langevin);
    let mut lab = lab_on(Target::Preset(Preset::Moons), start.clone());
    play(&mut lab, true);
    until_frame(&mut lab, |frame| (frame.cloud.sampler.steps > 3).then_some(()));
    let mut before = cast(&mut lab);
    let tuned = Settings {
        step_size: 0.2,
        rival_step_size: 0.05,
        beta: 2.0,
        friction: 0.1,
        noise_scale: 0.5,
        sigma: 0.2,
        pace: 100.0,
        // Nothing to do with chains.
        levels: 20,
        nodes: 30,
        ..start
    };
    configure(&mut lab, &tuned);
    let seen = frame(&mut lab);
    assert_eq!(seen.cloud.cast, before);
    assert!(seen.cloud.sampler.steps > 3 && (seen.cloud.sampler.sigma, rival(&seen).sampler.sigma) == (0.2, 0.2));

    let changes: [fn(&mut Settings); 7] = [
        |s| s.sampler = Sampler::AveragedNoise,
        |s| s.rival = Sampler::Annealed,
        |s| s.rival_levels = 12,
        |s| s.start = Start::Uniform,
        |s| s.particles = 100,
        |s| s.race = false,
        |s| s.race = true,
    ];
    let mut settings = tuned;
    for (at, change) in changes.iter().enumerate() {
        change(&mut settings);
        configure(&mut lab, &settings);
        let now = frame(&mut lab);
        assert!(now.cloud.cast > before, "change {at} did not restart the sampler");
        assert!(now.cloud.cast == now.rival.as_ref().map_or(now.cloud.cast, |rival| rival.cast));
        assert_eq!(now.rival.is_some(), settings.race);
        before = now.cloud.cast;
    }
}

#[test]
fn dropped_particles_land_in_both_clouds_and_a_finished_descent_goes_on_from_them() {
    let mut lab = lab_on(
        Target::Preset(Preset::TwoG),
        race(Sampler::ProbabilityFlow, Sampler::ReverseSde),
    );
    play(&mut lab, true);
    let before = until_frame(&mut lab, |frame| {
        (frame.cloud.sampler.finished && rival(frame).sampler.finished).then_some(frame.cloud.sampler)
    });
    play(&mut lab, false);
    let spot = [0.125, -0.25];
    let drop = Command::Drop {
        points: Floats(spot.repeat(20)),
    };
    crate::driver::tell(&mut lab, vec![drop]);
    for cloud in positions(frame(&mut lab)) {
        assert_eq!(cloud[..40], spot.repeat(20));
    }
    play(&mut lab, true);
    let after = until_frame(&mut lab, |frame| {
        (frame.cloud.sampler.evaluations > before.evaluations + 100).then(|| frame.clone())
    });
    let (live, other) = (after.cloud.sampler, rival(&after).sampler);
    assert!(live.evaluations.abs_diff(other.evaluations) <= 1, "{live:?} {other:?}");
    assert!(!live.finished && live.steps > before.steps);
}
