//! The colours of the pictures, for the dark and the light theme: one neutral ramp for every heat map, and colours
//! that say the source.

use std::cell::OnceCell;
use std::rc::Rc;

use super::raster::within_one;
use crate::engine::settings::{Colour, Source};

/// Steps of a ramp; with 8 bits of fraction each, finer than any screen once dithered.
const STEPS: usize = 2048;
/// The last place; above it there is room for a [`COARSE`] step.
const LAST: usize = STEPS - COARSE;
/// Steps of the ramp to one of its bytes, and ways to round each of these.
const COARSE: usize = 8;
const WAYS: usize = 32;
const BYTES: usize = STEPS / COARSE * WAYS;

/// A colour ramp as a table of colours, low value first. A colour is a word of four channels of 16 bits, 8 of them
/// fractional: red in the lowest, full opacity in the highest.
///
/// Most pixels need no more than the nearest bytes, rounded up or down by chance: those are in a second table, 32 KB of
/// RGBA, that is coarser, as chance also chooses between neighbouring steps of it.
#[derive(Debug)]
pub struct Ramp(Box<Tables>);

#[derive(Debug)]
struct Tables {
    colours: [u64; STEPS],
    bytes: [[u8; 4]; BYTES],
}

impl Ramp {
    /// Interpolates between colours in OKLab (Ottosson 2020), spaced so that lightness changes evenly.
    fn new(stops: &[[u8; 3]]) -> Self {
        let labs: Vec<[f32; 3]> = stops.iter().map(|&c| oklab(c)).collect();
        let mut way = vec![0.0];
        for pair in labs.windows(2) {
            let last = way.last().copied().unwrap_or(0.0);
            way.push(last + (pair[1][0] - pair[0][0]).abs().max(1e-4));
        }
        let total = way.last().copied().unwrap_or(1.0);
        let colour = |step: usize| {
            let u = total * step.min(LAST) as f32 / LAST as f32;
            let k = way
                .iter()
                .rposition(|&w| w <= u)
                .unwrap_or(0)
                .min(labs.len().saturating_sub(2));
            let f = ((u - way[k]) / (way[k + 1] - way[k])).clamp(0.0, 1.0);
            let lab = [0, 1, 2].map(|c| labs[k][c] + f * (labs[k + 1][c] - labs[k][c]));
            let [r, g, b] = rgb(lab).map(|v| (v.clamp(0.0, 1.0) * 255.0 * 256.0).round() as u64);
            r | g << 16 | b << 32 | (255 << 8) << 48
        };
        let colours = std::array::from_fn(colour);
        let bytes = std::array::from_fn(|k| {
            let (step, way) = (k / WAYS * COARSE, k % WAYS);
            // The middle of the chances that this stands for.
            let chance = ((2 * way + 1) * 128 / WAYS) as u32;
            [0, 1, 2, 3].map(|c| ((Self::channel(colours[step], c) + chance) >> 8) as u8)
        });
        Self(Box::new(Tables { colours, bytes }))
    }

    /// The places in the table of numbers in [0, 1], clamped; NaN gives the low end.
    pub fn places(t: impl Iterator<Item = f32>, places: &mut [u32]) {
        // Adding 2^23 leaves the nearest whole number in the lowest bits: a cast would ask more questions than this.
        const WHOLE: f32 = 8_388_608.0;
        for (place, t) in places.iter_mut().zip(t) {
            *place = (within_one(t) * LAST as f32 + WHOLE).to_bits();
        }
    }

    /// The colour at a place, see [`Ramp`] for its channels.
    #[inline(always)]
    pub fn colour(&self, place: u32) -> u64 {
        self.0.colours[place as usize % STEPS]
    }

    /// Where the bytes of the colour at a place are, rounded as `chance` says, of which the highest bits count: of all
    /// chances in equal numbers the mean is the colour, to a sixty-fourth of a byte.
    #[inline(always)]
    pub fn entry(place: u32, chance: u32) -> u32 {
        const STEP: u32 = (STEPS / COARSE - 1) as u32 * WAYS as u32;
        let step = ((place + (chance >> 24) % COARSE as u32) * (WAYS / COARSE) as u32) & STEP;
        step | chance >> (u32::BITS - WAYS.ilog2())
    }

    /// The bytes of an entry.
    #[inline(always)]
    pub fn bytes(&self, entry: u32) -> [u8; 4] {
        self.0.bytes[entry as usize % BYTES]
    }

