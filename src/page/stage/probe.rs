//! A probed point over the stage: where it may have come from, the noisy targets, the arrows, the denoised points.

use wasm_bindgen::JsValue;
use web_sys::CanvasRenderingContext2d;

use super::lines::Ink;
use crate::page::probe::Probed;
use crate::page::viewport::Viewport;

/// Half the opening of an arrow's head, radians, and its longest side, CSS pixels.
const HEAD: f32 = 0.45;
const HEAD_SIDE: f32 = 11.0;
/// Opacity of the lines to the origins: where many lie together, they add up.
const FAINT: f64 = 0.3;
/// Radii, CSS pixels.
const TARGET: f64 = 1.7;
const DENOISED: f64 = 7.0;
const POINT: f64 = 3.0;

/// Draws what is known at a point.
pub(super) fn draw(
    context: &CanvasRenderingContext2d,
    probed: &Probed,
    view: &Viewport,
    ink: &Ink,
) -> Result<(), JsValue> {
    let (at, zoom) = (view.to_pixel(probed.at), probed.zoom(view.scale()));
    let origins = || probed.origins.chunks_exact(2).map(|p| [p[0], p[1]]);
    context.set_line_width(1.0);
    context.set_stroke_style_str(&ink.text);
    context.set_global_alpha(FAINT);
    for origin in origins() {
        context.begin_path();
        line(context, at, view.to_pixel(origin));
        context.stroke();
    }
    context.set_global_alpha(1.0);
    context.begin_path();
    for origin in origins() {
        // A target times zoom and sigma²: the way to its origin, as much longer as the arrows are.
        let target = [0, 1].map(|axis| probed.at[axis] + zoom * (origin[axis] - probed.at[axis]));
        circle(context, view.to_pixel(target), TARGET)?;
    }
    ink.fill(context, &ink.text);
    // The exact ones are the wider: where the learned ones lie on them, both are seen.
    let learned = probed.learned.map(|learned| (learned.score, &ink.line, 1.6));
    let fields = [Some((probed.exact.score, &ink.exact, 3.2)), learned];
    for (score, colour, width) in fields.into_iter().flatten() {
        context.begin_path();
        circle(context, view.to_pixel(probed.tip(score, 1.0)), DENOISED)?;
        ink.stroke(context, colour, 0.6 * width);
    }
    for (score, colour, width) in fields.into_iter().flatten() {
        context.begin_path();
        arrow(context, at, view.to_pixel(probed.tip(score, zoom)));
        ink.stroke(context, colour, width);
    }
    context.begin_path();
    circle(context, at, POINT)?;
    ink.fill(context, &ink.text);
    Ok(())
}

fn line(context: &CanvasRenderingContext2d, from: [f32; 2], to: [f32; 2]) {
    context.move_to(from[0].into(), from[1].into());
    context.line_to(to[0].into(), to[1].into());
}

fn arrow(context: &CanvasRenderingContext2d, from: [f32; 2], to: [f32; 2]) {
    let d = [to[0] - from[0], to[1] - from[1]];
    let length = d[0].hypot(d[1]);
    if !(length.is_finite() && length > 1.0) {
        return;
    }
    line(context, from, to);
    let (sin, cos) = HEAD.sin_cos();
    let side = (0.4 * length).min(HEAD_SIDE) / length;
    for turn in [sin, -sin] {
        let back = [side * (d[0] * cos - d[1] * turn), side * (d[0] * turn + d[1] * cos)];
        line(context, to, [to[0] - back[0], to[1] - back[1]]);
    }
}

fn circle(context: &CanvasRenderingContext2d, [x, y]: [f32; 2], radius: f64) -> Result<(), JsValue> {
    // Without this a line would lead to it from the circle before.
    context.move_to(f64::from(x) + radius, y.into());
    context.arc(x.into(), y.into(), radius, 0.0, std::f64::consts::TAU)
}
