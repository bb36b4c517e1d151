//! What was measured at each noise level, as bars: the relative error, or the loss with its floor.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, figures};
use super::graph::{BELOW, LEFT, WORDS};
use super::sheet::{ChartError, Paper, Sheet};
use crate::engine::protocol::Progress;
use crate::page::lab;

/// What the bars at the noise levels are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bars {
    /// The relative error, in per cent.
    #[default]
    Errors,
    /// The sigma²-weighted denoising loss: what no network can take off it, and on top what this one has too much.
    Losses,
}

impl Bars {
    /// A bar each, most noise first: its noise level, the part that is not the network's, the part that is.
    fn of(self, progress: &Progress) -> Vec<(f32, f32, f32)> {
        let parts = |k: usize| match self {
            Self::Errors => Some((0.0, 100.0 * *progress.error.get(k)?)),
            Self::Losses => Some((*progress.floor.get(k)?, *progress.excess.get(k)?)),
        };
        let bar = |(k, &sigma)| parts(k).map(|(floor, own)| (sigma, floor, own));
        progress.sigmas.iter().enumerate().rev().filter_map(bar).collect()
    }

    /// Errors are of all sizes while they fall, and so their axis is logarithmic and stays as it is. A loss is near 2.
    fn axis(self) -> Axis {
        match self {
            Self::Errors => Axis::log(0.01, 100.0),
            Self::Losses => Axis::linear(0.0, 2.5),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Errors => " %",
            Self::Losses => "",
        }
    }

    /// What a bar says.
    fn reading(self, (sigma, floor, own): (f32, f32, f32)) -> String {
        let sigma = lab::sigma_text(sigma);
        match self {
            Self::Errors => format!("relative error at σ = {sigma}: {} %", figures(f64::from(own))),
            Self::Losses => format!("loss at σ = {sigma}: floor {floor:.2} + {own:.4}"),
        }
    }
}

/// Bars of what was measured at each noise level, most noise first; lit is the one at the pointer, or else at the level
/// nearest to `sigma`.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn bars(paper: &Paper, progress: &Progress, kind: Bars, sigma: f32) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(paper)? else {
        return Ok(());
    };
    let bars = kind.of(progress);
    let sigmas: Vec<f32> = bars.iter().map(|&(sigma, ..)| sigma).collect();
    let Some(nearest) = lab::nearest(&sigmas, sigma) else {
        return sheet.promise("the error at each noise level, once measured");
    };
    // The words have their place above the highest bar.
    let (left, top, bottom) = (sheet.px(LEFT), sheet.px(WORDS), sheet.height - sheet.px(BELOW));
    let axis = kind.axis();
    let up = |value: f32| {
        let value = if value.is_finite() {
            f64::from(value).min(axis.high)
        } else {
            axis.high
        };
        bottom - axis.along(value, bottom - top)
    };
    let colours = sheet.colours;
    for tick in axis.ticks(3) {
        let at = up(tick as f32);
        sheet.rule((left, at), (sheet.width, at), colours.line, 1.0)?;
        let label = format!("{tick}{}", kind.unit());
        sheet.text(&label, (left - sheet.px(5.0), at), (HPos::Right, VPos::Center))?;
    }
    let edge = |k: usize| left + (sheet.width - left) * k as i32 / bars.len() as i32;
    let pointed = sheet
        .pointer
        .and_then(|at| (0..bars.len()).find(|&k| (edge(k)..edge(k + 1)).contains(&at)));
    let lit = pointed.unwrap_or(nearest);
    let gap = sheet.px(2.0);
    for (k, &(sigma, floor, own)) in bars.iter().enumerate() {
        let colour = match (kind, lit == k) {
            (_, true) => colours.accent.mix(1.0),
            (Bars::Errors, false) => colours.muted.mix(0.55),
            (Bars::Losses, false) => colours.accent.mix(0.6),
        };
        let [from, to] = [edge(k) + gap, edge(k + 1) - gap];
        sheet.fill([(from, up(floor)), (to, bottom)], colours.muted.mix(0.3))?;
        sheet.fill([(from, up(floor + own)), (to, up(floor))], colour)?;
        let at = ((from + to) / 2, bottom + sheet.px(4.0));
        sheet.text(&lab::sigma_text(sigma), at, (HPos::Center, VPos::Top))?;
    }
    let reading = kind.reading(bars[lit]);
    sheet.say(&reading);
    sheet.text(&reading, (left + gap, sheet.px(2.0)), (HPos::Left, VPos::Top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_say_what_they_are_most_noise_first_and_nothing_before_it_is_measured() {
        let progress = Progress {
            sigmas: vec![0.02, 1.0],
            error: vec![0.1234, 0.01],
            floor: vec![1.75, 0.4],
            excess: vec![0.0125, 0.003],
            ..Progress::default()
        };
        let bars = Bars::Losses.of(&progress);
        assert_eq!(bars, [(1.0, 0.4, 0.003), (0.02, 1.75, 0.0125)]);
        assert_eq!(Bars::Losses.reading(bars[1]), "loss at σ = 0.02: floor 1.75 + 0.0125");
        let lowest = Bars::Errors.of(&progress)[1];
        assert_eq!(Bars::Errors.reading(lowest), "relative error at σ = 0.02: 12.3 %");
        assert!(Bars::Errors.of(&Progress::default()).is_empty());
    }
}
