//! Antialiased strokes and dots on plain pixel buffers.

/// Pixels of a row that a stroke covers together.
pub const PACK: usize = 8;

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
    /// Rows have room for a whole pack behind their end.
    cover: Vec<u8>,
    /// How much less than usual strokes cover, 0 to 1.
    lightness: f32,
}

impl Mask {
    /// Empty, with that many pixels a side.
    pub fn clear(&mut self, side: usize) {
        self.side = side;
        self.cover.clear();
        self.cover.resize(side * (side + PACK), 0);
    }

    /// The coverages of a row of pixels.
    pub fn row(&self, j: usize) -> &[u8] {
        &self.cover[j * (self.side + PACK)..][..self.side]
    }
}

impl Strokes for Mask {
    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32) {
        let most = (1.0 - self.lightness) * width.min(1.0) * 255.0;
        let stride = self.side + PACK;
        over_stroke([a, b], width, self.side, |[i, j], cover, _| {
            if let Some(pixels) = self.cover[j * stride + i..].first_chunk_mut::<PACK>() {
                for (pixel, cover) in pixels.iter_mut().zip(cover) {
                    // Adding 2^23 leaves the nearest whole number in the lowest bits.
                    *pixel = ((cover * most + 8_388_608.0).to_bits() as u8).max(*pixel);
                }
            }
        });
    }

    fn press(&mut self, strength: f32) {
        self.lightness = 1.0 - strength;
    }
}

/// Goes over the pixels of a square picture that a straight stroke with round ends covers, in packs of a row: where the
/// first of them is, `[i, j]`, how much of each is covered, and how far along the stroke each is, from 0 to 1. A pack may
/// reach beyond the end of the row.
#[inline]
pub fn over_stroke(
    [a, b]: [[f32; 2]; 2],
    width: f32,
    side: usize,
    mut each: impl FnMut([usize; 2], &[f32; PACK], &[f32; PACK]),
) {
    let d = [b[0] - a[0], b[1] - a[1]];
    // Along the axis, from 0 to 1 between the ends.
    let per = 1.0 / (d[0] * d[0] + d[1] * d[1]).max(1e-12);
    let along = [per * d[0], per * d[1]];
    let reach = 0.5 * width + 0.5;
    let steepness = 1.0 / if d[1].abs() > 1e-6 { d[1] } else { 1e-6 };
    for j in span(a[1].min(b[1]) - reach, a[1].max(b[1]) + reach, side) {
        let y = j as f32 + 0.5 - a[1];
        // The stroke crosses this row between the places where its axis enters and leaves the row's reach.
        let (from, to) = if d[1].abs() > 1e-6 {
            let cross = |edge: f32| a[0] + d[0] * (edge * steepness).clamp(0.0, 1.0);
            (cross(y - reach), cross(y + reach))
        } else {
            (a[0], b[0])
        };
        for i in span(from.min(to) - reach, from.max(to) + reach, side).step_by(PACK) {
            let x = i as f32 + 0.5 - a[0];
            let (mut cover, mut way) = ([0.0; PACK], [0.0; PACK]);
            for (lane, (cover, way)) in cover.iter_mut().zip(&mut way).enumerate() {
                let x = x + lane as f32;
                let t = within_one(x * along[0] + y * along[1]);
                let off = [x - t * d[0], y - t * d[1]];
                let distance = (off[0] * off[0] + off[1] * off[1]).sqrt();
                (*cover, *way) = (within_one(reach - distance), t);
            }
            each([i, j], &cover, &way);
        }
    }
}

/// The nearest number from 0 to 1, by comparisons that can be made for a pack at once.
#[inline(always)]
pub(super) fn within_one(x: f32) -> f32 {
    let x = if x > 0.0 { x } else { 0.0 };
    if x < 1.0 { x } else { 1.0 }
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
    let opacity = ((alpha * 256.0) as i32) << 8;
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
            let rows = (0..64).flat_map(|j| mask.row(j));
            let area = rows.map(|&c| f32::from(c) / 255.0).sum::<f32>();
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
