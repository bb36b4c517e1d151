//! What the fields say at one point, and what denoising score matching asks of a network there.
//!
//! The network is never told the score at a point `x`: it is shown targets `(x0 - x) / sigma²`, another one for every
//! noise-free point `x0` that may have led there. They average to the score, and `D(x) = x + sigma² s` is the mean of
//! the `x0` themselves (Tweedie's formula).

use super::lab::sigma_text;
use crate::distribution::ExactField;

/// Origins that are drawn: enough to see what they average to, few enough to be seen one by one.
const ORIGINS: usize = 48;
/// Targets are drawn at least this far from the point, root mean square, CSS pixels.
const TARGETS: f32 = 60.0;
/// Between the point and its label, CSS pixels.
const GAP: f32 = 18.0;

/// What one field says at the point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// `s(x, sigma)`, per stage unit.
    pub score: [f32; 2],
    /// `div s`, per square stage unit.
    pub divergence: f32,
    /// `d s_y / dx - d s_x / dy`, per square stage unit.
    pub curl: f32,
}

/// A point, and all that is known there.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    /// The point, stage coordinates.
    pub at: [f32; 2],
    /// The noise level, stage units.
    pub sigma: f32,
    /// What the exact field says.
    pub exact: Reading,
    /// What the learned field says, when it has been asked.
    pub learned: Option<Reading>,
    /// Exact log density, nats.
    pub log_density: f32,
    /// Where the noise-free point may have been, `[x0, y0, …]`: equally likely places.
    pub origins: Vec<f32>,
}

impl Probed {
    /// What the exact field says at a point. `sigma` > 0.
    pub fn new(truth: &ExactField, at: [f32; 2], sigma: f32) -> Self {
        let local = truth.local(at, sigma);
        let [[xx, xy], [yx, yy]] = truth.jacobian(at, sigma);
        Self {
            at,
            sigma,
            exact: Reading {
                score: local.score,
                divergence: xx + yy,
                curl: yx - xy,
            },
            learned: None,
            log_density: local.log_density,
            origins: truth.origins(at, sigma, ORIGINS),
        }
    }

    /// How far a target is from the score, root mean square, per stage unit: `(2 + sigma² div s) / sigma²`, squared.
    pub fn spread(&self) -> f32 {
        let noise = self.sigma * self.sigma;
        ((2.0 + noise * self.exact.divergence).max(0.0) / noise).sqrt()
    }

    /// The place to which a score or a target leads from the point when it is drawn `zoom * sigma²` long: at 1 the
    /// score ends at the denoised point and a target at its origin.
    pub fn tip(&self, score: [f32; 2], zoom: f32) -> [f32; 2] {
        let length = zoom * self.sigma * self.sigma;
        [0, 1].map(|axis| self.at[axis] + length * score[axis])
    }

    /// How much arrows and targets have to be enlarged to be seen with so many pixels to a stage unit; at least 1.
    pub fn zoom(&self, scale: f32) -> f32 {
        let [x, y] = self.exact.score;
        let length = self.sigma * self.sigma * x.hypot(y).hypot(self.spread());
        (TARGETS / (length * scale).max(1e-6)).max(1.0)
    }

    /// Where it is, and how likely it is to be there.
    pub fn head(&self) -> String {
        let (sigma, energy) = (sigma_text(self.sigma), short(-self.log_density));
        format!("x = {}, σ = {sigma}, −log p = {energy} nat", vector(self.at)).replace('-', "−")
    }

    /// The cells of the table, row by row, each learned and exact: score, energy, divergence, curl, denoiser. The
    /// energies are those of the pictures on the stage, NaN where they are not known.
    pub fn cells(&self, energy: [f32; 2]) -> [String; 10] {
        let exact = Some(self.exact);
        let pair = |of: &dyn Fn(&Reading) -> String| [&self.learned, &exact].map(|r| r.as_ref().map(of));
        let rows = [
            pair(&|r| vector(r.score)),
            energy.map(|e| Some(e).filter(|e| e.is_finite()).map(short)),
            pair(&|r| short(r.divergence)),
            pair(&|r| short(r.curl)),
            pair(&|r| vector(self.tip(r.score, 1.0))),
        ];
        let mut cells = rows.into_iter().flatten();
        std::array::from_fn(|_| match cells.next().flatten() {
            Some(text) => text.replace('-', "−"),
            None => "–".to_owned(),
        })
    }

    /// What the dots are, and how long the arrows.
    pub fn foot(&self, zoom: f32) -> String {
        let spread = short(self.spread());
        let length = if zoom > 1.05 {
            format!("{} σ²", short(zoom))
        } else {
            "σ²".to_owned()
        };
        format!("noisy targets: the arrow ± {spread}\narrow = {length} s")
    }
}

