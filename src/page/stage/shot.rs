//! The stage as it is at one moment, for a picture: nothing that happens afterwards changes what is on it.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::lines::Drawing;
use super::{Stage, over};
use crate::page::layers::camera::Camera;
use crate::page::layers::flow::Flow;
use crate::page::layers::labels::Labels;
use crate::page::layers::paint::{FieldPainter, Layers, STREAMLINE};
use crate::page::layers::particles::still::Still;
use crate::page::layers::surface::SurfacePainter;
use crate::page::layers::surface::axis::Axis;
use crate::page::layers::{GridField, Palette};
use crate::page::print::{BAND, Place, Print, ROWS, Work, band_of};
use crate::page::viewport::Viewport;

/// Ways, or dots, of particles that are painted between two looks at the clock, and lines of light.
const PARTICLES: usize = 256;
const LIGHTS: usize = 4;

impl Stage {
    /// The stage as it is now on a picture, from the field up, with its field again at another corner.
    #[inline(never)]
    pub(in crate::page) fn shot(&mut self, place: Place, beside: Option<Place>) -> Vec<Box<dyn Work>> {
        let beside = beside.map(|beside| Place {
            corner: beside.corner,
            ..place
        });
        let places = [Some(place), beside];
        let (window, picture) = (self.viewport(), &self.picture);
        let mut lines = Lines {
            place,
            window,
            drawing: self.lines.drawing.clone(),
            head: self.head(),
            axis: None,
        };
        let field: Box<dyn Work> = if let Some(landscape) = &self.landscape {
            let camera = landscape.seen_from();
            lines.axis = Some(Axis::new(&camera.projection(place.side as f32), picture.layers.source));
            Box::new(Land {
                places,
                palette: Palette::new(picture.palette.dark),
                camera,
                window: self.view.zoom.viewport(1.0),
                layers: picture.layers,
                field: picture.field.target().cloned(),
                data: picture.data.clone(),
                painter: landscape.painter.alike(),
                part: 0,
                row: 0,
            })
        } else {
            Box::new(Flat {
                places,
                window,
                layers: picture.layers,
                data: picture.data.clone(),
                painter: picture.painter.alike(),
                labels: picture.over.labels(),
                coverage: picture.over.coverage(),
                run: picture.over.run(),
                flow: Flow::default(),
                field: picture.field.target().cloned(),
                part: 0,
                row: 0,
            })
        };
        let seen = self.sight_of_particles();
        vec![field, self.crowd(seen, place), Box::new(lines)]
    }

    /// The window through which particles on this stage, and one beside it, are seen.
    pub(in crate::page) fn sight_of_particles(&self) -> Viewport {
        let landscape = self.landscape.as_ref();
        landscape.map_or_else(|| self.view.window(1.0), |landscape| landscape.painter.view())
    }

    /// Its particles as they are now through a window.
    pub(in crate::page) fn crowd(&mut self, window: Viewport, place: Place) -> Box<dyn Work> {
        Box::new(Crowd {
            place,
            window,
            still: Still::of(&mut self.cloud.painter),
            part: 0,
            row: 0,
        })
    }
}

/// The places of a field on a picture, all of one size.
type Places = [Option<Place>; 2];

/// Brings a band of a field onto its places; see [`Print::put`].
fn put(print: &Print, places: Places, rgba: &[u8], row: &mut usize) -> Result<bool, JsValue> {
    let (mut done, from) = (true, *row);
    for place in places.into_iter().flatten() {
        *row = from;
        done = print.put(place, rgba, row)?;
    }
    Ok(done)
}

/// A flat field and what comes with it.
struct Flat {
    places: Places,
    /// In CSS pixels.
    window: Viewport,
    layers: Layers,
    field: Option<Rc<GridField>>,
    data: Vec<f32>,
    painter: FieldPainter,
    labels: Labels,
    coverage: Option<(Rc<GridField>, f32)>,
    /// How long the light has run, seconds, and the light.
    run: f32,
    flow: Flow,
    /// What comes next, and from which row, or line, on.
    part: u32,
    row: usize,
}

