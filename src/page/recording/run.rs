//! One run: the moments of one cast of particles.

use super::extent::Extent;
use crate::engine::protocol::SamplerState;
use crate::page::layers::jumps::Stride;

/// Of more particles only the first ones are recorded.
const MOST_PARTICLES: usize = 5_000;
/// Most moments of a recording: more than a slider has places.
const MOST_MOMENTS: usize = 2_048;
/// Most coordinates of a recording: 5.6 MB, or 280 moments of 5,000 particles.
const MOST_COORDINATES: usize = 2_800_000;
/// Most remembered places where particles were drawn anew.
const MOST_BREAKS: usize = 16_384;

/// A particle was drawn anew.
#[derive(Clone, Copy, Debug)]
struct Break {
    /// The first report after it.
    report: u32,
    particle: u32,
}

/// A run: the moments of one cast of particles.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    extent: Extent,
    cast: u32,
    /// Particles that were reported, and those that are recorded.
    reported: usize,
    count: usize,
    /// `[x0, y0, …]` of the first moment, then of the second…
    codes: Vec<u16>,
    moments: Vec<SamplerState>,
    breaks: Vec<Break>,
    /// Of so many reports one is kept, and the latest.
    every: u32,
    reports: u32,
    /// The last moment is there only until the next report.
    passing: bool,
}

impl Recording {
    /// How many moments there are.
    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// There is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// How many particles are recorded.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Not all particles are recorded.
    pub fn is_partial(&self) -> bool {
        self.count < self.reported
    }

    /// Reports from one moment to the next.
    pub fn every(&self) -> u32 {
        self.every.max(1)
    }

    /// The moment so many reports after the first; past the end, the last one.
    pub fn moment(&self, report: f32) -> usize {
        ((report / self.every() as f32) as usize).min(self.len().saturating_sub(1))
    }

    /// Where the sampler was at a moment.
    pub fn state(&self, moment: usize) -> Option<&SamplerState> {
        self.moments.get(moment)
    }

    /// Writes the positions `[x0, y0, …]` at a moment; NaN for particles that were nowhere in the window.
    pub fn positions(&self, moment: usize, into: &mut Vec<f32>) {
        into.clear();
        let codes = self.codes.chunks_exact(2 * self.count.max(1)).nth(moment);
        into.extend(
            codes
                .iter()
                .flat_map(|codes| codes.chunks_exact(2))
                .flat_map(|at| self.place(at)),
        );
    }

    /// Writes where a particle was at the first so many moments, `[x0, y0, …]`; a pair of NaN stands where it was
    /// nowhere, and between its old place and its new one where it was drawn anew.
    pub fn path(&self, particle: usize, moments: usize, into: &mut Vec<f32>) {
        into.clear();
        if particle >= self.count {
            return;
        }
        let own = |b: &&Break| b.particle as usize == particle;
        let mut breaks = self.breaks.iter().filter(own).peekable();
        let last = self.len().saturating_sub(1);
        for (moment, codes) in self.codes.chunks_exact(2 * self.count).enumerate().take(moments) {
            let report = if moment == last {
                self.reports.saturating_sub(1)
            } else {
                moment as u32 * self.every
            };
            let mut anew = false;
            while breaks.next_if(|b| b.report <= report).is_some() {
                anew = true;
            }
            if anew && moment > 0 {
                into.extend([f32::NAN; 2]);
            }
            into.extend(self.place(&codes[2 * particle..2 * particle + 2]));
        }
    }

    fn place(&self, codes: &[u16]) -> [f32; 2] {
        [self.extent.value(codes[0], 0), self.extent.value(codes[1], 1)]
    }

    /// Begins anew with particles of this cast, so many of them.
    pub(super) fn begin(&mut self, cast: u32, reported: usize, extent: Extent) {
        let count = reported.min(MOST_PARTICLES);
        self.clear();
        (self.extent, self.cast, self.reported, self.count, self.every) = (extent, cast, reported, count, 1);
        let room = self.room();
        self.codes.reserve_exact(2 * count * room);
        self.moments.reserve_exact(room);
    }

