//! How two clouds on their way to their targets stand: the last comparison of each, and all since its start.

use super::history::History;
use crate::engine::protocol::{Cloud, Standing};

/// The two runners of a race, in the order in which they are kept: the parts of the page that speak of them have these
/// words in their ids.
pub const RUNNERS: [&str; 2] = ["first", "rival"];

/// What is known of one cloud since it was cast.
#[derive(Clone, Debug, Default)]
pub struct Track {
    cast: u32,
    /// Distance from the target, in units of the least that can be expected, over score evaluations a particle.
    pub history: History,
    /// The share of accepted moves between one comparison and the next, over the same.
    pub accepted: History,
    /// The last comparison.
    pub last: Option<Standing>,
    /// Sampler steps and the share accepted in all of them, at the last comparison.
    tested: (u64, f32),
}

impl Track {
    /// Takes what a frame says of the cloud; particles cast anew have no past. True when there is something new.
    pub fn follow(&mut self, cloud: &Cloud) -> bool {
        let anew = cloud.cast != self.cast;
        if anew {
            *self = Self {
                cast: cloud.cast,
                ..Self::default()
            };
        }
        if let Some(standing) = &cloud.standing {
            let at = standing.evaluations as f64;
            self.history.push(at, over_floor(standing));
            if let Some(share) = cloud.sampler.acceptance {
                let now = (cloud.sampler.steps, share);
                self.accepted.push(at, between(self.tested, now));
                self.tested = now;
            }
            self.last = Some(standing.clone());
        }
        anew || cloud.standing.is_some()
    }

    /// The last distance from the target, in units of the least that can be expected.
    pub fn distance(&self) -> Option<f32> {
        self.last.as_ref().map(over_floor).filter(|d| d.is_finite())
    }
}

/// The share accepted between two moments, from steps and share up to each; not a number when no step was taken.
fn between((steps, share): (u64, f32), (later, all): (u64, f32)) -> f32 {
    let [before, after] = [(steps, share), (later, all)].map(|(steps, share)| steps as f64 * f64::from(share));
    ((after - before) / later.saturating_sub(steps) as f64).clamp(0.0, 1.0) as f32
}

fn over_floor(standing: &Standing) -> f32 {
    standing.distance / standing.floor
}

/// Half of what the shares differ from the true weights by: the part of the particles that is at a wrong mode.
pub fn misplaced(shares: &[f32], weights: &[f32]) -> f32 {
    let off = shares.iter().zip(weights).map(|(share, weight)| (share - weight).abs());
    0.5 * off.sum::<f32>()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cloud(cast: u32, evaluations: u64, distance: f32) -> Cloud {
        Cloud {
            cast,
            standing: Some(Standing {
                evaluations,
                distance,
                floor: 0.02,
                ..Standing::default()
            }),
            ..Cloud::default()
        }
    }

    #[test]
    fn a_track_grows_with_evaluations_and_begins_anew_with_the_cast() {
        let mut track = Track::default();
        assert!(track.follow(&cloud(1, 10, 0.4)) && track.follow(&cloud(1, 20, 0.2)));
        assert!((track.distance().unwrap() - 10.0).abs() < 1e-4);
        assert_eq!(track.history.points().len(), 2);
        let moved = Cloud {
            cast: 1,
            ..Cloud::default()
        };
        assert!(!track.follow(&moved) && track.history.points().len() == 2);
        let restarted = Cloud {
            cast: 2,
            ..Cloud::default()
        };
        assert!(track.follow(&restarted));
        assert!(track.distance().is_none() && track.history.points().is_empty());
    }

    #[test]
    fn acceptance_is_that_of_the_moves_since_the_last_look() {
        assert!((between((0, 0.0), (100, 0.9)) - 0.9).abs() < 1e-6);
        assert!(
            (between((100, 0.9), (300, 0.5)) - 0.3).abs() < 1e-6,
            "60 of the 200 moves since"
        );
        assert!(between((100, 0.9), (100, 0.9)).is_nan());
    }

    #[test]
    fn a_comparison_without_a_floor_says_nothing() {
        let mut track = Track::default();
        let mut blank = cloud(1, 10, 0.0);
        blank.standing.as_mut().unwrap().floor = 0.0;
        assert!(track.follow(&blank));
        assert!(track.distance().is_none() && track.history.points().is_empty());
    }

    #[test]
    fn what_is_at_a_wrong_mode_is_counted_once() {
        assert!((misplaced(&[0.2, 0.3, 0.5], &[0.25, 0.25, 0.5]) - 0.05).abs() < 1e-6);
        assert!(misplaced(&[], &[]) < 1e-9);
    }
}
