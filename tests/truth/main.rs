//! The exact field against golden cases, quadrature, finite differences and statistics; the fast evaluator against it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

mod checkerboard;
mod statistics;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scorefield::distribution::{Brush, Drawing, ExactField, Preset};

/// One golden case.
struct Case {
    sigma: f32,
    x: [f32; 2],
    log_p: f32,
    score: [f32; 2],
}

fn number(value: &serde_json::Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn pair(value: &serde_json::Value) -> [f32; 2] {
    [number(&value[0]), number(&value[1])]
}

/// The golden cases of a set: an independent f32 implementation, itself checked against float64.
fn golden(preset: Preset) -> Vec<Case> {
    let all: serde_json::Value = serde_json::from_str(include_str!("../exact_scores.json")).unwrap();
    let cases = all[preset.name()]["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| Case {
            sigma: number(&case["sigma"]),
            x: pair(&case["x"]),
            log_p: number(&case["log_p"]),
            score: pair(&case["score"]),
        })
        .collect()
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// How much a score may be off: 1e-4 of its length, or of 1 / sigma where it is shorter. 1 / sigma is the length of the
/// noise's own score, which the data's cancels where the score is near 0, so that f32 leaves an error of that order.
fn allowed(score: [f32; 2], sigma: f32) -> f32 {
    1e-4 * score[0].hypot(score[1]).max(1.0 / sigma)
}

#[test]
fn every_golden_case_is_met() {
    for preset in Preset::ALL {
        let field = preset.field();
        let cases = golden(preset);
        assert_eq!(cases.len(), 56);
        for Case { sigma, x, log_p, score } in cases {
            for local in [field.local(x, sigma), field.at(sigma).local(x)] {
                let name = preset.name();
                let off = distance(local.score, score);
                assert!(
                    off <= allowed(score, sigma),
                    "{name} at {x:?}, {sigma}: {:?} against {score:?}",
                    local.score
                );
                assert!(
                    (local.log_density - log_p).abs() < 1e-4,
                    "{name}: {} against {log_p}",
                    local.log_density
                );
            }
        }
    }
}

#[test]
fn every_set_is_centred_and_has_scale_one_half() {
    for preset in Preset::ALL {
        let field: ExactField = preset.field();
        assert!(
            distance(field.mean(), [0.0; 2]) < 1e-6,
            "{}: {:?}",
            preset.name(),
            field.mean()
        );
        assert!(
            (field.scale() - 0.5).abs() < 1e-6,
            "{}: {}",
            preset.name(),
            field.scale()
        );
    }
}

/// Where the questions are asked: half of the points from `p_sigma`, half anywhere in the window of that noise level.
fn points(field: &ExactField, sigma: f32, count: usize, seed: u64) -> Vec<[f32; 2]> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut flat = vec![0.0; 2 * count];
    field.sample(&mut rng, &mut flat[..2 * (count / 2)]);
    let half_width = (2.2 * 0.5_f32.hypot(sigma)).max(1.45);
    for (i, value) in flat.iter_mut().enumerate() {
        // A sum of uniform numbers stands in for the Gaussian: only the place matters here.
        let noise: f32 = (0..4).map(|_| rng.random_range(-0.9..0.9_f32)).sum();
        *value = if i < 2 * (count / 2) {
            *value + sigma * noise
        } else {
            rng.random_range(-half_width..half_width)
        };
    }
    flat.chunks_exact(2).map(|x| [x[0], x[1]]).collect()
}

/// Derivative of `f` along an axis, by the central difference of fourth order.
fn slope(f: impl Fn([f32; 2]) -> f64, x: [f32; 2], axis: usize, h: f32) -> f64 {
    let at = |steps: f32| {
        let mut y = x;
        y[axis] += steps * h;
        (f(y), f64::from(y[axis]))
    };
    let quotient = |steps: f32| {
        let ((above, right), (below, left)) = (at(steps), at(-steps));
        (above - below) / (right - left)
    };
    (4.0 * quotient(1.0) - quotient(2.0)) / 3.0
}

