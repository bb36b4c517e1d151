//! The ladder of noise levels.

use super::sheet::{ChartError, Paper, Sheet};
use crate::noise::NoiseLadder;
use crate::page::lab::sigma_text;

/// The ladder as ticks under which the slider runs; the higher, the more noise; the current level lit.
///
/// # Errors
/// When the canvas cannot be drawn on.
pub fn ladder(paper: &Paper, ladder: &NoiseLadder, sigma: f32) -> Result<(), ChartError> {
    let Some(sheet) = Sheet::new(paper)? else {
        return Ok(());
    };
    // The slider's knob stops half its width before the ends.
    let (left, floor) = (sheet.px(8.0), sheet.height - sheet.px(3.0));
    let right = sheet.width - left;
    sheet.rule((left, floor), (right, floor), sheet.colours.line, 1.0)?;
    let (last, lit) = (ladder.levels.max(2) - 1, ladder.nearest(sigma));
    for level in 0..=last {
        let u = level as f64 / last as f64;
        let x = left + ((right - left) as f64 * u).round() as i32;
        let height = sheet.px(24.0 - 18.0 * u);
        let (colour, width) = if level == lit {
            (sheet.colours.accent, 3.0)
        } else {
            (sheet.colours.muted, 1.0)
        };
        sheet.rule((x, floor - height), (x, floor), colour, width)?;
    }
    let text = format!(
        "the ladder of noise levels: at level {} of {}, σ = {}",
        lit + 1,
        last + 1,
        sigma_text(sigma)
    );
    sheet.say(&text);
    Ok(())
}
