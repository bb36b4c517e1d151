//! Streamlines of the score, evenly spaced over the window (Jobard & Lefer 1997): a line is followed both ways from a
//! seed until it would come too near another one, and new seeds are set down beside the lines there are.
//!
//! The next picture begins with the seeds of the last, in their order, so that lines move with a field that changes
//! little instead of being dealt anew; of an unchanged field they are the same lines.

use super::GridField;
use super::raster::Strokes;
use crate::page::viewport::Viewport;

/// No two lines, nor two turns of one, come nearer than the window's side over this.
const ACROSS: f32 = 60.0;
/// Distance of a seed from the lines there are, in units of the least distance.
const SEEDING: f32 = 1.9;
/// Steps of a line to the least distance.
const STEPS: f32 = 4.0;
/// Points of a line that may be near each other because they follow each other.
const NEIGHBOURS: i32 = 9;
/// Most steps of a line, each way.
const LONGEST: i32 = 600;
/// A line of fewer points is left out.
const SHORTEST: usize = 7;
/// Steps between two arrowheads on a line.
const HEADS: i32 = 44;
/// Seeds an axis that are tried when lines offer no more.
const LATTICE: usize = 40;
/// No point.
const NONE: u32 = u32::MAX;

/// A line: its points from the seed on along the score, and from the seed on against it; and the phase at the seed of
/// what runs along it.
#[derive(Clone, Copy, Debug)]
struct Line {
    seed: usize,
    back: usize,
    end: usize,
    phase: f32,
}

/// Where a line is to begin; one that there was before keeps its phase.
#[derive(Clone, Copy, Debug)]
struct Seed {
    at: [f32; 2],
    phase: Option<f32>,
}

/// Streamlines in the making; buffers are kept from picture to picture.
#[derive(Clone, Debug, Default)]
pub struct Streamlines {
    field: GridField,
    view: Option<Viewport>,
    /// The points of all lines, pixels with y down, and how far from its line's seed each is, in steps.
    points: Vec<[f32; 2]>,
    ways: Vec<i32>,
    lines: Vec<Line>,
    /// The last point in each cell of a square lattice, and for every point the one before it in its cell.
    cells: Vec<u32>,
    before: Vec<u32>,
    /// Seeds still to be tried, the last one first.
    seeds: Vec<Seed>,
    /// Lines that have set down seeds beside them, and points of the lattice that have been tried.
    sown: usize,
    tried: usize,
}

impl Streamlines {
    /// Starts the lines of a whole field in a window.
    pub fn begin(&mut self, field: &GridField, view: &Viewport) {
        let old = self.view.replace(*view).unwrap_or(*view);
        self.field.grid = field.grid;
        self.field.score.clone_from(&field.score);
        self.seeds.clear();
        for line in self.lines.iter().rev() {
            let seed = self.points[line.seed];
            let moved = if old == *view {
                seed
            } else {
                view.to_pixel(old.to_stage(seed))
            };
            self.seeds.push(Seed {
                at: moved,
                phase: Some(line.phase),
            });
        }
        self.lines.clear();
        self.points.clear();
        self.ways.clear();
        self.before.clear();
        self.cells.clear();
        self.cells.resize(self.across() * self.across(), NONE);
        (self.sown, self.tried) = (0, 0);
    }

    /// Tries so many seeds; true when there is room for no more lines.
    pub fn advance(&mut self, seeds: usize) -> bool {
        for _ in 0..seeds {
            let Some(seed) = self.next_seed() else { return true };
            if self.is_free(seed.at, SEEDING * self.apart(), None) {
                self.follow(seed);
            }
        }
        false
    }

    /// Draws the lines with a width in pixels, with heads that say the way.
    pub fn draw(&self, width: f32, strokes: &mut dyn Strokes) {
        for line in &self.lines {
            for range in [line.seed..line.back, line.back..line.end] {
                let mut from = self.points[line.seed];
                for &to in &self.points[range] {
                    strokes.stroke(from, to, width);
                    from = to;
                }
            }
            let (ahead, behind) = ((line.back - line.seed) as i32 - 1, (line.end - line.back) as i32);
            // The middle of the line, and on from there both ways.
            let middle = (ahead - behind) / 2;
            let first = middle - (middle + behind - 2) / HEADS * HEADS;
            for way in (first..ahead).step_by(HEADS as usize) {
                let (from, to) = (self.point(line, way), self.point(line, way + 1));
                let d = [to[0] - from[0], to[1] - from[1]];
                let size = 4.2 * width / d[0].hypot(d[1]).max(1e-6);
                for turn in [0.5, -0.5] {
                    let back = [size * (d[0] - turn * d[1]), size * (d[1] + turn * d[0])];
                    strokes.stroke(to, [to[0] - back[0], to[1] - back[1]], width);
                }
            }
        }
    }

    /// Goes over all steps of all lines along the score: both ends, how many steps the first one is from its line's seed,
    /// and the phase there is at the seed.
    pub(super) fn each_step(&self, mut each: impl FnMut([[f32; 2]; 2], i32, f32)) {
        for line in &self.lines {
            let (ahead, behind) = ((line.back - line.seed) as i32 - 1, (line.end - line.back) as i32);
            for way in -behind..ahead {
                each([self.point(line, way), self.point(line, way + 1)], way, line.phase);
            }
        }
    }

    /// The point of a line so many steps from its seed.
    fn point(&self, line: &Line, way: i32) -> [f32; 2] {
        let at = if way < 0 {
            line.back + (-way - 1) as usize
        } else {
            line.seed + way as usize
        };
        self.points[at]
    }