    /// A channel of a colour: 0 is red. 8 of its bits are fractional.
    #[inline]
    pub fn channel(colour: u64, channel: u32) -> u32 {
        (colour >> (16 * channel)) as u32 & 0xffff
    }
}

/// The ramps of a theme: heat, heat of the error layer, numbers with a sign.
type Ramps = [OnceCell<Ramp>; 3];

thread_local! {
    /// Those of the light and the dark theme, for all palettes. A ramp is made when it is first wanted: a page that has
    /// just been opened needs some milliseconds for one.
    static RAMPS: [Rc<Ramps>; 2] = Default::default();
}

/// The colours of one theme.
#[derive(Clone, Debug)]
pub struct Palette {
    /// The dark theme.
    pub dark: bool,
    ramps: Rc<Ramps>,
    /// What contours blend towards, and how far at full coverage.
    pub contour: ([u8; 3], f32),
    /// Data points, with their opacity.
    pub data: ([u8; 3], f32),
    /// Opacity of arrows.
    pub arrow_alpha: f32,
    /// A faint outline, as that of the stage's window in a tile of the strip, with its opacity.
    pub outline: ([u8; 3], f32),
    /// Particles at rest at low and at high energy.
    pub particle: [[u8; 3]; 2],
    /// Their trails at low and at high energy.
    pub trail: [[u8; 3]; 2],
    /// How strong trails are; ink on white needs less than light on black.
    pub trail_strength: f32,
}

const DARK_HEAT: [[u8; 3]; 8] = [
    [10, 13, 18],
    [13, 21, 36],
    [16, 36, 62],
    [19, 56, 87],
    [26, 79, 104],
    [40, 102, 116],
    [62, 124, 125],
    [92, 146, 136],
];
const LIGHT_HEAT: [[u8; 3]; 8] = [
    [255, 255, 255],
    [240, 246, 248],
    [219, 234, 239],
    [194, 220, 228],
    [167, 205, 216],
    [139, 188, 203],
    [112, 170, 189],
    [86, 150, 174],
];
const DARK_ERROR: [[u8; 3]; 5] = [
    [10, 13, 18],
    [34, 22, 50],
    [79, 46, 104],
    [141, 86, 168],
    [215, 139, 240],
];
const LIGHT_ERROR: [[u8; 3]; 5] = [
    [255, 255, 255],
    [240, 228, 245],
    [213, 178, 225],
    [178, 112, 201],
    [138, 53, 171],
];
const DARK_DIVERGING: [[u8; 3]; 5] = [[155, 108, 208], [66, 48, 92], [10, 13, 18], [26, 66, 44], [71, 155, 99]];
const LIGHT_DIVERGING: [[u8; 3]; 5] = [
    [138, 92, 188],
    [203, 180, 226],
    [255, 255, 255],
    [176, 216, 188],
    [52, 138, 82],
];

impl Palette {
    /// The colours of the dark or the light theme.
    pub fn new(dark: bool) -> Self {
        let ramps = RAMPS.with(|of| Rc::clone(&of[usize::from(dark)]));
        if dark {
            Self {
                dark,
                ramps,
                contour: ([255, 255, 255], 0.2),
                data: ([232, 235, 240], 0.5),
                arrow_alpha: 0.4,
                outline: ([232, 235, 240], 0.45),
                particle: [[255, 226, 178], [255, 150, 84]],
                trail: [[255, 186, 116], [255, 118, 58]],
                trail_strength: 0.7,
            }
        } else {
            Self {
                dark,
                ramps,
                contour: ([8, 24, 40], 0.2),
                data: ([23, 27, 33], 0.45),
                arrow_alpha: 0.46,
                outline: ([23, 27, 33], 0.45),
                particle: [[168, 70, 4], [140, 36, 8]],
                trail: [[196, 98, 20], [186, 64, 12]],
                trail_strength: 0.5,
            }
        }
    }

    /// Heat from the void to the densest place, the same for every source.
    pub fn heat(&self) -> &Ramp {
        self.made(0, [&LIGHT_HEAT, &DARK_HEAT])
    }

    /// Heat of the error layer, from none to much.
    pub fn error_heat(&self) -> &Ramp {
        self.made(1, [&LIGHT_ERROR, &DARK_ERROR])
    }

    /// Numbers with a sign, from the lowest over nothing in the middle to the highest; violet and green are told apart
    /// by all eyes.
    pub fn diverging(&self) -> &Ramp {
        self.made(2, [&LIGHT_DIVERGING, &DARK_DIVERGING])
    }

