//! Strokes, eraser, undo and redo, and the code of a drawing.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scorefield::distribution::{Brush, Drawing, MAX_DOTS, Target, TargetError};

const BRUSH: Brush = Brush {
    size: 0.1,
    softness: 0.03,
    flow: 100.0,
};

fn stroke(drawing: &mut Drawing, seed: u32, path: &[[f32; 2]]) {
    drawing.begin(BRUSH, seed);
    for x in path {
        drawing.spray_to(*x);
    }
    drawing.end();
}

/// A drawing of three strokes.
fn sketch() -> Drawing {
    let mut drawing = Drawing::new();
    stroke(&mut drawing, 1, &[[-0.5, 0.0], [0.5, 0.0]]);
    stroke(&mut drawing, 2, &[[0.0, -0.5], [0.0, 0.5], [0.5, 0.5]]);
    stroke(&mut drawing, 3, &[[1.0, 1.0]]);
    drawing
}

#[test]
fn a_stroke_leaves_its_dots_along_its_path() {
    let mut drawing = Drawing::new();
    stroke(&mut drawing, 7, &[[-0.5, 0.2], [0.5, 0.2]]);
    // A dab of flow * size and one unit of path.
    assert_eq!(drawing.len(), 110);
    for dot in drawing.dots() {
        let off = [(dot.at[0].abs() - 0.5).max(0.0), dot.at[1] - 0.2];
        assert!(off[0].hypot(off[1]) <= BRUSH.size + 1e-3, "{dot:?}");
        assert!((dot.softness - 0.03).abs() <= 0.5 / 1024.0);
    }
    let right = drawing.dots().filter(|dot| dot.at[0] > 0.0).count();
    assert!((20..=90).contains(&right), "{right} of 110 on the right half");
}

#[test]
fn a_touch_leaves_a_dab() {
    let mut drawing = Drawing::new();
    stroke(&mut drawing, 7, &[[0.3, 0.3]]);
    assert_eq!(drawing.len(), 10);
    drawing.begin(Brush { flow: 0.0, ..BRUSH }, 8);
    drawing.spray_to([0.0, 0.0]);
    drawing.end();
    assert_eq!(drawing.len(), 11);
}

#[test]
fn dots_are_a_function_of_brush_seed_and_path() {
    assert_eq!(sketch(), sketch());
    let mut other = Drawing::new();
    stroke(&mut other, 2, &[[-0.5, 0.0], [0.5, 0.0]]);
    let mut first = Drawing::new();
    stroke(&mut first, 1, &[[-0.5, 0.0], [0.5, 0.0]]);
    assert_ne!(first, other);
}

#[test]
fn a_path_in_many_small_moves_leaves_as_many_dots() {
    let mut drawing = Drawing::new();
    let path: Vec<[f32; 2]> = (0..=300).map(|i| [i as f32 / 300.0 - 0.5, 0.0]).collect();
    stroke(&mut drawing, 7, &path);
    assert!((109..=110).contains(&drawing.len()), "{}", drawing.len());
}

#[test]
fn positions_are_whole_multiples_of_a_1024th() {
    for dot in sketch().dots() {
        for value in [dot.at[0], dot.at[1], dot.softness] {
            assert!((value * 1024.0).fract().abs() < f32::EPSILON, "{value}");
        }
    }
}

#[test]
fn a_stroke_is_one_step_of_undo_and_of_redo() {
    let mut drawing = sketch();
    let whole = drawing.clone();
    let mut sizes = vec![drawing.len()];
    while drawing.undo() {
        sizes.push(drawing.len());
    }
    assert_eq!(sizes.len(), 4);
    assert!(drawing.is_empty() && !drawing.can_undo() && drawing.can_redo() && !drawing.undo());
    while drawing.redo() {
        sizes.pop();
        assert_eq!(drawing.len(), sizes[sizes.len() - 1]);
    }
    assert_eq!(drawing, whole);
    assert!(!drawing.can_redo());
}

#[test]
fn a_new_stroke_forgets_what_was_undone() {
    let mut drawing = sketch();
    drawing.undo();
    stroke(&mut drawing, 9, &[[0.0, 0.0]]);
    assert!(!drawing.can_redo() && !drawing.redo());
}

