//! The divergence of a cloud from its target against Langevin time, with the tangent that theory gives it.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use web_sys::HtmlCanvasElement;

use super::{ChartError, LEFT, Sheet, failed};
use crate::engine::protocol::Approach;
use crate::page::theme::Colours;

/// The least divergence that is drawn, nats; counting some thousand particles cannot tell less from nothing.
const LEAST: f32 = 1e-3;
/// Points of the tangent.
const POINTS: i32 = 24;

/// The divergence of the particles (dots) and of the density that obeys the Fokker-Planck equation (line), nats on a
/// logarithmic scale, against Langevin time. In the middle the tangent: it falls by the Fisher information per unit of
/// time.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn approach(canvas: &HtmlCanvasElement, colours: Colours, points: &[Approach]) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(canvas, colours)? else {
        return Ok(());
    };
    let end = points.last().map_or(1.0, |last| last.time.max(1e-4));
    let highest = points.iter().map(|p| p.theory.max(p.cloud)).fold(0.5, f32::max);
    let (low, high) = (LEAST.log10().round() as i32, (highest * 1.001).log10().ceil() as i32);
    let plot = sheet.plot(0.0..f64::from(end), f64::from(low)..f64::from(high));
    sheet.decades(&plot, low..=high)?;
    let place = |time: f32, nats: f32| (f64::from(time), f64::from(nats.max(LEAST).log10()));
    let bottom = sheet.height - sheet.px(1.0);
    let caption = "nats from p_σ against Langevin time";
    sheet.text(caption, (sheet.px(LEFT), bottom), (HPos::Left, VPos::Bottom))?;
    // Half the side of a dot, in the plot's coordinates.
    let dot = f64::from(sheet.px(1.5)) / f64::from(sheet.width);
    let (across, up) = (
        dot * f64::from(end),
        dot * f64::from(sheet.width * (high - low) / sheet.height),
    );
    for point in points {
        let (x, y) = place(point.time, point.cloud);
        let square = Rectangle::new(
            [(x - across, y - up), (x + across, y + up)],
            colours.learned.mix(1.0).filled(),
        );
        plot.draw(&square).map_err(failed)?;
    }
    let theory: Vec<_> = points.iter().map(|p| place(p.time, p.theory)).collect();
    let line = |points, colour, width| plot.draw(&PathElement::new(points, sheet.stroke(colour, width)));
    line(theory, colours.exact, 1.6).map_err(failed)?;
    let tangent = tangent(points, end).map(|(time, nats)| place(time, nats));
    line(tangent.collect(), colours.text, 1.0).map_err(failed)
}

/// The tangent to the curve of theory, at the point where a third of the way is behind: a straight line of slope minus
/// the Fisher information in nats against time, and so a bent one on a logarithmic scale.
fn tangent(points: &[Approach], end: f32) -> impl Iterator<Item = (f32, f32)> {
    let at = points
        .iter()
        .find(|p| p.time >= end / 3.0 && p.theory > LEAST && p.rate > 0.0);
    at.into_iter().flat_map(move |at| {
        let reach = (0.9 * at.theory / at.rate).min(end / 3.0);
        (-POINTS..=POINTS).map(move |k| {
            let dt = reach * k as f32 / POINTS as f32;
            (at.time + dt, at.theory - at.rate * dt)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tangent_touches_the_curve_and_falls_by_the_fisher_information() {
        let points: Vec<_> = (0..=30)
            .map(|k| Approach {
                time: k as f32,
                theory: (-0.1 * k as f32).exp(),
                rate: 0.1 * (-0.1 * k as f32).exp(),
                cloud: 0.0,
            })
            .collect();
        let line: Vec<_> = tangent(&points, 30.0).collect();
        let touches = |(time, nats): &(f32, f32)| (time - 10.0).abs() < 1e-5 && (nats - (-1.0_f32).exp()).abs() < 1e-6;
        assert!(line.iter().any(touches));
        // The curve is convex: no tangent crosses it.
        assert!(line.iter().all(|(time, nats)| *nats <= (-0.1 * time).exp() + 1e-6));
        assert!(line.first().is_some_and(|first| first.0 < 5.0));
    }
}