/// Fields of points and of soft dots, as they are drawn: a filled disc, a line, clumps, three dots, several softnesses.
fn drawings() -> Vec<ExactField> {
    let mut rng = StdRng::seed_from_u64(5);
    let mut scatter = |count: usize, place: &dyn Fn(usize) -> [f32; 2], width: f32| -> Vec<f32> {
        (0..count)
            .flat_map(|i| place(i).map(|x| x + rng.random_range(-width..width)))
            .collect()
    };
    let blob = scatter(1500, &|_| [0.0, 0.0], 1.1);
    let line = scatter(2000, &|i| [i as f32 / 1000.0 - 1.0, (i as f32 / 300.0).sin()], 0.05);
    let clumps = scatter(
        1000,
        &|i| [(i % 5) as f32 * 0.4 - 1.0, (2.0 * (i % 5) as f32).sin()],
        0.03,
    );
    let three = vec![-0.5, 0.0, 0.5, 0.25, 0.0, -0.75];
    let mut soft = Drawing::new();
    for k in 0..6_u32 {
        soft.begin(
            Brush {
                size: 0.2,
                softness: 0.01 * k as f32,
                flow: 150.0,
            },
            k,
        );
        soft.spray_to([-0.8, 0.3 * k as f32 - 0.8]);
        soft.spray_to([0.7, 0.5 - 0.2 * k as f32]);
        soft.end();
    }
    let points = [(blob, 0.0), (line, 0.0), (clumps, 0.02), (three, 0.0)];
    let drawn = points
        .iter()
        .map(|(points, softness)| Drawing::from_points(points, *softness).unwrap());
    drawn.chain([soft]).map(|drawing| drawing.field().unwrap()).collect()
}

#[test]
fn the_fast_evaluator_agrees_with_the_direct_sum_everywhere() {
    let fields = Preset::ALL.map(Preset::field).into_iter().chain(drawings());
    for (which, field) in fields.enumerate() {
        for sigma in [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.0] {
            let x = points(&field, sigma, 100, 11);
            let (mut log_density, mut score) = (vec![0.0; x.len()], vec![0.0; 2 * x.len()]);
            field.at(sigma).fill(x.as_flattened(), &mut log_density, &mut score);
            for (i, x) in x.into_iter().enumerate() {
                let truth = field.local(x, sigma);
                let s = [score[2 * i], score[2 * i + 1]];
                let off = distance(s, truth.score);
                assert!(
                    off <= allowed(truth.score, sigma),
                    "field {which} at {x:?}, {sigma}: {s:?} for {truth:?}"
                );
                // Far out the log density is a difference of large numbers: 1e-4 of its size there.
                let close = 1e-4 * truth.log_density.abs().max(1.0);
                assert!(
                    (log_density[i] - truth.log_density).abs() < close,
                    "field {which} at {x:?}, {sigma}: {truth:?}"
                );
            }
        }
    }
}

#[test]
fn a_point_gets_the_same_answer_alone_and_in_company() {
    let field = Preset::Moons.field();
    let smoothed = field.at(0.1);
    let x = points(&field, 0.1, 37, 3);
    let (mut scores, mut filled, mut log_density) = (vec![0.0; 74], vec![0.0; 74], vec![0.0; 37]);
    smoothed.scores(x.as_flattened(), &mut scores);
    smoothed.fill(x.as_flattened(), &mut log_density, &mut filled);
    assert_eq!(scores, filled);
    for (x, s) in x.iter().zip(scores.chunks_exact(2)) {
        let alone = smoothed.local(*x).score;
        assert!(distance(alone, [s[0], s[1]]) <= 2.0 * allowed(alone, 0.1));
    }
    assert!((smoothed.sigma() - 0.1).abs() < 1e-9);
}

#[test]
fn a_lost_particle_does_not_disturb_its_neighbours() {
    let smoothed = Preset::Rings.field().at(0.05);
    let lost = [f32::NAN, 0.0, 0.3, 0.1, f32::INFINITY, 0.2, 0.31, 0.1];
    let mut out = [0.0; 8];
    smoothed.scores(&lost, &mut out);
    for k in [1, 3] {
        let alone = smoothed.local([lost[2 * k], lost[2 * k + 1]]).score;
        assert!(distance(alone, [out[2 * k], out[2 * k + 1]]) <= 2.0 * allowed(alone, 0.05));
    }
}

