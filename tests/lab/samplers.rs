//! Every sampler in the lab: scripted and live, with and without an energy.

use rand::{SeedableRng, rngs::StdRng};
use scorefield::distribution::{ExactField, Preset, Target};
use scorefield::engine::protocol::{Command, SampleJob, Standing};
use scorefield::engine::settings::{Network, Sampler, Settings, Source, Start};
use scorefield::metrics::sliced_wasserstein::sliced_wasserstein;

use crate::driver::{configure, frame, lab_on, play, samples, small, standing_after, tell, train, until_frame};

const ALL: [Sampler; 8] = [
    Sampler::Langevin,
    Sampler::AveragedNoise,
    Sampler::Mala,
    Sampler::Hmc,
    Sampler::Underdamped,
    Sampler::Annealed,
    Sampler::ReverseSde,
    Sampler::ProbabilityFlow,
];

/// Samples of `p_sigma`.
fn truth(exact: &ExactField, sigma: f32, seed: u64, count: usize) -> Vec<f32> {
    let mut points = vec![0.0; 2 * count];
    exact.sample_noised(sigma, &mut StdRng::seed_from_u64(seed), &mut points);
    points
}

#[test]
fn every_sampler_draws_what_the_exact_field_describes() {
    const COUNT: usize = 1000;
    let sigma = 0.3;
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    let exact = Preset::Moons.field();
    for sampler in ALL {
        let settings = Settings {
            sampler,
            sigma,
            follow: Source::Exact,
            particles: COUNT as u32,
            steps_per_level: 40,
            // Chains have to find their way; a descent begins in noise so wide that nothing else would do.
            start: if sampler.descends() { Start::Noise } else { Start::Spot },
            seed: 5,
            ..Settings::default()
        };
        let noise = if sampler.descends() { 0.01 } else { sigma };
        let job = SampleJob {
            settings: Box::new(settings),
            steps: 300,
            init: None,
        };
        let points = samples(&mut lab, job).unwrap();
        assert!(points.len() == 2 * COUNT && points.iter().all(|x| x.is_finite()));
        let draw = |seed| truth(&exact, noise, seed, COUNT);
        let pairs = (0..6).map(|k| sliced_wasserstein(&draw(2 * k + 10), &draw(2 * k + 11)));
        let floor = pairs.sum::<f32>() / 6.0;
        let distance = (0..3).map(|k| sliced_wasserstein(&points, &draw(k))).sum::<f32>() / 3.0;
        // A floor varies by a third from draw to draw; a wrong temperature, sign or level is off by five floors and more.
        assert!(
            distance < 2.0 * floor,
            "{sampler:?}: {distance}, with a floor of {floor}"
        );
    }
}

#[test]
fn with_scores_read_off_a_grid_particles_go_the_same_way() {
    let sigma = 0.15;
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    let mut run = |interpolate| {
        let settings = Settings {
            sampler: Sampler::Langevin,
            sigma,
            follow: Source::Exact,
            particles: 8000,
            interpolate,
            seed: 7,
            ..Settings::default()
        };
        let job = SampleJob {
            settings: Box::new(settings),
            steps: 40,
            init: None,
        };
        samples(&mut lab, job).unwrap()
    };
    let (exact, off_a_grid) = (run(false), run(true));
    let square: f32 = exact.iter().zip(&off_a_grid).map(|(a, b)| (a - b) * (a - b)).sum();
    let apart = (square / 8000.0).sqrt();
    // The noise is the same. A hundredth of the drift of 40 steps of 0.1 sigma² at |s| ~ 1 / sigma is 0.04 sigma.
    assert!(apart > 0.0 && apart < 0.04 * sigma, "{apart} apart");
}

#[test]
fn a_clouds_distance_from_its_target_shrinks_to_the_floor_on_the_way_down() {
    let settings = Settings {
        follow: Source::Exact,
        particles: 1500,
        steps_per_level: 40,
        repeat: false,
        ..small()
    };
    let mut lab = lab_on(Target::Preset(Preset::Moons), settings);
    let way: Vec<Standing> = [20, 200, 400, 1000]
        .into_iter()
        .map(|steps| standing_after(&mut lab, steps))
        .collect();
    let (first, last) = (&way[0], &way[way.len() - 1]);
    assert!(first.steps == 20 && last.evaluations == 16 * 40 + 1);
    assert!(
        way.iter()
            .all(|standing| standing.floor.to_bits() == last.floor.to_bits() && standing.floor > 0.0)
    );
    assert!(first.distance > 20.0 * first.floor, "{first:?}");
    assert!(last.distance < 2.0 * last.floor, "{last:?}");
    assert!(way.windows(2).all(|pair| pair[0].time < pair[1].time));
    assert!(last.width.is_none() && last.shares.is_empty(), "moons have no modes");
}

