//! What was measured one after the other, for the charts: never more than a few hundred points.

use crate::engine::protocol::Approach;

/// A value over training steps, seconds or score evaluations, thinned so that it never grows beyond a few hundred points.
#[derive(Clone, Debug, Default)]
pub struct History {
    points: Vec<(f64, f64)>,
}

impl History {
    const MOST: usize = 480;

    /// Adds a measurement; one of an earlier place (after a restore) takes that of what came later.
    pub fn push(&mut self, at: f64, value: f32) {
        self.points.retain(|&(earlier, _)| earlier < at);
        if value.is_finite() && value >= 0.0 {
            self.points.push((at, f64::from(value)));
        }
        thin(&mut self.points, Self::MOST);
    }

    /// Pairs of place and value, in order.
    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// The decades that hold all values.
    pub(super) fn decades(&self) -> (i32, i32) {
        let (low, high) = self
            .points
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), &(_, y)| (low.min(y), high.max(y)));
        if high <= 0.0 {
            return (-2, 0);
        }
        let (low, high) = (
            (low.max(1e-5) * 0.999).log10().floor() as i32,
            (high * 1.001).log10().ceil() as i32,
        );
        (low.min(high - 1), high)
    }
}

/// How the cloud of a chain approached its target: measurements since the last restart, in the order of their Langevin
/// time.
#[derive(Clone, Debug, Default)]
pub struct ApproachHistory {
    points: Vec<Approach>,
    cast: u32,
}

impl ApproachHistory {
    const MOST: usize = 400;

    /// Takes up a measurement of this cast; another cast begins anew.
    pub fn push(&mut self, cast: u32, point: Approach) {
        let back = self.points.last().is_some_and(|last| point.time < last.time);
        if cast != self.cast || back {
            self.points.clear();
            self.cast = cast;
        }
        self.points.push(point);
        thin(&mut self.points, Self::MOST);
    }

    /// All of them.
    pub fn points(&self) -> &[Approach] {
        &self.points
    }

    /// The last one.
    pub fn last(&self) -> Option<&Approach> {
        self.points.last()
    }
}

/// Of more points than `most`, an even number, every second one goes, but neither the first nor the newest.
fn thin<T>(points: &mut Vec<T>, most: usize) {
    if points.len() > most {
        let mut keep = false;
        points.retain(|_| {
            keep = !keep;
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_stays_short_ordered_and_keeps_its_newest_value() {
        let mut history = History::default();
        for step in 0..20_000 {
            history.push(f64::from(step), 1.0 / (step + 1) as f32);
        }
        assert!(history.points.len() <= History::MOST && history.points.windows(2).all(|p| p[0].0 < p[1].0));
        assert_eq!(history.points.last().map(|p| p.0), Some(19_999.0));
        history.push(100.0, 0.5);
        assert_eq!(history.points.last(), Some(&(100.0, 0.5)));
    }

    #[test]
    fn the_axis_holds_every_value_and_at_least_a_decade() {
        let mut history = History::default();
        assert_eq!(history.decades(), (-2, 0));
        history.push(1.0, 0.5);
        assert_eq!(history.decades(), (-1, 0));
        history.push(2.0, 0.001);
        let (low, high) = history.decades();
        assert!(10f64.powi(low) <= 0.001 && 10f64.powi(high) >= 0.5);
        history.push(3.0, f32::NAN);
        assert_eq!(history.points.len(), 2);
    }

    fn at(time: f32) -> Approach {
        Approach {
            time,
            theory: 1.0,
            rate: 1.0,
            cloud: 1.0,
        }
    }

    #[test]
    fn a_history_is_ordered_short_and_of_one_cast() {
        let mut history = ApproachHistory::default();
        for k in 0..5000 {
            history.push(1, at(k as f32));
        }
        let times: Vec<f32> = history.points().iter().map(|point| point.time).collect();
        assert!(times.len() <= ApproachHistory::MOST && times.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((times.first(), times.last()), (Some(&0.0), Some(&4999.0)));
        history.push(1, at(3.0));
        assert_eq!(history.points().len(), 1);
        history.push(2, at(9.0));
        assert_eq!(history.points().len(), 1);
    }
}
