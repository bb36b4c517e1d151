//! Lines over the stage: the way of one particle, a loop, a probed point. Drawn only when there are any, and when they
//! changed.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

use super::canvas::Surface;
use super::probe;
use crate::page::layers::path::trace;
use crate::page::layers::surface::axis::Axis;
use crate::page::probe::Probed;
use crate::page::viewport::Viewport;

/// Widths of a line and of the rim at both its sides, which sets it off from the field, CSS pixels.
const LINE: f64 = 1.5;
const RIM: f64 = 2.0;
/// Length of an axis' marks, CSS pixels, and what is written beside them.
const TICK: f64 = 5.0;
const FONT: &str = "11px system-ui, sans-serif";
/// Radius of the marks at a way's ends, CSS pixels.
const MARK: f64 = 4.0;

/// What lines are drawn with: colours as CSS has them.
#[derive(Clone, Debug, Default)]
pub struct Ink {
    /// Lines, and whatever was learned.
    pub line: String,
    /// Rims.
    pub rim: String,
    /// Whatever is exact.
    pub exact: String,
    /// Points.
    pub text: String,
}

impl Ink {
    /// Draws the path that is set out, rim first.
    pub(super) fn stroke(&self, context: &CanvasRenderingContext2d, colour: &str, line: f64) {
        for (width, colour) in [(line + RIM, self.rim.as_str()), (line, colour)] {
            context.set_line_join("round");
            context.set_line_width(width);
            context.set_stroke_style_str(colour);
            context.stroke();
        }
    }

    /// Fills the path that is set out, over a rim.
    pub(super) fn fill(&self, context: &CanvasRenderingContext2d, colour: &str) {
        context.set_line_width(RIM);
        context.set_stroke_style_str(&self.rim);
        context.stroke();
        context.set_fill_style_str(colour);
        context.fill();
    }
}

/// What lines there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    ink: Ink,
    /// The particle whose way is drawn, and its way so far without the place where it is seen, `[x0, y0, …]`.
    pub particle: Option<usize>,
    way: Vec<f32>,
    ring: Vec<f32>,
    probed: Option<Rc<Probed>>,
}

/// The lines on their canvas.
pub(super) struct Lines {
    surface: Surface,
    pub drawing: Drawing,
    stale: bool,
    drawn: Option<(Viewport, Option<[f32; 2]>)>,
}

impl Lines {
    /// No lines, on a canvas in the container.
    pub fn new(container: &HtmlElement) -> Result<Self, JsValue> {
        Ok(Self {
            surface: Surface::new(container)?,
            drawing: Drawing::default(),
            stale: false,
            drawn: None,
        })
    }

    /// The canvas.
    pub fn element(&self) -> &HtmlElement {
        self.surface.element()
    }

    /// Colours of lines and of their rims.
    pub fn set_ink(&mut self, ink: Ink) {
        self.drawing.ink = ink;
        self.stale = true;
    }

    /// The way of a particle up to where it is seen, `[x0, y0, …]`; none without a particle.
    pub fn set_way(&mut self, particle: Option<usize>, way: &[f32]) {
        self.stale |= particle.is_some() || self.drawing.particle.is_some();
        self.drawing.particle = particle;
        self.drawing.way.clear();
        self.drawing.way.extend_from_slice(way);
    }

    /// A loop, `[x0, y0, …]`, as far as it is drawn.
    pub fn set_ring(&mut self, ring: &[f32]) {
        self.drawing.ring.clear();
        self.drawing.ring.extend_from_slice(ring);
        self.stale = true;
    }

    /// What is known at a point.
    pub fn set_probe(&mut self, probed: Option<Rc<Probed>>) {
        self.stale |= probed.is_some() || self.drawing.probed.is_some();
        self.drawing.probed = probed;
    }

    /// Draws what changed. `view` is in CSS pixels, `ratio` is device pixels to one of them; `head` is where the particle
    /// is seen now.
    pub fn draw(&mut self, view: Viewport, ratio: f32, head: Option<[f32; 2]>) -> Result<(), JsValue> {
        let moved = !self.drawing.is_empty() && self.drawn != Some((view, head));
        if !(self.stale || moved) {
            return Ok(());
        }
        (self.stale, self.drawn) = (false, Some((view, head)));
        self.drawing.draw(self.surface.clean(view.pixels, ratio)?, view, head)
    }

