//! The compact text of a drawing: what a link carries.
//!
//! The letter `b`, then base64url of a stream of bits: the number of softnesses, and for each of them, ascending, the
//! softness, the number of its dots, whether all of them are on the coarse grid (multiples of two steps, as all new dots
//! are), a width `k`, and the dots along a Z-order curve, each as its distance from the one before. Neighbours on that
//! curve are near in the plane, so distances are short. Numbers are exponential Golomb codes of order `k`, which the
//! geometric distances of random dots ask for; 2,000 dots of a brush take some 3,700 characters.
//!
//! Codes with the letter `a`, which earlier versions wrote, have the same numbers in bytes of 7 bits, least first, the
//! high bit saying that more follow, and know no coarse grid; they are still read.

use super::MAX_DOTS;
use super::grain::{FARTHEST, Grain};
use crate::distribution::{TargetError, base64url, keys};

/// No code of [`MAX_DOTS`] dots is longer: not even with a softness of its own for each.
const MAX_LENGTH: usize = MAX_DOTS * 16 + 8;

/// Orders of the numbers that stand before the dots: softness, count, width.
const SOFTNESS: u32 = 6;
const COUNT: u32 = 9;
const WIDTH: u32 = 3;

pub(super) fn encode(dots: &[Grain]) -> String {
    let key = |dot: &Grain| u64::from(dot.softness) << 32 | u64::from(interleave(*dot));
    let mut keys: Vec<u64> = dots.iter().map(key).collect();
    keys::sort(&mut keys);
    let runs: Vec<&[u64]> = keys.chunk_by(|a, b| a >> 32 == b >> 32).collect();
    let mut bits = Writer::default();
    bits.put(runs.len() as u32, 0);
    for run in runs {
        let coarse = run.iter().all(|key| key & 3 == 0);
        let mut last = 0;
        let ways: Vec<u32> = run
            .iter()
            .map(|key| {
                let place = *key as u32 >> if coarse { 2 } else { 0 };
                place - std::mem::replace(&mut last, place)
            })
            .collect();
        let length = |k: &u32| -> u64 { ways.iter().map(|way| u64::from(2 * digits(way >> k) + k)).sum() };
        let k = (0..24).min_by_key(length).unwrap_or_default();
        bits.put((run[0] >> 32) as u32, SOFTNESS);
        bits.put(run.len() as u32, COUNT);
        bits.put(coarse.into(), 0);
        bits.put(k, WIDTH);
        ways.iter().for_each(|way| bits.put(*way, k));
    }
    format!("b{}", base64url::encode(&bits.bytes))
}

pub(super) fn decode(code: &str) -> Result<Vec<Grain>, TargetError> {
    if code.len() > MAX_LENGTH {
        return Err(TargetError::BadCode("it is too long"));
    }
    let old = code.starts_with('a');
    let body = code.strip_prefix(['a', 'b']).ok_or(TargetError::BadCode(
        "it must begin with the letter b, or a of earlier versions",
    ))?;
    let bytes = base64url::decode(body).ok_or(TargetError::BadCode(
        "a character is missing, or is none that such a code has",
    ))?;
    let mut reader = Reader {
        bytes: &bytes,
        at: 0,
        old,
    };
    let mut dots = Vec::new();
    let mut runs = if old { u32::MAX } else { reader.take(0)? };
    while runs > 0 && !(old && reader.ends()) {
        reader.run(&mut dots)?;
        runs -= 1;
    }
    if reader.ends() {
        Ok(dots)
    } else {
        Err(TargetError::BadCode("more follows than it holds"))
    }
}

/// Bits, the highest of a byte first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    count: u32,
}

impl Writer {
    /// Appends a number: how many digits it has above the lowest `k`, those digits, and the lowest `k`.
    fn put(&mut self, value: u32, k: u32) {
        let above = u64::from(value >> k) + 1;
        self.bits(above, 2 * digits(value >> k) - 1);
        self.bits(value.into(), k);
    }

