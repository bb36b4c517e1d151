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