#[test]
fn the_score_is_the_gradient_of_the_log_density() {
    let fields = Preset::ALL.map(Preset::field).into_iter().chain(drawings());
    for (which, field) in fields.enumerate() {
        for sigma in [0.02_f32, 0.1, 0.5] {
            // From the data's region only: far out the log density is so large that f32 hides its differences.
            for x in points(&field, sigma, 40, 21).into_iter().take(20) {
                let score = field.local(x, sigma).score;
                let f = |y| f64::from(field.local(y, sigma).log_density);
                for axis in 0..2 {
                    // f32 leaves about 1e-6 in each log density: 2e-5 / sigma of noise; the formula's own error at this
                    // step is some 1e-4 / sigma.
                    let difference = slope(f, x, axis, 0.1 * sigma);
                    let off = (difference - f64::from(score[axis])).abs();
                    assert!(
                        off < 2e-3 / f64::from(sigma),
                        "field {which} at {x:?}, {sigma}: {score:?}, {difference}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_jacobian_is_the_derivative_of_the_score() {
    let fields = Preset::ALL.map(Preset::field).into_iter().chain(drawings());
    for (which, field) in fields.enumerate() {
        for sigma in [0.02_f32, 0.1, 0.5] {
            for x in points(&field, sigma, 40, 22).into_iter().take(20) {
                let jacobian = field.jacobian(x, sigma);
                for (i, row) in jacobian.iter().enumerate() {
                    for (axis, entry) in row.iter().enumerate() {
                        let f = |y| f64::from(field.local(y, sigma).score[i]);
                        let difference = slope(f, x, axis, 0.1 * sigma);
                        let off = (difference - f64::from(*entry)).abs() * f64::from(sigma * sigma);
                        assert!(
                            off < 3e-3,
                            "field {which} at {x:?}, {sigma}: {jacobian:?}, [{i}][{axis}] {difference}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_denoiser_stays_among_the_data() {
    // On the lattice of drawings, 1/512.
    let dots = [-0.5_f32, 0.0, 0.5, 0.25, 0.0, -0.75, 0.3125, 0.3125];
    let field = Drawing::from_points(&dots, 0.0).unwrap().field().unwrap();
    for sigma in [0.01, 0.1, 1.0, 3.0] {
        for x in points(&field, sigma, 100, 41) {
            let denoised = field.denoiser(x, sigma);
            // In every direction no farther out than the farthest dot: in the convex hull. 1e-6 of sigma² |s| is f32's.
            for k in 0..32 {
                let (n, m) = (k as f32 * std::f32::consts::TAU / 32.0).sin_cos();
                let farthest = dots
                    .chunks_exact(2)
                    .map(|d| n * d[0] + m * d[1])
                    .fold(f32::NEG_INFINITY, f32::max);
                let slack = 1e-6 * (1.0 + x[0].hypot(x[1]));
                assert!(
                    n * denoised[0] + m * denoised[1] <= farthest + slack,
                    "{x:?}, {sigma}: {denoised:?}"
                );
            }
        }
    }
}

#[test]
fn a_single_gaussian_is_what_the_textbook_says() {
    let field = ExactField::mixture(vec![[0.3, -0.2]], vec![5.0], vec![0.04]).unwrap();
    let (sigma, x) = (0.1, [0.5, 0.1]);
    let t = 0.05_f32;
    let local = field.local(x, sigma);
    assert!(distance(local.score, [-0.2 / t, -0.3 / t]) < 1e-4);
    assert!((local.log_density - (-(std::f32::consts::TAU * t).ln() - 0.13 / (2.0 * t))).abs() < 1e-5);
    let [[xx, xy], [yx, yy]] = field.jacobian(x, sigma);
    assert!((xx + 1.0 / t).abs() < 1e-3 && (yy + 1.0 / t).abs() < 1e-3 && xy.abs() < 1e-3 && yx.abs() < 1e-3);
    assert!((field.scale() - 0.2).abs() < 1e-6 && distance(field.mean(), [0.3, -0.2]) < 1e-6);
}

#[test]
fn arrays_that_are_no_mixture_are_refused() {
    let two = || vec![[0.0, 0.0], [1.0, 0.0]];
    for (weights, variances) in [
        (vec![1.0], vec![0.0, 0.0]),
        (vec![0.0, 0.0], vec![0.1, 0.1]),
        (vec![1.0, -1.0], vec![0.1, 0.1]),
        (vec![1.0, f32::NAN], vec![0.1, 0.1]),
        (vec![1.0, 1.0], vec![0.1, -0.1]),
    ] {
        assert!(ExactField::mixture(two(), weights, variances).is_err());
    }
    assert!(ExactField::mixture(vec![[f32::INFINITY, 0.0]], vec![1.0], vec![0.1]).is_err());
    assert!(ExactField::mixture(vec![], vec![], vec![]).is_err());
}

#[test]
fn an_unknown_set_is_answered_with_the_known_ones() {
    for preset in Preset::ALL {
        assert_eq!(Preset::from_name(preset.name()), Ok(preset));
    }
    let message = Preset::from_name("moon").unwrap_err().to_string();
    assert!(Preset::ALL.iter().all(|preset| message.contains(preset.name())) && message.contains("\"moon\""));
}
