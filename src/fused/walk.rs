//! What a walk of particles sends to the GPU: one buffer.

use crate::field::Route;
use crate::model::Preconditioning;

/// Numbers before the first move.
pub const HEADER: usize = 10;

/// Numbers of a move.
pub const MOVE: usize = 5;

/// Words of 24 bits, which a number holds exactly.
const WORD: u64 = 1 << 24;

/// The buffer, `[HEADER + n MOVE]`: mean and scale of the data (3), the seed's two halves, whether denoised points are
/// clamped and the box to which they are (5), then move by move its noise level, drift, kick, and the number of the step
/// in two words.
pub fn upload(pre: &Preconditioning, route: &Route) -> Vec<f32> {
    let Route { seed, clip, moves } = route;
    let [low, high] = clip.unwrap_or_default();
    let guarded = f32::from(u8::from(clip.is_some()));
    let mut numbers = Vec::with_capacity(HEADER + MOVE * moves.len());
    numbers.extend([pre.mean[0], pre.mean[1], pre.scale]);
    numbers.extend([(*seed >> 16) as f32, (*seed & 0xFFFF) as f32, guarded]);
    numbers.extend([low[0], low[1], high[0], high[1]]);
    for next in moves {
        let (high, low) = (next.step / WORD % WORD, next.step % WORD);
        numbers.extend([next.sigma, next.drift, next.kick, low as f32, high as f32]);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Move;

    #[test]
    fn seeds_and_step_numbers_survive_as_exact_numbers() {
        let pre = Preconditioning {
            mean: [0.5, -0.5],
            scale: 0.25,
        };
        let (seed, step) = (0xDEAD_BEEF, (0x00AB_CDEF << 24) + 0x0012_3456);
        let only = Move {
            sigma: 0.3,
            drift: 0.1,
            kick: 0.2,
            step,
        };
        let route = Route {
            seed,
            clip: None,
            moves: vec![only],
        };
        let sent = upload(&pre, &route);
        assert_eq!(sent.len(), HEADER + MOVE);
        assert_eq!(((sent[3] as u32) << 16) + sent[4] as u32, seed);
        assert_eq!(sent[HEADER + 3] as u64 + ((sent[HEADER + 4] as u64) << 24), step);
    }
}
