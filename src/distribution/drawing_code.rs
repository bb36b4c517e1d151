//! The compact text of a drawing: what a link carries.
//!
//! A version letter, then base64url of variable-length integers (7 bits a byte, least first, high bit: more follows):
//! for every softness in ascending order the softness, the number of its dots, and the dots along a Z-order curve, each
//! as its distance from the one before. Neighbours on that curve are near in the plane, so a distance takes two bytes.

use super::TargetError;
use super::base64url;
use super::drawing::{Grain, MAX_DOTS, REACH};
use super::keys;

/// The version letter.
const VERSION: char = 'a';

/// No code of [`MAX_DOTS`] dots is longer: at most eleven bytes a dot, each with a softness of its own.
const MAX_LENGTH: usize = MAX_DOTS * 11 * 4 / 3 + 8;

/// Steps of 1/1024 within reach.
const LIMIT: i32 = REACH as i32 * 1024;

pub(super) fn encode(dots: &[Grain]) -> String {
    let key = |dot: &Grain| u64::from(dot.softness) << 32 | u64::from(interleave(*dot));
    let mut keys: Vec<u64> = dots.iter().map(key).collect();
    keys::sort(&mut keys);
    let mut bytes = Vec::new();
    for run in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
        put(&mut bytes, (run[0] >> 32) as u32);
        put(&mut bytes, run.len() as u32);
        let mut last = 0;
        for key in run {
            put(&mut bytes, *key as u32 - last);
            last = *key as u32;
        }
    }
    format!("{VERSION}{}", base64url::encode(&bytes))
}

pub(super) fn decode(code: &str) -> Result<Vec<Grain>, TargetError> {
    if code.len() > MAX_LENGTH {
        return Err(TargetError::BadCode("it is too long"));
    }
    let body = code
        .strip_prefix(VERSION)
        .ok_or(TargetError::BadCode("it must begin with the letter a"))?;
    let bytes = base64url::decode(body).ok_or(TargetError::BadCode(
        "a character is missing, or is none that such a code has",
    ))?;
    let mut rest = bytes.as_slice();
    let mut dots = Vec::new();
    while !rest.is_empty() {
        let softness = take(&mut rest)?;
        let softness = u16::try_from(softness)
            .ok()
            .filter(|softness| i32::from(*softness) <= LIMIT)
            .ok_or(TargetError::BadCode("a softness is out of range"))?;
        let count = take(&mut rest)? as usize;
        if count > MAX_DOTS - dots.len() {
            return Err(TargetError::TooMany {
                got: dots.len().saturating_add(count),
            });
        }
        let mut key = 0_u32;
        for _ in 0..count {
            key = key
                .checked_add(take(&mut rest)?)
                .ok_or(TargetError::BadCode("a dot is out of range"))?;
            dots.push(separate(key, softness)?);
        }
    }
    Ok(dots)
}

/// Appends a number.
fn put(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a number off the front.
fn take(bytes: &mut &[u8]) -> Result<u32, TargetError> {
    let mut value = 0_u64;
    for i in 0..5 {
        let (first, rest) = bytes.split_first().ok_or(TargetError::BadCode("it ends too early"))?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << (7 * i);
        if first & 0x80 == 0 {
            return u32::try_from(value).map_err(|_| TargetError::BadCode("a number is too large"));
        }
    }
    Err(TargetError::BadCode("a number is too long"))
}

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
        if value.abs() <= LIMIT {
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
