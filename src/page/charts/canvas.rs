//! Plotters on a canvas: what charts ask for. (The crate for it writes transparencies by the standard library's texts of
//! numbers, which are as large as all charts: see `number`.)

use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use thiserror::Error;
use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::page::number::short;
use crate::page::stage;

/// A canvas, and what draws on it.
pub(super) struct Canvas {
    context: CanvasRenderingContext2d,
    size: (u32, u32),
}

/// The browser would not draw.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct CanvasError(String);

type Drawn = Result<(), DrawingErrorKind<CanvasError>>;

fn failed(error: JsValue) -> DrawingErrorKind<CanvasError> {
    DrawingErrorKind::DrawingError(CanvasError(format!("{error:?}")))
}

impl Canvas {
    /// On a canvas of this size.
    pub fn on(canvas: &HtmlCanvasElement, size: (u32, u32)) -> Result<Self, JsValue> {
        let context = stage::context(canvas)?;
        Ok(Self { context, size })
    }

    fn fill(&self, BackendColor { rgb: (r, g, b), alpha }: BackendColor) {
        self.context
            .set_fill_style_str(&format!("rgb({r} {g} {b}/{})", short(alpha)));
    }

    fn stroke<S: BackendStyle>(&self, style: &S) {
        let (r, g, b) = style.color().rgb;
        self.context.set_stroke_style_str(&format!("rgb({r} {g} {b})"));
        self.context.set_line_width(style.stroke_width().into());
    }
}

impl DrawingBackend for Canvas {
    type ErrorType = CanvasError;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &colour, true)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _: bool) -> Drawn {
        self.fill(style.color());
        let [x, y, width, height] = [from.0, from.1, to.0 - from.0, to.1 - from.1].map(f64::from);
        self.context.fill_rect(x, y, width, height);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.stroke(style);
        self.context.begin_path();
        // The first line leads to where it begins: a move.
        for (x, y) in path {
            self.context.line_to(x.into(), y.into());
        }
        self.context.stroke();
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, middle: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let context = &self.context;
        context.begin_path();
        let (x, y) = (middle.0.into(), middle.1.into());
        context
            .arc(x, y, radius.into(), 0.0, std::f64::consts::TAU)
            .map_err(failed)?;
        if fill {
            self.fill(style.color());
            context.fill();
        } else {
            self.stroke(style);
            context.stroke();
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let context = &self.context;
        self.fill(style.color());
        context.set_font(&format!("{}px {}", short(style.size()), style.family().as_str()));
        let anchor = style.anchor();
        context.set_text_align(match anchor.h_pos {
            HPos::Left => "start",
            HPos::Center => "center",
            HPos::Right => "end",
        });
        context.set_text_baseline(match anchor.v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        });
        context.fill_text(text, at.0.into(), at.1.into()).map_err(failed)
    }
}
