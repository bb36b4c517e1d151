//! How the cloud of a chain approached its target: what the engine measured since the last restart, for the chart.

use crate::engine::protocol::Approach;

/// Most points that are kept; of more, every second one goes.
const MOST: usize = 400;

/// Measurements in the order of their Langevin time.
#[derive(Clone, Debug, Default)]
pub struct ApproachHistory {
    points: Vec<Approach>,
    cast: u32,
}

impl ApproachHistory {
    /// Takes up a measurement of this cast; another cast begins anew.
    pub fn push(&mut self, cast: u32, point: Approach) {
        let back = self.points.last().is_some_and(|last| point.time < last.time);
        if cast != self.cast || back {
            self.points.clear();
            self.cast = cast;
        }
        self.points.push(point);
        if self.points.len() > MOST {
            // The first one stays, and so does the newest: there is an odd number of them.
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// All of them.
    pub fn points(&self) -> &[Approach] {
        &self.points
    }

    /// The last one.
    pub fn last(&self) -> Option<&Approach> {
        self.points.last()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.points.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(times.len() <= MOST && times.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((times.first(), times.last()), (Some(&0.0), Some(&4999.0)));
        history.push(1, at(3.0));
        assert_eq!(history.points().len(), 1);
        history.push(2, at(9.0));
        assert_eq!(history.points().len(), 1);
    }
}