impl Work for Flat {
    fn step(&mut self, print: &Print) -> Result<bool, JsValue> {
        let field = self.field.as_deref();
        let Some(place) = self.places[0] else { return Ok(true) };
        let shines = self.layers.streamlines && self.layers.flow;
        let done = match self.part {
            0 => {
                self.painter.make_room(place.side);
                true
            }
            1 => {
                let view = self.window.with_pixels(place.side as f32);
                self.painter.begin(field, &self.data, view, place.ratio, self.layers);
                true
            }
            2 => {
                let (painter, coverage) = (&mut self.painter, self.coverage.as_ref());
                over::begin(&mut self.labels, coverage, painter, field, &self.window, self.layers);
                true
            }
            3 => self.painter.advance(ROWS),
            4 => put(print, self.places, self.painter.pixels(), &mut self.row)?,
            5 => {
                self.write(print)?;
                !shines
            }
            6 => {
                self.flow.begin(place.side);
                true
            }
            7 => {
                let lines = self.painter.streamlines();
                for line in self.row..self.row + LIGHTS {
                    self.flow.lay_line(lines, line, STREAMLINE * place.ratio, place.ratio);
                }
                self.row += LIGHTS;
                self.row >= lines.len()
            }
            8 => {
                self.flow.end(self.painter.palette().source(self.layers.source));
                true
            }
            9 => {
                self.flow.shine(self.run);
                true
            }
            _ => {
                let band = band_of(self.flow.pixels(), place.side, self.row).unwrap_or_default();
                return print.lay(place, band, &mut self.row);
            }
        };
        if self.part == 5 {
            (self.part, self.row) = (6, 0);
            return Ok(done);
        }
        if done {
            (self.part, self.row) = (self.part + 1, 0);
        }
        Ok(false)
    }
}

impl Flat {
    /// What is written on the picture.
    fn write(&self, print: &Print) -> Result<(), JsValue> {
        for place in self.places.into_iter().flatten() {
            print.within(place, &mut |context| {
                over::write(&self.labels, context, place.corner, &self.painter, self.window.pixels)
            })?;
        }
        Ok(())
    }
}

/// A landscape.
struct Land {
    places: Places,
    palette: Palette,
    camera: Camera,
    window: Viewport,
    layers: Layers,
    field: Option<Rc<GridField>>,
    data: Vec<f32>,
    painter: SurfacePainter,
    part: u32,
    row: usize,
}

impl Work for Land {
    fn step(&mut self, print: &Print) -> Result<bool, JsValue> {
        let Some(place) = self.places[0] else { return Ok(true) };
        let done = match self.part {
            0 => {
                let field = self.field.as_deref();
                self.painter.set_field(field, self.window, self.layers, &self.data);
                self.painter.melt(f32::INFINITY);
                true
            }
            1 => self.painter.trace(ROWS),
            2 => {
                self.painter.begin(&self.camera, place.side, self.palette.dark);
                true
            }
            // A row of the landscape's mesh is some twenty of the picture.
            3 => self.painter.advance(1, place.ratio, &self.palette),
            4 => put(print, self.places, self.painter.pixels(), &mut self.row)?,
            _ => return Ok(true),
        };
        self.part += u32::from(done);
        Ok(false)
    }
}

/// Particles.
struct Crowd {
    place: Place,
    window: Viewport,
    still: Still,
    part: u32,
    row: usize,
}

impl Work for Crowd {
    fn step(&mut self, print: &Print) -> Result<bool, JsValue> {
        let place = self.place;
        let done = match self.part {
            0 => {
                self.still.begin(place.side, place.ratio);
                true
            }
            1 => self.still.advance(&self.window, PARTICLES),
            _ => {
                let rows = self.row..self.row + BAND;
                return print.lay(place, self.still.develop(rows), &mut self.row);
            }
        };
        self.part += u32::from(done);
        Ok(false)
    }
}

/// Lines over the stage, or a landscape's axis.
struct Lines {
    place: Place,
    /// In CSS pixels.
    window: Viewport,
    drawing: Drawing,
    head: Option<[f32; 2]>,
    axis: Option<Axis>,
}

impl Work for Lines {
    fn step(&mut self, print: &Print) -> Result<bool, JsValue> {
        let Place { corner, ratio, .. } = self.place;
        let scale = f64::from(ratio);
        print.within(self.place, &mut |context| {
            context.set_transform(scale, 0.0, 0.0, scale, corner[0], corner[1])?;
            match &self.axis {
                Some(axis) => self.drawing.draw_axis(context, axis, 1.0 / ratio, self.window.pixels),
                None => self.drawing.draw(context, self.window, self.head),
            }
        })?;
        Ok(true)
    }
}