    /// Forgets all moments, and keeps the memory for others.
    pub(super) fn clear(&mut self) {
        self.codes.clear();
        self.moments.clear();
        self.breaks.clear();
        (self.reports, self.passing) = (0, false);
    }

    /// The most moments that there may be.
    fn room(&self) -> usize {
        (MOST_COORDINATES / (2 * self.count.max(1))).min(MOST_MOMENTS)
    }

    /// A report of this cast and count goes on with this run.
    pub(super) fn is_of(&self, cast: u32, reported: usize) -> bool {
        !self.is_empty() && (self.cast, self.reported) == (cast, reported)
    }

    /// Takes a report: the positions of all particles, `[x0, y0, …]`, and where the sampler is.
    pub(super) fn take(&mut self, positions: &[f32], state: SamplerState) {
        self.note_breaks(positions, &state);
        if self.passing {
            self.keep(self.len() - 1);
        }
        if self.len() >= self.room() {
            self.thin();
        }
        self.passing = !self.reports.is_multiple_of(self.every);
        self.reports += 1;
        let extent = self.extent;
        let recorded = &positions[..2 * self.count];
        self.codes
            .extend(recorded.iter().enumerate().map(|(k, &value)| extent.code(value, k % 2)));
        self.moments.push(state);
    }

    /// Remembers who was drawn anew since the last report.
    fn note_breaks(&mut self, positions: &[f32], state: &SamplerState) {
        let before = self.moments.last().map_or(u32::MAX, |last| last.recycled);
        if state.recycled <= before || self.breaks.len() >= MOST_BREAKS {
            return;
        }
        let mut old = Vec::new();
        self.positions(self.len() - 1, &mut old);
        let stride = Stride::between(&old, positions).at_least(6.0 * self.extent.error());
        for (k, (old, new)) in old.chunks_exact(2).zip(positions.chunks_exact(2)).enumerate() {
            if !stride.walks([old[0], old[1]], [new[0], new[1]]) && self.breaks.len() < MOST_BREAKS {
                self.breaks.push(Break {
                    report: self.reports,
                    particle: k as u32,
                });
            }
        }
    }

    /// Every second moment goes.
    fn thin(&mut self) {
        let (width, kept) = (2 * self.count, self.len().div_ceil(2));
        for moment in 1..kept {
            self.moments.swap(moment, 2 * moment);
            self.codes
                .copy_within(2 * moment * width..(2 * moment + 1) * width, moment * width);
        }
        self.keep(kept);
        self.every *= 2;
    }

