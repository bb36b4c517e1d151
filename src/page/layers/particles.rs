//! Particles as glowing dots with fading trails, painted every frame.
//!
//! A particle is a source of light. Where it moved since the last frame it leaves light in a persistent buffer, as on
//! phosphor: the light of a frame is spread over the way, so what rests or drifts glows and what jumps leaves a faint
//! streak. That buffer decays exponentially with time, not with frames. The dots themselves are light that lasts one
//! frame. One table turns light and shade into colour; what
//! a shade says, [`super::shading`] knows. Work is done only in blocks of pixels that hold light.
//!
//! The ways of the frames whose light is still seen are remembered ([`past`]), so that a picture of another size
//! ([`still::Still`]) has the same trails.

mod bands;
mod past;
pub mod still;

use std::ops::Range;

use self::bands::Bands;
use self::past::{Past, Trace};
use super::hues::TINTS;
use super::light::{BLOCK, Colours, SHADE, colour, colours, mix};
use super::palette::Palette;
use super::stamps::{OFFSETS, Stamps};
use crate::engine::settings::ParticleColour;
use crate::page::viewport::Viewport;

/// Seconds in which a trail fades to 1/e.
const TRAIL_SECONDS: f32 = 0.18;
/// While the view moves, trails lie in the wrong place and fade faster.
const MOVING_SECONDS: f32 = 0.05;
/// Brightest trail, so that dots stand out on it.
const TRAIL_LIMIT: u16 = 26_000;
/// Light left in a sixtieth of a second by one of 4,000 particles, shared by the pixels on its way.
const BRIGHT: f32 = 60_000.0;
/// The share of it left at the lowest energy. Where particles are at home they only jitter, and their trails would be a
/// fog over the picture; what falls in from outside is worth following.
const CALM: f32 = 0.06;
/// Light below this is invisible and set to nothing.
const DARK: u16 = 260;
/// What is so many nats up comes from outside.
const OUTSIDE: f32 = 6.0;

/// Bits of a pixel's fraction in places that are whole numbers, and how many there are to a pixel.
const FRACTION: u32 = 16;
const ONE: u32 = 1 << FRACTION;

/// How the particles of a frame are to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Glow {
    /// Seconds since the frame before.
    pub seconds: f32,
    /// Leave trails.
    pub trails: bool,
    /// The view moved since the frame before.
    pub moving: bool,
}

impl Glow {
    /// What the frame leaves of the trails before, in parts of 65,536.
    fn keep(self) -> u16 {
        let seconds = if self.moving { MOVING_SECONDS } else { TRAIL_SECONDS };
        if self.trails {
            (65_535.0 * (-self.seconds / seconds).exp()) as u16
        } else {
            0
        }
    }
}

/// Paints particles into an RGBA buffer with transparency.
#[derive(Clone, Debug)]
pub struct ParticlePainter {
    side: usize,
    blocks: usize,
    scale: f32,
    /// Light that lasts, and its shade.
    trail: Vec<u16>,
    tint: Vec<u8>,
    /// Light that lasts a frame, with its shade in the lowest bits.
    dots: Vec<u16>,
    /// Blocks with any light.
    lit: Vec<bool>,
    rgba: Vec<u8>,
    colours: Box<Colours>,
    trail_strength: f32,
    stamps: Stamps,
    /// Pixels that the light of a way is wide: more than one on large pictures only.
    width: u32,
    past: Past,
    bands: Bands,
}

impl ParticlePainter {
    /// No particles yet, no pixels.
    pub fn new(palette: &Palette) -> Self {
        Self {
            side: 0,
            blocks: 0,
            scale: 1.0,
            trail: Vec::new(),
            dots: Vec::new(),
            tint: Vec::new(),
            lit: Vec::new(),
            rgba: Vec::new(),
            colours: colours(palette, ParticleColour::Energy),
            trail_strength: palette.trail_strength,
            stamps: Stamps::default(),
            width: 1,
            past: Past::default(),
            bands: Bands::default(),
        }
    }

