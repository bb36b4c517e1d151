//! Base64 with the alphabet of addresses and without padding (RFC 4648, section 5).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes as text, four characters for three of them.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for group in bytes.chunks(3) {
        let byte = |i: usize| group.get(i).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=group.len() {
            text.push(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize].into());
        }
    }
    text
}

/// The bytes of a text; `None` when a character is none of the alphabet's, or the text is none that [`encode`] writes.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (i, character) in group.iter().enumerate() {
            bits |= value(*character)? << (18 - 6 * i);
        }
        let [_, whole @ ..] = bits.to_be_bytes();
        let (kept, rest) = whole.split_at(group.len() - 1);
        // A lone character holds no byte, and what is left of the last one must be nothing.
        if kept.is_empty() || rest.iter().any(|&byte| byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn value(character: u8) -> Option<u32> {
    let place = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(place.into())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    #[test]
    fn bytes_are_written_as_the_standard_says_and_come_back() {
        let mut rng = StdRng::seed_from_u64(4);
        for length in (0..40).cycle().take(4000) {
            let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            let text = encode(&bytes);
            assert_eq!(text, URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(decode(&text), Some(bytes));
        }
    }

    #[test]
    fn what_is_no_such_text_is_refused_as_the_standard_says() {
        let mut rng = StdRng::seed_from_u64(5);
        let (mut good, mut bad) = (0, 0);
        for _ in 0..20_000 {
            let length = rng.random_range(0..7);
            let text: String = (0..length)
                .map(|_| char::from(b"AQgwZz09-_+/="[rng.random_range(0..13)]))
                .collect();
            let standard = URL_SAFE_NO_PAD.decode(&text).ok();
            *if standard.is_some() { &mut good } else { &mut bad } += 1;
            assert_eq!(decode(&text), standard, "{text}");
        }
        assert!(good > 1000 && bad > 1000, "{good} and {bad}");
    }
}
