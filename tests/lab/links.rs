//! Two labs that follow one link: the same weights at its step and the same particles after as many sampler steps, bit
//! for bit, however fast and in whatever pieces each of them got there.

use std::collections::BTreeMap;
use std::time::Duration;

use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Command, Report};
use scorefield::page::link;

use crate::basics::checkpoint;
use crate::driver::{frame, lab_on, play, tell, train, until};

/// A lab as the page sets one up for a link, and the step to which it is to be trained.
fn lab_of(link: &str) -> (Lab, u32) {
    let found = link::read(link);
    assert_eq!(found.errors, []);
    (lab_on(found.target, found.settings), found.goal.unwrap().step)
}

/// Everything that is learned, as bits.
fn learned(lab: &mut Lab) -> Vec<u32> {
    let kept = checkpoint(lab);
    let all = [
        kept.weights.0,
        kept.average.0,
        kept.first_moment.0,
        kept.second_moment.0,
    ]
    .concat();
    all.into_iter().map(f32::to_bits).collect()
}

/// Sampler steps that are looked at: less than a descent has, and of a live run there are six a turn at most.
const LOOKED_AT: u64 = 45;

/// Where the particles were, as bits, after every number of sampler steps at which that was seen.
type Seen = BTreeMap<u64, Vec<u32>>;

fn look(lab: &mut Lab, seen: &mut Seen) -> u64 {
    let cloud = frame(lab).cloud;
    if let Some(particles) = cloud.particles {
        seen.insert(cloud.sampler.steps, particles.0.into_iter().map(f32::to_bits).collect());
    }
    cloud.sampler.steps
}

/// Steps asked for one by one.
fn step_by_step(lab: &mut Lab) -> Seen {
    let mut seen = Seen::new();
    tell(lab, vec![Command::Restart]);
    while look(lab, &mut seen) < LOOKED_AT {
        tell(lab, vec![Command::SampleOnce]);
    }
    seen
}

/// Steps as they come, while frames are slow now and then.
fn live(lab: &mut Lab) -> Seen {
    let mut seen = Seen::new();
    tell(lab, vec![Command::Restart]);
    play(lab, true);
    while look(lab, &mut seen) < LOOKED_AT {
        if seen.len() % 4 == 3 {
            std::thread::sleep(Duration::from_millis(40));
        }
    }
    play(lab, false);
    seen
}

fn two_labs_agree(text: &str) {
    let (mut one, steps) = lab_of(text);
    train(&mut one, steps);

    let (mut other, steps) = lab_of(text);
    let mut made = 0;
    for stint in (1..).map(|k| k * 7 % 11 + 1) {
        // Particles move and pictures are drawn in between.
        play(&mut other, stint % 2 == 0);
        frame(&mut other);
        let stint = stint.min(steps - made);
        if stint == 0 {
            break;
        }
        for _ in 0..stint / 2 {
            tell(&mut other, vec![Command::TrainOnce]);
        }
        tell(
            &mut other,
            vec![Command::Train {
                request: 5,
                steps: stint - stint / 2,
            }],
        );
        let step = until(&mut other, |report| match report {
            Report::Trained { step, .. } => Some(*step),
            _ => None,
        });
        made += stint;
        assert_eq!(step, u64::from(made));
    }

    play(&mut one, false);
    let (asked, came) = (step_by_step(&mut one), live(&mut other));
    let both: Vec<u64> = asked.keys().filter(|step| came.contains_key(step)).copied().collect();
    assert!(both.iter().filter(|&&step| step > 0).count() >= 5, "{both:?}");
    for step in both {
        assert!(
            asked[&step] == came[&step],
            "particles differ after {step} steps: {text}"
        );
    }
    assert!(learned(&mut one) == learned(&mut other), "weights differ: {text}");
}

#[test]
fn weights_and_particles_are_a_function_of_the_link_and_of_numbers_of_steps() {
    two_labs_agree("v=1&data=rings&width=32&depth=2&batch=128&particles=300&seed=7&sampler=langevin&sigma=0.3&step=60");
    two_labs_agree("v=1&width=16&depth=2&batch=64&objective=denoising&particles=200&seed=8&stepsPerLevel=3&step=41");
}

#[test]
fn another_seed_in_the_link_is_another_network() {
    let text = |seed: u32| format!("v=1&width=16&depth=2&batch=64&seed={seed}&step=5");
    let [a, b, again] = [1, 2, 1].map(|seed| {
        let (mut lab, steps) = lab_of(&text(seed));
        train(&mut lab, steps);
        learned(&mut lab)
    });
    assert!(a == again && a != b);
}
