//! Energy as heat: how bright a place is, and how a row of pixels gets its colours.

use super::palette::Ramp;

/// Nats between the densest place and the void on the ramp.
pub const SPAN: f32 = 7.5;

/// Place on the ramp of an energy in nats above the lowest: 1 there, 0 in the void.
#[inline]
pub fn shade(energy: f32) -> f32 {
    1.0 - energy * (1.0 / SPAN)
}

/// Pixels of a row whose colours are computed together.
const BLOCK: usize = 16;
/// Steps of the sequence that decides how bytes are rounded, along a row and down the rows.
const R2: [u32; 2] = [3_242_174_889, 2_447_445_414];

/// Colours a row of pixels: `places` are those on the ramp, `line` the coverage of contours already scaled by their
/// opacity, `line_colour` what they blend towards. The rounding to bytes is decided by a low-discrepancy pattern (the
/// R2 sequence, Roberts 2018, in 32-bit fractions), so that slow gradients show no bands.
pub fn colour_row(ramp: &Ramp, places: &[u32], line: &[f32], line_colour: [u8; 3], row: usize, rgba: &mut [u8]) {
    let [r, g, b] = line_colour.map(|c| u16::from(c) << 8);
    let ink: Channels = std::array::from_fn(|k| [r, g, b, 255 << 8][k % 4]);
    let mut noise = (row as u32).wrapping_mul(R2[1]);
    let blocks = places.chunks(BLOCK).zip(line.chunks(BLOCK));
    for (pixels, (places, line)) in rgba.as_chunks_mut().0.chunks_mut(BLOCK).zip(blocks) {
        if let (Some(pixels), Some(places), Some(line)) =
            (pixels.first_chunk_mut(), places.first_chunk(), line.first_chunk())
        {
            colour_block(ramp, places, line, &ink, noise, pixels);
        } else {
            // The end of the row.
            let (mut end, mut end_line, mut whole) = ([0; BLOCK], [0.0; BLOCK], [[0; 4]; BLOCK]);
            end[..places.len()].copy_from_slice(places);
            end_line[..line.len()].copy_from_slice(line);
            colour_block(ramp, &end, &end_line, &ink, noise, &mut whole);
            pixels.copy_from_slice(&whole[..pixels.len()]);
        }
        noise = noise.wrapping_add(R2[0].wrapping_mul(BLOCK as u32));
    }
}

/// `noise` is that of the pixel before the first. Whole arrays at a time, channel beside channel, which is what the
/// compiler can turn into vectors.
#[inline(always)]
fn colour_block(
    ramp: &Ramp,
    places: &[u32; BLOCK],
    line: &[f32; BLOCK],
    ink: &Channels,
    noise: u32,
    pixels: &mut [[u8; 4]; BLOCK],
) {
    let mut channels: Channels = bytemuck::cast(places.map(|place| ramp.colour(place)));
    // Most pixels have no line near them.
    if line.iter().fold(0, |any, line| any | line.to_bits()) != 0 {
        // Adding 2^23 leaves the nearest whole number in the lowest bits.
        let cover = for_channels(line.map(|line| (line * 65_535.0 + 8_388_608.0).to_bits() & 0xffff));
        for ((channel, cover), ink) in channels.iter_mut().zip(&cover).zip(ink) {
            let part = |of: u16| ((u32::from(of) * u32::from(*cover)) >> 16) as u16;
            *channel = (*channel).wrapping_sub(part(*channel)).wrapping_add(part(*ink));
        }
    }
    let noise = (noise >> 16) as u16;
    let rounded = |(channel, step): (&u16, &u16)| ((channel + (noise.wrapping_add(*step) >> 8)) >> 8) as u8;
    let bytes = bytemuck::cast_slice_mut(pixels);
    for (byte, from) in bytes.iter_mut().zip(channels.iter().zip(&STEPS)) {
        *byte = rounded(from);
    }
}

/// The channels of a block, 8 bits of each fractional.
type Channels = [u16; 4 * BLOCK];

/// How far every pixel of a block is along the sequence, in 16-bit fractions, once for each of its channels.
static STEPS: Channels = {
    let mut steps = [0; 4 * BLOCK];
    let mut k = 0;
    while k < steps.len() {
        steps[k] = (R2[0].wrapping_mul(k as u32 / 4 + 1) >> 16) as u16;
        k += 1;
    }
    steps
};

/// A number of 16 bits for every pixel, once for each of its channels.
#[inline(always)]
fn for_channels(values: [u32; BLOCK]) -> Channels {
    bytemuck::cast(values.map(|v| [v | v << 16; 2]))
}

#[cfg(test)]
mod tests {
    use super::super::palette::Palette;
    use super::*;

    fn painted(palette: &Palette, energy: &[f32]) -> Vec<u8> {
        let tone: Vec<f32> = energy.iter().map(|&e| shade(e)).collect();
        let mut rgba = vec![0; 4 * energy.len()];
        let mut places = vec![0; energy.len()];
        Ramp::places(tone.into_iter(), &mut places);
        colour_row(&palette.heat, &places, &vec![0.0; energy.len()], [0; 3], 0, &mut rgba);
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
        let mut place = [0];
        Ramp::places([shade(3.3)].into_iter(), &mut place);
        let exact = [0, 1, 2].map(|c| Ramp::channel(palette.heat.colour(place[0]), c) as f32 / 256.0);
        for c in 0..3 {
            let mean = rgba.chunks(4).map(|p| f32::from(p[c])).sum::<f32>() / 4096.0;
            assert!((mean - exact[c]).abs() < 0.02, "channel {c}: {mean} for {}", exact[c]);
        }
    }
}
