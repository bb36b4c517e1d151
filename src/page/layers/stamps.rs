//! The picture of a particle: a bright dot with a dark rim and a faint halo.

use super::light::SHADE;

/// Offsets of a dot within its pixel, an axis.
pub const OFFSETS: usize = 4;
/// Radius of a dot, CSS pixels, when there are few.
const RADIUS: f32 = 1.45;
/// Side of the stage for which that is right, CSS pixels; on a phone dots are smaller, on a projector larger.
const USUAL_SIDE: f32 = 640.0;
/// A dot covers the dots below it this far around itself, CSS pixels, so that crowds stay countable.
const RIM: f32 = 0.55;
/// Light of the halo around a dot, relative to the dot's.
const HALO: f32 = 0.14;

/// Fainter light is not drawn.
const FAINTEST: f32 = 0.012;
/// Light of a dot: room is left for a trail below it.
const BRIGHTEST: f32 = 58_000.0;

/// No stamp has a longer side, pixels; no stage is so large that it would.
const WIDEST: usize = 31;
/// Pixels of a stamp's row that are laid down together.
pub const LANES: usize = 8;

/// Dots rendered at every offset within a pixel. Rows are padded to whole packs of pixels that change nothing.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    size: usize,
    strength: f32,
    count: usize,
    light: Vec<u16>,
    cover: Vec<u16>,
}

impl Stamps {
    /// Side of a stamp, pixels; odd.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Length of a row: the side, rounded up to whole packs.
    pub fn stride(&self) -> usize {
        self.size.next_multiple_of(LANES)
    }

    /// How much light a particle's trail gets, 1 for one of 4,000.
    pub fn strength(&self) -> f32 {
        self.strength
    }

    /// Renders the stamps for a number of particles, unless they are that already: many particles are smaller and
    /// leave less light, so that the picture keeps its brightness.
    /// `side`: of the stage; `scale`: pixels per CSS pixel.
    pub fn prepare(&mut self, side: usize, scale: f32, count: usize) {
        if self.count == count && self.size > 0 {
            return;
        }
        self.count = count;
        self.strength = (4000.0 / count.max(1) as f32).powf(0.5).clamp(0.15, 1.6);
        let room = (side as f32 / (scale * USUAL_SIDE)).sqrt().clamp(0.7, 1.3);
        let crowd = (3000.0 / count.max(1) as f32).powf(0.2).clamp(0.6, 1.25);
        let radius = scale * RADIUS * room * crowd;
        let glow = 1.8 * radius;
        // Where the halo falls below what can be seen.
        let reach = glow * (HALO / FAINTEST).ln().sqrt();
        self.size = 2 * (reach.ceil() as usize).min(WIDEST / 2) + 1;
        let (size, stride) = (self.size, self.stride());
        let middle = (size / 2) as f32;
        self.light.clear();
        self.cover.clear();
        for offset in 0..OFFSETS * OFFSETS {
            let sub = |v: usize| (v as f32 + 0.5) / OFFSETS as f32;
            let centre = [middle + sub(offset % OFFSETS), middle + sub(offset / OFFSETS)];
            for k in 0..size * stride {
                if k % stride >= size {
                    self.light.push(0);
                    self.cover.push(0);
                    continue;
                }
                let (x, y) = ((k % stride) as f32 + 0.5, (k / stride) as f32 + 0.5);
                let distance = (x - centre[0]).hypot(y - centre[1]);
                let core = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let halo = HALO * (-(distance / glow).powi(2)).exp();
                let light = core.max(halo);
                let visible = if light < FAINTEST { 0.0 } else { light };
                self.light.push((BRIGHTEST * visible) as u16 & !SHADE);
                let covered = (radius + RIM * scale + 0.5 - distance).clamp(0.0, 1.0);
                self.cover.push((65_535.0 * covered) as u16);
            }
        }
    }

    /// The stamp at an offset within a pixel, rows of [`Self::stride`] from the top: its light in steps of 16, and the
    /// part of 65,536 that it takes from the dots below.
    pub fn at(&self, offset: [usize; 2]) -> (&[u16], &[u16]) {
        let length = self.size * self.stride();
        let start = (offset[1] * OFFSETS + offset[0]) * length;
        let range = start..start + length;
        (&self.light[range.clone()], &self.cover[range])
    }
}