#[test]
fn undo_in_the_middle_of_a_stroke_takes_the_stroke_back() {
    let mut drawing = sketch();
    let before = drawing.clone();
    drawing.begin(BRUSH, 5);
    drawing.spray_to([0.0, 0.0]);
    assert!(drawing.can_undo());
    assert!(drawing.undo());
    assert_eq!(drawing, before);
    drawing.spray_to([0.5, 0.5]);
    assert_eq!(drawing, before, "the stroke is over");
}

#[test]
fn the_eraser_takes_what_lies_under_its_path_and_undo_brings_it_back() {
    let mut drawing = sketch();
    let before = drawing.clone();
    drawing.begin_erase(0.2);
    drawing.erase_to([-0.5, 0.0]);
    drawing.erase_to([0.5, 0.0]);
    drawing.end();
    assert!(drawing.len() < before.len() && !drawing.is_empty());
    for dot in drawing.dots() {
        let off = [(dot.at[0].abs() - 0.5).max(0.0), dot.at[1]];
        assert!(off[0].hypot(off[1]) > 0.2 - 1e-6, "{dot:?} should be gone");
    }
    let kept = before
        .dots()
        .filter(|dot| (dot.at[0].abs() - 0.5).max(0.0).hypot(dot.at[1]) > 0.2)
        .count();
    assert!(drawing.len().abs_diff(kept) <= 1);
    assert!(drawing.undo());
    assert_eq!(drawing, before);
}

#[test]
fn clearing_can_be_undone() {
    let mut drawing = sketch();
    let before = drawing.clone();
    drawing.clear();
    assert!(drawing.is_empty());
    assert!(drawing.undo());
    assert_eq!(drawing, before);
}

#[test]
fn a_stroke_that_changes_nothing_is_no_step_of_undo() {
    let mut drawing = Drawing::new();
    drawing.begin_erase(0.5);
    drawing.erase_to([0.0, 0.0]);
    drawing.end();
    drawing.clear();
    drawing.begin(BRUSH, 1);
    drawing.spray_to([f32::NAN, 0.0]);
    drawing.end();
    assert!(!drawing.can_undo());
}

#[test]
fn a_full_drawing_says_so_and_takes_no_more() {
    let mut drawing = Drawing::new();
    drawing.begin(Brush { flow: 1e5, ..BRUSH }, 1);
    assert!(!drawing.spray_to([0.0, 0.0]));
    assert!(!drawing.spray_to([1.0, 0.0]));
    drawing.end();
    assert_eq!(drawing.len(), MAX_DOTS);
    let points = vec![0.0; 2 * MAX_DOTS + 2];
    assert_eq!(
        Drawing::from_points(&points, 0.0),
        Err(TargetError::TooMany { got: MAX_DOTS + 1 })
    );
}

#[test]
fn a_code_restores_every_dot() {
    let mut rng = StdRng::seed_from_u64(3);
    let scattered: Vec<f32> = (0..2 * MAX_DOTS).map(|_| rng.random_range(-31.0..31.0_f32)).collect();
    let near: Vec<f32> = (0..4000).map(|_| rng.random_range(-1.2..1.2_f32)).collect();
    let drawings = [
        Drawing::new(),
        sketch(),
        Drawing::from_points(&scattered, 0.5).unwrap(),
        Drawing::from_points(&near, 0.0).unwrap(),
        Drawing::from_points(&[31.0, -31.0, 31.0, -31.0, -31.0, 31.0], 31.0).unwrap(),
    ];
    for drawing in drawings {
        let code = drawing.encode();
        assert!(
            code.bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'),
            "not safe in a link: {code}"
        );
        assert_eq!(Drawing::decode(&code).unwrap(), drawing);
        assert_eq!(Drawing::decode(&code).unwrap().encode(), code);
    }
    let code = Drawing::from_points(&near, 0.0).unwrap().encode();
    assert!(code.len() < 2000 * 3, "{} characters for 2000 dots", code.len());
}

#[test]
fn a_restored_drawing_is_the_same_distribution_bit_for_bit() {
    let drawing = sketch();
    let restored = Drawing::decode(&drawing.encode()).unwrap();
    let draw = |drawing: &Drawing| {
        let mut out = vec![0.0; 200];
        drawing.field().unwrap().sample(&mut StdRng::seed_from_u64(1), &mut out);
        out.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
    };
    assert_eq!(draw(&drawing), draw(&restored));
}

