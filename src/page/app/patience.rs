//! How long the engine may say nothing before the page says so.

/// Nobody wonders before, milliseconds; the engine's turns take some thirty.
const LIMIT_MS: f64 = 20_000.0;
/// A longer pause between two frames was not spent waiting: the tab was hidden, or the machine asleep.
const LONGEST_FRAME_MS: f64 = 1000.0;

/// The time for which an answer of the engine has been awaited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    frame_ms: f64,
    waited_ms: f64,
}

impl Patience {
    /// Counts a frame at which an answer is awaited, or not; true in the one frame in which it has taken too long.
    pub fn ends(&mut self, now_ms: f64, awaited: bool) -> bool {
        let passed = (now_ms - self.frame_ms).clamp(0.0, LONGEST_FRAME_MS);
        let before = self.waited_ms;
        self.frame_ms = now_ms;
        self.waited_ms = if awaited { before + passed } else { 0.0 };
        before < LIMIT_MS && self.waited_ms >= LIMIT_MS
    }

    /// The engine has said something; true if that had taken too long.
    pub fn heard(&mut self) -> bool {
        std::mem::take(&mut self.waited_ms) >= LIMIT_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames, of one every `step_ms`, at which patience ends while an answer is awaited.
    fn ends(patience: &mut Patience, step_ms: f64, frames: u32) -> Vec<u32> {
        let start = patience.frame_ms;
        let at = |frame: u32| start + f64::from(frame) * step_ms;
        (1..=frames).filter(|&frame| patience.ends(at(frame), true)).collect()
    }

    #[test]
    fn a_silence_of_twenty_seconds_is_told_once_and_its_end_is_noticed() {
        let mut patience = Patience::default();
        assert_eq!(ends(&mut patience, 500.0, 200), [40]);
        assert!(patience.heard() && !patience.heard());
        assert_eq!(ends(&mut patience, 500.0, 200), [40]);
    }

    #[test]
    fn answers_in_time_an_hour_asleep_and_times_without_a_question_are_no_silence() {
        let mut patience = Patience::default();
        for _ in 0..10 {
            assert_eq!(ends(&mut patience, 16.0, 1000), [0; 0]);
            assert!(!patience.heard());
        }
        assert_eq!(ends(&mut patience, 3.6e6, 3), [0; 0]);
        let now = patience.frame_ms;
        assert!((1..100).all(|second| !patience.ends(now + f64::from(second) * 1e3, false)));
    }
}
