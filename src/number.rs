//! Numbers from text, and texts of floating-point numbers.
//!
//! What the standard library does for either is exact for every number there is, and carries tables for it that would be a
//! twentieth of the page's download each. Numbers of controls, links and captions are short: the page reads them with
//! [`parse`] and writes them with [`fixed`] and [`short`]. (So does `f32::clamp` between bounds that are not constants write
//! them, when it panics: `max` and `min` do not.)

use std::fmt;

/// A number with so many decimals, as `{:.2}` writes one with two; of 1e18 and more, 17 figures are right.
pub fn fixed(value: impl Into<f64>, decimals: usize) -> Fixed {
    Fixed(value.into(), decimals)
}

/// A number in the shortest form that reads back as the same, as `{}` writes it (of a power of two it may have a figure more,
/// and of an `f64` the seventeenth may be off).
pub fn short(value: impl Into<Short>) -> Short {
    value.into()
}

/// What [`fixed`] writes.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(f64, usize);

impl fmt::Display for Fixed {
    #[inline] // compiled where it is used, which is for size
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, decimals) = *self;
        let Some(mut value) = begin(value, f)? else {
            return Ok(());
        };
        let mut zeros = 0;
        while value >= 1e18 {
            value /= 10.0;
            zeros += 1;
        }
        let (mut whole, power) = (value as u64, 10_u64.pow(decimals as u32));
        // What follows the point is mantissa / 2^shift, and rounded to the nearest, halves to even.
        let bits = value.fract().to_bits();
        let shift = 1075 - (bits >> 52) as u32;
        let mut part = 0;
        if shift < 128 {
            let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
            let exact = u128::from(mantissa) * u128::from(power);
            let odd = if decimals == 0 { whole } else { (exact >> shift) as u64 } & 1;
            part = ((exact + ((1 << (shift - 1)) - 1) + u128::from(odd)) >> shift) as u64;
        }
        if part == power {
            whole += 1;
            part = 0;
        }
        write!(f, "{whole}{:0<zeros$}", "")?;
        if decimals > 0 {
            write!(f, ".{part:0decimals$}")?;
        }
        Ok(())
    }
}

/// What [`short`] writes.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    value: f64,
    /// Whether it is an `f32`.
    single: bool,
}

impl From<f32> for Short {
    fn from(value: f32) -> Self {
        Self {
            value: value.into(),
            single: true,
        }
    }
}

impl From<f64> for Short {
    fn from(value: f64) -> Self {
        Self { value, single: false }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = begin(self.value, f)? else {
            return Ok(());
        };
        if value == 0.0 {
            return f.write_str("0");
        }
        let magnitude = value.log10().floor() as i32;
        for figures in 1_i32.. {
            let decimals = figures - 1 - magnitude;
            let power = 10_f64.powi(decimals.abs());
            let up = decimals >= 0;
            let number = if up { value * power } else { value / power }.round();
            let read = if up { number / power } else { number * power };
            let same = if self.single {
                (read as f32).to_bits() == (value as f32).to_bits()
            } else {
                read.to_bits() == value.to_bits()
            };
            if same || figures == 17 {
                return put_decimal(number as u64, decimals, f);
            }
        }
        Ok(())
    }
}

/// Writes number / 10^decimals.
fn put_decimal(mut number: u64, mut decimals: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // What lies closely below a power of ten becomes it.
    while decimals > 0 && number.is_multiple_of(10) {
        (number, decimals) = (number / 10, decimals - 1);
    }
    let places = decimals.unsigned_abs() as usize;
    if decimals <= 0 {
        return write!(f, "{number}{:0<places$}", "");
    }
    // A power that is too large for the type is larger than the number.
    let (whole, part) = match 10_u64.checked_pow(places as u32) {
        Some(power) => (number / power, number % power),
        None => (0, number),
    };
    write!(f, "{whole}.{part:0places$}")
}

/// Writes the sign, and what has no digits; the rest is left to write.
fn begin(value: f64, f: &mut fmt::Formatter<'_>) -> Result<Option<f64>, fmt::Error> {
    if value.is_nan() {
        f.write_str("NaN")?;
        return Ok(None);
    }
    if value.is_sign_negative() {
        f.write_str("-")?;
    } else if f.sign_plus() {
        f.write_str("+")?;
    }
    if value.is_infinite() {
        f.write_str("inf")?;
        return Ok(None);
    }
    Ok(Some(value.abs()))
}