    fn made(&self, which: usize, stops: [&[[u8; 3]]; 2]) -> &Ramp {
        self.ramps[which].get_or_init(|| Ramp::new(stops[usize::from(self.dark)]))
    }

    /// The ramp of a heat map.
    pub fn ramp(&self, colour: Colour, source: Source) -> &Ramp {
        match (colour, source) {
            (Colour::Energy, Source::Error) => self.error_heat(),
            (Colour::Energy, _) => self.heat(),
            _ => self.diverging(),
        }
    }

    /// The colour that says the source: exact cool, learned warm, error violet.
    pub fn source(&self, source: Source) -> [u8; 3] {
        match (source, self.dark) {
            (Source::Exact, true) => [0x62, 0xc4, 0xf5],
            (Source::Exact, false) => [0x0b, 0x6e, 0xa8],
            (Source::Learned, true) => [0xff, 0xa2, 0x5c],
            (Source::Learned, false) => [0xb3, 0x54, 0x0a],
            (Source::Error, true) => [0xb9, 0x6c, 0xf0],
            (Source::Error, false) => [0x65, 0x19, 0x8a],
        }
    }
}

/// sRGB bytes to OKLab.
fn oklab(rgb: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(|c| {
        let c = f32::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// OKLab to sRGB in [0, 1].
fn rgb([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|c| {
        if c <= 0.003_130_8 {
            12.92 * c
        } else {
            1.055 * c.powf(1.0 / 2.4) - 0.055
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::hues::{self, TINTS};
    use super::*;
    use crate::engine::settings::ParticleColour;

    /// All that colours of particles can say in different ways: age has those of speed.
    const SAID: [ParticleColour; 5] = [
        ParticleColour::Plain,
        ParticleColour::Energy,
        ParticleColour::Speed,
        ParticleColour::Mode,
        ParticleColour::Start,
    ];

    fn bytes(ramp: &Ramp, t: f32) -> [u8; 3] {
        let mut place = [0];
        Ramp::places([t].into_iter(), &mut place);
        [0, 1, 2].map(|c| ((Ramp::channel(ramp.colour(place[0]), c) + 128) / 256) as u8)
    }

    fn lightness(ramp: &Ramp, t: f32) -> f32 {
        oklab(bytes(ramp, t))[0]
    }

    #[test]
    fn ramps_change_lightness_evenly_and_in_one_direction() {
        for dark in [true, false] {
            let palette = Palette::new(dark);
            let sign = if dark { 1.0 } else { -1.0 };
            for ramp in [palette.heat(), palette.error_heat()] {
                let levels: Vec<f32> = (0..=16).map(|k| lightness(ramp, k as f32 / 16.0)).collect();
                let mean = sign * (levels[16] - levels[0]) / 16.0;
                for pair in levels.windows(2) {
                    let step = sign * (pair[1] - pair[0]);
                    // Rounding to bytes moves a lightness by up to 0.004.
                    assert!(
                        step > 0.0 && (step - mean).abs() < 0.01,
                        "step {step} where the mean is {mean}"
                    );
                }
            }
        }
    }

    #[test]
    fn ramps_end_at_the_fields_background_and_survive_nonsense() {
        assert_eq!(bytes(Palette::new(true).heat(), 0.0), [10, 13, 18]);
        assert_eq!(bytes(Palette::new(false).heat(), f32::NAN), [255; 3]);
        let mut places = [0; 5];
        Ramp::places([0.0, -1.0, f32::NAN, 1.0, 9.0].into_iter(), &mut places);
        assert!(places[..3] == [places[0]; 3] && places[3] == places[4] && places[0] < places[3]);
    }

    #[test]
    fn particles_stand_out_on_every_step_of_the_ramp() {
        for dark in [true, false] {
            let palette = Palette::new(dark);
            let grounds = (0..=16).flat_map(|k| [palette.heat(), palette.diverging()].map(|ramp| (k, ramp)));
            for (k, ramp) in grounds {
                let ground = oklab(bytes(ramp, k as f32 / 16.0));
                let all = (0..TINTS).flat_map(|shade| SAID.map(|says| (says, shade)));
                for (says, shade) in all {
                    let [colour, _] = hues::of(&palette, says, shade);
                    let dot = oklab(colour);
                    let distance = (0..3).map(|c| (ground[c] - dot[c]).powi(2)).sum::<f32>().sqrt();
                    assert!(
                        distance > 0.2,
                        "{says:?} {shade} is {distance} from step {k} (dark: {dark})"
                    );
                }
            }
        }
    }
}
