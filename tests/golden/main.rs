//! Every kind of picture, of one field in closed form, against a picture kept beside this file.
//!
//! After a change that is meant to be seen, `GOLDEN=write cargo test --release --test golden` writes them anew: look at
//! them before they are committed. A picture that is not as it was is left in `target/tmp/golden`, with another one that
//! shows eight times the difference.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod picture;

use picture::Picture;
use scorefield::engine::protocol::Grid;
use scorefield::engine::settings::{Colour, Source};
use scorefield::page::layers::camera::Camera;
use scorefield::page::layers::paint::{FieldPainter, Layers};
use scorefield::page::layers::particles::{Glow, ParticlePainter};
use scorefield::page::layers::shading::Shading;
use scorefield::page::layers::surface::SurfacePainter;
use scorefield::page::layers::{GridField, Palette, error};
use scorefield::page::viewport::Viewport;

/// Pixels of a picture's side.
const SIDE: usize = 96;
/// Points an axis of the field's grid.
const POINTS: u32 = 48;
/// Themes by name.
const THEMES: [(&str, bool); 2] = [("dark", true), ("light", false)];
/// Background alone.
const NOTHING: Layers = Layers {
    source: Source::Exact,
    heat: false,
    colour: Colour::Energy,
    contours: false,
    arrows: false,
    streamlines: false,
    denoiser: false,
    data: false,
};

fn view() -> Viewport {
    Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels: SIDE as f32,
    }
}

/// Two clouds of unequal weight and width: weight, mean, variance.
const CLOUDS: [(f32, [f32; 2], f32); 2] = [(0.6, [-0.55, 0.25], 0.06), (0.4, [0.55, -0.3], 0.12)];

/// Log density of [`CLOUDS`] up to a constant, and its gradient.
fn local(at: [f32; 2]) -> (f32, [f32; 2]) {
    let (mut sum, mut slope) = (0.0, [0.0; 2]);
    for (weight, mean, variance) in CLOUDS {
        let d = [mean[0] - at[0], mean[1] - at[1]];
        let density = weight / variance * (-0.5 * (d[0] * d[0] + d[1] * d[1]) / variance).exp();
        sum += density;
        (0..2).for_each(|axis| slope[axis] += density * d[axis] / variance);
    }
    let sum = sum.max(1e-30);
    (sum.ln(), slope.map(|s| s / sum))
}

/// The field of [`CLOUDS`], with a turning score added: times `turn` a rotation, which only curl and error show.
fn field(turn: f32) -> GridField {
    let grid = Grid {
        centre: [0.0; 2],
        half_width: 1.5,
        side: POINTS,
    };
    let points = grid.points();
    let locals: Vec<_> = points
        .chunks_exact(2)
        .map(|p| ([p[0], p[1]], local([p[0], p[1]])))
        .collect();
    let highest = locals.iter().map(|(_, (log, _))| *log).fold(f32::MIN, f32::max);
    GridField {
        grid,
        sigma: 0.2,
        energy: locals.iter().map(|(_, (log, _))| highest - log).collect(),
        score: locals
            .iter()
            .flat_map(|(at, (_, s))| [s[0] - turn * at[1], s[1] + turn * at[0]])
            .collect(),
    }
}

/// A flat picture of a field with some layers.
fn flat(field: &GridField, layers: Layers, dark: bool) -> Picture {
    let data: Vec<f32> = (0..40)
        .flat_map(|k| [0.8 * (k as f32).sin(), 0.02 * k as f32 - 0.4])
        .collect();
    let mut painter = FieldPainter::new(Palette::new(dark));
    painter.begin(Some(field), &data, view(), 1.0, layers);
    while !painter.advance(7) {}
    Picture::new(SIDE, painter.pixels())
}

/// The same in both themes, each held against its own picture.
fn both_themes(name: &str, field: &GridField, layers: Layers) {
    for (theme, dark) in THEMES {
        flat(field, layers, dark).is_as_before(&format!("{name}-{theme}"));
    }
}

fn landscape(energies: f32, camera: &Camera, dark: bool) -> Picture {
    let (mut painter, mut field) = (SurfacePainter::default(), field(0.0));
    field.energy.iter_mut().for_each(|energy| *energy *= energies);
    let layers = Layers {
        heat: true,
        contours: true,
        ..NOTHING
    };
    painter.set_field(Some(&field), view(), layers, &[]);
    painter.melt(f32::INFINITY);
    painter.paint(camera, SIDE, 1.0, &Palette::new(dark));
    Picture::new(SIDE, painter.pixels())
}

#[test]
fn heat_is_as_before() {
    both_themes("heat", &field(0.0), Layers { heat: true, ..NOTHING });
}

#[test]
fn contours_are_as_before() {
    both_themes(
        "contours",
        &field(0.0),
        Layers {
            contours: true,
            ..NOTHING
        },
    );
}

#[test]
fn arrows_are_as_before() {
    both_themes(
        "arrows",
        &field(0.0),
        Layers {
            arrows: true,
            ..NOTHING
        },
    );
}

#[test]
fn streamlines_of_a_learned_field_are_as_before() {
    let layers = Layers {
        source: Source::Learned,
        streamlines: true,
        ..NOTHING
    };
    flat(&field(0.0), layers, true).is_as_before("streamlines-dark");
}

