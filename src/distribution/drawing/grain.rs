//! What a drawing is made of: dots, on the lattice of places that a link restores exactly.

use super::REACH;

/// Steps to a stage unit: positions and softness are whole multiples of 1/1024, so that a link restores them exactly.
const STEPS: f32 = 1024.0;

/// Steps within reach.
pub(super) const FARTHEST: i32 = (REACH * STEPS) as i32;

/// New dots lie on every second step, a 1500th of the stage apart: finer than any noise resolves, and by half a bit a
/// coordinate the difference between a link that is passed on and one that is cut off.
const COARSE: f32 = STEPS / 2.0;

/// Turns the order of signed numbers into that of their bits.
const SIGN: u16 = 0x8000;

/// One dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Stage coordinates.
    pub at: [f32; 2],
    /// Standard deviation of its Gaussian, stage units.
    pub softness: f32,
}

/// A dot in steps of 1/1024 stage unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grain {
    pub softness: u16,
    pub x: i16,
    pub y: i16,
}

impl Grain {
    /// All of a dot in a number, ordered by softness, x and y.
    pub fn key(self) -> u64 {
        let ordered = |value: i16| u64::from(value as u16 ^ SIGN);
        u64::from(self.softness) << 32 | ordered(self.x) << 16 | ordered(self.y)
    }

    /// The dot of a [`Self::key`].
    pub fn of_key(key: u64) -> Self {
        Self {
            softness: (key >> 32) as u16,
            x: ((key >> 16) as u16 ^ SIGN) as i16,
            y: (key as u16 ^ SIGN) as i16,
        }
    }

    /// The nearest dot within reach. The coordinates must be finite.
    pub fn new(at: [f32; 2], softness: f32) -> Self {
        let steps = |value: f32| (value.clamp(-REACH, REACH) * COARSE).round() as i16 * 2;
        Self {
            softness: (softness.clamp(0.0, REACH) * STEPS).round() as u16,
            x: steps(at[0]),
            y: steps(at[1]),
        }
    }

    /// The dot in stage units.
    pub fn dot(self) -> Dot {
        let unit = |steps: f32| steps / STEPS;
        Dot {
            at: [unit(f32::from(self.x)), unit(f32::from(self.y))],
            softness: unit(f32::from(self.softness)),
        }
    }
}
