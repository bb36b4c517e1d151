//! The colours of particles: for every shade and whatever it says, those of a dot and of its trail.
//!
//! All of them stand out on the neutral ramps, and are told apart by eyes that lack red, green or blue cones.

use super::palette::Palette;
use crate::engine::settings::ParticleColour;

/// How many shades there are.
pub const TINTS: usize = 16;
/// Modes that have a colour of their own; further ones begin again.
pub const MODES: usize = 8;

/// One colour a mode, on the dark and on the light theme; neighbours differ most.
const OF_MODES: [[[u8; 3]; MODES]; 2] = [
    [
        [255, 255, 0],
        [240, 135, 75],
        [195, 255, 255],
        [255, 0, 255],
        [0, 240, 165],
        [255, 0, 135],
        [240, 195, 15],
        [165, 195, 255],
    ],
    [
        [120, 30, 0],
        [0, 0, 255],
        [30, 75, 90],
        [60, 0, 0],
        [255, 0, 165],
        [75, 0, 135],
        [180, 75, 45],
        [15, 15, 75],
    ],
];
/// From little over half to much.
const OF_AMOUNTS: [[[u8; 3]; 3]; 2] = [
    [[165, 195, 255], [255, 236, 160], [255, 96, 60]],
    [[10, 30, 150], [90, 0, 60], [196, 50, 0]],
];
/// To the right, up, to the left, down.
const OF_WAYS: [[[u8; 3]; 4]; 2] = [
    [[120, 240, 240], [255, 255, 0], [255, 0, 135], [240, 180, 60]],
    [[240, 30, 0], [30, 0, 120], [0, 30, 240], [120, 0, 0]],
];

/// The colours of a dot and of its trail.
pub fn of(palette: &Palette, says: ParticleColour, shade: usize) -> [[u8; 3]; 2] {
    let (theme, part) = (usize::from(!palette.dark), shade as f32 / (TINTS - 1) as f32);
    let one = match says {
        ParticleColour::Plain => return [palette.particle[0], palette.trail[0]],
        ParticleColour::Energy => {
            return [palette.particle, palette.trail].map(|[low, high]| mix(low, high, part));
        }
        ParticleColour::Mode => OF_MODES[theme][shade % MODES],
        ParticleColour::Speed | ParticleColour::Age => {
            let [low, middle, high] = OF_AMOUNTS[theme];
            if part < 0.5 {
                mix(low, middle, 2.0 * part)
            } else {
                mix(middle, high, 2.0 * part - 1.0)
            }
        }
        ParticleColour::Start => {
            const QUARTER: usize = TINTS / 4;
            let ways = OF_WAYS[theme];
            let (from, over) = (shade / QUARTER % 4, (shade % QUARTER) as f32 / QUARTER as f32);
            mix(ways[from], ways[(from + 1) % 4], over)
        }
    };
    [one, one]
}

/// A part of the way from one colour to another.
pub fn mix(from: [u8; 3], to: [u8; 3], part: f32) -> [u8; 3] {
    std::array::from_fn(|c| {
        let (a, b) = (f32::from(from[c]), f32::from(to[c]));
        (a + part * (b - a)).round() as u8
    })
}
