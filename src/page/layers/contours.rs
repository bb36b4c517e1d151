//! Lines of equal energy, one nat apart, drawn per pixel: the distance to the nearest line is the distance in energy
//! over the slope, which gives antialiased lines of even width at any size, with no geometry to build.

/// Energy between two lines, nats.
pub const SPACING: f32 = 1.0;
/// Every so many lines one is emphasised.
const EMPHASIS: f32 = 4.0;
/// Opacity of a plain line relative to an emphasised one.
const PLAIN: f32 = 0.62;
/// Lines fade out between these energies: further out a learned energy means little, and the void would fill with lines.
const FADE: [f32; 2] = [7.0, 10.0];
/// Lines this close, in line widths, have faded out; see [`crowding`].
const CROWDED: f32 = 2.2;

/// Pixels of a row that are looked at together.
const BLOCK: usize = 32;

/// Writes the coverage (0 to `opacity`) of the contour lines along a row of pixels.
///
/// `rows`: the energies of the pixel rows above, at and below it; `width`: line width in pixels.
pub fn cover_row(rows: [&[f32]; 3], width: f32, opacity: f32, out: &mut [f32]) {
    let [above, here, below] = rows;
    let last = out.len().saturating_sub(1);
    for start in (1..last).step_by(BLOCK) {
        let range = start..(start + BLOCK).min(last);
        let (out, energies) = (&mut out[range.clone()], &here[start - 1..range.end + 1]);
        // Most of a picture is so far out that it has no lines.
        if energies.iter().all(|energy| *energy >= FADE[1]) {
            out.fill(0.0);
            continue;
        }
        let near = energies.windows(3).zip(above[range.clone()].iter().zip(&below[range]));
        for (out, (near, (above, below))) in out.iter_mut().zip(near) {
            let (across, along) = (near[2] - near[0], above - below);
            let slope = 0.5 * (across * across + along * along).sqrt() / SPACING;
            *out = opacity * cover(near[1] / SPACING, slope, width);
        }
    }
    // The outermost pixels have one neighbour only; there nobody misses a slope of their own.
    if let [first, second, .., before, last] = out {
        (*first, *last) = (*second, *before);
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
    let fade = ((FADE[1] - level * SPACING) / (FADE[1] - FADE[0])).clamp(0.0, 1.0);
    // The lowest energy is level 0 by definition: a line there would be a blot around the minimum.
    let ground = if nearest < 0.5 { 0.0 } else { 1.0 };
    line * weight * fade * ground * crowding(slope * width)
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
        cover_row([&rows[0], &rows[1], &rows[2]], 1.0, 1.0, &mut cover);
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
}
