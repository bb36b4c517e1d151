//! The pictures that the page holds: learned ones as they come from the engine, exact ones computed here in slices,
//! their differences. One place each for the stage's noise levels and the strip's rungs.

use std::rc::Rc;

use super::lab::same_sigma;
use super::layers::exact_picture::{ExactPicture, side_for};
use super::layers::{GridField, error};
use crate::distribution::ExactField;
use crate::engine::protocol::{Grid, Picture};
use crate::engine::settings::Source;

/// Points an axis of an exact picture in the strip.
const TILE_SIDE: u32 = 48;
/// Finest exact picture on the stage.
const STAGE_SIDE: u32 = 128;
/// Noise levels of which the stage's pictures are kept: the latest.
const KEPT: usize = 40;
/// Noise levels of which tiles are kept: the longest ladder's.
const KEPT_TILES: usize = 100;

/// Where the page centres and how wide the data are: what windows and ladders are derived from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Mean of the data.
    pub mean: [f32; 2],
    /// Mean per-axis standard deviation.
    pub scale: f32,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            mean: [0.0; 2],
            scale: 0.5,
        }
    }
}

/// A picture together with what tells whether it is still good.
#[derive(Clone, Debug)]
struct Dated {
    field: Rc<GridField>,
    /// The revision of the data (exact) or the training step (learned).
    of: u64,
}

/// The pictures at one noise level, of one size.
#[derive(Clone, Debug)]
struct Place {
    sigma: f32,
    tile: bool,
    learned: Option<Dated>,
    coarse: bool,
    exact: Option<Dated>,
    error: Option<(u64, u64, Rc<GridField>)>,
}

impl Place {
    fn new(sigma: f32, tile: bool) -> Self {
        Self {
            sigma,
            tile,
            learned: None,
            coarse: false,
            exact: None,
            error: None,
        }
    }

    /// The grid on which the exact field is wanted: the learned picture's, so that the two can be compared.
    fn grid(&self, fit: Fit) -> Grid {
        if let Some(learned) = &self.learned {
            return learned.field.grid;
        }
        let half_width = Grid::half_width_at(fit.scale, self.sigma);
        let side = if self.tile {
            TILE_SIDE
        } else {
            side_for(half_width, self.sigma).min(STAGE_SIDE)
        };
        Grid::window(fit.mean, fit.scale, self.sigma, side)
    }

    /// The exact picture is missing, on another grid, or of older data.
    fn wants_exact(&self, fit: Fit, data: u64) -> bool {
        self.exact
            .as_ref()
            .is_none_or(|exact| exact.of != data || exact.field.grid != self.grid(fit))
    }

    fn picture(&mut self, source: Source) -> Option<Rc<GridField>> {
        match source {
            Source::Exact => self.exact.as_ref().map(|exact| exact.field.clone()),
            Source::Learned => self.learned.as_ref().map(|learned| learned.field.clone()),
            Source::Error => {
                let (learned, exact) = (self.learned.as_ref()?, self.exact.as_ref()?);
                let key = (learned.of, exact.of);
                if self.error.as_ref().is_none_or(|(a, b, _)| (*a, *b) != key) {
                    let field = Rc::new(error::difference(&learned.field, &exact.field)?);
                    self.error = Some((key.0, key.1, field));
                }
                self.error.as_ref().map(|(_, _, field)| field.clone())
            }
        }
    }
}

/// All pictures.
#[derive(Default)]
pub struct Pictures {
    places: Vec<Place>,
    job: Option<Job>,
    last_was_stage: bool,
    /// Goes up with every new picture, so that what is on the screen can be compared with it cheaply.
    pub revision: u64,
}

struct Job {
    sigma: f32,
    tile: bool,
    data: u64,
    picture: ExactPicture,
}

impl Pictures {
    /// Takes a picture of the learned field. Small ones are for the strip; the stage takes what it gets, until it has
    /// had a finer one at this noise level.
    pub fn learned(&mut self, picture: &Picture, rungs: &[f32], shown: f32) {
        let field = Rc::new(GridField::from(picture));
        if !field.is_whole() {
            return;
        }
        let is_rung = rungs.iter().any(|&sigma| same_sigma(sigma, picture.sigma));
        let for_stage = picture.grid.side > TILE_SIDE || same_sigma(shown, picture.sigma);
        for tile in [false, true] {
            if (tile && !is_rung) || (!tile && !for_stage) {
                continue;
            }
            let place = self.place(picture.sigma, tile);
            let finer = |had: &Dated| !tile && had.field.grid.side > field.grid.side;
            if !place.learned.as_ref().is_some_and(finer) {
                place.learned = Some(Dated {
                    field: field.clone(),
                    of: picture.stamp.step,
                });
                place.coarse = picture.coarse;
            }
        }
        self.revision += 1;
    }

