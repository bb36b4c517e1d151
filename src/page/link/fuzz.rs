//! Links that somebody has damaged or made up.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// Links from which the damaged ones are made.
fn sound() -> Vec<String> {
    let points: Vec<f32> = (0..60).map(|k| (k * 37 % 101) as f32 / 51.0 - 1.0).collect();
    let drawing = Target::Drawing(Drawing::from_points(&points, 0.05).unwrap());
    let mut drawn = write(&drawing, &Settings::default());
    append_goal(
        &mut drawn,
        &Goal {
            step: 5000,
            from: Some(4_000_000_000),
        },
    );
    vec![
        drawn,
        "v=1&data=rings&width=128&sampler=hmc&beta=2.5&leapfrogSteps=8&start=spot&race=true&rivalStepSize=0.25".into(),
        "v=1&data=moons&sigma=0.0123&pinned=true&lesson=annealing&hide=data,train,noise&lock=1&embed=1&present=1"
            .into(),
        "data=d.aMAMABQYJ&noiseMax=20&noiseMin=0.005&levels=40&learningRate=1e-4".into(),
    ]
}

/// What people and programs put into links, and what is put there by those who mean harm.
const PIECES: [&str; 21] = [
    "&",
    "=",
    "%",
    "%00",
    "%ff%fe",
    "%C3%28",
    "#",
    "&v=99",
    "&step=-1",
    "&step=1e9",
    "&from=",
    "&width=4294967296",
    "&seed=99999999999999999999",
    "&close=2,NaN,1e39",
    "&sigma=NaN",
    "&sigma=1e-320",
    "d.b",
    "d.a",
    "\u{1F300}",
    "&hide=all,",
    "\0",
];

fn damaged(text: &str, rng: &mut StdRng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.random_range(1..6) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, PIECES[rng.random_range(0..PIECES.len())].bytes())),
            2 => drop(bytes.drain(at..(at + rng.random_range(0..8)).min(bytes.len()))),
            3 if at < bytes.len() => bytes[at] = rng.random(),
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_hundred_thousand_damaged_links_are_read_as_states_that_the_lab_can_take() {
    let (sound, mut rng) = (sound(), StdRng::seed_from_u64(8));
    let mut wrong = 0;
    for k in 0..100_000 {
        let text = damaged(&sound[k % sound.len()], &mut rng);
        let link = read(&text);
        link.settings.check().unwrap();
        assert!(link.lesson.len() <= 160, "{text}");
        assert!(
            link.goal.is_none_or(|goal| (1..=LAST_STEP).contains(&goal.step)),
            "{text}"
        );
        if let Some(message) = link.complaint() {
            assert!(message.len() < 700, "{message}");
            wrong += 1;
        }
        // What was understood is a state with a link of its own.
        if k % 16 == 0 {
            let again = read(&write(&link.target, &link.settings));
            assert_eq!(
                (again.target, again.settings, again.errors.len()),
                (link.target, link.settings, 0),
                "{text}"
            );
        }
    }
    assert!((20_000..100_000).contains(&wrong), "{wrong} links had something wrong");
}

#[test]
fn the_worst_links_take_no_time_and_no_room() {
    let many = "&a=".repeat(LONGEST / 3);
    let dots = format!("data=d.b{}", "_".repeat(LONGEST - 8));
    let old = format!("data=d.a{}", "A".repeat(LONGEST - 8));
    let escapes = "%25".repeat(LONGEST / 3);
    let long = "&width=64".repeat(1 << 20);
    for text in [many, dots, old, escapes, long] {
        let timed = || {
            let started = Instant::now();
            (read(&text), started.elapsed())
        };
        let (link, took) = timed();
        // What hangs does so each time, and a machine that stands still for others does not.
        let limit = Duration::from_secs(2);
        assert!(took < limit || timed().1 < limit, "{took:?}");
        assert!(link.errors.len() <= MOST_PAIRS + 1);
        let told: usize = link.errors.iter().map(|error| error.to_string().len()).sum();
        assert!(told < 200_000, "{told} bytes of messages");
    }
}
