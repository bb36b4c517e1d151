//! Light that runs along the streamlines with the flow, at one speed everywhere.
//!
//! Which pixels a line covers, and how far along the line they are, changes only with the field. A frame only looks up
//! how bright it is there now, pixel by pixel, so that thousands of dashes cost a fraction of a millisecond. A line keeps
//! its phase from one field to the next, and dashes go on where they were.

use super::raster::over_stroke;
use super::streamlines::Streamlines;

/// Distance between two dashes on a line, CSS pixels.
pub const PERIOD: f32 = 64.0;
/// How far they go in a second, CSS pixels.
pub const SPEED: f32 = 44.0;
/// A dash fades in over its length and ends with a short edge: which way it goes is seen in a still picture too. In
/// parts of the period: where it begins, where it is brightest, and where it ends.
const DASH: [f32; 3] = [0.3, 0.92, 1.0];

/// Pixels that are looked at together for lines.
const PACK: usize = 64;

/// A pixel of a line.
#[derive(Clone, Copy, Debug)]
struct Mark {
    pixel: u32,
    cover: u8,
    /// How far along the line, in 256ths of the period.
    phase: u8,
}

/// The light, as a picture with transparency.
#[derive(Clone, Debug)]
pub struct Flow {
    side: usize,
    marks: Vec<Mark>,
    cover: Vec<u8>,
    phase: Vec<u8>,
    rgba: Vec<u8>,
    wave: [u16; 256],
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            side: 0,
            marks: Vec::new(),
            cover: Vec::new(),
            phase: Vec::new(),
            rgba: Vec::new(),
            wave: std::array::from_fn(|k| (256.0 * brightness(k as f32 / 256.0)) as u16),
        }
    }
}

/// How bright it is so far into a period, in parts of it.
fn brightness(at: f32) -> f32 {
    let [start, top, end] = DASH;
    let rising = ((at - start) / (top - start)).clamp(0.0, 1.0);
    rising * rising * ((end - at) / (end - top)).clamp(0.0, 1.0)
}

impl Flow {
    /// Lays the lines into a picture of so many pixels a side, `width` of them wide; `scale` is pixels to a CSS pixel.
    pub fn lay(&mut self, lines: &Streamlines, side: usize, width: f32, scale: f32, colour: [u8; 3]) {
        self.side = side;
        for plane in [&mut self.cover, &mut self.phase] {
            plane.clear();
            plane.resize((side * side).next_multiple_of(PACK), 0);
        }
        let zoom = side as f32 / lines.side();
        let period = PERIOD * scale;
        let (cover, phase) = (&mut self.cover, &mut self.phase);
        lines.each_step(|[a, b], way, start| {
            let [a, b] = [a, b].map(|p| p.map(|v| v * zoom));
            let [from, to] = [way, way + 1].map(|way| start + way as f32 * lines.step() * zoom / period);
            over_stroke([a, b], width, side, |[i, j], shares, along| {
                for (k, (share, t)) in (j * side + i..(j + 1) * side).zip(shares.iter().zip(along)) {
                    let share = (255.0 * share) as u8;
                    if share > cover[k] {
                        cover[k] = share;
                        phase[k] = (256.0 * (from + t * (to - from)).rem_euclid(1.0)) as u8;
                    }
                }
            });
        });
        self.marks.clear();
        for (row, cover) in self.cover.chunks_exact(PACK).enumerate() {
            if cover != [0; PACK] {
                let lit = (0..PACK).filter(|k| cover[*k] > 0).map(|k| Mark {
                    pixel: (row * PACK + k) as u32,
                    cover: cover[k],
                    phase: self.phase[row * PACK + k],
                });
                self.marks.extend(lit);
            }
        }
        self.rgba.clear();
        self.rgba.resize(4 * side * side, 0);
        for mark in &self.marks {
            let pixel = 4 * mark.pixel as usize;
            self.rgba[pixel..pixel + 3].copy_from_slice(&colour);
        }
    }

    /// Nothing is left of the lines.
    pub fn clear(&mut self) {
        self.marks.clear();
        self.rgba.fill(0);
    }

    /// Lets the light shine as it does after so many seconds.
    pub fn shine(&mut self, seconds: f32) {
        let gone = (256.0 * (seconds * SPEED / PERIOD).fract()) as u8;
        let pixels = self.rgba.as_chunks_mut::<4>().0;
        for mark in &self.marks {
            let bright = self.wave[usize::from(mark.phase.wrapping_sub(gone))];
            if let Some(pixel) = pixels.get_mut(mark.pixel as usize) {
                pixel[3] = ((u16::from(mark.cover) * bright) >> 8) as u8;
            }
        }
    }

