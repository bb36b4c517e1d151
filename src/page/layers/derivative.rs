//! Divergence and curl of a score on its grid, and their places on a ramp that is symmetric about nothing.
//!
//! Derivatives are differences of the second order: central ones within the grid, one-sided through three points at its
//! edge. They are exact where the score is quadratic (the energy cubic). Otherwise they are wrong by `h² / 6` (at the
//! edge `h² / 3`) times a third derivative of the score, `h` being the grid's spacing. Of the moons, with `h = sigma / 1.5`,
//! the root mean square of that is 0.15 of `1 / sigma²` for the divergence and 0.03 for the curl, and with half the
//! spacing a third of both. Most of it lies on the ridges between far parts of the data, which are narrower than sigma:
//! they come out too low, and with beads of curl on them.

use super::GridField;
use crate::engine::settings::{Colour, Source};

/// Curls and errors fade out between these energies, nats: beyond, there are neither data nor particles, and what a
/// network says there was never asked for.
const FADE: [f32; 2] = [8.0, 12.0];

/// The number at the ramp's ends, in units of `1 / sigma²`. Divergence: `sigma² div s = tr D' - 2` with the denoiser
/// `D`, so the true one is -2 where a single place is near, -1 along a line and 0 inside an area. Curls and errors of a
/// network that has learned are well below a quarter of that.
pub fn reach(colour: Colour, source: Source) -> f32 {
    if colour == Colour::Divergence && source != Source::Error {
        2.0
    } else {
        0.5
    }
}

/// The divergence `dsx/dx + dsy/dy` of a whole field at its grid's points.
pub fn divergence(field: &GridField) -> impl Iterator<Item = f32> {
    values(field, Colour::Divergence)
}

/// The curl `dsy/dx - dsx/dy` of a whole field at its grid's points; positive where the score turns from x to y.
pub fn curl(field: &GridField) -> impl Iterator<Item = f32> {
    values(field, Colour::Curl)
}

fn values(field: &GridField, colour: Colour) -> impl Iterator<Item = f32> {
    let (n, curl) = (field.grid.side as usize, colour == Colour::Curl);
    let scale = 0.5 / field.grid.spacing();
    (0..n * n).map(move |k| {
        let difference = |component, axis| difference(&field.score, n, k, component, axis);
        scale
            * if curl {
                difference(1, 0) - difference(0, 1)
            } else {
                difference(0, 0) + difference(1, 1)
            }
    })
}

/// What the score's component changes by over two spacings along an axis, at point `k` of `n` an axis.
fn difference(score: &[f32], n: usize, k: usize, component: usize, axis: usize) -> f32 {
    let (stride, place) = if axis == 0 { (1, k % n) } else { (n, k / n) };
    let value = |k: usize| score[2 * k + component];
    if n < 3 {
        let first = k - place * stride;
        2.0 * (value(first + stride) - value(first))
    } else if place == 0 {
        4.0 * value(k + stride) - 3.0 * value(k) - value(k + 2 * stride)
    } else if place == n - 1 {
        3.0 * value(k) - 4.0 * value(k - stride) + value(k - 2 * stride)
    } else {
        value(k + stride) - value(k - stride)
    }
}

/// Divergence or curl at every point of a whole field, times `sigma²`, fading out where nobody asked for it. For
/// [`Source::Error`] the field is a [`super::error::difference`].
pub fn faded(field: &GridField, colour: Colour, source: Source) -> impl Iterator<Item = f32> {
    let unit = field.sigma * field.sigma;
    let fades = colour == Colour::Curl || source == Source::Error;
    values(field, colour).zip(&field.energy).map(move |(value, energy)| {
        let present = if fades {
            ((FADE[1] - energy) / (FADE[1] - FADE[0])).clamp(0.0, 1.0)
        } else {
            1.0
        };
        present * unit * value
    })
}

