//! Pictures that must be whole in every frame are as large as the machine's pace allows.

/// The largest side for the next picture, after one of a side has taken so long, milliseconds, where it should take no
/// more than `most_ms`; between two limits. Time goes with the area. Between too slow and clearly too small nothing
/// changes, so that sizes do not flicker: the clock also counts what others do.
pub(super) fn side_after(painted: f32, spent_ms: f64, most_ms: f64, limits: [f32; 2]) -> f32 {
    const STEPS: [f64; 2] = [0.8, 1.1];
    let fits = if spent_ms > most_ms {
        (most_ms / spent_ms).sqrt().max(STEPS[0])
    } else if STEPS[1] * STEPS[1] * spent_ms < 0.9 * most_ms {
        STEPS[1]
    } else {
        1.0
    };
    (painted * fits as f32).clamp(limits[0], limits[1])
}

#[cfg(test)]
mod tests {
    use super::side_after;

    #[test]
    fn pictures_come_to_the_size_that_the_pace_allows_and_stay_there() {
        const LIMITS: [f32; 2] = [320.0, 720.0];
        // Milliseconds for a picture of the largest size; what each side may take is 10.
        for (whole, least, most) in [(5.0, 720.0, 720.0), (20.0, 400.0, 510.0), (200.0, 320.0, 320.0)] {
            for start in [320.0, 500.0, 720.0] {
                let mut sides = vec![start];
                for k in 0..40 {
                    let spent = whole * f64::from(sides[k] / LIMITS[1]).powi(2);
                    sides.push(side_after(sides[k], spent, 10.0, LIMITS));
                }
                assert!(
                    sides[20..].iter().all(|side| (side - sides[40]).abs() < 0.5),
                    "{sides:?}"
                );
                assert!((least..=most).contains(&sides[40]), "{sides:?}");
            }
        }
    }
}
