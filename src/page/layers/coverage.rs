//! Where the training has been: an error lives where it has not (the loss asks only where noised data fall).
//!
//! A training point of noise level sigma falls with density `p_sigma` (Vincent 2011). How much a network can know about
//! a place is how many fell about as near as the field can be told apart, a cell of area sigma², at about this noise, an
//! e-fold of sigma: `n(x) = N p_sigma(x) sigma²`, with `N` the training points for each e-fold so far. That grows with
//! the steps, so the border `n = 1` moves out, but only as `E = ln N + const`: ten times the training is 2.3 nats.

/// Pixels of a row that are looked at together.
const BLOCK: usize = 32;
/// Hatching is full where ten times less than one point fell, and has gone where ten times more did, nats.
const DECADE: f32 = std::f32::consts::LN_10;
/// Distance of the hatching's lines along a row, and their width, CSS pixels.
const PERIOD: f32 = 9.0;
const WIDTH: f32 = 1.1;

/// The energy above the lowest at which one training point has been expected so far: `ln(N p sigma²)`, with the log
/// density at the lowest energy.
pub fn border(points: f32, highest_log_density: f32, sigma: f32) -> f32 {
    points.ln() + highest_log_density + 2.0 * sigma.ln()
}

/// How much of the hatching there is at an energy, from 0 to 1.
fn strength(energy: f32, border: f32) -> f32 {
    ((energy - border + DECADE) / (2.0 * DECADE)).clamp(0.0, 1.0)
}

/// Hatches a row of pixels: `line` is what lines cover so far, and `opacity` what a line of the hatching does at most.
/// `row` counts from the top, `scale` is pixels to a CSS pixel.
pub fn hatch_row(energies: &[f32], border: f32, row: usize, scale: f32, opacity: f32, line: &mut [f32]) {
    let (period, width) = (PERIOD * scale, WIDTH * scale);
    for (block, (energies, line)) in energies.chunks(BLOCK).zip(line.chunks_mut(BLOCK)).enumerate() {
        // Most of the usual picture has been covered.
        if energies.iter().all(|energy| *energy <= border - DECADE) {
            continue;
        }
        for (k, (energy, line)) in energies.iter().zip(line).enumerate() {
            let place = ((block * BLOCK + k + row) as f32 / period).fract() * period;
            let distance = place.min(period - place) * std::f32::consts::FRAC_1_SQRT_2;
            let cover = (0.5 + 0.5 * width - distance).clamp(0.0, 1.0);
            *line = line.max(opacity * cover * strength(*energy, border));
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::distribution::ExactField;

    #[test]
    fn of_a_gaussian_the_border_is_its_closed_form_and_as_many_points_fall_there() {
        // A Gaussian of variance t in the plane: p = exp(-r²/2t) / 2πt, so n = 1 at r² = 2t ln(N sigma² / 2πt).
        let (sigma, spread, points) = (0.3_f32, 0.4_f32, 2e5_f32);
        let t = sigma * sigma + spread * spread;
        let field = ExactField::mixture(vec![[0.0; 2]], vec![1.0], vec![spread * spread]);
        let top = field.map_or(f32::NAN, |field| field.local([0.0; 2], sigma).log_density);
        let border = border(points, top, sigma);
        let closed = (points * sigma * sigma / (std::f32::consts::TAU * t)).ln();
        assert!((border - closed).abs() < 1e-4, "{border} and not {closed}");
        // Of N points, those in a ring about r where n = 100, in units of sigma².
        let r2 = 2.0 * t * (border - 100_f32.ln());
        let ring = [r2 - 0.02, r2 + 0.02];
        let mut rng = StdRng::seed_from_u64(7);
        let fell = (0..points as usize)
            .filter(|_| {
                // r² of a Gaussian is exponential with mean 2t.
                let square = -2.0 * t * (1.0 - rng.random::<f32>()).ln();
                square >= ring[0] && square < ring[1]
            })
            .count() as f32;
        let expected = 100.0 * std::f32::consts::PI * (ring[1] - ring[0]) / (sigma * sigma);
        assert!(
            (fell - expected).abs() < 6.0 * expected.sqrt() + 0.01 * expected,
            "{fell} and not {expected}"
        );
    }

    #[test]
    fn ten_times_the_training_moves_the_border_out_by_ln_ten() {
        let moved = border(1e6, -1.0, 0.1) - border(1e5, -1.0, 0.1);
        assert!((moved - DECADE).abs() < 1e-4);
        assert!(
            border(0.0, -1.0, 0.1).total_cmp(&f32::NEG_INFINITY).is_eq(),
            "before the first step nothing is covered"
        );
        assert!((strength(3.0, 3.0) - 0.5).abs() < 1e-6 && strength(3.0, f32::NEG_INFINITY) > 0.999_999);
    }

    #[test]
    fn what_was_covered_stays_clear_and_the_rest_is_hatched_evenly() {
        let energies: Vec<f32> = (0..360).map(|i| if i < 180 { 0.0 } else { 30.0 }).collect();
        let mut covered = 0.0;
        for row in 0..9 {
            let mut line = vec![0.0; 360];
            // Pixels that fall anywhere in the period.
            hatch_row(&energies, 8.0, row, 1.37, 0.5, &mut line);
            assert!(line[..180].iter().all(|&cover| cover == 0.0));
            covered += line[180..].iter().sum::<f32>() / 0.5;
        }
        // A line is WIDTH wide across, sqrt 2 times that along the row, and there is one every PERIOD.
        let share = covered / (9.0 * 180.0) / (WIDTH * std::f32::consts::SQRT_2 / PERIOD);
        assert!((share - 1.0).abs() < 0.05, "{share} of the hatching");
    }
}
