//! Lines of equal energy, drawn per pixel: the distance to the nearest line is the distance in energy
//! over the slope, which gives antialiased lines of even width at any size, with no geometry to build.

use crate::engine::protocol::STAGE_HALF_WIDTH;
use crate::engine::settings::ContourSpacing;

/// Every so many lines one is emphasised.
const EMPHASIS: f32 = 4.0;
/// Opacity of a plain line relative to an emphasised one.
const PLAIN: f32 = 0.62;
/// Lines fade out between these energies: further out a learned energy means little, and the void would fill with lines.
pub const FADE: [f32; 2] = [7.0, 10.0];
/// Lines this close, in line widths, have faded out; see [`crowding`].
const CROWDED: f32 = 2.2;

/// Pixels of a row that are looked at together.
const BLOCK: usize = 16;

/// Energy between two lines in a window of that half-width, nats. A window that is wider than the usual stage is as wide
/// as the noise makes the data: at its edge they are 2.4 nats up, which one nat apart are two lines.
pub fn spacing(choice: ContourSpacing, half_width: f32) -> f32 {
    match choice {
        ContourSpacing::Auto if half_width > 1.2 * STAGE_HALF_WIDTH => 0.5,
        ContourSpacing::Half => 0.5,
        ContourSpacing::Auto | ContourSpacing::One => 1.0,
        ContourSpacing::Two => 2.0,
    }
}

/// Writes the coverage (0 to `opacity`) of the contour lines along a row of pixels.
///
/// `rows`: the energies of the pixel rows above, at and below it; `spacing`: energy between two lines, nats; `width`:
/// line width in pixels.
pub fn cover_row(rows: [&[f32]; 3], spacing: f32, width: f32, opacity: f32, out: &mut [f32]) {
    let lines = Lines {
        per_nat: 1.0 / spacing,
        width,
        opacity,
    };
    let last = out.len().saturating_sub(1);
    for start in (1..last).step_by(BLOCK) {
        let end = (start + BLOCK).min(last);
        let places = [
            &rows[1][start - 1..end - 1],
            &rows[1][start..end],
            &rows[1][start + 1..end + 1],
            &rows[0][start..end],
            &rows[2][start..end],
        ];
        if let Some(out) = out[start..end].first_chunk_mut::<BLOCK>()
            && let [Some(left), Some(here), Some(right), Some(above), Some(below)] =
                places.map(|place| place.first_chunk::<BLOCK>())
        {
            lines.cover_block([left, here, right, above, below], out);
        } else {
            // The end of the row.
            let mut whole = [[0.0; BLOCK]; 5];
            for (whole, place) in whole.iter_mut().zip(places) {
                whole[..place.len()].copy_from_slice(place);
            }
            let mut covers = [0.0; BLOCK];
            lines.cover_block(whole.each_ref(), &mut covers);
            out[start..end].copy_from_slice(&covers[..end - start]);
        }
    }
    // The outermost pixels have one neighbour only; there nobody misses a slope of their own.
    if let [first, second, .., before, last] = out {
        (*first, *last) = (*second, *before);
    }
}

/// The lines of a picture.
struct Lines {
    /// How many there are to a nat.
    per_nat: f32,
    /// Their width, pixels.
    width: f32,
    /// Coverage of an emphasised one.
    opacity: f32,
}

impl Lines {
    /// `near`: the energies left of the pixels of a block, at them, right of them, above and below.
    #[inline(always)]
    fn cover_block(&self, [left, here, right, above, below]: [&[f32; BLOCK]; 5], out: &mut [f32; BLOCK]) {
        // The slope's square, in line spacings a pixel.
        let mut steepness = [0.0; BLOCK];
        for k in 0..BLOCK {
            let (across, along) = (right[k] - left[k], above[k] - below[k]);
            steepness[k] = 0.25 * self.per_nat * self.per_nat * (across * across + along * along);
        }
        // Most of a picture has no line near, which is known without a root or a quotient.
        let mut touched = 0;
        for k in 0..BLOCK {
            touched |= u32::from(self.may_cover(here[k], steepness[k]));
        }
        if touched == 0 {
            *out = [0.0; BLOCK];
            return;
        }
        for k in 0..BLOCK {
            out[k] = self.opacity * fade(here[k]) * cover(here[k] * self.per_nat, steepness[k].sqrt(), self.width);
        }
    }

    /// Whether [`cover`] and [`fade`] can leave anything of a line at an energy where its slope is the root of
    /// `steepness`; sometimes true where they do not.
    #[inline(always)]
    fn may_cover(&self, energy: f32, steepness: f32) -> bool {
        let reach = 0.5 + 0.5 * self.width;
        let level = energy * self.per_nat;
        let off = level - round(level);
        // The square of (slope + 1e-6) reach is less than this.
        let near = off * off <= (1.001 * reach * reach) * steepness + 2e-9 * reach * reach;
        near & (energy < FADE[1])
    }
}