#[test]
fn the_denoiser_and_data_are_as_before() {
    let layers = Layers {
        denoiser: true,
        data: true,
        ..NOTHING
    };
    flat(&field(0.0), layers, false).is_as_before("denoiser-light");
}

#[test]
fn the_usual_picture_is_as_before() {
    let layers = Layers {
        source: Source::Learned,
        heat: true,
        contours: true,
        arrows: true,
        ..NOTHING
    };
    both_themes("usual", &field(0.0), layers);
}

#[test]
fn an_error_is_as_before() {
    let difference = error::difference(&field(1.5), &field(0.0)).unwrap();
    let layers = Layers {
        source: Source::Error,
        heat: true,
        arrows: true,
        ..NOTHING
    };
    flat(&difference, layers, true).is_as_before("error-dark");
}

#[test]
fn divergence_and_curl_are_as_before() {
    for (name, colour, dark) in [
        ("divergence-light", Colour::Divergence, false),
        ("curl-dark", Colour::Curl, true),
    ] {
        let layers = Layers {
            heat: true,
            colour,
            ..NOTHING
        };
        flat(&field(1.5), layers, dark).is_as_before(name);
    }
}

#[test]
fn a_landscape_is_as_before() {
    for (theme, dark) in THEMES {
        landscape(1.0, &Camera::default(), dark).is_as_before(&format!("landscape-{theme}"));
    }
}

#[test]
fn a_landscape_with_lines_and_data_on_it_is_as_before() {
    let mut painter = SurfacePainter::default();
    let layers = Layers {
        source: Source::Learned,
        heat: true,
        arrows: true,
        streamlines: true,
        data: true,
        ..NOTHING
    };
    let data: Vec<f32> = (0..40)
        .flat_map(|k| [(k as f32).sin(), 0.05 * k as f32 - 1.0])
        .collect();
    painter.set_field(Some(&field(0.0)), view(), layers, &data);
    painter.melt(f32::INFINITY);
    while !painter.trace(10) {}
    painter.paint(&Camera::default(), SIDE, 1.0, &Palette::new(true));
    Picture::new(SIDE, painter.pixels()).is_as_before("landscape-lines-dark");
}

#[test]
fn particles_with_trails_are_as_before() {
    let (mut painter, field) = (ParticlePainter::new(&Palette::new(true)), field(0.0));
    painter.resize(SIDE, 1.0);
    let shading = Shading::default();
    let look = move |k: usize, at| {
        let nats = field.energy_at(at);
        (nats, shading.shade(k, at, nats))
    };
    let mut positions: Vec<f32> = (0..300)
        .flat_map(|k| [1.2 * (0.7 * k as f32).sin(), 1.2 * (1.1 * k as f32).cos()])
        .collect();
    let glow = Glow {
        seconds: 1.0 / 60.0,
        trails: true,
        moving: false,
    };
    for _ in 0..12 {
        for x in positions.as_chunks_mut::<2>().0 {
            let (_, score) = local(*x);
            (0..2).for_each(|axis| x[axis] += 0.01 * score[axis]);
        }
        painter.frame(&positions, &view(), glow, &look);
    }
    Picture::new(SIDE, painter.pixels()).is_as_before("particles-dark");
}

/// What the tolerance is worth: each of these is a slip that a reader of the page might well miss.
#[test]
fn small_slips_are_told_from_the_pictures_kept() {
    let (true_field, mut steeper) = (field(0.0), field(0.0));
    steeper.energy.iter_mut().for_each(|energy| *energy *= 1.02);
    let mut moved = true_field.clone();
    moved.grid.centre[0] += 0.25 * 2.9 / SIDE as f32;
    let mut turned = true_field.clone();
    for s in turned.score.as_chunks_mut::<2>().0 {
        *s = [s[0] - 0.07 * s[1], s[1] + 0.07 * s[0]];
    }
    let heat = Layers { heat: true, ..NOTHING };
    let contours = Layers {
        contours: true,
        ..NOTHING
    };
    let arrows = Layers {
        arrows: true,
        ..NOTHING
    };
    let mut camera = Camera::default();
    camera.turn([0.02, 0.0]);
    for (what, name, picture) in [
        ("energies 2 % higher", "heat-dark", flat(&steeper, heat, true)),
        ("energies 2 % higher", "contours-dark", flat(&steeper, contours, true)),
        ("a quarter of a pixel", "heat-light", flat(&moved, heat, false)),
        ("a quarter of a pixel", "contours-light", flat(&moved, contours, false)),
        (
            "scores turned by four degrees",
            "arrows-dark",
            flat(&turned, arrows, true),
        ),
        (
            "scores turned by four degrees",
            "arrows-light",
            flat(&turned, arrows, false),
        ),
        (
            "a camera turned by a degree",
            "landscape-dark",
            landscape(1.0, &camera, true),
        ),
        (
            "hills 2 % higher",
            "landscape-light",
            landscape(1.02, &Camera::default(), false),
        ),
    ] {
        let difference = Picture::kept(name).difference(&picture);
        assert!(
            !difference.is_tolerable(),
            "{what} cannot be seen in {name}: {difference:?}"
        );
    }
}
