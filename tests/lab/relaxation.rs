//! A cloud that approaches its target, beside what theory says of it.

use scorefield::distribution::{Preset, Target};
use scorefield::engine::protocol::{Approach, Command, Floats, Frame};
use scorefield::engine::settings::{Sampler, Settings, Source, Start};

use crate::driver::{lab_on, play, small, tell, until_frame, walk};

fn chain(sampler: Sampler, start: Start) -> Settings {
    Settings {
        sampler,
        start,
        sigma: 0.25,
        // Small steps: the theory is of their limit.
        step_size: 0.02,
        follow: Source::Exact,
        particles: 8000,
        ..small()
    }
}

/// How the cloud stands to theory where it rests after each of these numbers of steps.
pub fn way(target: Target, settings: Settings, steps: &[u64]) -> Vec<Approach> {
    let mut lab = lab_on(target, settings);
    let here = |frame: &Frame, rests: bool| {
        let now = frame.cloud.sampler.time.to_bits();
        frame.approach.filter(|point| rests && point.time.to_bits() == now)
    };
    steps.iter().map(|&steps| walk(&mut lab, steps, here)).collect()
}

#[test]
fn the_particles_of_every_langevin_chain_approach_as_the_fokker_planck_equation_says() {
    for (sampler, start) in [
        (Sampler::Langevin, Start::Noise),
        (Sampler::AveragedNoise, Start::Uniform),
        (Sampler::Mala, Start::Noise),
    ] {
        // As far as a Langevin time of 0.15.
        let points = way(
            Target::Preset(Preset::Moons),
            chain(sampler, start),
            &[1, 25, 50, 80, 120],
        );
        for pair in points.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            assert!(
                after.time > before.time && after.theory < before.theory,
                "{sampler:?}: {pair:?}"
            );
            // The rate falls as well, so that what is lost lies between the rates at both ends.
            let lost = (before.theory - after.theory) / (after.time - before.time);
            assert!(
                lost > 0.98 * after.rate && lost < 1.02 * before.rate,
                "{sampler:?}: {lost} in {pair:?}"
            );
        }
        for point in points {
            // Six standard errors of 8,000 counted particles, far from the target and close to it. Blocks of cells tell
            // less apart than cells do, and so hide up to a tenth of the divergence; a step is not infinitely short.
            let error = 6.0 * ((2.0 * point.theory / 8000.0).sqrt() + 0.0016);
            let (low, high) = (0.9 * point.theory - error, 1.03 * point.theory + error);
            assert!((low..high).contains(&point.cloud), "{sampler:?}: {point:?}");
        }
    }
}

#[test]
fn dropped_particles_have_no_theory_until_they_restart() {
    let mut lab = lab_on(Target::Preset(Preset::Moons), chain(Sampler::Langevin, Start::Noise));
    play(&mut lab, true);
    until_frame(&mut lab, |frame| frame.approach);
    let points = Floats(vec![0.5; 200]);
    tell(&mut lab, vec![Command::Drop { points }]);
    let mut told = None;
    until_frame(&mut lab, |frame| {
        told = told.or(frame.approach.filter(|_| frame.cloud.cast > 1));
        (frame.cloud.sampler.steps > 200).then_some(())
    });
    assert_eq!(told, None);
    tell(&mut lab, vec![Command::Restart]);
    until_frame(&mut lab, |frame| frame.approach);
}
