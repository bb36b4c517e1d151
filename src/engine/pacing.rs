//! Time in the lab: how long a turn may take, and how fast things go.

use std::collections::VecDeque;
use std::time::Duration;

use web_time::Instant;

/// A turn's length, so that the page gets 30 new frames a second: what still has its share to come after that does its
/// smallest piece of work and no more.
pub const TURN: Duration = Duration::from_millis(33);
/// A turn's share for training.
pub const TRAINING_SLICE: Duration = Duration::from_millis(15);
/// A turn's share for a scripted request, which has no picture to keep fluid beside it.
pub const REQUEST_SLICE: Duration = Duration::from_millis(24);
/// A turn's share for pictures of the field.
pub const PICTURE_SLICE: Duration = Duration::from_millis(8);
/// A turn's share for the sampler.
pub const SAMPLER_SLICE: Duration = Duration::from_millis(12);
/// A turn's share for measuring the error. Preparing a level can be cut anywhere; measuring it takes some 3 ms.
pub const PROGRESS_SLICE: Duration = Duration::from_millis(2);
/// A turn's share for the likelihood of the network.
pub const LIKELIHOOD_SLICE: Duration = Duration::from_millis(12);
/// A turn's share for the energy of a score network, while one is being made.
pub const POTENTIAL_SLICE: Duration = Duration::from_millis(4);
/// A turn's share for comparing and judging samples.
pub const JUDGE_SLICE: Duration = Duration::from_millis(3);
/// A turn's share for the theory of how a cloud approaches its target.
pub const RELAXATION_SLICE: Duration = Duration::from_millis(3);
/// How long the end of a descent is left to look at before the next one begins.
pub const REST: Duration = Duration::from_secs(4);
/// Between two checkpoints.
pub const CHECKPOINT_PERIOD: Duration = Duration::from_secs(2);
/// Between two full measurements of the error.
pub const PROGRESS_PERIOD: Duration = Duration::from_millis(800);

/// A share of every turn for what may only notice afterwards that it has taken too long: what it took too much is kept
/// from its shares to come.
pub struct Allowance {
    share: Duration,
    owed: Duration,
}

impl Allowance {
    /// So much a turn.
    pub fn new(share: Duration) -> Self {
        let owed = Duration::ZERO;
        Self { share, owed }
    }

    /// This turn's share, less what earlier turns took too much; none while there is nothing left of it.
    pub fn next(&mut self) -> Option<Duration> {
        let owed = std::mem::take(&mut self.owed);
        self.owed = owed.saturating_sub(self.share);
        (owed < self.share).then(|| self.share - owed)
    }

    /// What was taken of a turn's share.
    pub fn spend(&mut self, share: Duration, taken: Duration) {
        self.owed += taken.saturating_sub(share);
    }
}

/// Says how many steps are due at a wished number a second. What could not be done in time is dropped, never caught
/// up: a tab that slept for an hour owes nothing.
pub struct Metronome {
    last: Instant,
    owed: f64,
}

impl Metronome {
    /// Starts now.
    pub fn new() -> Self {
        Self {
            last: Instant::now(),
            owed: 0.0,
        }
    }

    /// Steps due since the last call.
    pub fn due(&mut self, per_second: f64) -> u32 {
        let now = Instant::now();
        self.owed += now.duration_since(self.last).as_secs_f64().min(0.1) * per_second;
        self.last = now;
        let due = self.owed.floor();
        self.owed -= due;
        due as u32
    }
}

/// Events a second, over the last second.
#[derive(Default)]
pub struct Rate {
    events: VecDeque<(Instant, f64)>,
}

impl Rate {
    /// Counts `amount` events now.
    pub fn count(&mut self, amount: f64) {
        if amount > 0.0 {
            self.events.push_back((Instant::now(), amount));
        }
    }

    /// Events a second; 0 when nothing has happened for a second.
    pub fn per_second(&mut self) -> f32 {
        while self
            .events
            .front()
            .is_some_and(|(at, _)| at.elapsed().as_secs_f64() > 1.0)
        {
            self.events.pop_front();
        }
        // The first event opens the window, so that its own amount belongs to the time before it.
        let Some(&(first, opening)) = self.events.front() else {
            return 0.0;
        };
        let window = first.elapsed().as_secs_f64();
        let counted: f64 = self.events.iter().map(|(_, amount)| amount).sum::<f64>() - opening;
        if window > 0.05 { (counted / window) as f32 } else { 0.0 }
    }
}

/// The micro-batch with which one slice of a training step stays under about 8 ms on one core: some 10 million
/// parameter uses. A function of the network's size alone, never of measured time, so that training is reproducible.
pub fn micro_batch(parameters: usize) -> usize {
    const PARAMETER_USES: usize = 10_000_000;
    let rows = PARAMETER_USES / parameters.max(1);
    1 << rows.clamp(16, 8192).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_batch_is_one_piece_and_a_huge_network_gets_small_pieces() {
        assert!(micro_batch(9_282) >= 512);
        assert_eq!(micro_batch(10_000_000), 16);
    }

    #[test]
    fn who_takes_three_shares_at_once_sits_out_two_turns() {
        let [share, dear] = [10, 30].map(Duration::from_millis);
        let mut allowance = Allowance::new(share);
        let turns: Vec<Option<Duration>> = (0..5)
            .map(|_| {
                let next = allowance.next();
                next.inspect(|&given| allowance.spend(given, dear))
            })
            .collect();
        assert_eq!(turns, [Some(share), None, None, Some(share), None]);
    }

    #[test]
    fn a_metronome_that_slept_owes_a_tenth_of_a_second_at_most() {
        let mut metronome = Metronome::new();
        std::thread::sleep(Duration::from_millis(250));
        assert!(metronome.due(100.0) <= 10);
    }
}
