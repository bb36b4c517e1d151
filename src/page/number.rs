//! Numbers from text.
//!
//! What the standard library does for this is exact for every text there is, and carries tables for it that would be a
//! twentieth of the page's download. Numbers of controls, links and scripts are short.

/// The number that a text says, by the rules of `str::parse`. Right to the last bit for up to 15 digits and exponents
/// up to 22, which every `f32` in its shortest form has; beyond, within a few units of the last bit.
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
}
