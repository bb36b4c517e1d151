//! What it costs to compose a frame of the page: the lab at 1280x800 CSS pixels and two device pixels to one of them.
//!
//! `cargo run --release --example frame_cost [rounds]` prints the time of every layer, its median, quartiles and the least,
//! and of the whole frame: field, particles with trails, and a tile of the strip. The parts take turns, so that a machine
//! that is busy now and then is so for all of them. In the page a picture of the field is spread over as many frames as
//! it needs (at most 6 ms in each) and comes no more often than every 45 ms; the sum here is a frame in which
//! everything is new. What the browser does with finished pixels is not in it.
#![allow(missing_docs, clippy::print_stdout)]

use std::rc::Rc;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scorefield::distribution::Preset;
use scorefield::engine::protocol::Grid;
use scorefield::engine::settings::{Colour, Source};
use scorefield::page::layers::camera::Camera;
use scorefield::page::layers::exact_picture::ExactPicture;
use scorefield::page::layers::morph::Morph;
use scorefield::page::layers::motion::Motion;
use scorefield::page::layers::paint::{FieldPainter, Layers};
use scorefield::page::layers::particles::{Glow, ParticlePainter};
use scorefield::page::layers::shading::Shading;
use scorefield::page::layers::surface::SurfacePainter;
use scorefield::page::layers::{GridField, Palette};
use scorefield::page::viewport::Viewport;

/// Side of the stage on that layout, CSS pixels, and those of the pixel buffers there: the field's at two pixels to one,
/// the particles' at one and a half, a tile's.
const STAGE: f32 = 618.0;
const FIELD: f32 = 1236.0;
const CLOUD: f32 = 927.0;
const TILE: f32 = 140.0;
/// The landscape's, and a phone's field.
const LANDSCAPE: f32 = 720.0;
const PARTICLES: usize = 4000;
/// The frame's budget, milliseconds.
const BUDGET: f64 = 8.0;
const SECONDS: f32 = 1.0 / 60.0;

const NOTHING: Layers = Layers {
    source: Source::Learned,
    ..Layers::NOTHING
};

fn window(pixels: f32) -> Viewport {
    Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels,
    }
}

/// The moons at a noise level, on a grid of so many points a side.
fn field(sigma: f32, side: u32) -> Rc<GridField> {
    let grid = Grid {
        centre: [0.0; 2],
        half_width: 1.45,
        side,
    };
    Rc::new(ExactPicture::new(Preset::Moons.field().at(sigma), grid).whole())
}

/// Particles on their way through a field by Langevin steps, `[x0, y0, …]`.
struct Cloud {
    field: Rc<GridField>,
    positions: Vec<f32>,
    rng: StdRng,
}

impl Cloud {
    fn new(field: Rc<GridField>) -> Self {
        let mut rng = StdRng::seed_from_u64(3);
        let positions = (0..2 * PARTICLES).map(|_| rng.random_range(-1.4..1.4)).collect();
        Self { field, positions, rng }
    }

    /// One step of the sampler, of a tenth of sigma².
    fn step(&mut self) {
        let a = 0.1 * self.field.sigma * self.field.sigma;
        for x in self.positions.as_chunks_mut::<2>().0 {
            let score = self.field.score_at(*x);
            for (x, s) in x.iter_mut().zip(score) {
                let noise: f32 = (0..12).map(|_| self.rng.random::<f32>()).sum::<f32>() - 6.0;
                *x += a * s + (2.0 * a).sqrt() * noise;
            }
        }
    }
}

/// A part of the frame and the milliseconds that it took in every round.
struct Part {
    name: &'static str,
    /// It is in every whole frame.
    counts: bool,
    run: Box<dyn FnMut()>,
    times: Vec<f64>,
}

impl Part {
    fn new(name: &'static str, counts: bool, run: impl FnMut() + 'static) -> Self {
        Self {
            name,
            counts,
            run: Box::new(run),
            times: Vec::new(),
        }
    }
}

/// A picture of the field with these layers.
fn picture(layers: Layers, pixels: f32, scale: f32, field: &Rc<GridField>) -> impl FnMut() + use<> {
    let (mut painter, field) = (FieldPainter::new(Palette::new(true)), Rc::clone(field));
    let data: Vec<f32> = Cloud::new(Rc::clone(&field)).positions[..2400].to_vec();
    move || {
        painter.begin(Some(&field), &data, window(pixels), scale, layers);
        while !painter.advance(48) {}
    }
}

