//! The Metropolis test, which makes a proposal's errors right: shared by the samplers that have one.

use burn::tensor::{Bool, Tensor};
use rand::rngs::StdRng;

use super::noise::log_uniforms;
use super::{Chain, Tally};
use crate::field::Field;

/// The energy of a wall, nats. A finite number, because shaders need not know infinities.
const WALL: f32 = 1e30;

/// Energy and score at the particles' positions.
#[derive(Clone)]
pub(super) struct Place {
    /// `[n]`; [`WALL`] where the field has no finite energy or particles do not belong.
    pub(super) energy: Tensor<1>,
    /// What particles follow, `[n, 2]`: guarded, if the chain is.
    pub(super) score: Tensor<2>,
}

impl Place {
    /// Asks the field; none if it has no energy. x: `[n, 2]`.
    pub(super) fn at(chain: &Chain, field: &dyn Field, x: &Tensor<2>, tally: &mut Tally) -> Option<Self> {
        let (energy, score) = field.energy_and_score(x, chain.sigma)?;
        tally.evaluated(1);
        // Written so that NaN, which compares false with everything, is a wall too.
        let wall = energy.clone().abs().lower_elem(WALL).bool_not();
        let wall = match &chain.guard {
            None => wall,
            Some(guard) => wall.bool_or(guard.outside(x, chain.sigma)),
        };
        Some(Self {
            energy: energy.mask_fill(wall, WALL),
            score: chain.guarded(x, score),
        })
    }
}

/// Decides about proposals, remembers where the particles are, and how many proposals were accepted.
#[derive(Default)]
pub(super) struct Metropolis {
    /// Energy and score where the particles are; none when that is not known any more.
    here: Option<Place>,
    /// Mean share of accepted proposals, `[1]`.
    share: Option<Tensor<1>>,
    /// Over how many steps that is the mean.
    steps: u64,
}

impl Metropolis {
    /// Energy and score at the present positions, evaluated if they are not known; none if the field has no energy.
    pub(super) fn here(&mut self, chain: &Chain, field: &dyn Field, x: &Tensor<2>, tally: &mut Tally) -> Option<Place> {
        match self.here.take() {
            Some(here) if here.score.dims() == x.dims() => Some(here),
            _ => Place::at(chain, field, x, tally),
        }
    }

    /// Moves the particles whose proposal is accepted, with probability `min(1, exp(-change))`; returns `[n, 2]`.
    ///
    /// A particle inside a wall has no place in the density: it goes wherever it is proposed to, as without a test.
    ///
    /// - `from`, `to`: positions, each with what is known there
    /// - `change`: of all that the test weighs, in nats, `[n]`
    /// - `rng`: gives one number a particle
    pub(super) fn judge(
        &mut self,
        from: (Tensor<2>, Place),
        to: (Tensor<2>, Place),
        change: Tensor<1>,
        rng: &mut StdRng,
    ) -> Tensor<2> {
        let ((x, here), (y, there)) = (from, to);
        let [n, _] = x.dims();
        let threshold = log_uniforms(rng, n, &x.device());
        let accepted = (-change)
            .greater(threshold)
            .bool_or(here.energy.clone().greater_equal_elem(WALL));
        self.count(&accepted);
        let both = accepted.clone().unsqueeze_dim::<2>(1).expand([n, 2]);
        self.here = Some(Place {
            energy: here.energy.mask_where(accepted, there.energy),
            score: here.score.mask_where(both.clone(), there.score),
        });
        x.mask_where(both, y)
    }

    /// A running mean: a sum of counts would leave the whole numbers that `f32` can tell apart.
    fn count(&mut self, accepted: &Tensor<1, Bool>) {
        self.steps += 1;
        let share = accepted.clone().float().mean();
        self.share = Some(match self.share.take() {
            None => share,
            Some(mean) => mean.clone() + (share - mean) / self.steps as f32,
        });
    }

    /// Share of proposals accepted since the count began, `[1]`.
    pub(super) fn acceptance(&self) -> Option<Tensor<1>> {
        self.share.clone()
    }

    /// What is known about the positions is void.
    pub(super) fn forget(&mut self) {
        self.here = None;
    }
}
