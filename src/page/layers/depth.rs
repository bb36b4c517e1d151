//! Triangles into a picture with depth: of all that covers a pixel, the nearest is kept.

use std::ops::Range;

/// Parts of a pixel to which corners are rounded: whole numbers decide which pixel is whose, so that neighbours leave
/// no gaps between them and share no pixel.
const PARTS: i32 = 16;
/// Pixels of a corner, at most, that whole numbers of 32 bits can bear: products of differences stay below 2^31.
const FARTHEST: f32 = 1400.0;

/// Values of a pixel.
pub const PLANES: usize = 4;

/// A corner on the picture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Corner {
    /// Pixel position in sixteenths.
    at: [i32; 2],
    /// Nearness, energy, tone and light: what is interpolated.
    values: [f32; 4],
}

impl Corner {
    /// A corner at `[x, y, nearness]`, see [`super::camera::Projection::project`].
    pub fn new([x, y, near]: [f32; 3], energy: f32, tone: f32, light: f32) -> Self {
        let part = |v: f32| (v * PARTS as f32).round() as i32;
        Self {
            at: [part(x), part(y)],
            values: [near, energy, tone, light],
        }
    }
}

/// What is nearest in every pixel, rows from the top.
#[derive(Clone, Debug, Default)]
pub struct DepthPicture {
    side: usize,
    /// One over the distance; 0 where there is nothing.
    pub near: Vec<f32>,
    /// Energy, nats.
    pub energy: Vec<f32>,
    /// Place on a ramp.
    pub tone: Vec<f32>,
    /// Light.
    pub light: Vec<f32>,
}

impl DepthPicture {
    /// Gives the picture a side, pixels.
    pub fn set_side(&mut self, side: usize) {
        self.side = side;
    }

    /// Empties rows of one of the picture's [`PLANES`], of the side that it has now, one after the other from the first on.
    /// What is empty has this energy and tone, and no light.
    pub fn clear(&mut self, plane: usize, rows: Range<usize>, energy: f32, tone: f32) {
        let (plane, value) = match plane {
            0 => (&mut self.near, 0.0),
            1 => (&mut self.energy, energy),
            2 => (&mut self.tone, tone),
            _ => (&mut self.light, 0.0),
        };
        if rows.start == 0 {
            plane.clear();
            plane.reserve_exact(self.side * self.side);
        }
        plane.resize(self.side * rows.end, value);
    }