fn parts(field: &Rc<GridField>) -> Vec<Part> {
    let usual = Layers {
        heat: true,
        contours: true,
        arrows: true,
        ..NOTHING
    };
    let tile = Layers { arrows: false, ..usual };
    let of = |layers| picture(layers, FIELD, FIELD / STAGE, field);
    let mut parts = vec![
        Part::new("field: heat, contours, arrows", true, of(usual)),
        Part::new("particles with trails", true, particles(field)),
        Part::new("a field on its way to the next", true, morph(field)),
        Part::new("a tile of the strip", true, picture(tile, TILE, 1.6, field)),
        Part::new("background alone", false, of(NOTHING)),
    ];
    let alone = [
        ("heat alone", Layers { heat: true, ..NOTHING }),
        (
            "contours alone",
            Layers {
                contours: true,
                ..NOTHING
            },
        ),
        (
            "arrows alone",
            Layers {
                arrows: true,
                ..NOTHING
            },
        ),
        (
            "streamlines alone",
            Layers {
                streamlines: true,
                ..NOTHING
            },
        ),
        (
            "denoiser alone",
            Layers {
                denoiser: true,
                ..NOTHING
            },
        ),
        ("data alone", Layers { data: true, ..NOTHING }),
        (
            "divergence alone",
            Layers {
                heat: true,
                colour: Colour::Divergence,
                ..NOTHING
            },
        ),
    ];
    parts.extend(alone.map(|(name, layers)| Part::new(name, false, of(layers))));
    parts.push(Part::new("landscape, turned", false, landscape(field)));
    parts
}

/// Particles between two reports, painted with their trails; a step of the sampler every other frame.
fn particles(field: &Rc<GridField>) -> impl FnMut() + use<> {
    let mut painter = ParticlePainter::new(&Palette::new(true));
    painter.resize(CLOUD as usize, CLOUD / STAGE);
    let field = Rc::clone(field);
    let mut cloud = Cloud::new(Rc::clone(&field));
    let reports: Vec<Vec<f32>> = (0..64)
        .map(|_| {
            cloud.step();
            cloud.positions.clone()
        })
        .collect();
    let shading = Shading::default();
    let look = move |k: usize, at| {
        let nats = field.energy_at(at);
        (nats, shading.shade(k, at, nats))
    };
    let (mut motion, mut frame) = (Motion::default(), 0);
    move || {
        let now_ms = 1e3 + 1e3 * f64::from(SECONDS) * frame as f64;
        if frame % 2 == 0 {
            motion.report(&reports[frame / 2 % reports.len()], 1, 0, now_ms);
        }
        frame += 1;
        motion.advance(now_ms);
        let glow = Glow {
            seconds: SECONDS,
            trails: true,
            moving: false,
        };
        painter.frame(motion.positions(), &window(CLOUD), glow, &look);
    }
}

/// One field flows into another.
fn morph(from: &Rc<GridField>) -> impl FnMut() + use<> {
    let mut other = GridField::clone(from);
    other.energy.iter_mut().for_each(|energy| *energy *= 1.01);
    let mut morph = Morph::default();
    morph.aim(Some(Rc::clone(from)), 0.0, true);
    morph.aim(Some(Rc::new(other)), 280.0, true);
    move || {
        morph.at(400.0);
    }
}

/// A landscape under a moving camera, with particles on it.
fn landscape(field: &Rc<GridField>) -> impl FnMut() + use<> {
    let (mut painter, mut camera, palette) = (SurfacePainter::default(), Camera::default(), Palette::new(true));
    let usual = Layers {
        heat: true,
        contours: true,
        ..NOTHING
    };
    painter.set_field(Some(field), window(1.0), usual, &[]);
    painter.melt(f32::INFINITY);
    let (cloud, mut seen) = (Cloud::new(Rc::clone(field)), Vec::new());
    move || {
        camera.turn([0.01, 0.0]);
        painter.paint(&camera, LANDSCAPE as usize, LANDSCAPE / STAGE, &palette);
        painter.project(&cloud.positions, &mut seen);
    }
}

/// The least, lower quartile, median and upper quartile.
fn quartiles(times: &[f64]) -> [f64; 4] {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    [0, 1, 2, 3].map(|k| sorted[(sorted.len() - 1) * k / 4])
}

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(120);
    let mut parts = parts(&field(0.15, 128));
    if let Some(only) = std::env::args().nth(2) {
        parts.retain(|part| part.name.contains(&only));
    }
    let mut whole = Vec::new();
    for round in 0..rounds + 10 {
        let mut sum = 0.0;
        for part in &mut parts {
            let start = Instant::now();
            (part.run)();
            let spent = start.elapsed().as_secs_f64() * 1e3;
            // The first rounds fill buffers and caches.
            if round >= 10 {
                part.times.push(spent);
            }
            sum += if part.counts { spent } else { 0.0 };
        }
        if round >= 10 {
            whole.push(sum);
        }
    }
    println!("{PARTICLES} particles; {FIELD}² pixels of field, {CLOUD}² of particles, {TILE}² of a tile; milliseconds");
    println!("{:34} {:>7} {:>15} {:>7}", "", "median", "quartiles", "least");
    let line = |name: &str, times: &[f64]| {
        let [least, low, median, high] = quartiles(times);
        println!("{name:34} {median:7.2} {low:7.2} {high:7.2} {least:7.2}");
        median
    };
    for part in parts.iter().filter(|part| part.counts) {
        line(part.name, &part.times);
    }
    let median = line("the whole frame", &whole);
    for part in parts.iter().filter(|part| !part.counts) {
        line(part.name, &part.times);
    }
    let verdict = if median <= BUDGET { "within" } else { "over" };
    println!("the whole frame is {verdict} its budget of {BUDGET} ms");
}
