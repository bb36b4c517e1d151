//! The data as quiet dots.

use super::raster::disc;
use crate::page::viewport::Viewport;

/// Radius of a dot, CSS pixels.
const RADIUS: f32 = 1.1;

/// Draws data points (`[x0, y0, …]`, stage coordinates) into an RGBA buffer; `scale` is device pixels per CSS pixel.
/// Many points get smaller and fainter dots, so that a full picture stays as quiet as a sparse one.
pub fn draw(points: &[f32], view: &Viewport, scale: f32, ink: ([u8; 3], f32), rgba: &mut [u8]) {
    let crowd = (1000.0 / (points.len() as f32 / 2.0).max(1.0)).sqrt().clamp(0.55, 1.0);
    let side = view.pixels as usize;
    for point in points.chunks_exact(2) {
        let at = view.to_pixel([point[0], point[1]]);
        if at.iter().all(|v| v.is_finite()) {
            disc(rgba, side, at, RADIUS * scale * crowd.sqrt(), ink.0, ink.1 * crowd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_drawn_where_it_lies_and_nonsense_is_not() {
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.0,
            pixels: 20.0,
        };
        let mut rgba = vec![0; 4 * 400];
        draw(
            &[0.55, 0.55, f32::NAN, 0.0, 9.0, 9.0],
            &view,
            1.0,
            ([255; 3], 1.0),
            &mut rgba,
        );
        let brightest = (0..400).max_by_key(|k| rgba[4 * k]).unwrap_or_default();
        assert_eq!((brightest % 20, brightest / 20), (15, 4));
        assert_eq!(rgba.chunks(4).filter(|p| p[0] > 0).count(), 9);
    }
}
