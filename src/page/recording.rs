//! What the particles have done: every reported cloud of a run, small enough to be kept, in order to be looked at again.
//!
//! Coordinates are kept as 16-bit steps of a window wide enough for the largest noise: with the default ladder (sigma 3)
//! they are off by 3e-4 stage units at most, a fifteenth of a pixel. When a recording is full, every second moment of
//! it goes, and from then on every second report is kept; the latest report is always there, whole runs are, and the
//! memory has a bound.

mod extent;
mod run;

pub use self::extent::Extent;
pub use self::run::Recording;
use crate::engine::protocol::SamplerState;

/// A run of fewer moments is not worth looking at while there is an older one.
const FEW: usize = 12;

/// The run under way and the one before it.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    runs: [Recording; 2],
    /// The one under way.
    current: usize,
    /// The one that is being looked at, and must stay.
    held: Option<usize>,
}

impl Recordings {
    /// Takes a report: positions `[x0, y0, …]`, their cast, and where the sampler is. Another cast or count begins
    /// another run, recorded in `extent`.
    pub fn report(&mut self, positions: &[f32], cast: u32, state: SamplerState, extent: impl FnOnce() -> Extent) {
        let reported = positions.len() / 2;
        if !self.runs[self.current].is_of(cast, reported) {
            let other = 1 - self.current;
            let short = self.runs[self.current].len() < FEW && self.held != Some(self.current);
            if !short && self.held != Some(other) {
                self.current = other;
            }
            self.runs[self.current].begin(cast, reported, extent());
        }
        self.runs[self.current].take(positions, state);
    }

    /// The run that is looked at, or would be: the one under way, or the one before it until there is something to see.
    pub fn shown(&self) -> &Recording {
        &self.runs[self.held.unwrap_or_else(|| self.best())]
    }

    /// The run under way.
    pub fn live(&self) -> &Recording {
        &self.runs[self.current]
    }

    /// Whoever looks at a run keeps it, whatever is reported meanwhile.
    pub fn hold(&mut self) {
        self.held = Some(self.held.unwrap_or_else(|| self.best()));
    }

    /// Nobody looks any more.
    pub fn release(&mut self) {
        self.held = None;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.held = None;
        self.runs.iter_mut().for_each(Recording::clear);
    }

    fn best(&self) -> usize {
        let other = 1 - self.current;
        let young = self.runs[self.current].len() < FEW && self.runs[other].len() >= FEW;
        if young { other } else { self.current }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(recordings: &mut Recordings, cast: u32, reports: u64) {
        let extent = Extent::around([0.0; 2], 0.5, 3.0);
        for steps in 0..reports {
            let state = SamplerState {
                steps,
                ..SamplerState::default()
            };
            recordings.report(&[0.5; 20], cast, state, || extent);
        }
    }

    #[test]
    fn the_run_before_is_shown_until_the_new_one_has_something_to_show() {
        let mut recordings = Recordings::default();
        report(&mut recordings, 1, 40);
        report(&mut recordings, 2, 1);
        assert_eq!((recordings.shown().len(), recordings.live().len()), (40, 1));
        // A drop a moment later: the run of one moment is not worth the place of the run before.
        report(&mut recordings, 3, 1);
        assert_eq!((recordings.shown().len(), recordings.live().len()), (40, 1));
        report(&mut recordings, 3, 11);
        assert_eq!(recordings.shown().len(), 12);
    }

    #[test]
    fn a_run_that_is_looked_at_stays_however_many_begin_meanwhile() {
        let mut recordings = Recordings::default();
        report(&mut recordings, 1, 40);
        recordings.hold();
        for cast in 2..7 {
            report(&mut recordings, cast, 20 + u64::from(cast));
        }
        assert_eq!((recordings.shown().len(), recordings.live().len()), (40, 26));
        recordings.release();
        assert_eq!(recordings.shown().len(), 26);
        recordings.clear();
        assert!(recordings.shown().is_empty());
    }
}