    fn bits(&mut self, value: u64, count: u32) {
        for i in (0..count).rev() {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> i & 1) as u8) << (7 - self.count % 8);
            }
            self.count += 1;
        }
    }
}

/// Binary digits of the number after this one.
fn digits(value: u32) -> u32 {
    64 - (u64::from(value) + 1).leading_zeros()
}

/// Reads what a [`Writer`] wrote, or the bytes of an old code.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    old: bool,
}

impl Reader<'_> {
    /// Takes all dots of one softness.
    fn run(&mut self, dots: &mut Vec<Grain>) -> Result<(), TargetError> {
        let softness = self.take(SOFTNESS)?;
        let softness = u16::try_from(softness)
            .ok()
            .filter(|softness| i32::from(*softness) <= FARTHEST)
            .ok_or(TargetError::BadCode("a softness is out of range"))?;
        let count = self.take(COUNT)? as usize;
        if count > MAX_DOTS - dots.len() {
            return Err(TargetError::TooMany {
                got: dots.len().saturating_add(count),
            });
        }
        let (shift, k) = if self.old {
            (0, 0)
        } else {
            (2 * self.take(0)?, self.take(WIDTH)?)
        };
        let mut place = 0_u64;
        for _ in 0..count {
            place += u64::from(self.take(k)?);
            let key = place.checked_shl(shift).and_then(|key| u32::try_from(key).ok());
            let key = key.ok_or(TargetError::BadCode("a dot is out of range"))?;
            dots.push(separate(key, softness)?);
        }
        Ok(())
    }

    /// Takes a number of order `k` off the front.
    fn take(&mut self, k: u32) -> Result<u32, TargetError> {
        let mut value = 0_u64;
        if self.old {
            for i in 0..5 {
                let byte = self.bits(8)?;
                value |= (byte & 0x7f) << (7 * i);
                if byte & 0x80 == 0 {
                    return u32::try_from(value).map_err(|_| TOO_LARGE);
                }
            }
            return Err(TOO_LARGE);
        }
        let mut more = 0;
        while self.bits(1)? == 0 {
            more += 1;
        }
        if more > 32 || k > 30 {
            return Err(TOO_LARGE);
        }
        value = (1 << more | self.bits(more)?) - 1;
        u32::try_from(value << k | self.bits(k)?).map_err(|_| TOO_LARGE)
    }

    fn bits(&mut self, count: u32) -> Result<u64, TargetError> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self
                .bytes
                .get(self.at / 8)
                .ok_or(TargetError::BadCode("it ends too early"))?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }

    /// Nothing follows but the zeros that fill the last byte.
    fn ends(&mut self) -> bool {
        let rest = 8 * self.bytes.len() - self.at;
        rest == 0 || rest < 8 && self.bits(rest as u32) == Ok(0)
    }
}

const TOO_LARGE: TargetError = TargetError::BadCode("a number is too large");

/// Position along the Z-order curve: the bits of x and y, shifted to be positive, in turn.
fn interleave(dot: Grain) -> u32 {
    let spread = |value: i16| {
        let bits = (i32::from(value) + 0x8000) as u32;
        (0..16).fold(0, |key, i| key | (bits >> i & 1) << (2 * i))
    };
    spread(dot.x) | spread(dot.y) << 1
}

fn separate(key: u32, softness: u16) -> Result<Grain, TargetError> {
    let gather = |key: u32| {
        let bits = (0..16).fold(0, |bits, i| bits | (key >> (2 * i) & 1) << i);
        let value = bits as i32 - 0x8000;
        if value.abs() <= FARTHEST {
            Ok(value as i16)
        } else {
            Err(TargetError::BadCode("a dot is out of range"))
        }
    };
    Ok(Grain {
        softness,
        x: gather(key)?,
        y: gather(key >> 1)?,
    })
}