/// Places on the ramp of these: 1/2 where there is nothing, 0 and 1 at minus and plus [`reach`].
pub fn tones(field: &GridField, colour: Colour, source: Source) -> impl Iterator<Item = f32> {
    let scale = 0.5 / reach(colour, source);
    faded(field, colour, source).map(move |value| {
        // Ends of the ramp are flat, not curves over numbers that nobody sees.
        let tone = (scale * value).clamp(-0.5, 0.5);
        if tone.is_finite() { 0.5 + tone } else { 0.5 }
    })
}

#[cfg(test)]
mod tests {
    use super::super::exact_picture::ExactPicture;
    use super::super::tests::sampled;
    use super::*;
    use crate::distribution::Preset;
    use crate::engine::protocol::Grid;

    #[test]
    fn divergence_and_curl_of_a_quadratic_field_are_exact_up_to_the_edge() {
        let field = sampled(1.0, 9, |[x, y]| {
            (0.0, [x * x - 3.0 * x * y + y, 2.0 * y * y + x * y - 4.0 * x])
        });
        let points = field.grid.points();
        let found = divergence(&field).zip(curl(&field));
        for (at, (div, curl)) in points.chunks_exact(2).zip(found) {
            let (x, y) = (at[0], at[1]);
            let (d, c) = (2.0 * x - 3.0 * y + 4.0 * y + x, y - 4.0 - (-3.0 * x + 1.0));
            assert!(
                (div - d).abs() < 2e-5 && (curl - c).abs() < 2e-5,
                "at {at:?}: {div}, {curl}"
            );
        }
    }

    /// Root mean square errors of divergence and curl, times sigma², of the exact moons where there are data.
    fn errors(side: u32) -> [f32; 2] {
        let (sigma, exact) = (0.2, Preset::Moons.field());
        let grid = Grid {
            centre: [0.0; 2],
            half_width: 1.45,
            side,
        };
        let field = ExactPicture::new(exact.at(sigma), grid).whole();
        let divergences: Vec<f32> = divergence(&field).collect();
        let curls: Vec<f32> = curl(&field).collect();
        let (mut sums, mut count) = ([0.0_f32; 2], 0.0_f32);
        for k in (0..curls.len()).filter(|&k| field.energy[k] < 8.0) {
            let n = side as usize;
            let jacobian = exact.jacobian(grid.point(k % n, k / n), sigma);
            let truth = jacobian[0][0] + jacobian[1][1];
            sums[0] += (divergences[k] - truth).powi(2);
            sums[1] += curls[k].powi(2);
            count += 1.0;
        }
        sums.map(|sum| sigma * sigma * (sum / count).sqrt())
    }

    #[test]
    fn of_an_exact_field_the_curl_is_nothing_and_the_divergence_right_within_the_stated_error() {
        // Spacing sigma / 1.5, a half and a quarter of it: the error falls with its square.
        let found = [23, 45, 89].map(errors);
        let allowed = [[0.16, 0.03], [0.055, 0.01], [0.015, 0.0027]];
        for (found, allowed) in found.iter().zip(allowed) {
            assert!(found[0] < allowed[0] && found[1] < allowed[1], "{found:?}");
        }
    }

    #[test]
    fn tones_are_symmetric_about_the_middle_and_survive_nonsense() {
        let turning = |sign: f32| sampled(1.0, 5, move |[x, y]| (0.0, [-sign * y, sign * x]));
        // sigma is 0.2: a curl of 2 is 0.08 of 1 / sigma².
        let tones = |field: &GridField, colour, source| tones(field, colour, source).collect::<Vec<f32>>();
        let [left, right] = [1.0, -1.0].map(|sign| tones(&turning(sign), Colour::Curl, Source::Learned));
        assert!((left[12] - 0.58).abs() < 1e-5 && (right[12] - 0.42).abs() < 1e-5);
        let still = tones(&turning(1.0), Colour::Divergence, Source::Exact);
        assert!(still.iter().all(|tone| (tone - 0.5).abs() < 1e-6));
        let nonsense = sampled(1.0, 5, |_| (f32::NAN, [f32::NAN, f32::INFINITY]));
        let tones = tones(&nonsense, Colour::Divergence, Source::Error);
        assert!(tones.iter().all(|tone| (tone - 0.5).abs() < 1e-6));
    }
}
