//! What the lessons mark as right, held against what the lab does with the chapters' own data and settings.

use scorefield::distribution::{Preset, Target};
use scorefield::engine::protocol::{Command, Report, SampleJob};
use scorefield::engine::settings::Settings;
use scorefield::page::scenes::{self, set};

use crate::driver::{lab_on, samples, tell, train, until, walk};
use crate::relaxation::way;
use crate::scenes::{assert_width, width};

const FILE: &str = include_str!("../../www/lessons/en.html");

/// Data and settings of a chapter.
fn chapter(name: &str) -> (Target, Settings) {
    let tag = FILE.split(&format!("data-lesson=\"{name}\"")).nth(1).unwrap();
    let tag = tag.split('>').next().unwrap();
    let value = |name: &str| {
        let rest = tag.split(&format!("{name}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap()
    };
    let settings = scenes::settings(value("data-changes"), true, &Settings::default()).unwrap();
    (
        Target::Preset(Preset::from_name(value("data-preset")).unwrap()),
        settings,
    )
}

#[test]
fn at_a_quarter_of_the_temperature_a_cloud_has_a_quarter_of_the_variance() {
    let (target, settings) = chapter("score");
    for (beta, expected) in [("1", 1.0), ("4", 0.25)] {
        let mut settings = set(&settings, &format!("beta={beta}")).unwrap();
        settings.particles = 20_000;
        let mut lab = lab_on(target.clone(), settings.clone());
        let job = SampleJob {
            settings: Box::new(settings.clone()),
            steps: 400,
            init: None,
        };
        assert_width(
            width(&samples(&mut lab, job).unwrap(), settings.sigma),
            expected,
            20_000,
        );
    }
}

#[test]
fn trained_by_hyvarinens_objective_a_network_comes_nearer_to_a_truth_that_it_never_sees() {
    let (target, settings) = chapter("matching");
    let mut lab = lab_on(target, settings);
    let (_, before) = train(&mut lab, 1);
    let (_, after) = train(&mut lab, 250);
    // Found 1.1 and 0.25.
    assert!(after < 0.5 * before, "{before} and then {after}");
}

#[test]
fn at_little_noise_nearly_all_of_the_denoising_loss_is_left_to_a_perfect_network() {
    let (target, settings) = chapter("noise");
    let mut lab = lab_on(target, settings.clone());
    tell(&mut lab, vec![Command::Train { request: 9, steps: 1 }]);
    let progress = until(&mut lab, |report| match report {
        Report::Trained {
            request: 9, progress, ..
        } => Some(progress.clone()),
        _ => None,
    });
    let k = progress
        .sigmas
        .iter()
        .position(|sigma| sigma.total_cmp(&settings.sigma).is_eq())
        .unwrap();
    assert!((1.85..1.95).contains(&progress.floor[k]), "{progress:?}");
}

#[test]
fn from_one_spot_the_divergence_falls_fast_and_then_ever_more_slowly() {
    let (target, settings) = chapter("convergence");
    // At 240 steps a second four measurements a second are made, here the first six.
    let points = way(target, settings, &[6, 60, 120, 180, 240, 400]);
    assert!(points.windows(2).all(|pair| pair[1].rate < pair[0].rate), "{points:?}");
    let (first, last) = (points.first().unwrap(), points.last().unwrap());
    // Also in proportion to what is left.
    assert!(
        first.rate > 10.0 * last.rate && first.rate / first.theory > 1.3 * last.rate / last.theory,
        "{first:?} and then {last:?}"
    );
}

/// How far both runners of a chapter are from their targets, over the floor, after so many steps of the one whose steps take
/// more evaluations, or at the end.
fn standings(name: &str, steps: u64) -> [f32; 2] {
    let (target, settings) = chapter(name);
    let mut lab = lab_on(target, settings);
    let mut last = [f32::NAN; 2];
    walk(&mut lab, steps, |frame, rests| {
        for (last, cloud) in last.iter_mut().zip([&frame.cloud].into_iter().chain(&frame.rival)) {
            if let Some(standing) = &cloud.standing
                && (rests || cloud.sampler.finished)
                && standing.steps == cloud.sampler.steps
            {
                *last = standing.distance / standing.floor;
            }
        }
        (rests && last.iter().all(|x| x.is_finite())).then_some(last)
    })
}

#[test]
fn flow_and_noisy_way_end_alike_after_as_many_evaluations() {
    let [flow, noisy] = standings("descents", 1000);
    // Found 1 to 1.9 and 1.3 to 2.1 over four seeds, 0.4 apart at most.
    assert!(
        flow < 2.5 && noisy < 2.5 && (flow - noisy).abs() < 1.0,
        "{flow} and {noisy}"
    );
}

#[test]
fn without_friction_a_cloud_stays_off_the_target_that_it_reaches_with_as_much_as_can_be() {
    let [without, with] = standings("dynamics", 1500);
    // Found 2.7 to 4.9 without and 1.25 with.
    assert!(without > 2.3 && with < 2.0, "{without} and {with}");
}