#[test]
fn malformed_codes_are_refused() {
    let code = sketch().encode();
    for bad in [
        "",
        "b",
        "aé",
        "a!!",
        "aAQ",
        &code[1..],
        &code[..code.len() - 2],
        &format!("{code}AQ"),
    ] {
        assert!(Drawing::decode(bad).is_err(), "{bad}");
    }
    // 4 billion dots promised; a number without end; a code longer than any.
    for bad in ["aAP____8P", "a_____________w", &format!("a{}", "A".repeat(1_000_000))] {
        assert!(Drawing::decode(bad).is_err(), "{bad}");
    }
    // Anything at all is an error or a drawing, never a panic.
    let mut rng = StdRng::seed_from_u64(9);
    for _ in 0..20_000 {
        let mut bytes = code.clone().into_bytes();
        for _ in 0..rng.random_range(1..4) {
            let place = rng.random_range(0..bytes.len());
            bytes[place] = rng.random_range(32..127);
        }
        bytes.truncate(rng.random_range(0..=bytes.len()));
        if let Ok(drawing) = Drawing::decode(std::str::from_utf8(&bytes).unwrap()) {
            assert!(drawing.len() <= MAX_DOTS);
        }
    }
}

#[test]
fn serialisation_keeps_the_dots_and_leaves_the_history() {
    let drawing = sketch();
    let target = Target::Drawing(drawing);
    let text = serde_json::to_string(&target).unwrap();
    let restored: Target = serde_json::from_str(&text).unwrap();
    assert_eq!(restored, target);
    let Target::Drawing(restored) = restored else { return };
    assert!(!restored.can_undo());
}

#[test]
fn too_few_points_and_points_in_one_place_are_no_distribution() {
    let mut drawing = Drawing::new();
    assert_eq!(drawing.field().err(), Some(TargetError::TooFew { got: 0 }));
    drawing.begin(
        Brush {
            size: 0.0,
            softness: 0.1,
            flow: 0.0,
        },
        1,
    );
    drawing.spray_to([0.25, 0.25]);
    drawing.begin(
        Brush {
            size: 0.0,
            softness: 0.1,
            flow: 1000.0,
        },
        1,
    );
    drawing.spray_to([0.25, 0.25]);
    drawing.end();
    assert_eq!(drawing.field().err(), Some(TargetError::TooFew { got: 2 }));
    drawing.begin(
        Brush {
            size: 0.0,
            softness: 0.2,
            flow: 0.0,
        },
        1,
    );
    drawing.spray_to([0.25, 0.25]);
    drawing.end();
    assert_eq!(drawing.field().err(), Some(TargetError::OnePlace));
    assert!(
        Target::Drawing(drawing.clone())
            .field()
            .unwrap_err()
            .to_string()
            .contains("draw somewhere else")
    );
    stroke(&mut drawing, 1, &[[0.0, 0.0]]);
    assert!(drawing.field().is_ok());
}

#[test]
fn points_from_a_script_are_checked() {
    let good = [0.0, 0.0, 0.5, 0.5, 1.0, 0.0];
    assert_eq!(Drawing::from_points(&good, 0.1).unwrap().len(), 3);
    assert_eq!(
        Drawing::from_points(&good[..5], 0.1),
        Err(TargetError::OddLength { length: 5 })
    );
    assert_eq!(
        Drawing::from_points(&good[..4], 0.1),
        Err(TargetError::TooFew { got: 2 })
    );
    assert_eq!(Drawing::from_points(&[0.5; 8], 0.1), Err(TargetError::OnePlace));
    assert_eq!(
        Drawing::from_points(&[0.0, 0.0, 1.0, f32::NAN, 1.0, 0.0], 0.1),
        Err(TargetError::NotFinite { index: 1 })
    );
    assert_eq!(
        Drawing::from_points(&[0.0, 0.0, 1.0, 0.0, 1.0, 99.0], 0.1),
        Err(TargetError::OutOfReach { index: 2 })
    );
    for softness in [-0.1, f32::INFINITY, 99.0] {
        assert_eq!(
            Drawing::from_points(&good, softness),
            Err(TargetError::BadSoftness(softness))
        );
    }
}

#[test]
fn a_brush_that_makes_no_sense_still_draws_something_finite() {
    let mut drawing = Drawing::new();
    drawing.begin(
        Brush {
            size: f32::NAN,
            softness: -1.0,
            flow: f32::INFINITY,
        },
        1,
    );
    drawing.spray_to([1e9, -1e9]);
    drawing.spray_to([f32::INFINITY, 0.0]);
    drawing.end();
    assert!(drawing.dots().all(|dot| dot.at.iter().all(|v| v.abs() <= 31.0)));
}
