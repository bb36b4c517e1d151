//! Random numbers that a kernel makes for itself: a counter-based generator, so that the noise of a particle at a step is
//! a function of (seed, step, particle) and of nothing else, whatever is computed beside it.
//!
//! Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns the 128-bit counter
//! `(particle, step, 0)` and the 64-bit key `(seed, purpose)` into four words in ten rounds of multiplications; it passes
//! all of TestU01. Box & Muller's transform makes a pair of standard normals of the first two. Here is the host's form,
//! against which tests hold the kernel's.

/// The multipliers of Philox 4x32.
pub const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];

/// What the key's two words grow by each round (Weyl sequences).
pub const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Rounds.
pub const ROUNDS: usize = 10;

/// The key's second word, for the noise of particles.
pub const PURPOSE: u32 = 0x5C02;

/// The four words of a counter under a key.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let product = |a: u32, b: u32| {
        let wide = u64::from(a) * u64::from(b);
        ((wide >> 32) as u32, wide as u32)
    };
    for _ in 0..ROUNDS {
        let (high_0, low_0) = product(MULTIPLIERS[0], counter[0]);
        let (high_1, low_1) = product(MULTIPLIERS[1], counter[2]);
        counter = [high_1 ^ counter[1] ^ key[0], low_1, high_0 ^ counter[3] ^ key[1], low_0];
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counter
}

/// Two independent standard normal numbers for a particle at a step: Box & Muller's transform of two numbers of 24 bits,
/// the first in (0, 1], so that none is beyond 5.8.
pub fn normals(seed: u32, step: u64, particle: u32) -> [f32; 2] {
    let words = philox([particle, step as u32, (step >> 32) as u32, 0], [seed, PURPOSE]);
    let [first, second] = [words[0], words[1]].map(|word| (word >> 8) as f32);
    let radius = (-2.0 * ((first + 1.0) * UNIT).ln()).max(0.0).sqrt();
    let (sine, cosine) = (second * UNIT * std::f32::consts::TAU).sin_cos();
    [radius * cosine, radius * sine]
}

/// 2^-24.
pub const UNIT: f32 = 1.0 / 16_777_216.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123, the authors' own implementation.
    #[test]
    fn philox_gives_the_known_answers() {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// Sample means of `n` numbers with this standard deviation lie within 6 standard errors.
    fn assert_mean(values: impl Iterator<Item = f64>, expected: f64, deviation: f64, what: &str) {
        let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
        let error = deviation / f64::sqrt(n);
        let mean = sum / n;
        assert!(
            (mean - expected).abs() < 6.0 * error,
            "{what}: {mean}, not {expected} within {error}"
        );
    }

    #[test]
    fn the_normals_have_the_moments_of_normals_and_no_correlation_in_time_or_between_particles() {
        const STEPS: u64 = 400;
        const PARTICLES: u32 = 1000;
        let at = |step: u64, particle: u32| normals(11, step, particle).map(f64::from);
        let all = || (0..STEPS).flat_map(move |step| (0..PARTICLES).map(move |particle| (step, particle)));
        for axis in 0..2 {
            let power = |k: i32| all().map(move |(step, particle)| at(step, particle)[axis].powi(k));
            // Standard deviations of z^k: the root of E z^2k - (E z^k)².
            assert_mean(power(1), 0.0, 1.0, "mean");
            assert_mean(power(2), 1.0, f64::sqrt(2.0), "variance");
            assert_mean(power(3), 0.0, f64::sqrt(15.0), "skewness");
            assert_mean(power(4), 3.0, f64::sqrt(96.0), "kurtosis");
            for lag in [1, 2, 7] {
                let serial = all().map(|(step, p)| at(step, p)[axis] * at(step + lag, p)[axis]);
                assert_mean(serial, 0.0, 1.0, "correlation in time");
                let across = all().map(|(step, p)| at(step, p)[axis] * at(step, p + lag as u32)[axis]);
                assert_mean(across, 0.0, 1.0, "correlation between particles");
            }
        }
        let axes = all().map(|(step, particle)| at(step, particle).iter().product());
        assert_mean(axes, 0.0, 1.0, "correlation of the two coordinates");
        let seeds = all().map(|(step, p)| at(step, p)[0] * f64::from(normals(12, step, p)[0]));
        assert_mean(seeds, 0.0, 1.0, "correlation of two seeds");
    }
}
