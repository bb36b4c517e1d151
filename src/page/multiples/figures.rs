//! The numbers on the tiles.

use crate::engine::protocol::Progress;

/// The relative Fisher error at a noise level: as measured, or in between on a straight line through the measured ones,
/// both logarithmic. `None` outside of what was measured.
pub fn error_at(progress: &Progress, sigma: f32) -> Option<f32> {
    let pairs = progress.sigmas.windows(2).zip(progress.error.windows(2));
    pairs.into_iter().find_map(|(sigmas, errors)| {
        let part = (sigma / sigmas[0]).ln() / (sigmas[1] / sigmas[0]).ln();
        // Up to rounding.
        let within = (-0.01..=1.01).contains(&part);
        within.then(|| errors[0].max(1e-12) * (errors[1].max(1e-12) / errors[0].max(1e-12)).powf(part))
    })
}

/// A share in per cent, in two figures as far as they mean anything.
pub fn percent(share: f32) -> String {
    format!("{} %", two_figures(100.0 * share))
}

/// 12, 1.2, 0.12, 0.012, and no further than 0.001.
pub fn two_figures(value: f32) -> String {
    if value >= 9.95 {
        return format!("{value:.0}");
    }
    if value < 1e-3 {
        return "< 0.001".into();
    }
    let digits = (1.0 - (1.005 * value).log10().floor()).min(3.0) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_between_measured_levels_lie_on_a_line_and_outside_there_are_none() {
        let progress = Progress {
            sigmas: vec![0.02, 0.2, 1.0],
            error: vec![0.04, 0.01, 0.0001],
            ..Progress::default()
        };
        for (sigma, error) in progress.sigmas.iter().zip(&progress.error) {
            let found = error_at(&progress, *sigma).unwrap_or_default();
            assert!((found / error - 1.0).abs() < 1e-4, "{found} at {sigma}");
        }
        // Half way in ln sigma, the geometric mean.
        let between = error_at(&progress, 0.02 * 10.0_f32.sqrt()).unwrap_or_default();
        assert!((between - 0.02).abs() < 1e-6);
        assert_eq!(error_at(&progress, 0.01), None);
        assert_eq!(error_at(&progress, 3.0), None);
        assert_eq!(error_at(&Progress::default(), 0.1), None);
    }

    #[test]
    fn shares_are_written_in_two_figures() {
        let texts = [0.98, 0.12, 0.035, 0.00996, 0.0012, 0.000_25, 0.000_02, 0.000_001].map(percent);
        let expected = [
            "98 %",
            "12 %",
            "3.5 %",
            "1.0 %",
            "0.12 %",
            "0.025 %",
            "0.002 %",
            "< 0.001 %",
        ];
        assert_eq!(texts, expected);
    }
}
