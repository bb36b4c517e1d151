//! How far a learned score is from the exact one.

use super::GridField;

/// Error at which the ramp is half way up, in units of `1 / sigma`.
const HALF: f32 = 0.3;
/// Errors fade out between these exact energies, nats: beyond, there are neither data nor particles.
const FADE: [f32; 2] = [8.0, 12.0];

/// Learned minus exact as a field of its own: `score` is the difference `s - s*`, `energy` the exact energy, so that
/// contours and arrows say where the data are and which way the error pushes. `None` when a field is not whole.
/// The exact field is read at the learned one's grid.
pub fn difference(learned: &GridField, exact: &GridField) -> Option<GridField> {
    if !learned.is_whole() || !exact.is_whole() {
        return None;
    }
    let same = learned.grid == exact.grid;
    let mut out = GridField {
        grid: learned.grid,
        sigma: learned.sigma,
        ..GridField::default()
    };
    for (k, at) in learned.grid.points().chunks_exact(2).enumerate() {
        let at = [at[0], at[1]];
        let (energy, truth) = if same {
            (exact.energy[k], [exact.score[2 * k], exact.score[2 * k + 1]])
        } else {
            (exact.energy_at(at), exact.score_at(at))
        };
        out.energy.push(energy);
        out.score
            .extend([learned.score[2 * k] - truth[0], learned.score[2 * k + 1] - truth[1]]);
    }
    Some(out)
}

/// Place on the ramp of an error in units of `1 / sigma`.
pub fn tone(error: f32) -> f32 {
    error / (error + HALF)
}

/// Place on the ramp of every point of a [`difference`]: `e / (e + 0.3)` with `e = sigma |s - s*|`, which is 1 where the
/// error is as large as the score of the noise itself; fading out where there are no data.
pub fn tones(difference: &GridField) -> impl Iterator<Item = f32> {
    let scores = difference.score.chunks_exact(2);
    scores.zip(&difference.energy).map(|(s, &energy)| {
        let error = difference.sigma * s[0].hypot(s[1]);
        let present = ((FADE[1] - energy) / (FADE[1] - FADE[0])).clamp(0.0, 1.0);
        let tone = present * tone(error);
        if tone.is_finite() { tone } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    #[test]
    fn the_difference_of_a_field_from_itself_is_nothing_and_grows_with_the_error() {
        let exact = sampled(1.4, 24, |[x, y]| (x * x + y * y, [-2.0 * x, -2.0 * y]));
        let learned = sampled(1.4, 24, |[x, y]| (x * x + y * y, [-2.0 * x + 0.5, -2.0 * y]));
        let none: Vec<f32> = tones(&difference(&exact, &exact).unwrap_or_default()).collect();
        assert!(none.len() == 576 && none.iter().all(|t| t.abs() < 1e-6));
        let some = difference(&learned, &exact).unwrap_or_default();
        assert!(
            some.score
                .chunks(2)
                .all(|s| (s[0] - 0.5).abs() < 1e-5 && s[1].abs() < 1e-5)
        );
        // sigma is 0.2, so e = 0.1.
        assert!(tones(&some).nth(300).is_some_and(|tone| (tone - 0.25).abs() < 1e-4));
    }

    #[test]
    fn an_exact_field_on_another_grid_is_read_between_its_points() {
        let exact = sampled(1.6, 40, |[x, y]| (0.0, [-x, -y]));
        let learned = sampled(1.4, 24, |[x, y]| (0.0, [-x, -y]));
        let d = difference(&learned, &exact).unwrap_or_default();
        assert!(d.score.len() == 1152 && d.score.iter().all(|s| s.abs() < 1e-5));
        assert!(difference(&learned, &GridField::default()).is_none());
    }
}
