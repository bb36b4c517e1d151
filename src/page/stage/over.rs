//! What comes with the field's picture: energies on its contours, hatching where no training was, and light that runs
//! along its streamlines, on a canvas of its own.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

use super::canvas::{Surface, style};
use crate::page::layers::GridField;
use crate::page::layers::flow::{Flow, PERIOD, SPEED};
use crate::page::layers::labels::{Label, Labels};
use crate::page::layers::paint::{FieldPainter, Layers, STREAMLINE};
use crate::page::viewport::Viewport;

/// Most pixels per CSS pixel for the light, which is shown anew every frame.
const SCALE: f32 = 1.5;
/// The face of labels, and the width of the ground around them, CSS pixels.
const FACE: &str = "10px system-ui, sans-serif";
const GROUND: f64 = 4.0;
/// Opacity of labels.
const INK: f32 = 0.85;
/// From a label's middle to where it lies on nothing but the ground, CSS pixels.
const BESIDE: f32 = 5.0;
/// Borders that differ by less are one, nats.
const SAME: f32 = 0.02;

/// What comes with a picture.
pub(super) struct Over {
    surface: Surface,
    flow: Flow,
    /// How long the light has run, seconds, within a period.
    run: f32,
    /// Something shines on the canvas; the picture there is out of date.
    shines: bool,
    stale: bool,
    labels: Labels,
    coverage: Option<(Rc<GridField>, f32)>,
}

impl Over {
    /// Nothing yet, on a canvas in the container.
    pub fn new(container: &HtmlElement) -> Result<Self, JsValue> {
        Ok(Self {
            surface: Surface::new(container)?,
            flow: Flow::default(),
            run: 0.0,
            shines: false,
            stale: false,
            labels: Labels::default(),
            coverage: None,
        })
    }

    /// The canvas of the light.
    pub fn element(&self) -> &HtmlElement {
        self.surface.element()
    }

    /// Shows the light, or hides it.
    pub fn show(&self, on: bool) -> Result<(), JsValue> {
        style(self.element(), "visibility", if on { "visible" } else { "hidden" })
    }

    /// Where training has been: an exact field and its border. True when that is news.
    pub fn set_coverage(&mut self, coverage: Option<(Rc<GridField>, f32)>) -> bool {
        let same = match (&self.coverage, &coverage) {
            (Some((old, before)), Some((new, now))) => Rc::ptr_eq(old, new) && (before - now).abs() < SAME,
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same {
            self.coverage = coverage;
        }
        !same
    }

    /// How long the light has run, seconds.
    pub fn run(&self) -> f32 {
        self.run
    }

    /// Where training has been, as given.
    pub fn coverage(&self) -> Option<(Rc<GridField>, f32)> {
        self.coverage.clone()
    }

    /// The labels of the last picture.
    pub fn labels(&self) -> Labels {
        self.labels.clone()
    }

    /// A picture has begun; `view` is its window in CSS pixels.
    pub fn begin(&mut self, painter: &mut FieldPainter, field: Option<&GridField>, view: &Viewport, layers: Layers) {
        begin(&mut self.labels, self.coverage.as_ref(), painter, field, view, layers);
    }

    /// The picture is on its canvas, which is `side` CSS pixels wide.
    pub fn finish(
        &mut self,
        painter: &FieldPainter,
        canvas: &Surface,
        [side, ratio]: [f32; 2],
        layers: Layers,
    ) -> Result<(), JsValue> {
        write(&self.labels, canvas.context(), [0.0; 2], painter, side)?;
        if layers.streamlines && layers.flow {
            let pixels = (side * ratio.min(SCALE)).floor();
            let scale = pixels / side;
            let colour = painter.palette().source(layers.source);
            self.flow.lay(
                painter.streamlines(),
                pixels as usize,
                STREAMLINE * scale,
                scale,
                colour,
            );
            (self.shines, self.stale) = (true, true);
        } else if std::mem::take(&mut self.shines) {
            self.flow.clear();
            self.surface.put(self.flow.pixels(), self.flow.side() as u32)?;
        }
        Ok(())
    }

    /// Lets the light run on for some seconds, unless it is to hold.
    pub fn shine(&mut self, seconds: f32, holds: bool) -> Result<(), JsValue> {
        if !self.shines || (holds && !std::mem::take(&mut self.stale)) {
            return Ok(());
        }
        if !holds {
            self.run = (self.run + seconds) % (PERIOD / SPEED);
        }
        self.flow.shine(self.run);
        self.surface.put(self.flow.pixels(), self.flow.side() as u32)
    }
}

/// Places what comes with a picture that has begun, where it was on the one before if it can be; `view` is its window in
/// CSS pixels.
pub(super) fn begin(
    labels: &mut Labels,
    coverage: Option<&(Rc<GridField>, f32)>,
    painter: &mut FieldPainter,
    field: Option<&GridField>,
    view: &Viewport,
    layers: Layers,
) {
    match field.filter(|field| field.is_whole() && layers.contours && layers.contour_labels) {
        Some(field) => labels.place(field, view, painter.spacing()),
        None => labels.clear(),
    }
    if let Some((exact, border)) = coverage.filter(|_| layers.coverage) {
        painter.veil(exact, *border);
    }
}

/// Writes the energies on a picture's contours, each on a patch of the ground beside it. The picture's corner is at a
/// pixel of the canvas, and it is `side` CSS pixels wide.
pub(super) fn write(
    labels: &Labels,
    context: &CanvasRenderingContext2d,
    corner: [f64; 2],
    painter: &FieldPainter,
    side: f32,
) -> Result<(), JsValue> {
    if labels.all().is_empty() {
        return Ok(());
    }
    let view = painter.view();
    let scale = view.pixels / side;
    context.set_font(FACE);
    context.set_text_align("center");
    context.set_text_baseline("middle");
    context.set_line_join("round");
    context.set_line_width(GROUND);
    context.set_fill_style_str(&css(painter.palette().contour.0, INK));
    for Label { at, angle, line } in labels.all() {
        let middle = view.to_pixel(*at);
        let (sin, cos) = angle.sin_cos();
        context.set_transform(
            (scale * cos).into(),
            (scale * sin).into(),
            (-scale * sin).into(),
            (scale * cos).into(),
            corner[0] + f64::from(middle[0]),
            corner[1] + f64::from(middle[1]),
        )?;
        let text = (*line as f32 * painter.spacing()).to_string();
        let off = [-BESIDE * scale * sin, BESIDE * scale * cos];
        context.set_stroke_style_str(&css(painter.ground([middle[0] + off[0], middle[1] + off[1]]), INK));
        context.stroke_text(&text, 0.0, 0.5)?;
        context.fill_text(&text, 0.0, 0.5)?;
    }
    context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
}

/// A colour as CSS has it.
fn css([r, g, b]: [u8; 3], alpha: f32) -> String {
    format!("rgb({r} {g} {b}/{alpha})")
}
