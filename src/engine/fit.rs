//! An energy for a score network, so that samplers with a Metropolis test can follow it: its least-squares potential at
//! one noise level, made in slices and renewed while the network learns.

use std::rc::Rc;
use std::time::Duration;

use burn::tensor::{Device, ExecutionError};
use web_time::Instant;

use super::protocol::{Backend, Grid, Stamp};
use super::recipe::guard_of;
use crate::distribution::{ExactField, Smoothed};
use crate::field::{Field, Surface, points_on};
use crate::potential::Potential;

/// Between two potentials while the network learns.
const PERIOD: Duration = Duration::from_secs(1);

/// Points evaluated at a time: about 2 ms on one core.
const CHUNK: usize = 512;

/// What a potential is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    stamp: (u32, u64, u32),
    backend: Backend,
    sigma: f32,
}

impl Key {
    fn new(stamp: Stamp, backend: Backend, sigma: f32) -> Self {
        Self {
            stamp: (stamp.run, stamp.step, stamp.target),
            backend,
            sigma,
        }
    }

    /// A potential for this may be followed until that for the other is there: the network has only learned on.
    fn will_do_for(&self, other: &Self) -> bool {
        (self.stamp.0, self.backend, self.sigma) == (other.stamp.0, other.backend, other.sigma)
    }
}

/// The potential that live samplers follow, and the one that is to replace it.
#[derive(Default)]
pub struct Fits {
    current: Option<(Key, Instant, Rc<Surface>)>,
    making: Option<(Key, Fitting)>,
}

impl Fits {
    /// The energy for this network at this noise level, of these weights or of those of a moment ago.
    pub fn usable(&self, stamp: Stamp, backend: Backend, sigma: f32) -> Option<Rc<Surface>> {
        let key = Key::new(stamp, backend, sigma);
        let current = self.current.as_ref().filter(|(known, ..)| known.will_do_for(&key));
        current.map(|(.., surface)| surface.clone())
    }

    /// There is a potential to make now.
    pub fn due(&self, stamp: Stamp, backend: Backend, sigma: f32) -> bool {
        let key = Key::new(stamp, backend, sigma);
        let under_way = |making: &(Key, Fitting)| making.0.will_do_for(&key);
        let fresh = |(known, at, _): &(Key, Instant, Rc<Surface>)| {
            *known == key || known.will_do_for(&key) && at.elapsed() < PERIOD
        };
        self.making.as_ref().is_some_and(under_way) || !self.current.as_ref().is_some_and(fresh)
    }

    /// Works until the deadline. field: of the weights that `stamp` names, on `device` of `backend`.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(
        &mut self,
        field: Rc<dyn Field>,
        (stamp, backend, sigma): (Stamp, Backend, f32),
        device: &Device,
        exact: &ExactField,
        deadline: Instant,
    ) -> Result<(), ExecutionError> {
        let key = Key::new(stamp, backend, sigma);
        let making = self.making.take().filter(|(made_for, _)| made_for.will_do_for(&key));
        let (key, mut fitting) = making.unwrap_or_else(|| (key, Fitting::new(field, exact, sigma)));
        match fitting.advance(device, deadline).await? {
            Some(surface) => self.current = Some((key, Instant::now(), Rc::new(surface))),
            None => self.making = Some((key, fitting)),
        }
        Ok(())
    }
}

/// A potential in the making.
///
/// It always starts from nothing, and not from an earlier one, so that it is a function of the weights alone.
pub struct Fitting {
    field: Rc<dyn Field>,
    /// The data's density, which weighs the errors.
    exact: Smoothed,
    grid: Grid,
    points: Vec<f32>,
    score: Vec<f32>,
    log_density: Vec<f32>,
    potential: Option<Potential>,
}

impl Fitting {
    /// The potential of this field at a noise level, wherever the guard lets particles be.
    pub fn new(field: Rc<dyn Field>, exact: &ExactField, sigma: f32) -> Self {
        let grid = Surface::grid(guard_of(exact).reach(sigma), sigma);
        Self {
            field,
            exact: exact.at(sigma),
            points: grid.points(),
            grid,
            score: Vec::new(),
            log_density: Vec::new(),
            potential: None,
        }
    }

    /// Whose energy it is.
    pub fn field(&self) -> Rc<dyn Field> {
        self.field.clone()
    }

    /// Works until the deadline; the energy, once it is there. device: that of the field.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(&mut self, device: &Device, deadline: Instant) -> Result<Option<Surface>, ExecutionError> {
        while self.score.len() < self.points.len() {
            self.evaluate(device).await?;
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        let potential = self
            .potential
            .get_or_insert_with(|| Potential::new(self.grid, &self.score, &self.log_density, None));
        while !potential.iterate() {
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        let energies = potential.unmasked();
        Ok(Surface::new(self.grid, self.exact.sigma(), &energies, device))
    }

    /// Scores and densities at the next points.
    async fn evaluate(&mut self, device: &Device) -> Result<(), ExecutionError> {
        let from = self.score.len();
        let to = (from + 2 * CHUNK).min(self.points.len());
        let chunk = &self.points[from..to];
        let x = points_on(device, chunk.to_vec());
        let score = self.field.score(&x, self.exact.sigma()).into_data_async().await?;
        self.score.extend(score.iter::<f32>());
        let (mut density, mut exact_score) = (vec![0.0; chunk.len() / 2], vec![0.0; chunk.len()]);
        self.exact.fill(chunk, &mut density, &mut exact_score);
        self.log_density.extend(density);
        Ok(())
    }
}