    /// Draws everything anew in the next frame.
    pub fn redraw(&mut self) {
        self.stale = true;
    }

    /// Something is to be drawn anew.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Draws the axis of a landscape and nothing else. `per_pixel`: CSS pixels to one of the axis' own; see
    /// [`Self::draw`].
    pub fn draw_axis(&mut self, axis: &Axis, per_pixel: f32, css_side: f32, ratio: f32) -> Result<(), JsValue> {
        self.stale = false;
        let context = self.surface.clean(css_side, ratio)?;
        self.drawing.draw_axis(context, axis, per_pixel, css_side)
    }
}

impl Drawing {
    fn is_empty(&self) -> bool {
        self.particle.is_none() && self.ring.is_empty() && self.probed.is_none()
    }

    /// Draws all of it in CSS pixels; see [`Lines::draw`].
    pub fn draw(
        &mut self,
        context: &CanvasRenderingContext2d,
        view: Viewport,
        head: Option<[f32; 2]>,
    ) -> Result<(), JsValue> {
        self.stroke(context, &self.ring, &view);
        if let Some(probed) = &self.probed {
            probe::draw(context, probed, &view, &self.ink)?;
        }
        let Some(head) = head else { return Ok(()) };
        self.way.extend(head);
        let start = self
            .way
            .chunks_exact(2)
            .find(|p| p[0].is_finite())
            .map(|p| [p[0], p[1]]);
        self.stroke(context, &self.way, &view);
        self.way.truncate(self.way.len() - 2);
        if let Some(start) = start {
            self.mark(context, view.to_pixel(start), false)?;
        }
        self.mark(context, view.to_pixel(head), true)
    }

    /// Draws an axis in CSS pixels; see [`Lines::draw_axis`].
    pub fn draw_axis(
        &self,
        context: &CanvasRenderingContext2d,
        axis: &Axis,
        per_pixel: f32,
        css_side: f32,
    ) -> Result<(), JsValue> {
        let at = |[x, y]: [f32; 2]| [x, y].map(|v| f64::from(v * per_pixel).round() + 0.5);
        let ([foot, _], [x, top]) = (at(axis.marks[0].0), at(axis.top));
        context.begin_path();
        context.set_line_width(1.0);
        context.set_stroke_style_str(&self.ink.text);
        context.set_fill_style_str(&self.ink.text);
        context.set_font(FONT);
        context.set_text_baseline("middle");
        context.move_to(foot, at(axis.marks[0].0)[1]);
        context.line_to(x, top);
        for (mark, text) in axis.marks {
            let [x, y] = at(mark);
            context.move_to(x, y);
            context.line_to(x + TICK, y);
            context.fill_text(text, x + 1.6 * TICK, y)?;
        }
        context.stroke();
        context.set_text_align("end");
        context.fill_text(axis.title, (x + 18.0).min(f64::from(css_side) - 4.0), top - 12.0)
    }

    fn stroke(&self, context: &CanvasRenderingContext2d, points: &[f32], view: &Viewport) {
        context.begin_path();
        trace(points, view, |draws, [x, y]| {
            if draws {
                context.line_to(x.into(), y.into());
            } else {
                context.move_to(x.into(), y.into());
            }
        });
        self.ink.stroke(context, &self.ink.line, LINE);
    }

    /// A ring at the start of a way, a disc where it has got to.
    fn mark(&self, context: &CanvasRenderingContext2d, [x, y]: [f32; 2], now: bool) -> Result<(), JsValue> {
        if !(x.is_finite() && y.is_finite()) {
            return Ok(());
        }
        context.begin_path();
        context.arc(x.into(), y.into(), MARK, 0.0, std::f64::consts::TAU)?;
        context.set_fill_style_str(if now { &self.ink.line } else { &self.ink.rim });
        self.ink.stroke(context, &self.ink.line, LINE);
        context.fill();
        Ok(())
    }
}
