//! How light becomes colour: of the trails, which last, and of the dots, which last a frame.
//!
//! A block of pixels is mixed at once, and every pixel is then looked up in one table.

use super::palette::Palette;

/// Pixels in a block of a row.
pub const BLOCK: usize = 16;
/// The lowest bits of a dot's light hold its shade, which says its energy.
pub const SHADE: u16 = 0xf;
/// How many shades there are.
pub const TINTS: usize = SHADE as usize + 1;

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

/// The table for a palette.
pub fn colours(palette: &Palette) -> Box<Colours> {
    let mix =
        |a: [u8; 3], b: [u8; 3], t: f32| [0, 1, 2].map(|c| f32::from(a[c]) + t * (f32::from(b[c]) - f32::from(a[c])));
    let mut table = Box::new([[0; 4]; TINTS * 256]);
    for (tint, table) in table.chunks_exact_mut(256).enumerate() {
        let q = tint as f32 / (TINTS - 1) as f32;
        let trail = mix(palette.trail[0], palette.trail[1], q).map(|c| c as u8);
        let dot = mix(palette.particle[0], palette.particle[1], q).map(|c| c as u8);
        for (level, colour) in table.iter_mut().enumerate() {
            let light = level as f32 / 255.0;
            let [r, g, b] = mix(trail, dot, ((light - 0.25) / 0.4).clamp(0.0, 1.0)).map(|c| c.round() as u8);
            let alpha = (255.0 * (1.12 * light).min(0.96)) as u8;
            *colour = if alpha == 0 { [0; 4] } else { [r, g, b, alpha] };
        }
    }
    table
}