/// The number that a text says, by the rules of `str::parse`. Right to the last bit for up to 15 digits and exponents
/// up to 22, which every `f32` in its shortest form has; beyond, within a few units of the last bit.
#[inline] // compiled where it is used, which is for size
pub fn parse(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(sign * f64::INFINITY);
    }
    let (number, mut exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?.clamp(-9999, 9999)),
        None => (text, 0),
    };
    let (mut digits, mut any, mut after_point) = (0_u64, false, false);
    for byte in number.bytes() {
        match byte {
            b'.' if !after_point => after_point = true,
            b'0'..=b'9' => {
                any = true;
                // Digits beyond the seventeenth only count as places.
                if digits < 10_u64.pow(17) {
                    digits = 10 * digits + u64::from(byte - b'0');
                    exponent -= i32::from(after_point);
                } else {
                    exponent += i32::from(!after_point);
                }
            }
            _ => return None,
        }
    }
    if !any {
        return None;
    }
    let power = 10_f64.powi(exponent.abs());
    Some(match (digits, exponent < 0) {
        (0, _) => 0.0,
        (_, true) => sign * (digits as f64 / power),
        (_, false) => sign * (digits as f64 * power),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    #[test]
    fn every_f32_in_its_shortest_form_is_read_as_that_f32() {
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..200_000 {
            let value = f32::from_bits(rng.random());
            if value.is_finite() && value.abs() < 1e15 && value.abs() > 1e-12 {
                let text = value.to_string();
                assert_eq!(parse(&text).unwrap() as f32, value, "{text}");
            }
        }
    }

    #[test]
    fn numbers_of_fifteen_digits_are_read_as_the_standard_library_reads_them() {
        let mut rng = StdRng::seed_from_u64(2);
        for _ in 0..100_000 {
            let digits = rng.random_range(0..1_000_000_000_000_000_u64);
            let text = format!("-{}.{}e{}", digits / 1000, digits % 1000, rng.random_range(-19..20));
            assert_eq!(parse(&text), text.parse().ok(), "{text}");
        }
        for text in [
            "1", "+1.", ".5", "007", "1E3", "0e99", "-inf", "Infinity", "1e400", "1e-400",
        ] {
            assert_eq!(parse(text), text.parse().ok(), "{text}");
        }
        assert!(parse("NaN").unwrap().is_nan());
        let long = "0.".to_owned() + &"123456789".repeat(20);
        assert!((parse(&long).unwrap() - 0.123_456_789_123_456_78).abs() < 1e-16);
    }

    #[test]
    fn what_is_no_number_to_the_standard_library_is_none_here() {
        for text in [
            "", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", " 1", "1 ", "--1", "1,5", "1e5.0", "∞",
        ] {
            assert_eq!((parse(text), text.parse::<f64>().ok()), (None, None), "{text}");
        }
    }

    #[test]
    fn fixed_decimals_are_the_standard_librarys() {
        let mut rng = StdRng::seed_from_u64(3);
        for k in 0..300_000_usize {
            let (any, decimals) = (f64::from_bits(rng.random()), k % 10);
            // Of all magnitudes, of the usual ones, and halves of the last place.
            let value = match k % 3 {
                0 if any.abs() >= 1e18 => continue,
                0 => any,
                1 => (rng.random::<f64>() - 0.5) * 10_f64.powi(rng.random_range(-5..17)),
                _ => rng.random_range(-4000..4000_i32) as f64 / 32.0,
            };
            assert_eq!(
                fixed(value, decimals).to_string(),
                format!("{value:.decimals$}"),
                "{value:e}"
            );
            assert_eq!(format!("{:+}", fixed(value, decimals)), format!("{value:+.decimals$}"));
        }
        for value in [
            0.0,
            -0.0,
            0.5,
            1.5,
            0.995,
            9.999_999,
            f64::NAN,
            f64::INFINITY,
            -f64::INFINITY,
        ] {
            for decimals in 0..4 {
                assert_eq!(fixed(value, decimals).to_string(), format!("{value:.decimals$}"));
            }
        }
        assert_eq!(fixed(1e21, 2).to_string(), "1000000000000000000000.00");
    }

    #[test]
    fn the_shortest_form_is_the_standard_librarys() {
        let mut rng = StdRng::seed_from_u64(4);
        let mut longer = 0;
        for _ in 0..300_000 {
            let value = f32::from_bits(rng.random());
            let text = short(value).to_string();
            if text != value.to_string() {
                // Between a power of two and what is below it there is half the usual room.
                assert!(value.to_bits() & 0x7f_ffff == 0, "{text} for {value:e}");
                assert_eq!(text.parse(), Ok(value));
                longer += 1;
            }
            if !value.is_nan() {
                assert_eq!(text.parse(), Ok(value));
            }
        }
        assert!(longer < 10, "{longer}");
        for digits in 0..200_000_i64 {
            let value = (digits - 100_000) as f64 / 10_f64.powi(rng.random_range(-3..12));
            assert_eq!(short(value).to_string(), value.to_string());
        }
        for value in [
            0.0,
            -0.0,
            1.0,
            0.1,
            1e-5,
            123_456_789.0,
            4_294_967_295.0,
            f64::NAN,
            f64::INFINITY,
            -f64::INFINITY,
        ] {
            assert_eq!(short(value).to_string(), value.to_string());
            assert_eq!(short(value as f32).to_string(), (value as f32).to_string());
        }
    }
}
