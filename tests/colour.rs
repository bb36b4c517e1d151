//! Colours that all eyes tell apart, and that are seen on their grounds: those of the style sheet and those of the
//! pictures, in both themes.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use scorefield::engine::settings::{ParticleColour, Source};
use scorefield::page::layers::hues::{self, MODES, TINTS};
use scorefield::page::layers::{Palette, Ramp};

const STYLE: &str = include_str!("../www/style.css");

type Rgb = [u8; 3];

/// What eyes make of linear light: all of it, or what eyes without one kind of cones see (Machado, Oliveira & Fernandes,
/// "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG 15, 2009, severity 1).
const EYES: [(&str, [[f32; 3]; 3]); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// Two colours this far apart in OKLab are told apart at a glance also as thin lines; a difference that is just
/// noticed side by side is 0.02.
const APART: f32 = 0.1;

/// The text between a selector and the end of its first block.
fn block(selector: &str) -> &'static str {
    let from = STYLE.find(selector).unwrap_or_else(|| panic!("no {selector}"));
    STYLE[from..].split('}').next().unwrap()
}

/// The custom properties of the dark and the light theme.
fn themes() -> [(bool, &'static str); 2] {
    [
        (true, block(":root {")),
        (false, block(":root[data-theme=\"light\"] {")),
    ]
}

fn hex(text: &str) -> Rgb {
    let digits = text.trim().strip_prefix('#').unwrap_or_else(|| panic!("{text}"));
    let wide: String = match digits.len() {
        3 => digits.chars().flat_map(|c| [c, c]).collect(),
        _ => digits.chars().take(6).collect(),
    };
    [0, 2, 4].map(|k| u8::from_str_radix(&wide[k..k + 2], 16).unwrap())
}

fn property(theme: &str, name: &str) -> Rgb {
    let key = format!("--{name}:");
    let from = theme.find(&key).unwrap_or_else(|| panic!("no {key}")) + key.len();
    hex(theme[from..].split(';').next().unwrap())
}

/// sRGB to linear light (IEC 61966-2-1).
fn linear(colour: Rgb) -> [f32; 3] {
    colour.map(|c| {
        let c = f32::from(c) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// OKLab of linear light (Ottosson 2020).
fn oklab(light: [f32; 3]) -> [f32; 3] {
    let dot = |row: [f32; 3], v: [f32; 3]| row[0] * v[0] + row[1] * v[1] + row[2] * v[2];
    let cones = [
        [0.412_221_46, 0.536_332_55, 0.051_445_995],
        [0.211_903_5, 0.680_699_5, 0.107_396_96],
        [0.088_302_46, 0.281_718_85, 0.629_978_7],
    ]
    .map(|row| dot(row, light).max(0.0).cbrt());
    [
        [0.210_454_26, 0.793_617_8, -0.004_072_047],
        [1.977_998_5, -2.428_592_2, 0.450_593_7],
        [0.025_904_037, 0.782_771_77, -0.808_675_77],
    ]
    .map(|row| dot(row, cones))
}

fn seen(eye: [[f32; 3]; 3], colour: Rgb) -> [f32; 3] {
    let light = linear(colour);
    oklab(eye.map(|row| (0..3).map(|c| row[c] * light[c]).sum::<f32>().clamp(0.0, 1.0)))
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f32>().sqrt()
}

/// Contrast of two colours (WCAG 2.2, relative luminance).
fn contrast(a: Rgb, b: Rgb) -> f32 {
    let luminance = |colour| {
        let [r, g, b] = linear(colour);
        0.212_6 * r + 0.715_2 * g + 0.072_2 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn at(ramp: &Ramp, t: f32) -> Rgb {
    let mut place = [0];
    Ramp::places([t].into_iter(), &mut place);
    [0, 1, 2].map(|c| ((Ramp::channel(ramp.colour(place[0]), c) + 128) / 256) as u8)
}

fn dot(palette: &Palette, says: ParticleColour, shade: f32) -> Rgb {
    let [below, above] = [shade.floor(), shade.ceil()].map(|shade| hues::of(palette, says, shade as usize)[0]);
    hues::mix(below, above, shade.fract())
}

#[test]
fn the_eyes_see_grey_as_grey_and_confuse_what_they_are_known_to_confuse() {
    for (name, eye) in EYES {
        for row in eye {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{name} tints grey");
        }
    }
    let far = |k: usize, a, b| distance(seen(EYES[k].1, a), seen(EYES[k].1, b));
    // Red and the olive that is as light to eyes without green cones; blue-green and grey without red cones.
    let (red, olive) = ([193, 64, 40], [112, 100, 40]);
    assert!(far(0, red, olive) > 0.13 && far(2, red, olive) < 0.07);
    assert!((oklab([1.0; 3])[0] - 1.0).abs() < 1e-4 && (contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-3);
}

#[test]
fn whatever_colour_alone_says_is_told_apart_by_all_eyes() {
    for (dark, theme) in themes() {
        for (a, b) in [
            ("exact", "learned"),
            ("exact", "error"),
            ("learned", "error"),
            ("first", "rival"),
        ] {
            for (name, eye) in EYES {
                let far = distance(seen(eye, property(theme, a)), seen(eye, property(theme, b)));
                assert!(far > APART, "{a} and {b} are {far} apart, dark {dark}, {name}");
            }
        }
        let palette = Palette::new(dark);
        let ends = [0.0, 1.0].map(|t| at(palette.diverging(), t));
        for (name, eye) in EYES {
            let far = distance(seen(eye, ends[0]), seen(eye, ends[1]));
            assert!(far > APART, "the ends are {far} apart, dark {dark}, {name}");
        }
    }
}

#[test]
fn ramps_grow_steadily_in_lightness_to_all_eyes() {
    for dark in [true, false] {
        let palette = Palette::new(dark);
        let sign = if dark { 1.0 } else { -1.0 };
        for (name, eye) in EYES {
            let light = |ramp: &Ramp, t: f32| sign * seen(eye, at(ramp, t))[0];
            for ramp in [palette.heat(), palette.error_heat()] {
                let levels: Vec<f32> = (0..=32).map(|k| light(ramp, k as f32 / 32.0)).collect();
                assert!(levels.windows(2).all(|pair| pair[1] > pair[0]), "dark {dark}, {name}");
                assert!(levels[32] - levels[0] > 0.25, "dark {dark}, {name}");
            }
            // From nothing in the middle to both ends.
            for side in [-1.0, 1.0] {
                let level = |k: i32| light(palette.diverging(), 0.5 + side * k as f32 / 32.0);
                assert!((0..16).all(|k| level(k + 1) > level(k)), "dark {dark}, {name}");
            }
        }
        let ends = [0.0, 1.0].map(|t| oklab(linear(at(palette.diverging(), t)))[0]);
        assert!((ends[0] - ends[1]).abs() < 0.01, "more and less are equally light");
        assert_eq!(at(palette.diverging(), 0.5), at(palette.heat(), 0.0));
    }
}

#[test]
fn text_and_lines_have_the_contrast_that_wcag_asks_for() {
    for (dark, theme) in themes() {
        let grounds = ["bg", "panel", "field"].map(|name| (name, property(theme, name)));
        let check = |names: &[&str], least: f32| {
            for &name in names {
                for (ground, behind) in grounds {
                    let found = contrast(property(theme, name), behind);
                    assert!(found >= least, "{name} on {ground}: {found}, dark {dark}");
                }
            }
        };
        // AA for text of any size.
        check(&["text", "muted", "accent", "exact", "learned", "error"], 4.5);
        check(&["first", "rival", "good", "warn", "bad"], 4.5);
        // AA for lines that say something. `--line` only parts what is told apart by its place.
        check(&["edge"], 3.0);
        let on = property(theme, "on-accent");
        for name in ["accent", "exact", "learned", "error"] {
            let found = contrast(on, property(theme, name));
            assert!(found >= 4.5, "text on {name}: {found}, dark {dark}");
        }
    }
}

#[test]
fn style_sheet_and_pictures_have_one_set_of_colours() {
    let light = block(":root:not([data-theme=\"dark\"]) {");
    let values = |text: &'static str| {
        text[text.find("--bg").unwrap()..]
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    assert_eq!(values(light), values(themes()[1].1), "the light theme is written twice");
    for (dark, theme) in themes() {
        let palette = Palette::new(dark);
        for (name, source) in [
            ("exact", Source::Exact),
            ("learned", Source::Learned),
            ("error", Source::Error),
        ] {
            assert_eq!(property(theme, name), palette.source(source), "{name}, dark {dark}");
        }
        assert_eq!(property(theme, "accent"), property(theme, "learned"));
        assert_eq!(property(theme, "field"), at(palette.heat(), 0.0));
    }
}

#[test]
fn legends_have_the_colours_of_their_maps() {
    for of in ["energy", "error", "signed", "dots", "amount", "ways", "modes"] {
        let rule = block(&format!("[data-of=\"{of}\"] i {{"));
        let stops: Vec<[Rgb; 2]> = rule
            .split("light-dark(")
            .skip(1)
            .map(|pair| {
                let mut sides = pair.split(')').next().unwrap().split(',').map(hex);
                [sides.next().unwrap(), sides.next().unwrap()]
            })
            .collect();
        assert!(stops.len() > 1);
        for (side, dark) in [false, true].into_iter().enumerate() {
            let palette = Palette::new(dark);
            let ramp = |t: f32| match of {
                "energy" => at(palette.heat(), t),
                "error" => at(palette.error_heat(), t),
                "signed" => at(palette.diverging(), t),
                "dots" => dot(&palette, ParticleColour::Energy, t * (TINTS - 1) as f32),
                "amount" => dot(&palette, ParticleColour::Speed, t * (TINTS - 1) as f32),
                "ways" => dot(&palette, ParticleColour::Start, t * TINTS as f32),
                _ => dot(&palette, ParticleColour::Mode, t * (MODES - 1) as f32),
            };
            for (k, stop) in stops.iter().enumerate() {
                let t = k as f32 / (stops.len() - 1) as f32;
                let far = distance(oklab(linear(stop[side])), oklab(linear(ramp(t))));
                assert!(far < 0.02, "{of} at {t} is {far} off, dark {dark}");
            }
        }
    }
}

#[test]
fn particles_of_other_modes_starts_or_speeds_are_told_apart() {
    for dark in [true, false] {
        let palette = Palette::new(dark);
        for (name, eye) in EYES {
            let shade = |says, shade| seen(eye, hues::of(&palette, says, shade)[0]);
            for (one, other) in (0..MODES).flat_map(|one| (0..one).map(move |other| (one, other))) {
                let far = distance(shade(ParticleColour::Mode, one), shade(ParticleColour::Mode, other));
                assert!(far > 0.09, "modes {one} and {other}: {far} ({name}, dark: {dark})");
            }
            for quarters in [1, 2, 3] {
                let start = |quarter| shade(ParticleColour::Start, quarter * TINTS / 4);
                for from in 0..4 {
                    let far = distance(start(from), start((from + quarters) % 4));
                    assert!(
                        far > 0.1,
                        "starts {quarters} quarters from {from}: {far} ({name}, dark: {dark})"
                    );
                }
            }
            let speed = |part| shade(ParticleColour::Speed, part);
            let far = distance(speed(0), speed(TINTS - 1));
            assert!(far > 0.15, "slow and fast: {far} ({name}, dark: {dark})");
        }
    }
}
