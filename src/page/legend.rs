//! The legend: which numbers the colours of the heat map and of the particles are, and what the lines say.

use super::layers::{arrows, derivative, energy, shading};
use crate::engine::settings::{ArrowLength, Colour, ParticleColour, Settings, Source};

/// Which colours the bar has (the style sheet knows them), and the words at its left and right; none where there is no
/// heat map. `source` is what is on the stage.
pub fn words(settings: &Settings, source: Source) -> Option<(&'static str, String, String)> {
    let error = source == Source::Error;
    let what = match (settings.colour, error) {
        (Colour::Energy, _) if !settings.energy => return None,
        (Colour::Energy, true) => return Some(("error", "0".into(), "σ|s_θ − s|, half way 0.3".into())),
        (Colour::Energy, false) => return Some(("energy", "E = −log p: 0".into(), format!("{} nat", energy::SPAN))),
        (Colour::Divergence, true) => "∇·(s_θ − s)",
        (Colour::Divergence, false) => "∇·s",
        (Colour::Curl, true) => "∇×(s_θ − s)",
        (Colour::Curl, false) => "∇×s",
    };
    let reach = derivative::reach(settings.colour, source);
    Some(("signed", format!("−{reach}"), format!("{reach}, σ² {what}")))
}

/// What the lines on the stage are, in a few words; `spacing` is that of the contours, nats. A landscape has no hatching.
pub fn lines(settings: &Settings, source: Source, spacing: f32) -> String {
    let s = if source == Source::Error { "|s_θ − s|" } else { "|s|" };
    let arrows = match settings.arrow_length {
        ArrowLength::Soft => format!("arrows: {s}, compressed"),
        ArrowLength::Proportional => format!("arrows: σ{s}, {} to the next", arrows::REACH),
        ArrowLength::Unit => format!("arrows: way, opacity {s}"),
    };
    let parts = [
        (settings.contours, format!("contours: {spacing} nat")),
        (settings.arrows, arrows),
        (settings.streamlines, "lines: dx/dt ∝ s".to_owned()),
        (settings.denoiser, "x → D(x)".to_owned()),
        (
            settings.coverage && !settings.surface,
            "hatched: < 1 training point per σ²".to_owned(),
        ),
    ];
    let shown = parts.into_iter().filter(|(on, _)| *on).map(|(_, words)| words);
    shown.collect::<Vec<_>>().join(" · ")
}

/// The same of the particles; none where their colour says nothing. `modes`: how many the data have.
pub fn particles(settings: &Settings, modes: usize) -> Option<(&'static str, String, String)> {
    if !settings.show_particles {
        return None;
    }
    let words = |of, low: &str, high: String| Some((of, low.to_owned(), high));
    match settings.particle_colour {
        ParticleColour::Plain => None,
        ParticleColour::Energy => words("dots", "particles E 0", format!("{} nat", shading::NATS)),
        ParticleColour::Speed => words("amount", "particles at rest", format!("{} × mean speed", shading::FAST)),
        ParticleColour::Age => words(
            "amount",
            "particles new",
            format!("{} steps old, log scale", shading::OLD),
        ),
        ParticleColour::Start => words("ways", "particles from →", "↑ ← ↓ of the middle".to_owned()),
        ParticleColour::Mode if modes == 0 => words("", "", "these data have no modes for particles".to_owned()),
        ParticleColour::Mode => words("modes", "particles: nearest of", format!("{modes} modes")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::Palette;
    use super::super::layers::palette::Ramp;
    use super::*;

    #[test]
    fn the_bar_has_the_colours_of_the_picture() {
        let sheet = include_str!("../../www/style.css");
        for dark in [true, false] {
            let palette = Palette::new(dark);
            for (ramp, at) in [
                (palette.heat(), [0.0, 1.0, 1.0]),
                (palette.error_heat(), [0.0, 1.0, 1.0]),
                (palette.diverging(), [0.0, 0.5, 1.0]),
            ] {
                let mut places = [0; 3];
                Ramp::places(at.into_iter(), &mut places);
                for place in places {
                    let channels = [0, 1, 2].map(|c| (Ramp::channel(ramp.colour(place), c) + 128) / 256);
                    let hex = format!("#{:02x}{:02x}{:02x}", channels[0], channels[1], channels[2]);
                    assert!(sheet.contains(&hex), "the style sheet has no {hex}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_shown_has_no_legend_and_what_is_shown_has_its_unit() {
        let mut settings = Settings::default();
        let shown = |settings: &Settings, source| {
            words(settings, source).map(|(of, low, high)| format!("{of}: {low} to {high}"))
        };
        let energy = shown(&settings, Source::Learned);
        assert_eq!(energy.as_deref(), Some("energy: E = −log p: 0 to 7.5 nat"));
        settings.energy = false;
        assert_eq!(shown(&settings, Source::Exact), None);
        settings.colour = Colour::Divergence;
        assert_eq!(
            shown(&settings, Source::Exact).as_deref(),
            Some("signed: −2 to 2, σ² ∇·s")
        );
        settings.colour = Colour::Curl;
        let error = shown(&settings, Source::Error);
        assert_eq!(error.as_deref(), Some("signed: −0.5 to 0.5, σ² ∇×(s_θ − s)"));
    }

    #[test]
    fn every_kind_of_line_that_is_shown_is_told_and_no_other() {
        let mut settings = Settings::default();
        let usual = lines(&settings, Source::Learned, 1.0);
        assert_eq!(usual, "contours: 1 nat · arrows: |s|, compressed");
        settings.arrow_length = ArrowLength::Proportional;
        let error = lines(&settings, Source::Error, 0.5);
        assert_eq!(error, "contours: 0.5 nat · arrows: σ|s_θ − s|, 2.5 to the next");
        (settings.contours, settings.arrows) = (false, false);
        assert_eq!(lines(&settings, Source::Exact, 1.0), "");
        (settings.streamlines, settings.denoiser, settings.coverage) = (true, true, true);
        let all = lines(&settings, Source::Exact, 1.0);
        assert!(
            ["dx/dt", "D(x)", "training point"]
                .iter()
                .all(|words| all.contains(words))
        );
        settings.surface = true;
        assert!(!lines(&settings, Source::Exact, 1.0).contains("hatched"));
    }

    #[test]
    fn the_colour_of_particles_is_told_with_its_unit() {
        let mut settings = Settings::default();
        let mut told = |says, modes| {
            settings.particle_colour = says;
            particles(&settings, modes).map(|(_, low, high)| format!("{low} to {high}"))
        };
        assert_eq!(told(ParticleColour::Plain, 0), None);
        let energy = told(ParticleColour::Energy, 0);
        assert_eq!(energy.as_deref(), Some("particles E 0 to 6 nat"));
        let age = told(ParticleColour::Age, 0);
        assert_eq!(age.as_deref(), Some("particles new to 1000 steps old, log scale"));
        assert!(told(ParticleColour::Mode, 8).is_some_and(|told| told.contains("8 modes")));
        assert!(told(ParticleColour::Mode, 0).is_some_and(|told| told.contains("no modes")));
        settings.show_particles = false;
        assert_eq!(particles(&settings, 8), None);
    }
}
