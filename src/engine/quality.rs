//! How good the live samples are: judged once at the end of every descent, against what the exact score would have made
//! of the same start, in slices too short to notice.

use rand::{SeedableRng, rngs::StdRng};
use web_time::Instant;

use super::lab::Data;
use super::live::Live;
use super::protocol::{Memorised, SampleQuality};
use crate::distribution::ExactField;
use crate::metrics::memorisation::Memorisation;
use crate::metrics::modes::modes;
use crate::metrics::sample_gauge::{MeanDistance, SampleGauge};
use crate::sampler::Parameters;

/// Particles that are judged: the first ones of the cloud. More would make the floor lower and the wait longer.
const JUDGED: usize = 2048;
/// Most dots of a drawing that are told apart: more cover the ground, and whatever lies there lies on one.
const FEW: usize = 500;
/// Seeds the data sets with which samples are compared.
const SEED: u32 = 0x5A3;

/// The judge of the live sampler.
#[derive(Default)]
pub struct Judge {
    /// The gauge, and what it was made for: which data, which sampler, how many particles.
    gauge: Option<((u32, Parameters, usize), SampleGauge)>,
    /// The end of a descent that waits for its judgement.
    waiting: Option<Vec<f32>>,
    comparison: Option<MeanDistance>,
    /// The cast of the last descent that was taken up.
    seen: Option<u32>,
}

impl Judge {
    /// Takes up a descent that has just ended. `target`, `cast`: revisions of data and cloud.
    pub fn look_at(&mut self, live: &Live, exact: &ExactField, target: u32, cast: u32) {
        if !live.finished() || self.seen == Some(cast) {
            return;
        }
        self.seen = Some(cast);
        self.comparison = None;
        let count = live.count().min(JUDGED);
        self.waiting = Some(live.positions()[..2 * count].to_vec());
        let key = (target, live.parameters(), count);
        if self.gauge.as_ref().is_none_or(|(made_for, _)| *made_for != key) {
            let gauge = SampleGauge::new(exact, &key.1, &live.starts(count, exact), u64::MAX, SEED);
            self.gauge = Some((key, gauge));
        }
    }

    /// There is something to judge.
    pub fn is_busy(&self) -> bool {
        self.waiting.is_some()
    }

    /// Works until the deadline; the judgement, once it is reached. sigma_min: the noise level at which descents end.
    pub fn advance(&mut self, data: &Data, sigma_min: f32, deadline: Instant) -> Option<SampleQuality> {
        let (samples, (_, gauge)) = (self.waiting.as_ref()?, self.gauge.as_mut()?);
        let unit = gauge.prepare(deadline)?;
        let comparison = self.comparison.get_or_insert_with(|| gauge.compare(samples));
        let error = unit.rate(comparison.advance(deadline)?);
        let modes = data.preset.and_then(modes);
        let quality = SampleQuality {
            distance: error.distance,
            over_floor: error.over_floor,
            over_exact: error.over_exact,
            shares: modes.as_ref().map_or(Vec::new(), |modes| modes.count(samples).shares),
            weights: modes.as_ref().map_or(Vec::new(), |modes| modes.weights().to_vec()),
            memorised: memorised(data, sigma_min, samples),
        };
        (self.waiting, self.comparison) = (None, None);
        Some(quality)
    }
}

/// How many samples are drawn dots over again. Only where dots can be told apart from what lies between them: they are
/// few, and none is wider than the noise.
fn memorised(data: &Data, sigma_min: f32, samples: &[f32]) -> Option<Memorised> {
    if !(1..=FEW).contains(&data.dots.len()) || data.dots.iter().any(|dot| dot.softness > sigma_min) {
        return None;
    }
    let dots: Vec<f32> = data.dots.iter().flat_map(|dot| dot.at).collect();
    let mut rng = StdRng::seed_from_u64(u64::from(SEED));
    let mut truth = vec![0.0; samples.len()];
    data.exact().sample_noised(sigma_min, &mut rng, &mut truth);
    let meter = Memorisation::new(&dots, sigma_min);
    Some(Memorised {
        share: meter.fraction(samples),
        truth: meter.fraction(&truth),
    })
}