    /// Forgets what an earlier network drew.
    pub fn forget_learned(&mut self) {
        for place in &mut self.places {
            (place.learned, place.error) = (None, None);
        }
        self.revision += 1;
    }

    /// Any picture of the learned field is here.
    pub fn has_learned(&self) -> bool {
        self.places.iter().any(|place| place.learned.is_some())
    }

    /// The picture of a source at a noise level, for the stage or for a tile. A tile can do with the stage's.
    pub fn get(&mut self, source: Source, sigma: f32, tile: bool) -> Option<Rc<GridField>> {
        let own = self.find(sigma, tile).and_then(|place| place.picture(source));
        own.or_else(|| {
            if tile {
                self.find(sigma, false)?.picture(source)
            } else {
                None
            }
        })
    }

    /// The grid of the learned picture at this noise level is too coarse for its energy to be more than roughly right.
    pub fn is_coarse(&self, sigma: f32) -> bool {
        self.places
            .iter()
            .any(|p| !p.tile && same_sigma(p.sigma, sigma) && p.learned.is_some() && p.coarse)
    }

    /// Works on the most wanted exact picture for some milliseconds. True when one was finished.
    pub fn compute(&mut self, truth: &ExactField, data: u64, fit: Fit, wanted: &Wanted<'_>, budget_ms: f64) -> bool {
        if self.job.is_none() {
            self.job = self.next_job(truth, data, fit, wanted);
        }
        let Some(job) = &mut self.job else { return false };
        if !job.picture.advance(budget_ms) {
            return false;
        }
        let Some(Job {
            sigma,
            tile,
            data,
            picture,
        }) = self.job.take()
        else {
            return false;
        };
        let field = Rc::new(picture.finish());
        self.place(sigma, tile).exact = Some(Dated { field, of: data });
        self.last_was_stage = !tile;
        self.revision += 1;
        true
    }

    /// The stage comes first; when the data change all the time, stage and strip take turns.
    fn next_job(&mut self, truth: &ExactField, data: u64, fit: Fit, wanted: &Wanted<'_>) -> Option<Job> {
        let stage = (wanted.stage.is_finite() && self.place(wanted.stage, false).wants_exact(fit, data))
            .then_some((wanted.stage, false));
        let mut oldest: Option<(u64, f32)> = None;
        for &sigma in wanted.tiles {
            let place = self.place(sigma, true);
            let of = place.exact.as_ref().map_or(0, |exact| exact.of + 1);
            if place.wants_exact(fit, data) && oldest.is_none_or(|(age, _)| of < age) {
                oldest = Some((of, sigma));
            }
        }
        let tile = oldest.map(|(_, sigma)| (sigma, true));
        let (sigma, tile) = if self.last_was_stage {
            tile.or(stage)
        } else {
            stage.or(tile)
        }?;
        let grid = self.place(sigma, tile).grid(fit);
        Some(Job {
            sigma,
            tile,
            data,
            picture: ExactPicture::new(truth.at(sigma), grid),
        })
    }

    fn find(&mut self, sigma: f32, tile: bool) -> Option<&mut Place> {
        self.places
            .iter_mut()
            .find(|place| place.tile == tile && same_sigma(place.sigma, sigma))
    }

    /// The place of a noise level, made if need be; the one longest unused goes when there are too many.
    fn place(&mut self, sigma: f32, tile: bool) -> &mut Place {
        let at = self
            .places
            .iter()
            .position(|place| place.tile == tile && same_sigma(place.sigma, sigma));
        let place = at.map_or_else(|| Place::new(sigma, tile), |at| self.places.remove(at));
        let kept = if tile { KEPT_TILES } else { KEPT };
        let mut alike = self.places.iter().enumerate().filter(|(_, place)| place.tile == tile);
        let oldest = alike.next().map(|(at, _)| at).filter(|_| alike.count() + 1 >= kept);
        if let Some(oldest) = oldest {
            self.places.remove(oldest);
        }
        let last = self.places.len();
        self.places.push(place);
        &mut self.places[last]
    }
}

/// Which exact pictures are on the screen now.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The stage's noise level; NaN when the stage needs none.
    pub stage: f32,
    /// The strip's.
    pub tiles: &'a [f32],
}

