//! Painters keep their buffers: once pictures of every kind have been painted, no frame asks for memory any more.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;

use scorefield::distribution::Preset;
use scorefield::engine::protocol::Grid;
use scorefield::engine::settings::{Colour, ParticleColour, Source};
use scorefield::page::layers::camera::Camera;
use scorefield::page::layers::exact_picture::ExactPicture;
use scorefield::page::layers::flow::Flow;
use scorefield::page::layers::labels::Labels;
use scorefield::page::layers::morph::Morph;
use scorefield::page::layers::motion::Motion;
use scorefield::page::layers::paint::{FieldPainter, Layers};
use scorefield::page::layers::particles::{Glow, ParticlePainter};
use scorefield::page::layers::shading::{Shading, Sight};
use scorefield::page::layers::surface::SurfacePainter;
use scorefield::page::layers::{GridField, Palette, error};
use scorefield::page::viewport::Viewport;

thread_local! {
    /// How often this thread has asked for memory. The test harness has threads of its own.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// The system's memory, with a count of those who ask for it.
struct Counting;

fn count() {
    // A thread that is about to end has no counter any more.
    let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static MEMORY: Counting = Counting;

/// Rounds before memory is counted, and while it is: particles remember for as long as their trails are seen, some
/// forty frames.
const WARM_UP: usize = 6;
const ROUNDS: usize = 12;

fn view(pixels: f32) -> Viewport {
    Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels,
    }
}

fn exact(preset: Preset, sigma: f32) -> Rc<GridField> {
    let grid = Grid {
        centre: [0.0; 2],
        half_width: 1.45,
        side: 64,
    };
    let mut field = ExactPicture::new(preset.field().at(sigma), grid).whole();
    // A learned field is masked where its energy is not known.
    field
        .energy
        .iter_mut()
        .filter(|energy| **energy > 9.0)
        .for_each(|energy| *energy = f32::NAN);
    Rc::new(field)
}

/// Everything that is painted at once, so that every buffer is in use.
fn everything(source: Source, colour: Colour) -> Layers {
    Layers {
        source,
        heat: true,
        colour,
        contours: true,
        arrows: true,
        streamlines: true,
        denoiser: true,
        data: true,
        ..Layers::NOTHING
    }
}

/// How often a round of something asks for memory, after some rounds that may.
fn asked_after_warm_up(mut round: impl FnMut(usize)) -> usize {
    (0..WARM_UP).for_each(&mut round);
    let before = ASKED.get();
    (WARM_UP..WARM_UP + ROUNDS).for_each(&mut round);
    ASKED.get() - before
}

#[test]
fn a_field_flows_into_the_next_and_is_painted_in_bands_without_new_memory() {
    let fields = [exact(Preset::Moons, 0.15), exact(Preset::Spirals, 0.15)];
    let difference = error::difference(&fields[0], &fields[1]).unwrap();
    let data: Vec<f32> = (0..2000).map(|k| (k as f32).sin()).collect();
    let (mut morph, mut painter) = (Morph::default(), FieldPainter::new(Palette::new(true)));
    let (mut labels, mut flow) = (Labels::default(), Flow::default());
    let asked = asked_after_warm_up(|round| {
        let start = 1000.0 * round as f64;
        for (k, field) in fields.iter().enumerate() {
            let now = start + 400.0 * k as f64;
            morph.aim(Some(Rc::clone(field)), now, true);
            for step in 0..3 {
                let shown = morph.at(now + 100.0 * f64::from(step));
                let layers = everything(Source::Learned, Colour::Energy);
                painter.begin(shown, &data, view(240.0), 1.5, layers);
                painter.veil(field, 4.0);
                labels.place(field, &view(240.0), painter.spacing());
                while !painter.advance(48) {}
                flow.lay(painter.streamlines(), 240, 1.3, 1.0, [255; 3]);
                (0..4).for_each(|frame| flow.shine(0.1 * frame as f32));
            }
        }
        for (field, source, colour) in [
            (&difference, Source::Error, Colour::Energy),
            (&difference, Source::Error, Colour::Divergence),
            (&fields[0], Source::Learned, Colour::Curl),
        ] {
            painter.begin(Some(field), &data, view(240.0), 1.5, everything(source, colour));
            while !painter.advance(48) {}
        }
    });
    assert_eq!(asked, 0, "the field's painter asks for memory");
}

#[test]
fn tiles_of_the_strip_are_painted_without_new_memory() {
    let tiles = [0.05, 0.15, 0.5, 1.5].map(|sigma| exact(Preset::Rings, sigma));
    let mut painter = FieldPainter::new(Palette::new(false));
    let layers = Layers {
        contours: true,
        ..Layers::default()
    };
    let asked = asked_after_warm_up(|_| {
        for tile in &tiles {
            painter.begin(Some(tile), &[], view(70.0), 0.8, layers);
            painter.outline(view(1.0), 1.0);
            while !painter.advance(70) {}
        }
    });
    assert_eq!(asked, 0, "the strip's painter asks for memory");
}

#[test]
fn particles_glide_and_leave_trails_without_new_memory() {
    let field = exact(Preset::Moons, 0.15);
    let mut painter = ParticlePainter::new(&Palette::new(true));
    painter.resize(300, 1.5);
    let (mut motion, mut positions) = (Motion::default(), vec![0.0; 4000]);
    let (mut shading, colours) = (Shading::default(), [ParticleColour::Speed, ParticleColour::Age]);
    let asked = asked_after_warm_up(|round| {
        for frame in 0..8 {
            let step = 8 * round + frame;
            for (k, x) in positions.iter_mut().enumerate() {
                *x = 1.3 * (k as f32 + 0.02 * step as f32).sin();
            }
            // Now and then one is drawn anew.
            positions[0] = if step % 3 == 0 { 1.4 } else { -1.4 };
            let recycled = step as u32 / 3;
            motion.report(&positions, 1, recycled, 16.0 * step as f64);
            shading.say(colours[step % 2]);
            shading.see(Sight {
                positions: &positions,
                cast: 1,
                recycled,
                steps: 1 + step as u64,
            });
            motion.advance(16.0 * step as f64 + 8.0);
            let glow = Glow {
                seconds: 1.0 / 60.0,
                trails: true,
                moving: frame == 0,
            };
            let look = |k, at| {
                let nats = field.energy_at(at);
                (nats, shading.shade(k, at, nats))
            };
            painter.frame(motion.positions(), &view(300.0), glow, look);
        }
    });
    assert_eq!(asked, 0, "the particles' painter asks for memory");
}

#[test]
fn a_landscape_turns_and_melts_into_another_without_new_memory() {
    let fields = [exact(Preset::Moons, 0.15), exact(Preset::Spirals, 0.3)];
    let (mut painter, mut camera, palette) = (SurfacePainter::default(), Camera::default(), Palette::new(true));
    let (positions, mut seen) = (vec![0.3; 2000], Vec::new());
    let asked = asked_after_warm_up(|_| {
        for field in &fields {
            let layers = everything(Source::Learned, Colour::Energy);
            painter.set_field(Some(field), view(1.0), layers, &positions);
            while !painter.trace(64) {}
            for seconds in [0.02, 0.05, f32::INFINITY] {
                painter.melt(seconds);
                camera.turn([0.05, 0.0]);
                painter.paint(&camera, 240, 1.0, &palette);
                painter.project(&positions, &mut seen);
            }
        }
    });
    assert_eq!(asked, 0, "the landscape's painter asks for memory");
}