    /// Least distance between lines, pixels.
    fn apart(&self) -> f32 {
        self.side() / ACROSS
    }

    /// Length of a step, pixels.
    pub(super) fn step(&self) -> f32 {
        self.apart() / STEPS
    }

    /// Side of the picture, pixels.
    pub(super) fn side(&self) -> f32 {
        self.view.map_or(1.0, |view| view.pixels)
    }

    /// Cells an axis: no distance asked for is longer than one.
    fn across(&self) -> usize {
        (ACROSS / SEEDING) as usize
    }

    fn next_seed(&mut self) -> Option<Seed> {
        while self.seeds.is_empty() {
            if let Some(line) = self.lines.get(self.sown).copied() {
                self.sown += 1;
                self.sow_beside(&line);
            } else if self.tried < LATTICE * LATTICE {
                // From the middle on, where the data are.
                let k = (self.tried + LATTICE * (LATTICE + 1) / 2) % (LATTICE * LATTICE);
                let place = |k: usize| (k as f32 + 0.5) * self.side() / LATTICE as f32;
                self.sow([place(k % LATTICE), place(k / LATTICE)]);
                self.tried += 1;
            } else {
                return None;
            }
        }
        self.seeds.pop()
    }

    fn sow(&mut self, at: [f32; 2]) {
        self.seeds.push(Seed { at, phase: None });
    }

    /// Seeds on both sides of a line, as near as a seed may be.
    fn sow_beside(&mut self, line: &Line) {
        let off = 1.001 * SEEDING * self.apart();
        for k in (line.seed..line.end).step_by(STEPS as usize) {
            let p = self.points[k];
            let Some(d) = self.direction(p) else { continue };
            for side in [off, -off] {
                self.sow([p[0] - side * d[1], p[1] + side * d[0]]);
            }
        }
    }

    /// Keeps the line through a seed, unless it is too short.
    fn follow(&mut self, seed: Seed) {
        let start = self.points.len();
        self.keep(seed.at, 0);
        self.go(start, 1);
        let back = self.points.len();
        self.go(start, -1);
        let end = self.points.len();
        if end - start >= SHORTEST {
            // By the golden section, neighbours are never in step.
            let phase = seed.phase.unwrap_or(0.618 * self.lines.len() as f32);
            self.lines.push(Line {
                seed: start,
                back,
                end,
                phase: phase.fract(),
            });
            return;
        }
        // The latest points are the last in their cells.
        for k in (start..end).rev() {
            let cell = self.cell(self.points[k]);
            self.cells[cell] = self.before[k];
        }
        self.points.truncate(start);
        self.ways.truncate(start);
        self.before.truncate(start);
    }

    /// Steps from a seed along the score (`sign` 1) or against it by the midpoint rule, as long as there is a way and
    /// room.
    fn go(&mut self, seed: usize, sign: i32) {
        let h = sign as f32 * self.step();
        let mut p = self.points[seed];
        let step = |p: [f32; 2], by: f32, d: [f32; 2]| [p[0] + by * d[0], p[1] + by * d[1]];
        for way in 1..LONGEST {
            let Some(d) = self.direction(p) else { return };
            let Some(middle) = self.direction(step(p, 0.5 * h, d)) else {
                return;
            };
            // Over a top or through a saddle, where the score turns round at once.
            if d[0] * middle[0] + d[1] * middle[1] < 0.3 {
                return;
            }
            p = step(p, h, middle);
            if !self.is_free(p, self.apart(), Some((seed, sign * way))) {
                return;
            }
            self.keep(p, sign * way);
        }
    }

    /// The score's direction at a pixel, y down; none where there is none.
    fn direction(&self, pixel: [f32; 2]) -> Option<[f32; 2]> {
        let at = self.view?.to_stage(pixel);
        let s = self.field.score_at(at);
        let size = s[0].hypot(s[1]);
        (self.field.covers(at) && size > 1e-12 && size.is_finite()).then(|| [s[0] / size, -s[1] / size])
    }

    /// A pixel lies in the picture and no line comes within a distance of it. `own`: where a line's own points begin,
    /// and how many steps from its seed this one is.
    fn is_free(&self, p: [f32; 2], distance: f32, own: Option<(usize, i32)>) -> bool {
        let side = self.side();
        if !(p[0] >= 0.0 && p[0] < side && p[1] >= 0.0 && p[1] < side) {
            return false;
        }
        let (across, cell) = (self.across(), self.cell(p));
        let (i, j) = (cell % across, cell / across);
        for row in j.saturating_sub(1)..(j + 2).min(across) {
            for column in i.saturating_sub(1)..(i + 2).min(across) {
                let mut k = self.cells[row * across + column];
                while k != NONE {
                    let (at, q) = (k as usize, self.points[k as usize]);
                    let near = (q[0] - p[0]).hypot(q[1] - p[1]) < distance;
                    let follows =
                        own.is_some_and(|(first, way)| at >= first && (self.ways[at] - way).abs() <= NEIGHBOURS);
                    if near && !follows {
                        return false;
                    }
                    k = self.before[at];
                }
            }
        }
        true
    }

    /// The cell of a pixel in the picture.
    fn cell(&self, p: [f32; 2]) -> usize {
        let across = self.across();
        let place = |v: f32| ((v * across as f32 / self.side()) as usize).min(across - 1);
        place(p[1]) * across + place(p[0])
    }

    fn keep(&mut self, p: [f32; 2], way: i32) {
        let cell = self.cell(p);
        self.before.push(self.cells[cell]);
        self.cells[cell] = self.points.len() as u32;
        self.points.push(p);
        self.ways.push(way);
    }
}

#[cfg(test)]
mod tests;
