//! The colour scale of pictures side by side: one for all, or one of each picture's own.
//!
//! On the common scale equal colours are equal numbers: nats above the lowest energy of the picture, because a score
//! fixes an energy only up to a constant that is another one at every noise level; errors and derivatives in units of
//! the noise's own score, `1 / sigma` and `1 / sigma²`. On a scale of its own a picture uses the whole ramp: one sees
//! where something is, and the [`Scale::mark`] says how much.

use super::{GridField, derivative, energy, error};
use crate::engine::settings::{Colour, Source};

/// Energies beyond are no part of a picture's own range: a learned potential means nothing there.
const HIGHEST: f32 = 12.0;
/// The ends of a signed ramp in root mean squares.
const SIGNED_END: f32 = 2.0;

/// A picture's own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// What the picture's numbers are multiplied by, to be shown on the common scale.
    pub stretch: f32,
    /// The number at the ramp's far end (energies, in nats; derivatives, in `1 / sigma²`) or half way up (errors, in
    /// `1 / sigma`).
    pub mark: f32,
}

/// The scale by which a whole picture uses the ramp: up to its highest energy, 12 nats at most; half way up at the root
/// mean square of an error; to twice that of a derivative. `None` where there is nothing to stretch. For
/// [`Source::Error`] the picture is an [`error::difference`].
pub fn own(field: &GridField, colour: Colour, source: Source) -> Option<Scale> {
    let (mark, common) = match (colour, source) {
        (Colour::Energy, Source::Error) => (root_mean_square(error::sizes(field)), error::HALF),
        (Colour::Energy, _) => {
            let known = field.energy.iter().copied().filter(|e| e.is_finite());
            (known.fold(0.0, f32::max).min(HIGHEST), energy::SPAN)
        }
        _ => {
            let size = root_mean_square(derivative::faded(field, colour, source));
            (SIGNED_END * size, derivative::reach(colour, source))
        }
    };
    (mark > 1e-6 && mark.is_finite()).then(|| Scale {
        stretch: common / mark,
        mark,
    })
}

/// Of what is not zero: where a picture has faded out there is nothing to say.
fn root_mean_square(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut count) = (0.0_f32, 0.0_f32);
    for value in values.filter(|v| v.is_finite() && *v != 0.0) {
        sum += value * value;
        count += 1.0;
    }
    (sum / count.max(1.0)).sqrt()
}

/// A picture whose score is multiplied by a number; its energy, by which it fades out, stays.
pub fn stretched(field: &GridField, stretch: f32) -> GridField {
    GridField {
        score: field.score.iter().map(|s| s * stretch).collect(),
        ..field.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    /// A bowl of so many nats at the corners of the window, and a score that is wrong by so much everywhere.
    fn bowl(nats: f32, wrong: f32) -> GridField {
        sampled(1.0, 21, |[x, y]| (0.5 * nats * (x * x + y * y), [wrong, 0.0]))
    }

    #[test]
    fn a_picture_on_its_own_scale_reaches_the_end_of_the_ramp_and_not_further() {
        for nats in [0.3, 4.8, 11.0] {
            let scale = own(&bowl(nats, 0.0), Colour::Energy, Source::Exact);
            let Some(scale) = scale else {
                panic!("a bowl has a range")
            };
            assert!((scale.mark - nats).abs() < 1e-5 * nats);
            assert!((energy::shade(nats * scale.stretch)).abs() < 1e-5);
        }
        let deep = own(&bowl(4000.0, 0.0), Colour::Energy, Source::Learned);
        assert_eq!(deep.map(|scale| scale.mark), Some(HIGHEST));
    }

    #[test]
    fn however_small_an_error_is_its_own_scale_shows_it_half_way_up() {
        for wrong in [1e-3, 0.2, 7.0] {
            // The bowl is shallow: nothing fades.
            let field = bowl(2.0, wrong);
            let Some(scale) = own(&field, Colour::Energy, Source::Error) else {
                panic!("there is an error")
            };
            assert!((scale.mark - 0.2 * wrong).abs() < 1e-5, "sigma is 0.2");
            let field = stretched(&field, scale.stretch);
            assert!(error::tones(&field).all(|t| (t - 0.5).abs() < 1e-4));
        }
    }

    #[test]
    fn a_derivative_on_its_own_scale_has_its_root_mean_square_half_way_to_the_end() {
        let field = sampled(1.0, 21, |[x, y]| (0.5 * (x * x + y * y), [-0.3 * y, 0.3 * x]));
        let Some(scale) = own(&field, Colour::Curl, Source::Learned) else {
            panic!("the field turns")
        };
        // sigma² curl = 0.04 * 0.6.
        assert!((scale.mark - 2.0 * 0.024).abs() < 1e-5, "{scale:?}");
        let field = stretched(&field, scale.stretch);
        assert!(derivative::tones(&field, Colour::Curl, Source::Learned).all(|t| (t - 0.75).abs() < 1e-4));
    }

    #[test]
    fn where_there_is_nothing_there_is_no_scale() {
        assert_eq!(own(&bowl(2.0, 0.0), Colour::Energy, Source::Error), None);
        assert_eq!(own(&bowl(0.0, 0.0), Colour::Energy, Source::Exact), None);
        let masked = sampled(1.0, 9, |_| (f32::NAN, [f32::NAN; 2]));
        assert_eq!(own(&masked, Colour::Divergence, Source::Learned), None);
    }
}
