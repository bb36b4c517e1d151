//! What was measured at each noise level, as bars: the relative error, or the loss with its floor.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use web_sys::HtmlCanvasElement;

use super::{ChartError, LEFT, Sheet, failed};
use crate::engine::protocol::Progress;
use crate::page::lab;
use crate::page::theme::Colours;

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
            Self::Errors => Some((0.0, *progress.error.get(k)?)),
            Self::Losses => Some((*progress.floor.get(k)?, *progress.excess.get(k)?)),
        };
        let bar = |(k, &sigma)| parts(k).map(|(floor, own)| (sigma, floor, own));
        progress.sigmas.iter().enumerate().rev().filter_map(bar).collect()
    }

    /// The axis goes up to here at least. A loss is near 2, on this or that side of it.
    fn least_top(self) -> f32 {
        match self {
            Self::Errors => 0.0,
            Self::Losses => 2.5,
        }
    }

    fn value(self, value: f32) -> String {
        match self {
            Self::Errors => format!("{} %", (value * 1000.0).round() / 10.0),
            Self::Losses => value.to_string(),
        }
    }

    /// The words below; with those on the bar that is lit.
    fn caption(self, lit: Option<(f32, f32, f32)>) -> String {
        let (name, figures) = match self {
            Self::Errors => (
                "relative error by σ",
                lit.map(|(_, _, own)| format!("{:.1} %", own * 100.0)),
            ),
            Self::Losses => (
                "loss by σ",
                lit.map(|(_, floor, own)| format!("floor {floor:.2} + {own:.4}")),
            ),
        };
        match (figures, lit) {
            (Some(figures), Some((sigma, ..))) => format!("{name}; at {}: {figures}", lab::sigma_text(sigma)),
            _ => name.to_owned(),
        }
    }
}

/// Bars of what was measured at each noise level, most noise first, the level nearest to `sigma` lit.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn bars(
    canvas: &HtmlCanvasElement,
    colours: Colours,
    progress: &Progress,
    kind: Bars,
    sigma: f32,
) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(canvas, colours)? else {
        return Ok(());
    };
    let bars = kind.of(progress);
    let heights = bars
        .iter()
        .map(|&(_, floor, own)| floor + own)
        .filter(|height| height.is_finite());
    let top = ceiling(heights.fold(kind.least_top(), f32::max));
    let plot = sheet.plot(0.0..bars.len().max(1) as f64, 0.0..f64::from(top));
    for (part, labelled) in [(0.0, true), (0.5, false), (1.0, true)] {
        let value = top * part;
        let (left, y) = plot.map_coordinate(&(0.0, f64::from(value)));
        sheet.line(vec![(left, y), (sheet.width, y)], colours.line, 1.0)?;
        if labelled {
            let at = (left - sheet.px(5.0), y);
            sheet.text(&kind.value(value), at, (HPos::Right, VPos::Center))?;
        }
    }
    let sigmas: Vec<f32> = bars.iter().map(|&(sigma, ..)| sigma).collect();
    let lit = lab::nearest(&sigmas, sigma);
    let height = |value: f32| f64::from(if value.is_finite() { value.min(top) } else { top });
    for (k, &(_, floor, own)) in bars.iter().enumerate() {
        let colour = match (kind, lit == Some(k)) {
            (_, true) => colours.accent.mix(1.0),
            (Bars::Errors, false) => colours.muted.mix(0.55),
            (Bars::Losses, false) => colours.accent.mix(0.6),
        };
        let parts = [(0.0, floor, colours.muted.mix(0.3)), (floor, floor + own, colour)];
        for (low, high, colour) in parts {
            let corners = [(k as f64 + 0.1, height(low)), (k as f64 + 0.9, height(high))];
            plot.draw(&Rectangle::new(corners, colour.filled())).map_err(failed)?;
        }
    }
    let caption = kind.caption(lit.map(|k| bars[k]));
    let bottom = sheet.height - sheet.px(1.0);
    sheet.text(&caption, (sheet.px(LEFT), bottom), (HPos::Left, VPos::Bottom))
}

/// The round value at or above which a chart of errors ends.
fn ceiling(largest: f32) -> f32 {
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0]
        .into_iter()
        .find(|&top| largest <= top)
        .unwrap_or(10.0)
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
        assert_eq!(
            Bars::Losses.caption(Some(bars[1])),
            "loss by σ; at 0.02: floor 1.75 + 0.0125"
        );
        let lowest = Bars::Errors.of(&progress)[1];
        assert_eq!(
            Bars::Errors.caption(Some(lowest)),
            "relative error by σ; at 0.02: 12.3 %"
        );
        assert!(Bars::Errors.of(&Progress::default()).is_empty());
        assert_eq!(Bars::Errors.caption(None), "relative error by σ");
    }
}
