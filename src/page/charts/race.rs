//! Two runners' distances from their targets over score evaluations, both axes logarithmic, the floor as a line.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use web_sys::HtmlCanvasElement;

use super::{ABOVE, BELOW, ChartError, LEFT, Sheet, failed};
use crate::page::history::History;
use crate::page::theme::Colours;

/// Draws the histories (distance in units of the floor over score evaluations a particle), each in its colour; the end of
/// the first is a dot, that of the second a ring.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn race(canvas: &HtmlCanvasElement, colours: Colours, runners: [&History; 2]) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(canvas, colours)? else {
        return Ok(());
    };
    let [x, y] = axes(runners);
    let (left, top) = (sheet.px(LEFT), sheet.px(ABOVE));
    let (right, bottom) = (sheet.width - sheet.px(14.0), sheet.height - sheet.px(BELOW + 13.0));
    let across = |evaluations: f64| left + along(evaluations, x, right - left);
    let down = |distance: f64| bottom - along(distance, y, bottom - top);
    for tick in ticks(y, 5) {
        let at = down(tick);
        let colour = if (tick - 1.0).abs() < 1e-9 {
            colours.muted
        } else {
            colours.line
        };
        sheet.line(vec![(left, at), (right, at)], colour, 1.0)?;
        sheet.text(
            &format!("{tick}×"),
            (left - sheet.px(5.0), at),
            (HPos::Right, VPos::Center),
        )?;
    }
    for tick in ticks(x, 6) {
        let place = (across(tick), bottom + sheet.px(4.0));
        sheet.text(&tick.to_string(), place, (HPos::Center, VPos::Top))?;
    }
    sheet.text(
        "distance / floor against evaluations",
        (left, sheet.height - sheet.px(1.0)),
        (HPos::Left, VPos::Bottom),
    )?;
    for (k, (history, colour)) in runners.into_iter().zip(colours.runners).enumerate() {
        let way: Vec<_> = history.points().iter().map(|&(e, d)| (across(e), down(d))).collect();
        let Some(&end) = way.last() else { continue };
        sheet.line(way, colour, 1.8)?;
        let style = if k == 0 {
            colour.filled()
        } else {
            sheet.stroke(colour, 2.0)
        };
        sheet
            .area
            .draw(&Circle::new(end, sheet.px(3.5), style))
            .map_err(failed)?;
    }
    Ok(())
}

/// The ranges of evaluations and of distances that hold everything and the floor.
fn axes(runners: [&History; 2]) -> [[f64; 2]; 2] {
    let (mut x, mut y) = ([1.0, 100.0], [0.8, 10.0]);
    for &(evaluations, distance) in runners.into_iter().flat_map(History::points) {
        x[1] = f64::max(x[1], evaluations);
        y = [f64::min(y[0], distance), f64::max(y[1], 1.1 * distance)];
    }
    [x, y]
}

/// How far along an axis of some pixels a value is.
fn along(value: f64, [low, high]: [f64; 2], pixels: i32) -> i32 {
    let u = (value.max(low) / low).ln() / (high / low).ln();
    (u * f64::from(pixels)).round() as i32
}

/// Round values in a range: 1, 2, 5 a decade, or 1 alone if those were more than `most`.
fn ticks([low, high]: [f64; 2], most: usize) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().floor() as i32;
    let pick = |parts: &[f64]| -> Vec<f64> {
        let all = decades.clone().flat_map(|k| parts.iter().map(move |part| (part, k)));
        // Dividing by a whole power of ten leaves no digits behind that the decimal does not have.
        let value = all.map(|(part, k)| {
            if k < 0 {
                part / 10f64.powi(-k)
            } else {
                part * 10f64.powi(k)
            }
        });
        value.filter(|v| (low..=high).contains(v)).collect()
    };
    let fine = pick(&[1.0, 2.0, 5.0]);
    if fine.len() <= most { fine } else { pick(&[1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_few_and_inside() {
        assert_eq!(ticks([0.8, 10.0], 5), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(ticks([1.0, 1234.0], 6), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(ticks([0.15, 1.0], 5), [0.2, 0.5, 1.0]);
    }

    #[test]
    fn the_axes_hold_both_runners_and_the_floor() {
        let (mut quick, mut slow) = (History::default(), History::default());
        quick.push(2, 60.0);
        quick.push(40, 0.7);
        slow.push(900, 3.0);
        let [x, y] = axes([&quick, &slow]);
        assert!(x[0] <= 1.0 && x[1] >= 900.0 && y[0] <= 0.7 && y[1] >= 60.0);
        assert_eq!((along(1.0, x, 300), along(900.0, x, 300)), (0, 300));
        assert_eq!(along(0.0, x, 300), 0);
        assert!(axes([&History::default(); 2])[1].contains(&10.0));
    }
}
