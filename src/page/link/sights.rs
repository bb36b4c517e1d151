//! How the stage is seen, flat or as a landscape, there and back.
#![allow(clippy::unwrap_used)]

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

#[test]
fn how_the_stage_is_enlarged_comes_back_and_never_shows_what_is_beside_the_picture() {
    for lens in [
        Lens::about([0.3, 0.71], 3.7),
        Lens::about([0.0, 1.0], 16.0),
        Lens::default(),
    ] {
        let lens = Lens::default().filled(lens);
        let mut text = String::new();
        append_lens(&mut text, &lens);
        let link = read(&text);
        assert_eq!((link.lens, link.errors.len()), (lens, 0), "{text}");
    }
    for (text, errors) in [
        ("close=2,-9,5", 0),
        ("close=1e9,0,0", 0),
        ("close=-3,0,0", 0),
        ("close=NaN,0,0", 1),
        ("close=2,1e999,0", 1),
        ("close=2,0", 1),
        ("close=", 1),
    ] {
        let link = read(text);
        assert_eq!(link.errors.len(), errors, "{text}");
        let [low, high] = [0.0, 1.0].map(|corner| link.lens.to([corner; 2]));
        assert!(
            low.iter().all(|&v| v <= 0.0) && high.iter().all(|&v| v >= 1.0 - 1e-5),
            "{text}: {:?}",
            link.lens
        );
    }
}

/// A camera after hands have turned, pinched and slid so many times, as far as they may.
fn turned(times: usize, rng: &mut StdRng) -> Camera {
    let mut camera = Camera::default();
    for _ in 0..times {
        let mut any = |most: f32| most * (2.0 * rng.random::<f32>() - 1.0);
        camera.turn([any(3.0), any(1.0)]);
        let (from, to) = ([any(1.0), any(1.0)], [any(1.0), any(1.0)]);
        camera.look(Lens::moving(from, to, 1.0 + any(0.3)));
    }
    camera
}

#[test]
fn from_where_a_landscape_is_seen_comes_back_bit_for_bit_and_says_no_more_than_it_has_to() {
    let mut rng = StdRng::seed_from_u64(4);
    let mut slid = 0;
    for times in 0..3000 {
        let camera = turned(times % 40, &mut rng);
        let mut text = write(&Target::Preset(Preset::Moons), &Settings::default());
        append_camera(&mut text, &camera);
        let link = read(&text);
        let bits = |c: &Camera| [c.yaw, c.pitch, c.lens.factor, c.lens.shift[0], c.lens.shift[1]].map(f32::to_bits);
        assert_eq!((bits(&link.camera), link.errors.len()), (bits(&camera), 0), "{text}");
        assert!(text.len() < 80, "{text}");
        slid += usize::from(camera.lens != Lens::default());
    }
    assert!(slid > 2000);
    let mut text = String::new();
    append_camera(&mut text, &Camera::default());
    assert_eq!(text, "");
    let mut low = Camera::default();
    low.turn([0.08, -0.36]);
    append_camera(&mut text, &low);
    assert_eq!(text, "v=1&orbit=0.5,0.5");
}

#[test]
fn a_landscape_is_never_seen_from_where_hands_cannot_bring_it() {
    for (text, errors) in [
        ("orbit=1e30,-9", 0),
        ("orbit=-700,9,1e9,0,0", 0),
        ("orbit=0,1,-3,1e38,-1e38", 0),
        ("orbit=0,1,0,3e38,-3e38", 0),
        ("orbit=0.5,0.5,1,40,40", 0),
        ("orbit=NaN,1", 1),
        ("orbit=1,inf", 1),
        ("orbit=1,1,1e999,0,0", 1),
        ("orbit=1", 1),
        ("orbit=1,1,1", 1),
        ("orbit=1,1,1,1,1,1", 1),
        ("orbit=1,1,1,1,1,x", 1),
        ("orbit=", 1),
    ] {
        let link = read(text);
        assert_eq!(link.errors.len(), errors, "{text}");
        if errors > 0 {
            assert!(link.complaint().unwrap().contains("orbit"), "{:?}", link.complaint());
            assert_eq!(link.camera, Camera::default(), "{text}");
        }
        let Camera { yaw, pitch, lens } = link.camera;
        assert!(
            yaw.abs() <= std::f32::consts::TAU && (0.2..=1.5).contains(&pitch),
            "{text}"
        );
        let middle = lens.to([0.5; 2]);
        let within = middle.iter().all(|v| (-0.51..=1.51).contains(v));
        assert!((0.6..=5.0).contains(&lens.factor) && within, "{text}: {lens:?}");
    }
}
