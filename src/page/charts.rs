//! The charts, drawn with plotters on canvases: distance to the truth, error by noise level, the ladder.
//!
//! Labels are placed by hand instead of by plotters' mesh, which measures each of them in the document and so forces
//! a layout of the page. All charts are of one type ([`Plot`]), since each further one would be compiled anew.

mod approach;
mod bars;
mod race;

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_canvas::CanvasBackend;
use thiserror::Error;
use web_sys::HtmlCanvasElement;

pub use self::approach::approach;
pub use self::bars::{Bars, bars};
pub use self::race::race;

use super::history::History;
use super::theme::Colours;
use crate::noise::NoiseLadder;

/// A chart that could not be drawn.
#[derive(Clone, Debug, Error)]
#[error("a chart could not be drawn: {0}")]
pub struct ChartError(pub String);

type Area = DrawingArea<CanvasBackend, Shift>;
/// A sheet in coordinates of its own; where an axis is logarithmic, they are logarithms.
type Plot = DrawingArea<CanvasBackend, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError(error.to_string())
}

/// A canvas sized in device pixels, and how many of them a CSS pixel has.
struct Sheet {
    area: Area,
    width: i32,
    height: i32,
    scale: f64,
    colours: Colours,
}

impl Sheet {
    /// `None` while the canvas is folded away.
    fn new(canvas: &HtmlCanvasElement, colours: Colours) -> Result<Option<Self>, ChartError> {
        let scale = super::dom::window().map_or(1.0, |w| w.device_pixel_ratio());
        let (width, height) = (
            f64::from(canvas.client_width()) * scale,
            f64::from(canvas.client_height()) * scale,
        );
        if width < 32.0 || height < 16.0 {
            return Ok(None);
        }
        // Setting the size also clears the canvas.
        canvas.set_width(width.round() as u32);
        canvas.set_height(height.round() as u32);
        let backend = CanvasBackend::with_canvas_object(canvas.clone()).ok_or_else(|| failed("no 2D context"))?;
        let (width, height) = (width.round() as i32, height.round() as i32);
        Ok(Some(Self {
            area: backend.into_drawing_area(),
            width,
            height,
            scale,
            colours,
        }))
    }

    /// CSS pixels in device pixels.
    fn px(&self, css: f64) -> i32 {
        (css * self.scale).round() as i32
    }

    fn text(&self, text: &str, at: (i32, i32), anchor: (HPos, VPos)) -> Result<(), ChartError> {
        // Not by `into_font`: it compares names without regard to case, by tables of all Unicode.
        let family = FontFamily::Name("system-ui, sans-serif");
        let style = FontDesc::new(family, 10.5 * self.scale, FontStyle::Normal).color(&self.colours.muted);
        self.area
            .draw_text(text, &style.pos(Pos::new(anchor.0, anchor.1)), at)
            .map_err(failed)
    }

    fn stroke(&self, colour: RGBColor, css_width: f64) -> ShapeStyle {
        colour.stroke_width((css_width * self.scale).round().max(1.0) as u32)
    }

    fn line(&self, points: Vec<(i32, i32)>, colour: RGBColor, css_width: f64) -> Result<(), ChartError> {
        let style = self.stroke(colour, css_width);
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    /// Coordinates that leave room for the labels. Without plotters' builder of charts, which is made for much more.
    fn plot(&self, x: Range<f64>, y: Range<f64>) -> Plot {
        let across = self.px(LEFT)..self.width - self.px(2.0) - 1;
        let up = self.height - self.px(BELOW) - 1..self.px(ABOVE);
        self.area.apply_coord_spec(Cartesian2d::new(x, y, (across, up)))
    }

    /// Lines across a plot whose heights are logarithms, with the powers of ten that they stand for.
    fn decades(&self, plot: &Plot, decades: impl Iterator<Item = i32>) -> Result<(), ChartError> {
        for decade in decades {
            let (left, y) = plot.map_coordinate(&(0.0, f64::from(decade)));
            self.line(vec![(left, y), (self.width, y)], self.colours.line, 1.0)?;
            let label = format!("{:.*}", (-decade).max(0) as usize, 10f64.powi(decade));
            self.text(&label, (left - self.px(5.0), y), (HPos::Right, VPos::Center))?;
        }
        Ok(())
    }
}

/// Room for the labels at the left, and below, in CSS pixels.
const LEFT: f64 = 38.0;
const BELOW: f64 = 15.0;
const ABOVE: f64 = 7.0;

/// Nats against steps, on a logarithmic scale.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn nats(canvas: &HtmlCanvasElement, colours: Colours, history: &History) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(canvas, colours)? else {
        return Ok(());
    };
    let (low, high) = history.decades();
    let steps = history.points().last().map_or(1000.0, |&(step, _)| step.max(10.0));
    let plot = sheet.plot(0.0..steps, f64::from(low)..f64::from(high));
    let every = ((high - low) as usize).div_ceil(4);
    sheet.decades(&plot, (low..=high).step_by(every))?;
    let bottom = sheet.height - sheet.px(1.0);
    sheet.text(
        "nats against steps",
        (sheet.px(LEFT), bottom),
        (HPos::Left, VPos::Bottom),
    )?;
    if history.points().is_empty() {
        return Ok(());
    }
    let last = format!("{steps:.0}");
    sheet.text(
        &last,
        (sheet.width - sheet.px(2.0), bottom),
        (HPos::Right, VPos::Bottom),
    )?;
    let curve: Vec<(f64, f64)> = history.points().iter().map(|&(step, y)| (step, y.log10())).collect();
    let stroke = sheet.stroke(colours.learned, 1.6);
    plot.draw(&PathElement::new(curve, stroke)).map_err(failed)
}

/// The ladder as ticks under which the slider runs; the higher, the more noise; the current level lit.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn ladder(
    canvas: &HtmlCanvasElement,
    colours: Colours,
    ladder: &NoiseLadder,
    sigma: f32,
) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(canvas, colours)? else {
        return Ok(());
    };
    // The slider's knob stops half its width before the ends.
    let (left, floor) = (sheet.px(8.0), sheet.height - sheet.px(3.0));
    let right = sheet.width - left;
    sheet.line(vec![(left, floor), (right, floor)], colours.line, 1.0)?;
    let (last, lit) = (ladder.levels.max(2) - 1, ladder.nearest(sigma));
    for level in 0..=last {
        let u = level as f64 / last as f64;
        let x = left + ((right - left) as f64 * u).round() as i32;
        let height = sheet.px(24.0 - 18.0 * u);
        let (colour, width) = if level == lit {
            (colours.accent, 3.0)
        } else {
            (colours.muted, 1.0)
        };
        sheet.line(vec![(x, floor), (x, floor - height)], colour, width)?;
    }
    Ok(())
}
