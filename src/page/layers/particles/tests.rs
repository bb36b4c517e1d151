use super::still::Still;
use super::*;

const VIEW: Viewport = Viewport {
    centre: [0.0; 2],
    half_width: 1.0,
    pixels: 100.0,
};

fn glow(seconds: f32) -> Glow {
    Glow {
        seconds,
        trails: true,
        moving: false,
    }
}

fn painter() -> ParticlePainter {
    let mut painter = ParticlePainter::new(&Palette::new(true));
    painter.resize(100, 1.0);
    painter
}

#[test]
fn a_dot_is_drawn_around_its_particle_and_gone_in_the_next_frame() {
    let mut painter = painter();
    painter.frame(&[0.505, 0.305], &VIEW, glow(0.016), |_, _| (0.0, 0));
    let alpha = |p: &ParticlePainter, i: usize, j: usize| p.pixels()[4 * (j * 100 + i) + 3];
    assert!(alpha(&painter, 75, 34) > 220 && alpha(&painter, 60, 34) == 0);
    let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
    for k in 0..10_000 {
        let a = f32::from(painter.pixels()[4 * k + 3]);
        (x, y, sum) = (
            x + a * ((k % 100) as f32 + 0.5),
            y + a * ((k / 100) as f32 + 0.5),
            sum + a,
        );
    }
    assert!(
        (x / sum - 75.25).abs() < 0.2 && (y / sum - 34.75).abs() < 0.2,
        "at {} {}",
        x / sum,
        y / sum
    );
    painter.frame(&[], &VIEW, glow(0.016), |_, _| (0.0, 0));
    assert!(painter.pixels().iter().all(|&c| c == 0));
}

#[test]
fn trails_fade_with_time_and_not_with_frames() {
    let (mut slow, mut fast) = (painter(), painter());
    for p in [&mut slow, &mut fast] {
        p.frame(&[-0.4, 0.1], &VIEW, glow(0.016), |_, _| (9.0, 15));
        p.frame(&[-0.2, 0.1], &VIEW, glow(0.016), |_, _| (9.0, 15));
    }
    let bright = slow.trail.iter().copied().max().unwrap_or(0);
    (0..6).for_each(|_| {
        slow.frame(&[-0.2, 0.1], &VIEW, glow(1.0 / 30.0), |_, _| (9.0, 15));
    });
    (0..24).for_each(|_| {
        fast.frame(&[-0.2, 0.1], &VIEW, glow(1.0 / 120.0), |_, _| (9.0, 15));
    });
    for (a, b) in slow.trail.iter().zip(&fast.trail) {
        assert!(a.abs_diff(*b) <= 40, "{a} and {b}");
    }
    let left = f32::from(slow.trail.iter().copied().max().unwrap_or(0)) / f32::from(bright);
    assert!((left - (-0.2 / TRAIL_SECONDS).exp()).abs() < 0.02, "{left} is left");
}

#[test]
fn resting_particles_come_to_rest_and_wandering_nonsense_is_left_out() {
    let mut painter = painter();
    painter.frame(&[0.0, 0.0, f32::NAN, 1.0], &VIEW, glow(0.016), |_, _| (f32::NAN, 0));
    painter.frame(&[0.1, 0.0, 9e9, 1.0], &VIEW, glow(0.016), |_, _| (50.0, 99));
    let frames = (0..600)
        .take_while(|_| painter.frame(&[0.1, 0.0, 9e9, 1.0], &VIEW, glow(0.016), |_, _| (0.0, 0)))
        .count();
    assert!(frames < 200, "still fading after {frames} frames");
}

#[test]
fn particles_of_low_and_high_shade_differ_in_colour() {
    let mut painter = painter();
    painter.frame(&[-0.5, 0.0, 0.5, 0.0], &VIEW, glow(0.016), |k, _| (9.0, [0, 15][k]));
    let colour = |i: usize| &painter.pixels()[4 * (50 * 100 + i)..][..3];
    assert!(colour(25)[2] > colour(75)[2] + 40);
}

