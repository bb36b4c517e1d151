//! What charts are drawn on: a canvas in device pixels, with words and lines.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_canvas::CanvasBackend;
use thiserror::Error;
use web_sys::HtmlCanvasElement;

use crate::page::dom;
use crate::page::theme::Colours;

/// A chart that could not be drawn.
#[derive(Clone, Debug, Error)]
#[error("a chart could not be drawn: {0}")]
pub struct ChartError(pub String);

/// Where a chart goes, and how.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its canvas, whose label it keeps up to date.
    pub canvas: HtmlCanvasElement,
    /// Its colours, and how large its words are.
    pub colours: Colours,
    /// Where the pointer is over it, CSS pixels from its left edge.
    pub pointer: Option<f64>,
    /// Device pixels to a CSS pixel.
    pub ratio: f64,
}

type Area = DrawingArea<CanvasBackend, Shift>;

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError(error.to_string())
}

/// A canvas sized in device pixels.
pub(super) struct Sheet<'a> {
    paper: &'a Paper,
    area: Area,
    pub width: i32,
    pub height: i32,
    /// Device pixels in a CSS pixel of a chart of ordinary size.
    scale: f64,
    pub colours: Colours,
    /// Where the pointer is, device pixels from the left.
    pub pointer: Option<i32>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet; `None` while the canvas is folded away.
    pub fn new(paper: &'a Paper) -> Result<Option<Self>, ChartError> {
        let canvas = &paper.canvas;
        let ratio = paper.ratio;
        let pixels = |css: i32| (f64::from(css) * ratio).round() as i32;
        let (width, height) = (pixels(canvas.client_width()), pixels(canvas.client_height()));
        if width < 32 || height < 16 {
            return Ok(None);
        }
        // Setting the size also clears the canvas.
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let backend = CanvasBackend::with_canvas_object(canvas.clone()).ok_or_else(|| failed("no 2D context"))?;
        Ok(Some(Self {
            paper,
            area: backend.into_drawing_area(),
            width,
            height,
            scale: ratio * paper.colours.chart_scale,
            colours: paper.colours,
            pointer: paper.pointer.map(|css| (css * ratio).round() as i32),
        }))
    }

    /// A length in device pixels, given in CSS pixels of a chart of ordinary size.
    pub fn px(&self, css: f64) -> i32 {
        (css * self.scale).round() as i32
    }

    /// What the chart says, for those who hear it.
    pub fn say(&self, text: &str) {
        dom::set_attribute(&self.paper.canvas, "aria-label", text);
    }

    pub fn text(&self, text: &str, at: (i32, i32), anchor: (HPos, VPos)) -> Result<(), ChartError> {
        // Not by `into_font`: it compares names without regard to case, by tables of all Unicode.
        let family = FontFamily::Name("system-ui, sans-serif");
        let style = FontDesc::new(family, 10.5 * self.scale, FontStyle::Normal).color(&self.colours.muted);
        self.area
            .draw_text(text, &style.pos(Pos::new(anchor.0, anchor.1)), at)
            .map_err(failed)
    }

    /// What there will be where there is nothing yet.
    pub fn promise(&self, text: &str) -> Result<(), ChartError> {
        self.say(text);
        self.text(text, (self.width / 2, self.height / 2), (HPos::Center, VPos::Center))
    }

    fn stroke(&self, css: f64) -> u32 {
        self.px(css).max(1) as u32
    }

    pub fn line(&self, points: Vec<(i32, i32)>, colour: RGBColor, css_width: f64) -> Result<(), ChartError> {
        let style = colour.stroke_width(self.stroke(css_width));
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    /// A filled rectangle between two corners.
    pub fn fill(&self, corners: [(i32, i32); 2], colour: RGBAColor) -> Result<(), ChartError> {
        self.area
            .draw(&Rectangle::new(corners, colour.filled()))
            .map_err(failed)
    }

    /// A line across or down. As a rectangle it is as sharp as the screen, whatever its width.
    pub fn rule(&self, from: (i32, i32), to: (i32, i32), colour: RGBColor, css_width: f64) -> Result<(), ChartError> {
        let width = self.stroke(css_width) as i32;
        let (before, after) = (width / 2, width - width / 2);
        let corners = if from.0 == to.0 {
            [(from.0 - before, from.1.min(to.1)), (from.0 + after, from.1.max(to.1))]
        } else {
            [(from.0, from.1 - before), (to.0, from.1 + after)]
        };
        self.fill(corners, colour.mix(1.0))
    }

    /// A disc, or a ring.
    pub fn circle(&self, at: (i32, i32), css_radius: f64, colour: RGBColor, filled: bool) -> Result<(), ChartError> {
        let style = if filled {
            colour.filled()
        } else {
            colour.stroke_width(self.stroke(2.0))
        };
        self.area
            .draw(&Circle::new(at, self.px(css_radius), style))
            .map_err(failed)
    }
}