    /// Pixels a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Lays a triangle in, unless its corners go round against the clock: then it is seen from behind.
    #[inline]
    pub fn triangle(&mut self, [a, b, c]: [&Corner; 3]) {
        let edge = |from: &Corner, to: &Corner| [to.at[0] - from.at[0], to.at[1] - from.at[1]];
        let (ab, ac) = (edge(a, b), edge(a, c));
        let reach = ab.iter().chain(&ac).fold(0, |most, d| most.max(d.abs()));
        if reach as f32 > FARTHEST * PARTS as f32 {
            return;
        }
        let area = ab[0] * ac[1] - ab[1] * ac[0];
        let last = self.side as i32 - 1;
        // Pixels whose centres lie between the outermost corners.
        let [columns, rows] = [0, 1].map(|axis| {
            let (p, q, r) = (a.at[axis], b.at[axis], c.at[axis]);
            let first = (p.min(q).min(r) + PARTS / 2 - 1).div_euclid(PARTS);
            let end = (p.max(q).max(r) - PARTS / 2).div_euclid(PARTS);
            (first.max(0), end.min(last))
        });
        if area <= 0 || columns.0 > columns.1 || rows.0 > rows.1 {
            return;
        }
        let start = [columns.0, rows.0].map(|k| k * PARTS + PARTS / 2);
        // Twice the areas towards b and c, at the first pixel, a pixel on, and a row on.
        let side_of = |from: &Corner, to: &Corner| {
            let d = edge(from, to);
            let at = d[0] * (start[1] - from.at[1]) - d[1] * (start[0] - from.at[0]);
            // A centre on an edge belongs to the triangle below or right of it.
            let mine = d[1] < 0 || (d[1] == 0 && d[0] > 0);
            (at, -d[1] * PARTS, d[0] * PARTS, i32::from(!mine))
        };
        let edges = [side_of(b, c), side_of(c, a), side_of(a, b)];
        let share = 1.0 / area as f32;
        let plane = |k: usize| {
            let (to_b, to_c) = (b.values[k] - a.values[k], c.values[k] - a.values[k]);
            let (eb, ec) = (edges[1], edges[2]);
            let mix = |wb: i32, wc: i32| (wb as f32 * to_b + wc as f32 * to_c) * share;
            [a.values[k] + mix(eb.0, ec.0), mix(eb.1, ec.1), mix(eb.2, ec.2)]
        };
        let planes = [plane(0), plane(1), plane(2), plane(3)];
        let mut inside = edges.map(|e| e.0 - e.3);
        let length = (columns.1 - columns.0 + 1) as usize;
        for (down, row) in (rows.0..=rows.1).enumerate() {
            let from = row as usize * self.side + columns.0 as usize;
            let pixels = self.near[from..from + length]
                .iter_mut()
                .zip(&mut self.energy[from..from + length])
                .zip(&mut self.tone[from..from + length])
                .zip(&mut self.light[from..from + length]);
            let value = |p: &[f32; 3], across: f32| p[0] + p[1] * across + p[2] * down as f32;
            let mut here = inside;
            for (k, (((near, energy), tone), light)) in pixels.enumerate() {
                if here[0] | here[1] | here[2] >= 0 {
                    let across = k as f32;
                    let nearness = value(&planes[0], across);
                    if nearness > *near {
                        *near = nearness;
                        *energy = value(&planes[1], across);
                        *tone = value(&planes[2], across);
                        *light = value(&planes[3], across);
                    }
                }
                for (here, edge) in here.iter_mut().zip(&edges) {
                    *here += edge.1;
                }
            }
            for (inside, edge) in inside.iter_mut().zip(&edges) {
                *inside += edge.2;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    fn corner(x: f32, y: f32, near: f32, energy: f32) -> Corner {
        Corner::new([x, y, near], energy, 0.0, 0.0)
    }

    fn empty(energy: f32) -> DepthPicture {
        let mut picture = DepthPicture::default();
        picture.set_side(40);
        (0..PLANES).for_each(|plane| picture.clear(plane, 0..40, energy, 0.0));
        picture
    }

    #[test]
    fn a_fan_of_triangles_covers_every_pixel_once_and_its_values_are_linear() {
        // Irregular corners round an irregular middle, wound clockwise on a picture with y down.
        let rim = [
            [1.3, 2.1],
            [20.7, 0.4],
            [38.2, 9.9],
            [35.5, 36.0],
            [12.0, 38.8],
            [2.2, 25.5],
        ];
        let of = |x: f32, y: f32| 2.0 + 0.25 * x - 0.125 * y;
        let at = |[x, y]: [f32; 2]| {
            let rounded = [x, y].map(|v| (v * 16.0).round() / 16.0);
            corner(x, y, 1.0, of(rounded[0], rounded[1]))
        };
        let middle = at([17.77, 19.31]);
        let (mut seen, mut whole) = (vec![0; 1600], empty(-99.0));
        for k in 0..rim.len() {
            let mut one = empty(-99.0);
            let corners = [middle, at(rim[k]), at(rim[(k + 1) % rim.len()])];
            one.triangle(corners.each_ref());
            whole.triangle(corners.each_ref());
            one.near
                .iter()
                .zip(&mut seen)
                .for_each(|(near, n)| *n += i32::from(*near > 0.0));
        }
        assert!(seen.iter().all(|n| *n <= 1), "no pixel is drawn twice");
        assert!(seen.iter().sum::<i32>() > 900);
        for k in (0..1600).filter(|k| seen[*k] > 0) {
            let expected = of((k % 40) as f32 + 0.5, (k / 40) as f32 + 0.5);
            assert!(
                (whole.energy[k] - expected).abs() < 1e-3,
                "{} for {expected}",
                whole.energy[k]
            );
        }
        // Without gaps: along a row, covered pixels are neighbours.
        for row in seen.chunks(40) {
            let changes = row.windows(2).filter(|w| w[0] != w[1]).count();
            assert!(changes <= 2, "a gap");
        }
    }

    #[test]
    fn the_nearer_of_two_triangles_hides_the_other_in_either_order_and_backs_are_not_drawn() {
        let far = [
            corner(0.0, 0.0, 0.2, 1.0),
            corner(40.0, 0.0, 0.2, 1.0),
            corner(0.0, 40.0, 0.2, 1.0),
        ];
        let near = [
            corner(0.0, 0.0, 0.3, 2.0),
            corner(20.0, 0.0, 0.3, 2.0),
            corner(0.0, 20.0, 0.3, 2.0),
        ];
        for order in [[far, near], [near, far]] {
            let mut picture = empty(0.0);
            for [a, b, c] in order {
                picture.triangle([&a, &b, &c]);
                picture.triangle([&a, &c, &b]);
            }
            assert_eq!((picture.energy[5 * 40 + 5], picture.energy[5 * 40 + 25]), (2.0, 1.0));
            assert!(picture.energy[39 * 40 + 39].abs() < 1e-6);
        }
    }
}