/// Some particles that went their ways for some frames.
fn walked(painter: &mut ParticlePainter, frames: usize) {
    for frame in 0..frames {
        let t = 0.05 * frame as f32;
        let positions: Vec<f32> = (0..40)
            .flat_map(|k| [0.045 * k as f32 - 0.9, (0.3 * k as f32 + t).sin() * 0.8])
            .collect();
        painter.frame(&positions, &VIEW, glow(1.0 / 60.0), |k, _| (9.0, k as u8 % 16));
    }
}

fn still(painter: &mut ParticlePainter, side: usize, scale: f32, most: usize) -> Vec<u8> {
    let past = painter.past.clone();
    let mut still = Still::of(painter);
    painter.past = past;
    still.begin(side, scale);
    while !still.advance(&VIEW, most) {}
    (0..side)
        .step_by(7)
        .flat_map(|j| still.develop(j..j + 7).to_vec())
        .collect()
}

#[test]
fn a_still_of_the_same_size_is_what_is_seen_and_does_not_depend_on_how_it_was_sliced() {
    let mut painter = painter();
    walked(&mut painter, 40);
    let same = still(&mut painter, 100, 1.0, usize::MAX);
    assert!(same == still(&mut painter, 100, 1.0, 3));
    assert_eq!(same.len(), painter.pixels().len());
    // But for the last hundredth of what is forgotten as dark: a level of light, 1.12 of opacity.
    let off = |k: usize| same[k].abs_diff(painter.pixels()[k]);
    let worst = (3..same.len()).step_by(4).map(off).max();
    assert!(worst <= Some(3), "{worst:?} of 255 in opacity");
    let mut alone = ParticlePainter::new(&Palette::new(true));
    alone.resize(100, 1.0);
    walked(&mut alone, 1);
    let light = |rgba: &[u8]| rgba.chunks(4).map(|p| u32::from(p[3])).sum::<u32>();
    assert!(2 * light(&same) > 3 * light(alone.pixels()), "there are trails");
}

#[test]
fn trails_on_a_picture_four_times_as_fine_have_the_light_and_the_width_that_they_have_on_the_screen() {
    let mut painter = painter();
    walked(&mut painter, 40);
    let fine = still(&mut painter, 400, 4.0, 1000);
    // Opacity of the squares of 4 x 4 pixels against that of the pixels of the screen, where there is no dot.
    let (mut seen, mut there, mut off) = (0.0, 0.0, 0.0);
    for k in 0..100 * 100 {
        let (i, j) = (k % 100, k / 100);
        let square: f64 = (0..16)
            .map(|m| f64::from(fine[4 * ((4 * j + m / 4) * 400 + 4 * i + m % 4) + 3]))
            .sum();
        let (square, pixel) = (square / 16.0, f64::from(painter.pixels()[4 * k + 3]));
        if pixel < 90.0 {
            (seen, there) = (seen + pixel, there + square);
            off += (pixel - square).abs();
        }
    }
    assert!(seen > 2000.0 && (there / seen - 1.0).abs() < 0.15, "{there} for {seen}");
    assert!(off < 0.35 * seen, "{off} of {seen} elsewhere");
}

#[test]
fn what_is_forgotten_is_on_no_picture_and_many_particles_are_remembered_for_a_shorter_time() {
    let mut painter = painter();
    walked(&mut painter, 40);
    painter.forget();
    walked(&mut painter, 1);
    let mut alone = ParticlePainter::new(&Palette::new(true));
    alone.resize(100, 1.0);
    walked(&mut alone, 1);
    assert!(still(&mut painter, 100, 1.0, 99) == still(&mut alone, 100, 1.0, 99));
    let crowd = vec![0.1; 2 * 100_000];
    for _ in 0..5 {
        painter.frame(&crowd, &VIEW, glow(0.016), |_, _| (0.0, 0));
    }
    let kept: usize = painter.past.frames().iter().map(|frame| frame.traces.len()).sum();
    assert_eq!(kept, 200_000);
}