#[test]
fn the_width_of_a_clouds_modes_tells_the_temperature_at_which_it_samples() {
    // In balance within each mode of a set of equal Gaussians, noise c times too large samples at the temperature c².
    for (noise_scale, expected) in [(1.0_f32, 1.0_f32), (0.5, 0.25)] {
        let settings = Settings {
            sampler: Sampler::AveragedNoise,
            follow: Source::Exact,
            sigma: 0.05,
            particles: 2048,
            noise_scale,
            step_size: 0.5,
            ..small()
        };
        let mut lab = lab_on(Target::Preset(Preset::EightGaussians), settings);
        let standing = standing_after(&mut lab, 600);
        // 2,048 particles: the mean of their squared distances is known to 1/32 of itself, and that of the truth too.
        let width = standing.width.unwrap();
        assert!((width / expected - 1.0).abs() < 0.2, "noise {noise_scale}: {width}");
        assert_eq!(standing.weights, [0.125; 8]);
        assert!((standing.shares.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    }
}

fn chain(sampler: Sampler, potential: bool) -> Settings {
    Settings {
        sampler,
        potential,
        sigma: 0.2,
        particles: 500,
        pace: 200.0,
        ..small()
    }
}

#[test]
fn mala_waits_on_a_score_network_until_it_may_take_the_potential() {
    let settings = chain(Sampler::Mala, false);
    let mut lab = lab_on(Target::Preset(Preset::Moons), settings.clone());
    train(&mut lab, 300);
    play(&mut lab, true);
    for _ in 0..20 {
        let frame = frame(&mut lab);
        assert!(frame.cloud.sampler.lacks_energy && frame.cloud.sampler.steps == 0);
    }
    configure(
        &mut lab,
        &Settings {
            potential: true,
            ..settings
        },
    );
    let state = until_frame(&mut lab, |frame| {
        assert!(!frame.cloud.sampler.lacks_energy);
        let state = frame.cloud.sampler;
        (state.steps > 100 && state.acceptance.is_some()).then_some(state)
    });
    // With a = 0.1 sigma² on a Gaussian 99 % are accepted; what no potential can fit costs a few.
    let acceptance = state.acceptance.unwrap();
    assert!(acceptance > 0.95 && acceptance <= 1.0, "{acceptance}");
}

#[test]
fn a_script_hears_that_an_energy_is_lacking_and_what_would_help() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    train(&mut lab, 600);
    let job = |sampler, potential| SampleJob {
        settings: Box::new(Settings {
            start: Start::Spot,
            ..chain(sampler, potential)
        }),
        steps: 1000,
        init: None,
    };
    for sampler in [Sampler::Mala, Sampler::Hmc] {
        let refusal = samples(&mut lab, job(sampler, false)).unwrap_err();
        for word in ["potential: true", "energy-quadratic", "exact"] {
            assert!(refusal.contains(word), "{word} is not in: {refusal}");
        }
        let points = samples(&mut lab, job(sampler, true)).unwrap();
        let again = samples(&mut lab, job(sampler, true)).unwrap();
        assert!(points == again, "samples are a function of weights and seed");
        let exact = Preset::Moons.field();
        let distance = sliced_wasserstein(&points, &truth(&exact, 0.2, 1, 500));
        let floor = sliced_wasserstein(&truth(&exact, 0.2, 2, 500), &truth(&exact, 0.2, 3, 500));
        assert!(
            distance < 3.0 * floor,
            "{sampler:?}: {distance}, with a floor of {floor}"
        );
    }
}

#[test]
fn an_energy_network_has_the_energy_that_mala_needs() {
    let settings = Settings {
        network: Network::Energy,
        ..chain(Sampler::Mala, false)
    };
    let mut lab = lab_on(Target::Preset(Preset::TwoG), settings);
    train(&mut lab, 200);
    play(&mut lab, true);
    let state = until_frame(&mut lab, |frame| {
        let state = frame.cloud.sampler;
        (state.steps >= 50).then_some(state)
    });
    assert!(!state.lacks_energy && state.acceptance.is_some_and(|share| share > 0.5));
    // One evaluation a step, and one for where it starts.
    assert!(state.evaluations == state.steps + 1, "{state:?}");
}

#[test]
fn a_step_too_long_for_a_turn_is_made_over_many_and_is_one_step() {
    let settings = Settings {
        follow: Source::Exact,
        leapfrog_steps: 1000,
        step_size: 1e-3,
        particles: 1000,
        ..chain(Sampler::Hmc, false)
    };
    let mut lab = lab_on(Target::Preset(Preset::Moons), settings);
    play(&mut lab, false);
    tell(&mut lab, vec![Command::SampleOnce]);
    let mut frames = 0;
    let state = until_frame(&mut lab, |frame| {
        frames += 1;
        (frame.cloud.sampler.steps > 0).then_some(frame.cloud.sampler)
    });
    assert!(frames > 5, "a million scores were computed in {frames} turns");
    assert!((state.steps, state.evaluations) == (1, 1001), "{state:?}");
    for _ in 0..10 {
        assert_eq!(frame(&mut lab).cloud.sampler.steps, 1);
    }
}
