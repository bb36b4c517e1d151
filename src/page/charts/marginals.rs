//! The particles' coordinates, one at a time, against what they are to become: along the edges of the stage, whose
//! places they share.

use plotters::style::Color;

use super::sheet::{ChartError, Paper, Sheet};

/// Bars of a histogram across the stage.
const BARS: usize = 64;
/// The highest density of the truth reaches this part of the paper's depth.
const TOP: f32 = 0.75;

/// One coordinate of the particles and of the truth, in a window.
#[derive(Clone, Debug, Default)]
pub struct Marginal {
    /// The coordinate at the window's left or lower edge.
    low: f32,
    /// The window's width.
    width: f32,
    /// The exact density at the middle of each bar, per stage unit; empty where there is none.
    exact: Vec<f32>,
    /// Share of the particles in each bar over the bar's width: a density too.
    cloud: Vec<f32>,
}

impl Marginal {
    /// The window from `low` to `low + width`, with nothing in it; `exact` fills in the density at the places that it is
    /// given.
    pub fn new(low: f32, width: f32, exact: impl FnOnce(&[f32], &mut [f32])) -> Self {
        let bar = width / BARS as f32;
        let middles: Vec<f32> = (0..BARS).map(|k| low + (k as f32 + 0.5) * bar).collect();
        let mut density = vec![0.0; BARS];
        exact(&middles, &mut density);
        Self {
            low,
            width,
            exact: density,
            cloud: Vec::new(),
        }
    }

    /// Counts one coordinate (`axis` 0: horizontal, 1: vertical) of the positions `[x0, y0, …]`. Particles beyond the
    /// window count as such, so that the bars are a density however many are seen.
    pub fn count(&mut self, positions: &[f32], axis: usize) {
        self.cloud.clear();
        self.cloud.resize(BARS, 0.0);
        let bars = BARS as f32;
        let one = bars / (self.width * (positions.len() / 2).max(1) as f32);
        for at in positions.chunks_exact(2) {
            let place = (at[axis] - self.low) / self.width * bars;
            if place >= 0.0 && place < bars {
                self.cloud[place as usize] += one;
            }
        }
    }

    /// How far the two are apart: half of the area between them.
    fn distance(&self) -> f32 {
        let between = self.cloud.iter().zip(&self.exact).map(|(a, b)| (a - b).abs());
        0.5 * between.sum::<f32>() * self.width / BARS as f32
    }
}

/// Draws both coordinates, the horizontal one along the lower edge of the stage and the vertical one along the right one:
/// particles as an area, the truth as a line.
///
/// # Errors
/// When a canvas cannot be drawn on.
pub fn marginals(papers: [&Paper; 2], marginals: &[Marginal; 2]) -> Result<(), ChartError> {
    for (axis, (paper, marginal)) in papers.into_iter().zip(marginals).enumerate() {
        let Some(sheet) = Sheet::new(paper)? else { continue };
        let (length, depth) = if axis == 0 {
            (sheet.width, sheet.height)
        } else {
            (sheet.height, sheet.width)
        };
        // From along the edge and away from it to the canvas.
        let place = |along: f32, away: f32| {
            let (along, away) = (
                (along * length as f32).round() as i32,
                (away * depth as f32).round() as i32,
            );
            if axis == 0 {
                (along, sheet.height - away)
            } else {
                (sheet.width - away, sheet.height - along)
            }
        };
        let highest = marginal.exact.iter().copied().fold(1e-6, f32::max);
        let up = |density: f32| (TOP * density / highest).min(1.0);
        let colours = &sheet.colours;
        let along = |bars: f32| bars / BARS as f32;
        for (k, &density) in marginal.cloud.iter().enumerate() {
            let (low, high) = (place(along(k as f32), 0.0), place(along(k as f32 + 1.0), up(density)));
            let corners = [
                (low.0.min(high.0), low.1.min(high.1)),
                (low.0.max(high.0), low.1.max(high.1)),
            ];
            sheet.fill(corners, colours.learned.mix(0.5))?;
        }
        let exact = marginal.exact.iter().enumerate();
        let truth = exact.map(|(k, &density)| place(along(k as f32 + 0.5), up(density)));
        sheet.line(truth.collect(), colours.exact, 2.0)?;
        let name = ["horizontal", "vertical"][axis];
        let off = (100.0 * marginal.distance()).round();
        sheet.say(&format!(
            "{name} positions of the particles: {off} % off the exact density"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_a_density_of_all_particles_seen_or_not() {
        // A thousand in the window, evenly, and as many outside.
        let inside = (0..1000).flat_map(|k| [k as f32 / 1000.0 - 0.5, 9.0]);
        let points: Vec<f32> = inside.chain((0..1000).flat_map(|_| [f32::NAN, -3.0])).collect();
        let mut marginal = Marginal::new(-0.5, 1.0, |at, out| {
            assert!((at[0] + 0.5 - 0.5 / BARS as f32).abs() < 1e-6);
            out.fill(0.5);
        });
        marginal.count(&points, 0);
        let area: f32 = marginal.cloud.iter().sum::<f32>() / BARS as f32;
        assert!((area - 0.5).abs() < 1e-4, "half of them are seen: {area}");
        assert!(marginal.distance() < 0.01, "{}", marginal.distance());
        marginal.count(&points, 1);
        assert!(
            (marginal.distance() - 0.25).abs() < 1e-4,
            "none is seen where half should be"
        );
        marginal.count(&[], 0);
        assert!(marginal.cloud.iter().all(|density| density.abs() < 1e-9));
    }
}