    fn keep(&mut self, moments: usize) {
        self.moments.truncate(moments);
        self.codes.truncate(2 * self.count * moments);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const EXTENT: Extent = Extent {
        centre: [0.1, -0.2],
        half_width: 20.0,
    };

    fn state(steps: u64, recycled: u32) -> SamplerState {
        SamplerState {
            steps,
            recycled,
            ..SamplerState::default()
        }
    }

    /// `count` particles at step t: x is the number of the particle over ten, y is t over a thousand.
    fn cloud(count: usize, t: u64) -> Vec<f32> {
        (0..count).flat_map(|k| [k as f32 / 10.0, t as f32 / 1e3]).collect()
    }

    fn begun(count: usize) -> Recording {
        let mut run = Recording::default();
        run.begin(1, count, EXTENT);
        run
    }

    fn recorded(count: usize, reports: u64) -> Recording {
        let mut run = begun(count);
        for t in 0..reports {
            run.take(&cloud(count, t), state(t, 0));
        }
        run
    }

    #[test]
    fn a_recorded_place_is_off_by_no_more_than_the_stated_error() {
        let mut rng = StdRng::seed_from_u64(1);
        let places: Vec<f32> = (0..4000).map(|_| rng.random_range(-19.8..19.8)).collect();
        let mut run = begun(2000);
        run.take(&places, state(0, 0));
        let mut back = Vec::new();
        run.positions(0, &mut back);
        let worst = places.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // Beside it the rounding of the numbers themselves, of size 20.
        assert!(
            worst <= EXTENT.error() + 4e-6 && worst > 0.9 * EXTENT.error(),
            "{worst}"
        );
        let usual = Extent::around([0.0; 2], 0.5, 3.0);
        assert!(
            usual.error() < 3.2e-4,
            "the error that is stated for the default ladder"
        );
    }

    #[test]
    fn who_is_outside_the_window_or_nowhere_comes_back_as_nowhere() {
        let mut run = begun(3);
        let places = [f32::NAN, 0.0, 20.2, f32::INFINITY, 0.5, -20.1];
        run.take(&places, state(0, 0));
        let mut back = Vec::new();
        run.positions(0, &mut back);
        assert_eq!(
            back.iter().map(|v| v.is_nan()).collect::<Vec<_>>(),
            [true, false, true, true, false, false]
        );
    }

    #[test]
    fn long_runs_are_thinned_evenly_end_at_the_latest_report_and_stay_in_their_memory() {
        for (count, reports) in [(5_000, 1_500), (7_000, 301), (30, 9_001)] {
            let run = recorded(count, reports);
            assert_eq!(run.count(), count.min(5_000));
            assert_eq!(run.is_partial(), count > 5_000);
            let steps: Vec<u64> = run.moments.iter().map(|state| state.steps).collect();
            let every = steps[1];
            assert!(
                steps[..steps.len() - 1]
                    .iter()
                    .enumerate()
                    .all(|(i, &s)| s == i as u64 * every)
            );
            assert_eq!(*steps.last().unwrap(), reports - 1);
            assert_eq!(
                steps[run.moment(120.5)],
                120 / every * every,
                "thinning moves no moment"
            );
            assert!(2 * steps.len() + 1 >= run.room(), "no more went than had to");
            let bytes = 2 * run.codes.capacity()
                + size_of::<SamplerState>() * run.moments.capacity()
                + size_of::<Break>() * MOST_BREAKS;
            assert!(2 * bytes <= 12_000_000, "{bytes}");
            let mut positions = Vec::new();
            for moment in [0, 1, steps.len() / 2, steps.len() - 1] {
                run.positions(moment, &mut positions);
                let y = steps[moment] as f32 / 1e3;
                let far = (0..run.count())
                    .map(|k| (positions[2 * k + 1] - y).abs())
                    .fold(0.0, f32::max);
                assert!(
                    far <= EXTENT.error() + 4e-6,
                    "moment {moment} holds the places of step {}",
                    steps[moment]
                );
            }
        }
    }

    #[test]
    fn recording_allocates_nothing_once_a_run_is_under_way() {
        let mut run = recorded(400, 3);
        let buffers = |run: &Recording| (run.codes.as_ptr(), run.moments.as_ptr());
        let before = buffers(&run);
        for t in 3..10_000 {
            run.take(&cloud(400, t), state(t, 0));
        }
        assert_eq!(buffers(&run), before);
    }

    #[test]
    fn a_path_breaks_where_its_particle_was_drawn_anew_also_after_thinning() {
        let mut run = begun(300);
        let at = 700;
        for t in 0..3_000 {
            let mut positions = cloud(300, t);
            if t >= at {
                positions[2 * 7] = 15.0;
            }
            run.take(&positions, state(t, u32::from(t >= at)));
        }
        assert!(run.every > 1);
        let (mut path, mut other) = (Vec::new(), Vec::new());
        run.path(7, run.len(), &mut path);
        run.path(8, run.len(), &mut other);
        assert_eq!((path.len(), other.len()), (2 * run.len() + 2, 2 * run.len()));
        assert!(other.iter().all(|v| v.is_finite()));
        let gap = path.chunks_exact(2).position(|p| p[0].is_nan()).unwrap();
        assert_eq!(gap as u64, at.div_ceil(u64::from(run.every)));
        assert!((path[2 * gap - 2] - 0.7).abs() < 1e-3 && (path[2 * gap + 2] - 15.0).abs() < 1e-3);
        run.path(7, 5, &mut path);
        assert_eq!(path.len(), 10, "up to a moment");
        run.path(300, 4, &mut path);
        assert!(path.is_empty(), "of a particle that is not recorded");
    }
}
