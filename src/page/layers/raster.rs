//! Antialiased strokes and dots on plain pixel buffers.

/// Pixels of a row that are looked at together for lines.
const STEP: usize = 16;

/// Whatever takes strokes: a buffer, or a landscape over which they are laid.
pub trait Strokes {
    /// A straight stroke with round ends; positions and width in pixels.
    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32);

    /// From now on strokes cover that share of what they do usually, if this takes such.
    fn press(&mut self, _strength: f32) {}
}

/// A square buffer of coverages, into which overlapping shapes merge without doubling where they overlap.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    side: usize,
    cover: Vec<u8>,
    /// How much less than usual strokes cover, 0 to 1.
    lightness: f32,
}

impl Mask {
    /// Empty, with that many pixels a side.
    pub fn clear(&mut self, side: usize) {
        self.side = side;
        self.cover.clear();
        self.cover.resize(side * side, 0);
    }

    /// The coverages of a row of pixels.
    pub fn row(&self, j: usize) -> &[u8] {
        &self.cover[j * self.side..(j + 1) * self.side]
    }

    /// Blends the coverages of row `j` into its pixels, RGBA; `alpha` in [0, 1] is that of full coverage.
    pub fn blend_row(&self, j: usize, colour: [u8; 3], alpha: f32, pixels: &mut [u8]) {
        // Of full coverage, 255, that is 65,536 times the opacity.
        let alpha = (alpha * (65_536.0 / 255.0)) as i32;
        for (pixels, cover) in pixels.chunks_mut(4 * STEP).zip(self.row(j).chunks(STEP)) {
            // Most pixels have no line.
            if cover == [0; STEP] {
                continue;
            }
            for (pixel, &cover) in pixels
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .zip(cover)
                .filter(|(_, cover)| **cover > 0)
            {
                mix(&mut pixel[..3], colour, alpha * i32::from(cover));
            }
        }
    }
}

impl Strokes for Mask {
    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32) {
        let most = (1.0 - self.lightness) * width.min(1.0) * 255.0;
        over_stroke([a, b], width, self.side, |k, cover, _| {
            let pixel = &mut self.cover[k];
            *pixel = ((cover * most) as u8).max(*pixel);
        });
    }

    fn press(&mut self, strength: f32) {
        self.lightness = 1.0 - strength;
    }
}

/// Goes over the pixels of a square picture that a straight stroke with round ends covers: their index, how much of
/// each, and how far along the stroke it is, from 0 to 1.
#[inline]
pub fn over_stroke([a, b]: [[f32; 2]; 2], width: f32, side: usize, mut each: impl FnMut(usize, f32, f32)) {
    let d = [b[0] - a[0], b[1] - a[1]];
    // Along the axis, from 0 to 1 between the ends.
    let per = 1.0 / (d[0] * d[0] + d[1] * d[1]).max(1e-12);
    let along = [per * d[0], per * d[1]];
    let reach = 0.5 * width + 0.5;
    for j in span(a[1].min(b[1]) - reach, a[1].max(b[1]) + reach, side) {
        let y = j as f32 + 0.5;
        // The stroke crosses this row between the places where its axis enters and leaves the row's reach.
        let (from, to) = if d[1].abs() > 1e-6 {
            let cross = |edge: f32| ((edge - a[1]) / d[1]).clamp(0.0, 1.0);
            let (s, t) = (cross(y - reach), cross(y + reach));
            (a[0] + d[0] * s, a[0] + d[0] * t)
        } else {
            (a[0], b[0])
        };
        for i in span(from.min(to) - reach, from.max(to) + reach, side) {
            let p = [i as f32 + 0.5 - a[0], y - a[1]];
            let t = (p[0] * along[0] + p[1] * along[1]).clamp(0.0, 1.0);
            let off = [p[0] - t * d[0], p[1] - t * d[1]];
            let squared = off[0] * off[0] + off[1] * off[1];
            if squared < reach * reach {
                each(j * side + i, (reach - squared.sqrt()).min(1.0), t);
            }
        }
    }
}

/// The pixels whose squares meet an interval.
fn span(from: f32, to: f32, side: usize) -> std::ops::Range<usize> {
    // Casts saturate and cut off fractions; what lies left of 0 starts at 0. Natively `floor` and `ceil` would be calls.
    let within = |pixel: i32| (pixel.max(0) as usize).min(side);
    let (from, whole) = (from as i32, to as i32);
    within(from)..within(whole.saturating_add(i32::from((whole as f32) < to)))
}