/// Three figures or so.
fn short(value: f32) -> String {
    let size = value.abs();
    let digits = if size < 9.995 {
        2
    } else if size < 99.95 {
        1
    } else {
        0
    };
    let text = format!("{value:.digits$}");
    // What rounds to nothing has no sign.
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

fn vector([x, y]: [f32; 2]) -> String {
    format!("({}, {})", short(x), short(y))
}

/// Where a label of this size belongs, its upper left corner: beside the point, between two corners, and of the sides
/// with room for it on the one that the arrow `toward` leads away from. All in pixels.
pub fn beside(point: [f32; 2], toward: [f32; 2], size: [f32; 2], [low, high]: [[f32; 2]; 2]) -> [f32; 2] {
    let mut best = (f32::INFINITY, [0.0; 2]);
    for (axis, sign) in [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)] {
        let mut corner = [0, 1].map(|k| point[k] - 0.5 * size[k]);
        corner[axis] += sign * (GAP + 0.5 * size[axis]);
        let inside = [0, 1].map(|k| corner[k].min(high[k] - size[k]).max(low[k]));
        // Without room it would have to cover the point: any side with room is better.
        let missing = (inside[axis] - corner[axis]).abs();
        let against = sign * toward[axis] / toward[0].hypot(toward[1]).max(1e-6);
        let cost = 1e3 * missing + against;
        if cost < best.0 {
            best = (cost, inside);
        }
    }
    best.1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::distribution::Preset;

    #[test]
    fn the_arrow_ends_where_the_origins_have_their_mean_and_the_exact_field_has_no_curl() {
        let field = Preset::Moons.field();
        for (at, sigma) in [([0.3, -0.8], 0.2), ([-1.2, 1.1], 0.5), ([2.0, 0.0], 3.0)] {
            let probed = Probed::new(&field, at, sigma);
            let mean = [0, 1].map(|a| probed.origins.iter().skip(a).step_by(2).sum::<f32>() / ORIGINS as f32);
            let tip = probed.tip(probed.exact.score, 1.0);
            let origins_scatter = sigma * sigma * probed.spread();
            let off = (mean[0] - tip[0]).hypot(mean[1] - tip[1]);
            assert!(off < 0.15 * origins_scatter, "{mean:?} for {tip:?}");
            assert_eq!(tip, field.denoiser(at, sigma));
            assert_eq!(probed.exact.curl, 0.0);
        }
    }

    #[test]
    fn the_targets_scatter_about_the_score_as_far_as_is_said() {
        let field = Preset::Rings.field();
        for (at, sigma) in [([0.3, -0.8], 0.2), ([-1.2, 1.1], 0.5), ([2.0, 0.0], 3.0)] {
            let probed = Probed::new(&field, at, sigma);
            let noise = sigma * sigma;
            let mut square = 0.0;
            for origin in field.posterior(at, sigma) {
                let target = [0, 1].map(|a| (origin.mean[a] - at[a]) / noise - probed.exact.score[a]);
                let within = 2.0 * (origin.spread / noise).powi(2);
                square += origin.weight * (target[0].powi(2) + target[1].powi(2) + within);
            }
            assert!((square.sqrt() / probed.spread() - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn targets_are_drawn_far_enough_away_to_be_seen_and_true_to_scale_where_they_are() {
        let field = Preset::Moons.field();
        let near = Probed::new(&field, [0.3, -0.4], 0.02);
        let zoom = near.zoom(240.0);
        let [x, y] = near.exact.score;
        let drawn = zoom * 0.02 * 0.02 * x.hypot(y).hypot(near.spread()) * 240.0;
        assert!(zoom > 1.0 && (drawn - TARGETS).abs() < 0.01, "{drawn} pixels");
        assert_eq!(Probed::new(&field, [3.0, 3.0], 1.0).zoom(100.0), 1.0);
    }

    #[test]
    fn a_table_has_a_dash_for_what_is_not_known() {
        let mut probed = Probed::new(&Preset::Moons.field(), [0.5, -0.25], 0.2);
        let cells = probed.cells([f32::NAN, 1.234]);
        assert_eq!([0, 2, 4, 6, 8].map(|k| cells[k].as_str()), ["–"; 5]);
        assert_eq!((cells[3].as_str(), cells[7].as_str()), ("1.23", "0.00"));
        probed.learned = Some(Reading {
            score: [-12.34, 0.001],
            divergence: -250.4,
            curl: -0.001,
        });
        let cells = probed.cells([f32::NAN; 2]);
        assert_eq!(
            [0, 4, 6, 8].map(|k| cells[k].as_str()),
            ["(−12.3, 0.00)", "−250", "0.00", "(0.01, −0.25)"]
        );
        assert!(probed.head().starts_with("x = (0.50, −0.25), σ = 0.2, −log p = "));
    }

    #[test]
    fn the_label_stays_inside_and_never_covers_the_point_and_lies_behind_the_arrow_where_there_is_room() {
        // The stage of a desktop and that of a phone.
        for side in [690.0, 390.0] {
            let size = [290.0, 150.0];
            for (i, j) in (0..=20).flat_map(|i| (0..=20).map(move |j| (i, j))) {
                let point = [i, j].map(|k| k as f32 / 20.0 * side);
                for toward in [[3.0, 1.0], [-3.0, 1.0], [0.0, -2.0], [0.0, 0.0]] {
                    let [x, y] = beside(point, toward, size, [[0.0; 2], [side; 2]]);
                    assert!(x >= 0.0 && y >= 0.0 && x + size[0] <= side && y + size[1] <= side);
                    let covers = (x..x + size[0]).contains(&point[0]) && (y..y + size[1]).contains(&point[1]);
                    assert!(!covers, "{point:?} under a label at {x}, {y}");
                }
            }
        }
        let [x, _] = beside([345.0, 345.0], [9.0, 1.0], [290.0, 150.0], [[0.0; 2], [690.0; 2]]);
        assert!(x + 290.0 < 345.0);
        let [_, y] = beside([345.0, 345.0], [1.0, -9.0], [290.0, 150.0], [[0.0; 2], [690.0; 2]]);
        assert!(y > 345.0);
    }
}
