//! Axes: where values are on them, and which round values are marked.

/// From which value to which an axis goes, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    /// Equal distances are equal ratios.
    pub log: bool,
}

impl Axis {
    /// An axis of equal differences.
    pub fn linear(low: f64, high: f64) -> Self {
        Self { low, high, log: false }
    }

    /// An axis of equal ratios.
    pub fn log(low: f64, high: f64) -> Self {
        Self { low, high, log: true }
    }

    /// How far along it a value is, of so many pixels; what is less than its low end is there.
    pub fn along(self, value: f64, pixels: i32) -> i32 {
        let Self { low, high, log } = self;
        let u = if log {
            (value.max(low) / low).ln() / (high / low).ln()
        } else {
            (value.max(low) - low) / (high - low)
        };
        (u * f64::from(pixels)).round() as i32
    }

    /// Round values on it, `most` at most: of equal ratios 1, 2, 5 a decade, or whole decades if those were too many; of
    /// equal differences the multiples of 1, 2 or 5 times a power of ten. None on an axis that leads nowhere or without
    /// an end.
    pub fn ticks(self, most: usize) -> Vec<f64> {
        let Self { low, high, log } = self;
        let leads_somewhere = low < high && high - low < f64::INFINITY && (low > 0.0 || !log);
        if !leads_somewhere {
            return Vec::new();
        }
        let inside = |value: &f64| (low..=high).contains(value);
        if !log {
            let step = (high - low) / most as f64;
            let decade = step.log10().floor() as i32;
            let parts = [1, 2, 5, 10].into_iter();
            let part = parts
                .map(f64::from)
                .find(|&part| round(part, decade) >= step)
                .unwrap_or(10.0);
            let step = round(part, decade);
            let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
            return (first..=last).map(|k| round(k as f64 * part, decade)).collect();
        }
        let decades = low.log10().floor() as i32..=high.log10().floor() as i32;
        let fine = decades.clone().flat_map(|k| [1.0, 2.0, 5.0].map(|part| round(part, k)));
        let fine: Vec<f64> = fine.filter(inside).collect();
        if fine.len() <= most {
            return fine;
        }
        let every = decades.clone().count().div_ceil(most);
        decades.step_by(every).map(|k| round(1.0, k)).filter(inside).collect()
    }
}

/// A multiple of a power of ten. Dividing by a whole power leaves no digits behind that the decimal does not have.
fn round(part: f64, decade: i32) -> f64 {
    if decade < 0 {
        part / 10f64.powi(-decade)
    } else {
        part * 10f64.powi(decade)
    }
}

/// Three figures of a value, as far as there are so many.
pub(super) fn figures(value: f64) -> String {
    let digits = (2 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 5) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_few_and_inside() {
        assert_eq!(Axis::log(0.8, 10.0).ticks(5), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(Axis::log(1.0, 1234.0).ticks(6), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(Axis::log(0.15, 1.0).ticks(5), [0.2, 0.5, 1.0]);
        assert_eq!(Axis::log(1e-4, 10.0).ticks(4), [1e-4, 0.01, 1.0]);
        assert_eq!(Axis::linear(0.0, 100.0).ticks(2), [0.0, 50.0, 100.0]);
        assert_eq!(Axis::linear(6000.0, 6753.0).ticks(5), [6000.0, 6200.0, 6400.0, 6600.0]);
        assert_eq!(Axis::linear(0.0, 0.7).ticks(4), [0.0, 0.2, 0.4, 0.6]);
    }

    #[test]
    fn an_axis_that_leads_nowhere_or_without_an_end_has_no_ticks() {
        for (low, high) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (1.0, f64::INFINITY),
            (f64::NAN, 1.0),
            (1.0, f64::NAN),
        ] {
            for axis in [Axis::linear(low, high), Axis::log(low, high)] {
                assert!(axis.ticks(4).is_empty(), "{axis:?}");
            }
        }
        assert!(Axis::log(0.0, 1.0).ticks(4).is_empty());
    }

    #[test]
    fn ticks_of_every_axis_are_evenly_spaced_and_as_many_as_there_is_room_for() {
        for k in 1..400 {
            let high = 1.07_f64.powi(k) * 1e-4;
            for most in 3..7 {
                let ticks = Axis::linear(0.0, high).ticks(most);
                assert!((2..=most + 1).contains(&ticks.len()), "{ticks:?} up to {high}");
                let ratio: Vec<f64> = Axis::log(1e-4, 1e-4 + high).ticks(most);
                assert!(
                    ratio.len() <= most && ratio.windows(2).all(|pair| pair[0] < pair[1]),
                    "{ratio:?}"
                );
            }
        }
    }

    #[test]
    fn ends_are_at_the_ends_and_what_is_too_small_is_at_the_beginning() {
        for axis in [Axis::log(0.5, 900.0), Axis::linear(0.5, 900.0)] {
            assert_eq!((axis.along(0.5, 300), axis.along(900.0, 300)), (0, 300));
            assert_eq!(axis.along(0.0, 300), 0);
        }
    }

    #[test]
    fn three_figures_are_three() {
        assert_eq!(
            [6500.0, 12.34, 0.5, 0.001_234].map(figures),
            ["6500", "12.3", "0.500", "0.00123"]
        );
    }
}