/// Coverage of a pixel where the energy is `level` line spacings and changes by `slope` of them a pixel.
#[inline]
fn cover(level: f32, slope: f32, width: f32) -> f32 {
    let nearest = round(level);
    let distance = (level - nearest).abs() / (slope + 1e-6);
    let line = (0.5 + 0.5 * width - distance).clamp(0.0, 1.0);
    let strong = (nearest / EMPHASIS - round(nearest / EMPHASIS)).abs() < 0.01;
    let weight = if strong { 1.0 } else { PLAIN };
    // The lowest energy is level 0 by definition: a line there would be a blot around the minimum.
    let ground = if nearest < 0.5 { 0.0 } else { 1.0 };
    line * weight * ground * crowding(slope * width)
}

/// How much of a line is left at an energy.
#[inline]
fn fade(energy: f32) -> f32 {
    ((FADE[1] - energy) / (FADE[1] - FADE[0])).clamp(0.0, 1.0)
}

/// How much of the lines is left where they are so close that they would run into one grey: `density` is line widths
/// per line spacing.
#[inline]
fn crowding(density: f32) -> f32 {
    (1.5 - CROWDED * density).clamp(0.0, 1.0)
}

/// To the nearest whole number, by the mantissa's last bit: unlike `f32::round` the compiler can vectorise this.
/// Right for |x| < 2^22.
#[inline]
fn round(x: f32) -> f32 {
    const BIG: f32 = 12_582_912.0;
    (x + BIG) - BIG
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::super::resample::Enlarged;
    use super::super::tests::sampled;
    use super::*;
    use crate::page::viewport::Viewport;

    #[test]
    fn contours_of_a_paraboloid_are_circles_within_a_tenth_of_a_pixel() {
        // E = 4 r², lines at r = sqrt(k) / 2; with 400 pixels for 3 units, up to line 4 they are well apart.
        let field = sampled(1.5, 49, |[x, y]| (4.0 * (x * x + y * y), [0.0; 2]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.5,
            pixels: 401.0,
        };
        let mut enlarged = Enlarged::default();
        enlarged.set_energies(&field, &view);
        let mut rows = [vec![0.0; 401], vec![0.0; 401], vec![0.0; 401]];
        (0..3).for_each(|k| enlarged.row(199 + k as isize, &mut rows[k]));
        let mut cover = vec![0.0; 401];
        cover_row([&rows[0], &rows[1], &rows[2]], 1.0, 1.0, 1.0, &mut cover);
        for level in 1..=4 {
            let truth = view.to_pixel([(level as f32).sqrt() / 2.0, 0.0])[0];
            let near = |i: &usize| (*i as f32 + 0.5 - truth).abs() < 4.0;
            let weight: f32 = (0..401).filter(near).map(|i| cover[i]).sum();
            let centre = (0..401).filter(near).map(|i| cover[i] * (i as f32 + 0.5)).sum::<f32>() / weight;
            assert!((centre - truth).abs() < 0.1, "line {level} is at {centre}, not {truth}");
            let expected = if level == 4 { 1.0 } else { PLAIN };
            assert!(
                (weight / expected - 1.0).abs() < 0.15,
                "line {level} is {weight} pixels wide"
            );
        }
    }

    #[test]
    fn there_is_no_line_at_the_minimum_nor_where_lines_would_run_together() {
        assert!(cover(0.0, 0.0, 1.0).abs() < f32::EPSILON);
        assert!(cover(3.0, 0.9, 1.0).abs() < f32::EPSILON);
        assert!(cover(3.0, 0.05, 1.0) > 0.5);
    }

    #[test]
    fn nothing_is_passed_over_that_has_a_line() {
        for (k, spacing) in (0..200_000_u32).zip([0.5, 1.0, 2.0].into_iter().cycle()) {
            // Energies and slopes over all that occurs, the slopes evenly in their logarithm.
            let [a, b] = [1_618_034, 7_548_777].map(|step| (k.wrapping_mul(step) % 1_000_003) as f32 / 1_000_003.0);
            let (energy, slope, width) = (11.0 * a, 10.0_f32.powf(6.0 * b - 6.0), [0.9, 1.8][k as usize % 2]);
            let drawn = fade(energy) * cover(energy / spacing, slope, width);
            let lines = Lines {
                per_nat: 1.0 / spacing,
                width,
                opacity: 1.0,
            };
            let passed_over = !lines.may_cover(energy, slope * slope);
            assert!(
                !(passed_over && drawn > 0.0),
                "{drawn} at {energy} where it rises by {slope}"
            );
        }
    }

    #[test]
    fn the_spacing_is_as_chosen_and_by_itself_finer_where_a_window_holds_few_nats() {
        let auto = |half_width| spacing(ContourSpacing::Auto, half_width);
        assert_eq!([auto(STAGE_HALF_WIDTH), auto(6.7)], [1.0, 0.5]);
        let chosen = [ContourSpacing::Half, ContourSpacing::One, ContourSpacing::Two];
        assert_eq!(chosen.map(|choice| spacing(choice, 6.7)), [0.5, 1.0, 2.0]);
    }
}
