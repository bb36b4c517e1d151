//! Order, by keys of one kind.
//!
//! Whatever has to be in some order is given `u64` keys: most often what it is ordered by above, and an index below, so
//! that no two are equal and the order is a function of the data alone. One kind of key, and two short algorithms:
//! those of the standard library are compiled anew for everything that they sort, a few kilobytes each time.

/// A key in the order of [`f32::total_cmp`].
pub const fn ascending(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// Sorts: by their last byte, then by the one before and so on, each time leaving equal ones as they were (radix sort).
/// Time is proportional to the number of keys; bytes in which all agree cost next to nothing.
pub fn sort(keys: &mut [u64]) {
    let mut sorted = vec![0; keys.len()];
    for shift in (0..u64::BITS).step_by(8) {
        let digit = |key: u64| (key >> shift) as usize & 255;
        // How many there are of each, then where the next of each belongs.
        let mut places = [0_usize; 256];
        for key in keys.iter() {
            places[digit(*key)] += 1;
        }
        if places.contains(&keys.len()) {
            continue;
        }
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        for key in keys.iter() {
            let place = &mut places[digit(*key)];
            sorted[*place] = *key;
            *place += 1;
        }
        keys.copy_from_slice(&sorted);
    }
}

/// The key that would be at `nth` if they were sorted; it is there afterwards, with none above it before and none below
/// it behind. `None` where there are not so many.
///
/// By parts (Hoare 1961, Algorithm 65 "Find"), with the middle one of three keys as the bound: time proportional to the
/// number of keys, unless they were made to defeat it.
pub fn select(keys: &mut [u64], nth: usize) -> Option<u64> {
    let (mut low, mut high) = (0, keys.len());
    while low + 1 < high && nth < high {
        let [a, b, c] = [keys[low], keys[low.midpoint(high)], keys[high - 1]];
        let bound = a.min(b).max(a.max(b).min(c));
        // Below `i` there is none above the bound, from `j` on none below it.
        let (mut i, mut j) = (low, high);
        while i < j {
            while keys[i] < bound {
                i += 1;
            }
            while keys[j - 1] > bound {
                j -= 1;
            }
            if i < j {
                keys.swap(i, j - 1);
                (i, j) = (i + 1, j - 1);
            }
        }
        if nth < j {
            high = j;
        } else if nth >= i {
            low = i;
        } else {
            break;
        }
    }
    keys.get(nth).copied()
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// Keys of all lengths, with many equal ones among them, and some in order already.
    fn lists() -> impl Iterator<Item = Vec<u64>> {
        let mut rng = StdRng::seed_from_u64(1);
        (0..600).map(move |k| {
            let mask = [u64::MAX, 7, 0xffff << 30, 0][k % 4];
            let mut keys: Vec<u64> = (0..k / 3).map(|_| rng.random::<u64>() & mask).collect();
            if k % 3 == 1 {
                keys.sort_unstable();
            }
            keys
        })
    }

    #[test]
    fn sorted_keys_are_those_of_the_standard_library() {
        for keys in lists() {
            let (mut ours, mut theirs) = (keys.clone(), keys);
            sort(&mut ours);
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn the_selected_key_is_where_sorting_puts_it_and_parts_the_others() {
        for mut keys in lists() {
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            for nth in [0, keys.len() / 2, keys.len().saturating_sub(1), keys.len()] {
                let found = select(&mut keys, nth);
                assert_eq!(found, sorted.get(nth).copied());
                if let Some(found) = found {
                    assert!(keys[..nth].iter().all(|key| *key <= found));
                    assert!(keys[nth..].iter().all(|key| *key >= found));
                }
                let mut all = keys.clone();
                all.sort_unstable();
                assert_eq!(all, sorted, "the keys are still the same");
            }
        }
    }

    #[test]
    fn keys_of_numbers_are_ordered_as_the_numbers_are() {
        let mut rng = StdRng::seed_from_u64(2);
        let edges = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            -f32::NAN,
        ];
        for _ in 0..100_000 {
            let [a, b] = [(); 2].map(|()| f32::from_bits(rng.random()));
            let edge = edges[rng.random_range(0..edges.len())];
            assert_eq!(ascending(a).cmp(&ascending(b)), a.total_cmp(&b));
            assert_eq!(ascending(a).cmp(&ascending(edge)), a.total_cmp(&edge));
        }
    }
}
