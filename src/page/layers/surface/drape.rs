//! What lies on a landscape: the lines that the flat map has over its heat, and the data.

use std::ops::Range;

use super::super::paint::{LINE, Layers, STREAMLINE};
use super::super::raster::Strokes;
use super::super::streamlines::Streamlines;
use super::super::{GridField, arrows, denoiser};
use crate::page::viewport::Viewport;

/// Side of the map on which the lines are laid out, pixels: about that of the landscape in its picture, so that
/// arrowheads have the size that they have on the flat map.
const MAP: f32 = 480.0;

/// Strokes on the map, as shares of its side to the right and down: `[from x, from y, to x, to y]`.
#[derive(Clone, Debug, Default)]
struct Sheet(Vec<[f32; 4]>);

impl Strokes for Sheet {
    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], _: f32) {
        self.0.push([a[0], a[1], b[0], b[1]].map(|v| v / MAP));
    }
}

/// The lines and points that are to be laid over a landscape.
#[derive(Clone, Debug, Default)]
pub struct Drape {
    /// Arrows and the denoiser's lines, and the streamlines found last.
    plain: Sheet,
    flow: Sheet,
    streamlines: Streamlines,
    /// The streamlines of this field are not all found yet.
    tracing: bool,
}

impl Drape {
    /// Takes a field's lines; those that flow are found by [`Self::trace`].
    pub fn take(&mut self, field: Option<&GridField>, window: &Viewport, layers: Layers) {
        let map = window.with_pixels(MAP);
        self.plain.0.clear();
        let Some(field) = field.filter(|field| field.is_whole()) else {
            self.flow.0.clear();
            self.tracing = false;
            return;
        };
        if layers.arrows {
            let arrows = arrows::arrows(field, &map, layers.arrow_length, layers.arrow_density);
            arrows::draw(&arrows, LINE, &mut self.plain);
        }
        if layers.denoiser {
            denoiser::draw(
                &denoiser::moves(field, &map, arrows::across(layers.arrow_density)),
                LINE,
                &mut self.plain,
            );
        }
        if layers.streamlines {
            self.streamlines.begin(field, &map);
        } else {
            self.flow.0.clear();
        }
        self.tracing = layers.streamlines;
    }

    /// Streamlines begin where another's are.
    pub fn begin_like(&mut self, other: &Self) {
        self.streamlines = other.streamlines.alike();
    }

    /// Tries so many streamlines; false while some are left to be found, and the old ones are still there.
    pub fn trace(&mut self, seeds: usize) -> bool {
        if self.tracing && self.streamlines.advance(seeds) {
            self.flow.0.clear();
            for line in 0..self.streamlines.len() {
                self.streamlines.draw(line, STREAMLINE, &mut self.flow);
            }
            self.tracing = false;
        }
        !self.tracing
    }

    /// How many strokes there are.
    pub fn len(&self) -> usize {
        self.plain.0.len() + self.flow.0.len()
    }

    /// Some of the strokes with their widths, CSS pixels.
    pub fn strokes(&self, range: Range<usize>) -> impl Iterator<Item = (f32, &[f32; 4])> {
        let plain = self.plain.0.iter().map(|line| (LINE, line));
        let all = plain.chain(self.flow.0.iter().map(|line| (STREAMLINE, line)));
        all.skip(range.start).take(range.len())
    }
}