    /// Sets the buffer's side and the device pixels per CSS pixel; clears everything.
    pub fn resize(&mut self, side: usize, scale: f32) {
        self.make_room(side, scale);
        self.rgba.clear();
        self.rgba.resize(4 * side * side, 0);
        self.past.clear();
    }

    /// Room for the light of a picture, and none on it.
    fn make_room(&mut self, side: usize, scale: f32) {
        (self.side, self.scale) = (side, scale);
        self.blocks = side.div_ceil(BLOCK);
        // Rows are padded to whole blocks, so that no block needs a special case.
        let padded = self.blocks * BLOCK * side;
        for light in [&mut self.trail, &mut self.dots] {
            light.clear();
            light.resize(padded, 0);
        }
        self.tint.clear();
        self.tint.resize(padded, 0);
        self.lit.clear();
        self.lit.resize(self.blocks * side, false);
        self.stamps = Stamps::default();
    }

    /// The buffer's side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Colours from now on, and what they say.
    pub fn set_palette(&mut self, palette: &Palette, says: ParticleColour) {
        self.colours = colours(palette, says);
        self.trail_strength = palette.trail_strength;
    }

    /// The particles were cast anew, or are seen from elsewhere: no trail leads from the old places to the new.
    pub fn forget(&mut self) {
        self.past.clear();
    }

