//! How light becomes colour: of the trails, which last, and of the dots, which last a frame.
//!
//! A block of pixels is mixed at once, and every pixel is then looked up in one table.

use super::hues::{self, TINTS};
use super::palette::Palette;
use crate::engine::settings::ParticleColour;

/// Pixels in a block of a row.
pub const BLOCK: usize = 16;
/// The lowest bits of a dot's light hold its shade, which says what is asked of its particle.
pub const SHADE: u16 = 0xf;

/// The colour of every shade and light: `[shade * 256 + level]`.
pub type Colours = [[u8; 4]; TINTS * 256];

/// The places in [`Colours`] of a block of pixels, and whether they hold any trail and any dot.
#[inline(always)]
pub fn mix(trail: &[u16; BLOCK], dots: &[u16; BLOCK], tint: &[u8; BLOCK]) -> ([u16; BLOCK], [bool; 2]) {
    let place = std::array::from_fn(|i| {
        let light = trail[i].saturating_add(dots[i] & !SHADE);
        // Bits instead of branches: this is done for all pixels of a block at once.
        let from_dot = u16::from(dots[i] == 0).wrapping_sub(1);
        let shade = (dots[i] & SHADE & from_dot) | (u16::from(tint[i]) & !from_dot);
        shade << 8 | light >> 8
    });
    let any = |light: &[u16; BLOCK]| {
        let [a, b, c, d] = bytemuck::cast::<_, [u64; 4]>(*light);
        a | b | c | d != 0
    };
    (place, [any(trail), any(dots)])
}

/// Looks the colours of some pixels up.
#[inline(always)]
pub fn colour(place: &[u16; BLOCK], colours: &Colours, out: &mut [[u8; 4]]) {
    for (out, place) in out.iter_mut().zip(place) {
        *out = colours[usize::from(*place) % (TINTS * 256)];
    }
}

/// The table for a palette and what the colours say.
pub fn colours(palette: &Palette, says: ParticleColour) -> Box<Colours> {
    let mut table = Box::new([[0; 4]; TINTS * 256]);
    for (tint, table) in table.chunks_exact_mut(256).enumerate() {
        let [dot, trail] = hues::of(palette, says, tint);
        for (level, colour) in table.iter_mut().enumerate() {
            let light = level as f32 / 255.0;
            let [r, g, b] = hues::mix(trail, dot, ((light - 0.25) / 0.4).clamp(0.0, 1.0));
            let alpha = (255.0 * (1.12 * light).min(0.96)) as u8;
            *colour = if alpha == 0 { [0; 4] } else { [r, g, b, alpha] };
        }
    }
    table
}
