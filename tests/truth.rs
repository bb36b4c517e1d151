//! The exact field against golden cases, finite differences and itself.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use scorefield::distribution::{ExactField, Preset};

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
    let all: serde_json::Value = serde_json::from_str(include_str!("exact_scores.json")).unwrap();
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
