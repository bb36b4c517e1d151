//! How the live clouds compare with what they are to become, while they are on their way: about twice a second, in
//! slices too short to notice.

use std::time::Duration;

use rand::{SeedableRng, rngs::StdRng};
use web_time::Instant;

use super::live::Live;
use super::protocol::Standing;
use crate::distribution::{ExactField, Preset};
use crate::metrics::modes::{Modes, modes};
use crate::metrics::sliced_wasserstein::SlicedWasserstein;

/// Particles that are compared: the first ones of the cloud.
const COMPARED: usize = 2048;

/// Between two comparisons of a cloud that moves.
const PERIOD: Duration = Duration::from_millis(500);

/// Sets of true samples: the first is what clouds are compared with, and all pairs of them make the floor.
const SETS: u64 = 3;

/// Seeds them.
const SEED: u64 = 0x57A_4D19;

/// Targets that are kept: one for each runner.
const KEPT: usize = 2;

/// Compares two runners, or one.
#[derive(Default)]
pub struct Standings {
    truths: Vec<Truth>,
    watches: [Watch; 2],
    /// The runner that was compared last: where time is short the other one comes next.
    last: usize,
}

/// What a target is made for: the data's revision, the noise level, how many samples.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    target: u32,
    sigma: f32,
    count: usize,
}

/// True samples at one noise level.
struct Truth {
    key: Key,
    samples: Vec<f32>,
    /// The distances that make the floor: still to be computed, and their sum so far.
    pairs: Vec<SlicedWasserstein>,
    sum: f32,
    modes: Option<Modes>,
    /// Mean squared distance of the samples from their modes.
    spread: Option<f32>,
}

/// What a cloud was when it was last looked at.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    cast: u32,
    finished: bool,
    steps: u64,
    key: Key,
}

/// Looks after one runner.
#[derive(Default)]
struct Watch {
    seen: Option<(Seen, Instant)>,
    job: Option<Job>,
    ready: Option<Standing>,
}

/// A comparison in the making.
struct Job {
    key: Key,
    samples: Vec<f32>,
    distance: Option<SlicedWasserstein>,
    standing: Standing,
}

impl Standings {
    /// Takes note of where the runners are. `target`, `cast`: revisions of data and clouds.
    pub fn look_at(&mut self, runners: [Option<&Live>; 2], target: u32, cast: u32) {
        for (watch, runner) in self.watches.iter_mut().zip(runners) {
            match runner {
                Some(runner) => watch.look_at(runner, target, cast),
                None => *watch = Watch::default(),
            }
        }
    }

    /// There is something to compare.
    pub fn is_busy(&self) -> bool {
        self.watches.iter().any(|watch| watch.job.is_some())
    }

    /// Works until the deadline.
    pub fn advance(&mut self, exact: &ExactField, preset: Option<Preset>, deadline: Instant) {
        for k in [1 - self.last, self.last] {
            let watch = &mut self.watches[k];
            let Some(job) = &mut watch.job else { continue };
            let truth = truth_for(&mut self.truths, job.key, exact, preset);
            let Some(floor) = truth.floor(deadline) else { return };
            let distance = job
                .distance
                .get_or_insert_with(|| SlicedWasserstein::new(&job.samples, &truth.samples));
            let Some(distance) = distance.advance(deadline) else {
                return;
            };
            let standing = truth.compare(&job.samples, std::mem::take(&mut job.standing));
            (watch.job, self.last) = (None, k);
            // Where a particle is lost until the guard looks again there is no distance to tell.
            if distance.is_finite() {
                watch.ready = Some(Standing {
                    distance,
                    floor,
                    ..standing
                });
            }
        }
    }

    /// What is newly known of the two runners.
    pub fn take(&mut self) -> [Option<Standing>; 2] {
        self.watches.each_mut().map(|watch| watch.ready.take())
    }
}

impl Watch {
    fn look_at(&mut self, runner: &Live, target: u32, cast: u32) {
        let state = runner.state();
        let count = runner.count().min(COMPARED);
        let key = Key {
            target,
            sigma: runner.end_sigma(),
            count,
        };
        let now = Seen {
            cast,
            finished: state.finished,
            steps: state.steps,
            key,
        };
        if self.seen.is_some_and(|(seen, _)| seen.cast != cast) {
            (self.job, self.ready) = (None, None);
        }
        let due = self.seen.is_none_or(|(seen, at)| {
            let turned = (seen.cast, seen.finished) != (cast, state.finished);
            seen != now && (turned || at.elapsed() >= PERIOD)
        });
        if self.job.is_some() || !due {
            return;
        }
        self.seen = Some((now, Instant::now()));
        self.job = Some(Job {
            key,
            samples: runner.positions()[..2 * count].to_vec(),
            distance: None,
            standing: Standing {
                steps: state.steps,
                evaluations: state.evaluations,
                time: state.time,
                ..Standing::default()
            },
        });
    }
}

/// The truth for a key; where it is not known yet, that of the longest unused key makes room for it.
fn truth_for<'a>(truths: &'a mut Vec<Truth>, key: Key, exact: &ExactField, preset: Option<Preset>) -> &'a mut Truth {
    let known = truths.iter().position(|truth| truth.key == key);
    let truth = match known {
        Some(at) => truths.remove(at),
        None => Truth::new(key, exact, preset),
    };
    truths.truncate(KEPT - 1);
    truths.insert(0, truth);
    &mut truths[0]
}

impl Truth {
    fn new(key: Key, exact: &ExactField, preset: Option<Preset>) -> Self {
        let mut sets: Vec<Vec<f32>> = (0..SETS).map(|set| draw(exact, key, set)).collect();
        let pairs = (0..sets.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let pairs = pairs.map(|(a, b)| SlicedWasserstein::new(&sets[a], &sets[b])).collect();
        let modes = preset.and_then(modes);
        Self {
            key,
            pairs,
            sum: 0.0,
            spread: modes.as_ref().map(|modes| modes.spread(&sets.concat())),
            modes,
            samples: sets.swap_remove(0),
        }
    }

    /// The mean distance of two sets of true samples, when it is known.
    fn floor(&mut self, deadline: Instant) -> Option<f32> {
        while let Some(pair) = self.pairs.last_mut() {
            self.sum += pair.advance(deadline)?;
            self.pairs.pop();
        }
        Some(self.sum / (SETS * (SETS - 1) / 2) as f32)
    }

    /// Fills in what is said of modes.
    fn compare(&self, samples: &[f32], standing: Standing) -> Standing {
        let Some(modes) = &self.modes else { return standing };
        Standing {
            shares: modes.count(samples).shares,
            weights: modes.weights().to_vec(),
            width: self.spread.map(|spread| modes.spread(samples) / spread),
            ..standing
        }
    }
}

/// True samples `[x0, y0, …]`, of a stream of their own.
fn draw(exact: &ExactField, key: Key, set: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(SEED + set);
    let mut points = vec![0.0; 2 * key.count];
    exact.sample_noised(key.sigma, &mut rng, &mut points);
    points
}
