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
const BLOCK: usize = 8;
/// Steps of the sequence that decides how bytes are rounded, along a row and down the rows.
const R2: [u32; 2] = [3_242_174_889, 2_447_445_414];

/// What a row of pixels is painted with.
#[derive(Clone, Copy, Debug)]
pub struct Inks<'a> {
    /// The colours of the ground.
    pub ramp: &'a Ramp,
    /// What contours blend towards.
    pub contour: [u8; 3],
    /// What lines blend towards, and how far at full coverage, 0 to 1.
    pub line: ([u8; 3], f32),
}

/// What a row of pixels holds.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Places on the ramp, see [`Ramp::places`].
    pub places: &'a [u32],
    /// The coverage of contours, already scaled by their opacity.
    pub contours: &'a [f32],
    /// The coverage of lines, as a [`super::raster::Mask`] has it; may be missing.
    pub lines: &'a [u8],
}

/// Paints row `j` of a picture. The rounding to bytes is decided by a low-discrepancy pattern (the R2 sequence, Roberts
/// 2018, in 32-bit fractions), so that slow gradients show no bands.
pub fn colour_row(inks: Inks<'_>, row: Row<'_>, j: usize, rgba: &mut [u8]) {
    let wells = Wells {
        ramp: inks.ramp,
        contour: well(inks.contour),
        line: well(inks.line.0),
        // Of full coverage, 255, that is 65,535 times the opacity.
        line_cover: (inks.line.1 * 257.0) as u32,
    };
    let mut noise = (j as u32).wrapping_mul(R2[1]);
    let (pixels, last) = rgba.as_chunks_mut::<4>().0.as_chunks_mut::<BLOCK>();
    let ((places, end), (contours, end_contours)) = (row.places.as_chunks(), row.contours.as_chunks());
    let (lines, end_lines) = row.lines.as_chunks();
    for (k, ((pixels, places), contours)) in pixels.iter_mut().zip(places).zip(contours).enumerate() {
        let lines = lines.get(k).unwrap_or(&[0; BLOCK]);
        colour_block(&wells, places, contours, lines, noise, pixels);
        noise = noise.wrapping_add(R2[0].wrapping_mul(BLOCK as u32));
    }
    let mut whole = [[0; 4]; BLOCK];
    let (places, contours, lines) = (padded(end), padded(end_contours), padded(end_lines));
    colour_block(&wells, &places, &contours, &lines, noise, &mut whole);
    last.copy_from_slice(&whole[..last.len()]);
}

/// Less than a block, filled up.
fn padded<T: Copy + Default>(end: &[T]) -> [T; BLOCK] {
    let mut whole = [T::default(); BLOCK];
    whole[..end.len()].copy_from_slice(end);
    whole
}

/// The inks of a row as [`Channels`].
struct Wells<'a> {
    ramp: &'a Ramp,
    contour: Channels,
    line: Channels,
    line_cover: u32,
}

/// An ink, once for every pixel of a block.
fn well(colour: [u8; 3]) -> Channels {
    let [r, g, b] = colour.map(|c| u64::from(c) << 8);
    bytemuck::cast([r | g << 16 | b << 32 | (255 << 8) << 48; BLOCK])
}

/// Lets the channels of a block run towards those of an ink, as far as `cover` says in parts of 65,536.
#[inline(always)]
fn lay(ink: &Channels, cover: [u32; BLOCK], channels: &mut Channels) {
    for ((channel, cover), ink) in channels.iter_mut().zip(for_channels(cover)).zip(ink) {
        let part = |of: u16| ((u32::from(of) * u32::from(cover)) >> 16) as u16;
        *channel = (*channel).wrapping_sub(part(*channel)).wrapping_add(part(*ink));
    }
}

/// `noise` is that of the pixel before the first. Whole arrays at a time, channel beside channel, which is what the
/// compiler can turn into vectors.
#[inline(always)]
fn colour_block(
    wells: &Wells<'_>,
    places: &[u32; BLOCK],
    contours: &[f32; BLOCK],
    lines: &[u8; BLOCK],
    noise: u32,
    pixels: &mut [[u8; 4]; BLOCK],
) {
    let has_contours = contours.iter().fold(0, |any, cover| any | cover.to_bits()) != 0;
    // Most pixels have no line near them.
    if !has_contours && *lines == [0; BLOCK] {
        let mut at = [0; BLOCK];
        for ((at, place), step) in at.iter_mut().zip(places).zip(&ALONG) {
            *at = Ramp::entry(*place, noise.wrapping_add(*step));
        }
        *pixels = at.map(|at| wells.ramp.bytes(at));
        return;
    }
    let mut channels: Channels = bytemuck::cast(places.map(|place| wells.ramp.colour(place)));
    if has_contours {
        // Adding 2^23 leaves the nearest whole number in the lowest bits.
        let cover = contours.map(|cover| (cover * 65_535.0 + 8_388_608.0).to_bits() & 0xffff);
        lay(&wells.contour, cover, &mut channels);
    }
    if *lines != [0; BLOCK] {
        lay(
            &wells.line,
            lines.map(|cover| u32::from(cover) * wells.line_cover),
            &mut channels,
        );
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

/// How far every pixel of a block is along the sequence.
static ALONG: [u32; BLOCK] = {
    let mut steps = [0; BLOCK];
    let mut k = 0;
    while k < BLOCK {
        steps[k] = R2[0].wrapping_mul(k as u32 + 1);
        k += 1;
    }
    steps
};

/// The same in 16-bit fractions, once for each channel.
static STEPS: Channels = {
    let mut steps = [0; 4 * BLOCK];
    let mut k = 0;
    while k < steps.len() {
        steps[k] = (ALONG[k / 4] >> 16) as u16;
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
        let inks = Inks {
            ramp: palette.heat(),
            contour: [0; 3],
            line: ([0; 3], 0.0),
        };
        let row = Row {
            places: &places,
            contours: &vec![0.0; energy.len()],
            lines: &[],
        };
        colour_row(inks, row, 0, &mut rgba);
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
        let exact = [0, 1, 2].map(|c| Ramp::channel(palette.heat().colour(place[0]), c) as f32 / 256.0);
        for c in 0..3 {
            let mean = rgba.chunks(4).map(|p| f32::from(p[c])).sum::<f32>() / 4096.0;
            assert!((mean - exact[c]).abs() < 0.02, "channel {c}: {mean} for {}", exact[c]);
        }
    }
}
