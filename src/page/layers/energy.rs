//! Energy as heat: how bright a place is, and how a row of pixels gets its colours.

use super::palette::Ramp;

/// Nats between the densest place and the void on the ramp.
pub const SPAN: f32 = 7.5;

/// Place on the ramp of an energy in nats above the lowest: 1 there, 0 in the void.
#[inline]
pub fn shade(energy: f32) -> f32 {
    1.0 - energy * (1.0 / SPAN)
}

/// Pixels of a row that are looked at together.
const BLOCK: usize = 16;

/// Colours a row of pixels: `tone` is the place on the ramp, `line` the coverage of contours already scaled by their
/// opacity, `line_colour` what they blend towards. The rounding to bytes is decided by a low-discrepancy pattern (the
/// R2 sequence, Roberts 2018, in 32-bit fractions), so that slow gradients show no bands.
pub fn colour_row(ramp: &Ramp, tone: &[f32], line: &[f32], line_colour: [u8; 3], row: usize, rgba: &mut [u8]) {
    const R2: [u32; 2] = [3_242_174_889, 2_447_445_414];
    let ink = line_colour.map(|c| u32::from(c) << 8);
    let [r, g, b] = ramp.void();
    let void = [r, g, b, 255];
    let first = (row as u32).wrapping_mul(R2[1]);
    let blocks = tone.chunks(BLOCK).zip(line.chunks(BLOCK));
    for (k, (pixels, (tone, line))) in rgba.chunks_mut(4 * BLOCK).zip(blocks).enumerate() {
        // Most of a picture is void without lines, which needs no care.
        if tone.iter().all(|t| *t <= 0.0) && line.iter().all(|l| *l <= 0.0) {
            pixels.as_chunks_mut().0.fill(void);
            continue;
        }
        let mut noise = first.wrapping_add(((k * BLOCK) as u32).wrapping_mul(R2[0]));
        for ((pixel, tone), line) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(tone).zip(line) {
            noise = noise.wrapping_add(R2[0]);
            let (rounding, alpha) = (noise >> 24, (line * 256.0) as u32);
            let ground = ramp.at(*tone);
            let mix = |c: usize| {
                let mixed = (u32::from(ground[c]) * (256 - alpha) + ink[c] * alpha) >> 8;
                ((mixed + rounding) >> 8) as u8
            };
            *pixel = [mix(0), mix(1), mix(2), 255];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::palette::Palette;
    use super::*;

    fn painted(palette: &Palette, energy: &[f32]) -> Vec<u8> {
        let tone: Vec<f32> = energy.iter().map(|&e| shade(e)).collect();
        let mut rgba = vec![0; 4 * energy.len()];
        colour_row(&palette.heat, &tone, &vec![0.0; energy.len()], [0; 3], 0, &mut rgba);
        rgba
    }

    #[test]
    fn lower_energy_is_brighter_in_the_dark_and_darker_in_the_light() {
        let energies = [0.0, 1.0, 2.0, 4.0, 6.0, 9.0];
        for (dark, sign) in [(true, 1), (false, -1)] {
            let rgba = painted(&Palette::new(dark), &energies);
            let sums: Vec<i32> = rgba
                .chunks(4)
                .map(|p| i32::from(p[0]) + i32::from(p[1]) + i32::from(p[2]))
                .collect();
            assert!(
                sums.windows(2).all(|w| sign * (w[0] - w[1]) > 0),
                "not monotone: {sums:?}"
            );
            assert!(rgba.chunks(4).all(|p| p[3] == 255));
        }
    }

    #[test]
    fn dithering_keeps_the_mean_of_a_colour_between_two_bytes() {
        let palette = Palette::new(true);
        let energy = vec![3.3; 4096];
        let rgba = painted(&palette, &energy);
        let exact = palette.heat.at(shade(3.3)).map(|c| f32::from(c) / 256.0);
        for c in 0..3 {
            let mean = rgba.chunks(4).map(|p| f32::from(p[c])).sum::<f32>() / 4096.0;
            assert!((mean - exact[c]).abs() < 0.02, "channel {c}: {mean} for {}", exact[c]);
        }
    }
}