    /// RGBA (not premultiplied), rows from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.rgba
    }

    /// Paints a frame. `positions`: `[x0, y0, …]`, stage coordinates; `look` gives, for the index of a particle and its
    /// position, the energy there in nats above the lowest (NaN: unknown, drawn as low) and its shade, below [`TINTS`].
    /// True while anything is left to fade.
    pub fn frame(
        &mut self,
        positions: &[f32],
        view: &Viewport,
        glow: Glow,
        look: impl Fn(usize, [f32; 2]) -> (f32, u8),
    ) -> bool {
        let view = view.with_pixels(self.side as f32);
        let keep = glow.keep();
        self.decay(keep);
        let count = positions.len() / 2;
        self.stamps.prepare(self.side, self.scale, count);
        let mut past = std::mem::take(&mut self.past);
        let mut now = past.begin(keep);
        let before = past.last(count).filter(|_| keep > 0);
        let mut bands = std::mem::take(&mut self.bands);
        bands.begin(self.side);
        for (k, at) in positions.as_chunks::<2>().0.iter().enumerate() {
            let (nats, shade) = look(k, *at);
            let falling = if nats > 0.0 { (nats / OUTSIDE).min(1.0) } else { 0.0 };
            let (light, tint) = (CALM + (1.0 - CALM) * falling, shade.min(TINTS as u8 - 1));
            now.push(Trace { at: *at, light, tint });
            bands.push(view.to_pixel(*at)[1]);
        }
        for &k in bands.sorted() {
            let Trace { at, light, tint } = now[k as usize];
            let pixel = view.to_pixel(at);
            if !(pixel[0].is_finite() && pixel[1].is_finite()) {
                continue;
            }
            if let Some(before) = before {
                self.streak([view.to_pixel(before[k as usize].at), pixel], glow.seconds, light, tint);
            }
            self.dot(pixel, tint);
        }
        past.end(now, glow.seconds, keep);
        (self.past, self.bands) = (past, bands);
        let mut rgba = std::mem::take(&mut self.rgba);
        let fading = self.develop(0..self.side, &mut rgba);
        self.rgba = rgba;
        fading
    }

    /// Lets the trails fade to a part of 65,536.
    fn decay(&mut self, keep: u16) {
        for (block, light) in self.trail.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            if self.lit[block] {
                for light in light {
                    let rest = ((u32::from(*light) * u32::from(keep)) >> 16) as u16;
                    *light = if rest < DARK { 0 } else { rest };
                }
            }
        }
    }

    /// Leaves the light of a frame along a way, with antialiasing across it (Wu 1991). `part` is what is left of it.
    // Once in the binary, as the two below.
    #[inline(never)]
    fn streak(&mut self, [from, to]: [[f32; 2]; 2], seconds: f32, part: f32, tint: u8) {
        let d = [to[0] - from[0], to[1] - from[1]];
        let length = d[0].abs().max(d[1].abs());
        // What crosses half the stage in a frame was drawn anew elsewhere, and rests leave no trail.
        if !(0.05..0.5 * self.side as f32).contains(&length) {
            return;
        }
        // On a large picture a way is as wide, as bright and as long as on one of ordinary size, in more pixels.
        let width = self.width as f32;
        let light = BRIGHT
            * part
            * self.trail_strength
            * (60.0 * seconds).clamp(0.2, 3.0)
            * self.stamps.strength()
            * (self.scale / width);
        let each = (light / (length / width).max(1.0).sqrt()).min(f32::from(TRAIL_LIMIT)) as u32;
        let across = usize::from(d[1].abs() <= d[0].abs());
        for lane in 0..self.width {
            let mut from = from;
            from[across] += lane as f32 - 0.5 * (width - 1.0);
            self.lay(from, d, each, tint);
        }
    }

    /// Lays so much light on every pixel's length of a way that leads `d` pixels on.
    fn lay(&mut self, from: [f32; 2], d: [f32; 2], each: u32, tint: u8) {
        let length = d[0].abs().max(d[1].abs());
        // One step a pixel along the longer axis; across it, light is shared by the two nearest pixels.
        let stride = self.blocks * BLOCK;
        let (along, across, one) = if d[1].abs() > d[0].abs() {
            (1, 0, [stride, 1])
        } else {
            (0, 1, [1, stride])
        };
        let steps = length.ceil().max(1.0);
        let (da, dc) = (d[along] / steps, d[across] / steps);
        let (a, c) = (from[along], from[across] - 0.5);
        let side = self.side as i32;
        // Most of a long way may be off the canvas, where nothing is to be done.
        let (near, far) = (within(a, da, self.side as f32), within(c, dc, self.side as f32));
        let (first, last) = (near[0].max(far[0]).max(1.0), near[1].min(far[1]).min(steps));
        // From there on in whole numbers, 65,536 to a pixel: over the whole canvas that is right to a hundredth of one.
        let (mut at, step) = ([a + da * first, c + dc * first].map(fixed), [da, dc].map(fixed));
        for _ in first as u32..=last as u32 {
            let (i, j, f) = (at[0] >> FRACTION, at[1] >> FRACTION, at[1] as u32 & (ONE - 1));
            at = [at[0] + step[0], at[1] + step[1]];
            if i < 0 || i >= side || j < -1 || j >= side {
                continue;
            }
            let k = i as usize * one[0];
            if j >= 0 {
                self.expose(k + j as usize * one[1], (each * (ONE - f)) >> FRACTION, tint);
            }
            if j + 1 < side {
                self.expose(k + (j + 1) as usize * one[1], (each * f) >> FRACTION, tint);
            }
        }
    }

    /// Adds lasting light to a pixel.
    #[inline(always)]
    fn expose(&mut self, k: usize, light: u32, tint: u8) {
        if let (Some(trail), Some(tints), Some(lit)) =
            (self.trail.get_mut(k), self.tint.get_mut(k), self.lit.get_mut(k / BLOCK))
        {
            *trail = trail.saturating_add(light as u16).min(TRAIL_LIMIT);
            *tints = tint;
            *lit = true;
        }
    }

    /// Stamps a dot that lasts a frame.
    #[inline(never)]
    fn dot(&mut self, at: [f32; 2], tint: u8) {
        let (size, width) = (self.stamps.size() as isize, self.stamps.stride() as isize);
        let at = at.map(fixed);
        let offset = at.map(|at| ((at as u32 & (ONE - 1)) as usize * OFFSETS) >> FRACTION);
        let [left, top] = at.map(|at| (at >> FRACTION) as isize - size / 2);
        let side = self.side as isize;
        if left >= side || top >= side || left + size <= 0 || top + size <= 0 {
            return;
        }
        let (from, to) = ((-left).max(0), (side - left).min(size));
        let stride = self.blocks * BLOCK;
        // A stamp that is whole is laid down in packs of pixels, the last of them beyond its edge.
        let whole = left >= 0 && left + width <= stride as isize;
        let (from, to, end) = if whole { (0, width, size) } else { (from, to, to) };
        let (light, cover) = self.stamps.at(offset);
        for j in (-top).max(0)..(side - top).min(size) {
            let row = (j * width + from) as usize..(j * width + to) as usize;
            let start = (top + j) as usize * stride + (left + from) as usize;
            let dots = &mut self.dots[start..start + row.len()];
            lay_row(dots, &light[row.clone()], &cover[row], tint);
            // A dot is not wider than two blocks, so it meets three at most.
            let (first, last) = (start / BLOCK, (start + (end - from) as usize - 1) / BLOCK);
            for block in [first, first.midpoint(last), last] {
                self.lit[block] = true;
            }
        }
    }

    /// Turns light into colour in some rows, where there is or was any; `rgba` has room for these rows. True while trails
    /// are left to fade.
    #[inline(never)]
    fn develop(&mut self, rows: Range<usize>, rgba: &mut [u8]) -> bool {
        let (trail, tint) = (self.trail.as_chunks::<BLOCK>().0, self.tint.as_chunks::<BLOCK>().0);
        let dots = self.dots.as_chunks_mut::<BLOCK>().0;
        let pixels = rgba.as_chunks_mut::<4>().0.chunks_mut(self.side.max(1));
        let mut fading = false;
        let lit = self.lit.chunks_mut(self.blocks.max(1));
        for (j, (lit, pixels)) in rows.clone().zip(lit.skip(rows.start).zip(pixels)) {
            for (i, lit) in lit.iter_mut().enumerate().filter(|(_, lit)| **lit) {
                let block = j * self.blocks + i;
                let (level, traces) = mix(&trail[block], &dots[block], &tint[block]);
                let out = &mut pixels[i * BLOCK..];
                match out.first_chunk_mut::<BLOCK>() {
                    Some(out) => colour(&level, &self.colours, out),
                    None => colour(&level, &self.colours, out),
                }
                dots[block] = [0; BLOCK];
                fading |= traces[0];
                // A block with a dot must be developed once more, to take the dot away.
                *lit = traces[0] | traces[1];
            }
        }
        fading
    }
}