    /// RGBA (not premultiplied), rows from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.rgba
    }

    /// Pixels a side.
    pub fn side(&self) -> usize {
        self.side
    }
}

#[cfg(test)]
mod tests {
    use web_time::Instant;

    use super::super::tests::sampled;
    use super::*;
    use crate::page::viewport::Viewport;

    fn traced(pixels: f32, score: impl Fn([f32; 2]) -> [f32; 2]) -> Streamlines {
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels,
        };
        let mut lines = Streamlines::default();
        lines.begin(&sampled(1.5, 65, |at| (0.0, score(at))), &view);
        while !lines.advance(1000) {}
        lines
    }

    fn laid(lines: &Streamlines, side: usize) -> Flow {
        let mut flow = Flow::default();
        flow.lay(lines, side, 1.3, side as f32 / 600.0, [9, 8, 7]);
        flow
    }

    /// Where the dashes end on a row, pixels: it is bright there and darker in front.
    fn fronts(flow: &Flow, row: usize) -> Vec<f32> {
        let alpha = |i: usize| f32::from(flow.pixels()[4 * (row * flow.side() + i) + 3]);
        (0..flow.side() - 1)
            .filter(|&i| alpha(i) > 110.0 && alpha(i + 1) <= 110.0)
            .map(|i| i as f32)
            .collect()
    }

    #[test]
    fn dashes_go_along_the_score_exactly_as_far_as_their_speed_says() {
        let lines = traced(600.0, |_| [2.0, 0.0]);
        let mut flow = laid(&lines, 600);
        flow.shine(1.0);
        // The row that most light falls on.
        let light = |row: usize| {
            (0..600)
                .map(|i| u32::from(flow.pixels()[4 * (row * 600 + i) + 3]))
                .sum::<u32>()
        };
        let row = (100..500).max_by_key(|row| light(*row)).unwrap_or_default();
        let before = fronts(&flow, row);
        assert!(before.len() >= 7, "{before:?}");
        for pair in before.windows(2) {
            assert!((pair[1] - pair[0] - PERIOD).abs() <= 1.0, "{before:?}");
        }
        for seconds in [0.1, 0.37, 1.2] {
            flow.shine(1.0 + seconds);
            let way = SPEED * seconds;
            let after = fronts(&flow, row);
            // A phase is told to a 256th of the period, and a front to a pixel.
            for from in before.iter().filter(|from| **from + way < 590.0) {
                assert!(
                    after.iter().any(|to| (to - from - way).abs() <= 1.3),
                    "{from} went to none of {after:?}"
                );
            }
        }
    }

    #[test]
    fn an_unchanged_field_leaves_every_dash_where_it_is_and_a_finer_picture_too() {
        let wells = |[x, y]: [f32; 2]| [4.0 * x * (0.5 - x * x), -2.0 * y];
        let mut lines = traced(600.0, wells);
        let mut flow = laid(&lines, 600);
        flow.shine(3.3);
        let before = flow.pixels().to_vec();
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 600.0,
        };
        lines.begin(&sampled(1.5, 65, |at| (0.0, wells(at))), &view);
        while !lines.advance(7) {}
        flow.lay(&lines, 600, 1.3, 1.0, [9, 8, 7]);
        flow.shine(3.3);
        assert!(before == flow.pixels());
        let light = |flow: &Flow| flow.pixels().chunks(4).map(|p| f64::from(p[3])).sum::<f64>();
        let mut fine = Flow::default();
        fine.lay(&lines, 900, 1.95, 1.5, [9, 8, 7]);
        fine.shine(3.3);
        let ratio = light(&fine) / light(&flow);
        assert!(
            (ratio - 2.25).abs() < 0.2,
            "{ratio} times the light on 2.25 times the pixels"
        );
    }

    #[test]
    fn a_frame_allocates_nothing_and_costs_little() {
        let lines = traced(1200.0, |[x, y]| [-y + 0.2 * x, x]);
        let mut flow = laid(&lines, 1200);
        let address = flow.pixels().as_ptr();
        // The best of them, and of many more if need be, since others may be at work on this machine; only what is
        // compiled for speed is fast.
        let (mut best, mut frames) = (f64::INFINITY, 0);
        while frames < 31 || (best >= 2.0 && frames < 2000) {
            let start = Instant::now();
            flow.shine(0.1 * frames as f32);
            best = best.min(start.elapsed().as_secs_f64() * 1e3);
            frames += 1;
        }
        assert_eq!(address, flow.pixels().as_ptr());
        assert!(cfg!(debug_assertions) || best < 2.0, "{best} ms");
        eprintln!("{} pixels of lines: {best:.2} ms at best", flow.marks.len());
        flow.clear();
        assert!(flow.pixels().iter().all(|&c| c == 0));
    }
}
