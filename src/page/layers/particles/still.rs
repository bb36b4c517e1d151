//! The particles as they are seen now on a picture of another size: dots and trails are drawn anew as fine as that.

use std::ops::Range;

use super::past::Frame;
use super::{ParticlePainter, Past};
use crate::page::viewport::Viewport;

/// A picture of particles in the making: [`Self::begin`], then [`Self::advance`] until all light is on it, then
/// [`Self::develop`] row by row.
#[derive(Debug)]
pub struct Still {
    painter: ParticlePainter,
    past: Past,
    /// The frame and the particle that come next; after the last frame's way its dots.
    next: (usize, usize),
    rgba: Vec<u8>,
}

impl Still {
    /// Of what a painter shows; nothing has a size yet. It takes over what the painter remembers: the painter's own
    /// picture stays, and a second still would have no trails for a while.
    pub fn of(painter: &mut ParticlePainter) -> Self {
        let own = ParticlePainter {
            side: 0,
            blocks: 0,
            scale: 1.0,
            trail: Vec::new(),
            tint: Vec::new(),
            dots: Vec::new(),
            lit: Vec::new(),
            rgba: Vec::new(),
            colours: painter.colours.clone(),
            trail_strength: painter.trail_strength,
            stamps: super::Stamps::default(),
            width: 1,
            past: Past::default(),
            bands: super::Bands::default(),
        };
        Self {
            painter: own,
            past: std::mem::take(&mut painter.past),
            next: (0, 0),
            rgba: Vec::new(),
        }
    }

    /// Begins a picture of so many pixels a side, `scale` of them to a CSS pixel.
    pub fn begin(&mut self, side: usize, scale: f32) {
        self.painter.make_room(side, scale);
        self.painter.width = (scale as u32).max(1);
        let count = self.past.frames().last().map_or(0, |last| last.traces.len());
        self.painter.stamps.prepare(side, scale, count);
        self.next = (0, 0);
    }

    /// Lays the light of up to so many more ways or dots in a window; true when all of it is laid.
    pub fn advance(&mut self, view: &Viewport, most: usize) -> bool {
        let (frame, from) = self.next;
        let frames = self.past.frames();
        let ways = frames.len().saturating_sub(1);
        // The ways from frame to frame, and in the end the dots of the last.
        let Some(now) = frames.get((frame + 1).min(ways)) else {
            return true;
        };
        let range = from..from.saturating_add(most).min(now.traces.len());
        self.next = if range.end < now.traces.len() {
            (frame, range.end)
        } else {
            (frame + 1, 0)
        };
        let view = view.with_pixels(self.painter.side as f32);
        if frame < ways {
            if range.start == 0 {
                self.painter.decay(now.keep);
            }
            lay_ways(&mut self.painter, [&frames[frame], now], range, &view);
            return false;
        }
        for trace in &now.traces[range] {
            let pixel = view.to_pixel(trace.at);
            if pixel[0].is_finite() && pixel[1].is_finite() {
                self.painter.dot(pixel, trace.tint);
            }
        }
        self.next.0 > ways
    }

    /// The colours of some rows once all light is laid, RGBA, not premultiplied.
    pub fn develop(&mut self, rows: Range<usize>) -> &[u8] {
        let side = self.painter.side;
        let rows = rows.start.min(side)..rows.end.min(side);
        self.rgba.clear();
        self.rgba.resize(4 * side * rows.len(), 0);
        self.painter.develop(rows, &mut self.rgba);
        &self.rgba
    }
}

/// Lays the light of some particles' ways from one frame to the next, unless these are others.
fn lay_ways(painter: &mut ParticlePainter, [before, now]: [&Frame; 2], range: Range<usize>, view: &Viewport) {
    if before.traces.len() != now.traces.len() || now.keep == 0 {
        return;
    }
    for (before, trace) in before.traces[range.clone()].iter().zip(&now.traces[range]) {
        let [from, to] = [before, trace].map(|trace| view.to_pixel(trace.at));
        painter.streak([from, to], now.seconds, trace.light, trace.tint);
    }
}