/// A place in pixels as a whole number, [`ONE`] to a pixel; saturates at 32,768 pixels.
#[inline(always)]
fn fixed(pixels: f32) -> i32 {
    (pixels * ONE as f32) as i32
}

/// The steps, from the first to the last, after which `from + step * each` is less than a pixel or two off `0..side`;
/// when there are none, the last is 0 and comes before the first.
fn within(from: f32, each: f32, side: f32) -> [f32; 2] {
    if each.abs() < 1e-6 {
        return if from > -2.0 && from < side + 1.0 {
            [0.0, f32::MAX]
        } else {
            [1.0, 0.0]
        };
    }
    let (one, other) = ((-2.0 - from) / each, (side + 1.0 - from) / each);
    [one.min(other).max(0.0).floor(), one.max(other).max(0.0).ceil()]
}

/// Lays a row of a dot over the dots below; the brighter one gives a pixel its shade.
#[inline(always)]
fn lay_row(dots: &mut [u16], light: &[u16], cover: &[u16], tint: u8) {
    for (dots, (&light, &cover)) in dots.iter_mut().zip(light.iter().zip(cover)) {
        let taken = ((u32::from(*dots) * u32::from(cover)) >> 16) as u16;
        let above = if light > 0 { light | u16::from(tint) } else { 0 };
        *dots = above.max(*dots - (taken & !SHADE));
    }
}

#[cfg(test)]
mod tests;