/// Blends a colour into a pixel; `alpha` in [0, 1].
#[inline]
pub fn blend(pixel: &mut [u8], colour: [u8; 3], alpha: f32) {
    mix(pixel, colour, ((alpha * 256.0) as i32) << 8);
}

/// The same with an opacity of 65,536 for all of it.
#[inline]
fn mix(pixel: &mut [u8], colour: [u8; 3], opacity: i32) {
    for (channel, colour) in pixel.iter_mut().zip(colour) {
        let ground = i32::from(*channel);
        *channel = (ground + (((i32::from(colour) - ground) * opacity) >> 16)) as u8;
    }
}

/// Blends an antialiased disc into an RGBA buffer of `side` pixels a side.
pub fn disc(rgba: &mut [u8], side: usize, centre: [f32; 2], radius: f32, colour: [u8; 3], alpha: f32) {
    let reach = radius + 0.5;
    for j in span(centre[1] - reach, centre[1] + reach, side) {
        for i in span(centre[0] - reach, centre[0] + reach, side) {
            let off = [i as f32 + 0.5 - centre[0], j as f32 + 0.5 - centre[1]];
            let distance = (off[0] * off[0] + off[1] * off[1]).sqrt();
            let cover = (reach - distance).clamp(0.0, 1.0);
            if cover > 0.0 {
                blend(
                    &mut rgba[4 * (j * side + i)..4 * (j * side + i) + 3],
                    colour,
                    cover * alpha,
                );
            }
        }
    }
}

/// Blends the outline of a rectangle, one pixel wide times `weight`, into an RGBA buffer.
pub fn frame(rgba: &mut [u8], side: usize, low: [f32; 2], high: [f32; 2], weight: f32, ink: ([u8; 3], f32)) {
    let edge = |v: f32, at: f32| (0.5 + 0.5 * weight - (v - at).abs()).clamp(0.0, 1.0);
    for j in span(low[1] - weight, high[1] + weight, side) {
        for i in span(low[0] - weight, high[0] + weight, side) {
            let (x, y) = (i as f32 + 0.5, j as f32 + 0.5);
            let cover = edge(x, low[0])
                .max(edge(x, high[0]))
                .max(edge(y, low[1]))
                .max(edge(y, high[1]));
            if cover > 0.0 {
                blend(
                    &mut rgba[4 * (j * side + i)..4 * (j * side + i) + 3],
                    ink.0,
                    cover * ink.1,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_covers_its_length_times_its_width_at_any_angle() {
        for angle in [0.0_f32, 0.3, 0.8, 1.5, 2.2, 4.0] {
            let mut mask = Mask::default();
            mask.clear(64);
            let d = [20.0 * angle.cos(), 20.0 * angle.sin()];
            mask.stroke(
                [32.3 - d[0] / 2.0, 31.6 - d[1] / 2.0],
                [32.3 + d[0] / 2.0, 31.6 + d[1] / 2.0],
                1.5,
            );
            let area = mask.cover.iter().map(|&c| f32::from(c) / 255.0).sum::<f32>();
            // Length times width and a round end at each side.
            let truth = 20.0 * 1.5 + std::f32::consts::PI * 0.75 * 0.75;
            assert!(
                (area / truth - 1.0).abs() < 0.06,
                "at angle {angle}: {area} for {truth}"
            );
        }
    }

    #[test]
    fn shapes_outside_the_buffer_are_cut_off() {
        let mut mask = Mask::default();
        mask.clear(8);
        mask.stroke([-40.0, -3.0], [50.0, 12.0], 2.0);
        mask.stroke([-40.0, -30.0], [-50.0, -12.0], 2.0);
        let mut rgba = vec![0; 4 * 64];
        disc(&mut rgba, 8, [-20.0, 4.0], 3.0, [255; 3], 1.0);
        assert!(rgba.iter().all(|&c| c == 0));
        disc(&mut rgba, 8, [8.0, 4.0], 3.0, [255; 3], 1.0);
        assert!(rgba.iter().any(|&c| c > 200));
    }
}