impl From<&Picture> for GridField {
    fn from(picture: &Picture) -> Self {
        Self {
            grid: picture.grid,
            sigma: picture.sigma,
            energy: picture.energy.0.clone(),
            score: picture.score.0.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::distribution::Preset;
    use crate::engine::protocol::{Floats, Stamp};

    fn picture(sigma: f32, side: u32, step: u64) -> Picture {
        let grid = Grid::window([0.0; 2], 0.5, sigma, side);
        let n = (side * side) as usize;
        let stamp = Stamp {
            step,
            ..Stamp::default()
        };
        Picture {
            stamp,
            sigma,
            grid,
            score: Floats(vec![0.0; 2 * n]),
            energy: Floats(vec![0.0; n]),
            coarse: false,
            curl: None,
        }
    }

    fn finish(pictures: &mut Pictures, truth: &ExactField, data: u64, wanted: &Wanted<'_>) -> Vec<f32> {
        let mut done = Vec::new();
        while pictures.compute(truth, data, Fit::default(), wanted, f64::INFINITY) {
            // The place used last is the last.
            done.extend(pictures.places.last().map(|place| place.sigma));
        }
        done
    }

    #[test]
    fn the_stage_is_computed_first_and_everything_wanted_in_the_end() {
        let truth = Preset::Moons.field();
        let mut pictures = Pictures::default();
        let wanted = Wanted {
            stage: 0.2,
            tiles: &[3.0, 0.5],
        };
        assert_eq!(finish(&mut pictures, &truth, 1, &wanted), [0.2, 3.0, 0.5]);
        let field = pictures.get(Source::Exact, 0.2, false).unwrap();
        let at = field.grid.point(3, 5);
        let expected = truth.local(at, 0.2).score;
        let k = 2 * (5 * field.grid.side as usize + 3);
        assert!((field.score[k] - expected[0]).abs() <= 1e-3 * expected[0].abs().max(1.0));
        assert!(pictures.get(Source::Learned, 0.2, false).is_none());
    }

    #[test]
    fn new_data_make_every_exact_picture_stale_once() {
        let truth = Preset::TwoG.field();
        let mut pictures = Pictures::default();
        let wanted = Wanted {
            stage: 0.3,
            tiles: &[1.0],
        };
        finish(&mut pictures, &truth, 1, &wanted);
        assert!(finish(&mut pictures, &truth, 1, &wanted).is_empty());
        assert_eq!(finish(&mut pictures, &truth, 2, &wanted).len(), 2);
    }

    #[test]
    fn the_exact_field_is_computed_where_the_learned_one_was() {
        let truth = Preset::Rings.field();
        let mut pictures = Pictures::default();
        pictures.learned(&picture(0.2, 64, 7), &[3.0, 0.2], 0.2);
        finish(&mut pictures, &truth, 1, &Wanted { stage: 0.2, tiles: &[] });
        let error = pictures.get(Source::Error, 0.2, false).unwrap();
        assert_eq!(error.grid.side, 64);
        assert!(error.score.iter().any(|s| s.abs() > 0.1));
        // The tile has a learned picture but no exact one of its own, so it shows the stage's error.
        assert!(pictures.get(Source::Error, 0.2, true).is_some());
    }

    #[test]
    fn a_small_picture_does_not_replace_a_finer_one_on_the_stage() {
        let mut pictures = Pictures::default();
        pictures.learned(&picture(0.2, 128, 1), &[0.2], 0.2);
        pictures.learned(&picture(0.2, 40, 2), &[0.2], 0.2);
        assert_eq!(pictures.get(Source::Learned, 0.2, false).unwrap().grid.side, 128);
        assert_eq!(pictures.get(Source::Learned, 0.2, true).unwrap().grid.side, 40);
        pictures.forget_learned();
        assert!(!pictures.has_learned());
    }

    #[test]
    fn pictures_of_few_noise_levels_are_kept() {
        let mut pictures = Pictures::default();
        for k in 0..200 {
            pictures.learned(&picture(0.01 * 1.05f32.powi(k), 64, 1), &[], 0.1);
        }
        let ladder: Vec<f32> = (0..KEPT_TILES).map(|k| 0.01 * 1.05f32.powi(k as i32)).collect();
        for sigma in &ladder {
            pictures.learned(&picture(*sigma, 16, 1), &ladder, 0.1);
        }
        let mut kept = ladder.iter().map(|s| pictures.get(Source::Learned, *s, true));
        assert!(kept.all(|tile| tile.is_some()), "the longest ladder has room");
        assert!(pictures.places.len() <= KEPT + KEPT_TILES);
    }
}
