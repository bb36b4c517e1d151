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

/// What a potential is made for, and whether it has to be just that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// Which network, at which step, and which data.
    pub stamp: Stamp,
    /// Where the particles live.
    pub backend: Backend,
    /// The noise level.
    pub sigma: f32,
    /// The network learns, so that what was right a second ago is good enough.
    pub learning: bool,
}

impl Wish {
    /// What was made for the other will do. Where nothing is learned only the data may have moved on since.
    fn is_met_by(&self, other: &Self) -> bool {
        let place = |wish: &Self| (wish.stamp.run, wish.backend, wish.sigma);
        place(self) == place(other) && (self.learning || self.stamp.step == other.stamp.step)
    }

    /// What was made for the other is what is wished.
    fn is(&self, other: &Self) -> bool {
        self.is_met_by(other) && (self.stamp.step, self.stamp.target) == (other.stamp.step, other.stamp.target)
    }
}

/// The potential that live samplers follow, and the one that is to replace it.
#[derive(Default)]
pub struct Fits {
    current: Option<(Wish, Instant, Rc<Surface>)>,
    making: Option<(Wish, Fitting)>,
}

impl Fits {
    /// The energy that will do, if it is there.
    pub fn usable(&self, wish: &Wish) -> Option<Rc<Surface>> {
        let current = self.current.as_ref().filter(|(made_for, ..)| wish.is_met_by(made_for));
        current.map(|(.., surface)| surface.clone())
    }

    /// There is a potential to make now.
    pub fn due(&self, wish: &Wish) -> bool {
        let under_way = self
            .making
            .as_ref()
            .is_some_and(|(made_for, _)| wish.is_met_by(made_for));
        let fresh = self.current.as_ref().is_some_and(|(made_for, at, _)| {
            wish.is(made_for) || wish.learning && wish.is_met_by(made_for) && at.elapsed() < PERIOD
        });
        under_way || !fresh
    }

    /// Works until the deadline. field: of the weights that the wish names, on the device of its backend.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn advance(
        &mut self,
        wish: Wish,
        field: Rc<dyn Field>,
        device: &Device,
        exact: &ExactField,
        deadline: Instant,
    ) -> Result<(), ExecutionError> {
        let making = self.making.take().filter(|(made_for, _)| wish.is_met_by(made_for));
        let (wish, mut fitting) = making.unwrap_or_else(|| (wish, Fitting::new(field, exact, wish.sigma)));
        match fitting.advance(device, deadline).await? {
            Some(surface) => self.current = Some((wish, Instant::now(), Rc::new(surface))),
            None => self.making = Some((wish, fitting)),
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
        self.log_density.extend(self.exact.log_densities(chunk));
        Ok(())
    }
}
