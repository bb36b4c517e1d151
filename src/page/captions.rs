//! The page's words about itself: what the sampler does, what is shown, what the data are.

use super::lab::{Lab, sigma_text};
use super::loop_meter::Circulation;
use crate::distribution::Target;
use crate::engine::protocol::{Backend, Devices, SampleQuality, SamplerState};
use crate::engine::settings::Source;
use crate::noise::NoiseLadder;

/// What the caption of the stage needs to know besides the lab.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Where the sampler is.
    pub sampler: &'a SamplerState,
    /// The ladder, stage units.
    pub ladder: &'a NoiseLadder,
    /// The noise level on the stage.
    pub sigma: f32,
    /// Which field is on the stage.
    pub source: Source,
    /// The engine runs.
    pub running: bool,
    /// The stage's energy is only roughly right at this noise level.
    pub coarse: bool,
}

/// One line under the stage: what happens there.
pub fn stage(lab: &Lab, scene: &Scene<'_>) -> String {
    let shown = sigma_text(scene.sigma);
    let mut text = if !scene.running {
        let field = match scene.source {
            Source::Exact => "the exact field",
            Source::Learned => "the learned field",
            Source::Error => "the error of the learned field",
        };
        format!("{field} of {}, σ = {shown}", data(&lab.target))
    } else if !lab.settings.sampler.descends() {
        let doing = if lab.sampling { "Langevin" } else { "paused: Langevin" };
        format!(
            "{doing} at σ = {}, step {}",
            sigma_text(scene.sampler.sigma),
            scene.sampler.steps
        )
    } else if scene.sampler.finished {
        format!("annealed down to σ = {}", sigma_text(scene.sampler.sigma))
    } else {
        let level = scene.sampler.level.map_or(1, |level| level + 1);
        let doing = if lab.sampling { "annealing" } else { "paused" };
        let sigma = sigma_text(scene.sampler.sigma);
        format!("{doing}: level {level} of {}, σ = {sigma}", scene.ladder.levels)
    };
    if scene.running && !super::lab::same_sigma(scene.sigma, scene.sampler.sigma) {
        text += &format!(" · shown: σ = {shown}");
    }
    if scene.running && scene.source != lab.settings.source {
        text += " · the exact field, until a learned one is in";
    } else if scene.coarse && scene.source == Source::Learned && lab.settings.energy {
        text += " · energy only rough here";
    }
    text
}

/// The caption while a recording is shown; `partial` is how many particles it has where that is not all of them.
pub fn replay(state: &SamplerState, partial: Option<usize>) -> String {
    let level = state
        .level
        .map_or_else(String::new, |level| format!("level {}, ", level + 1));
    let who = partial.map_or_else(String::new, |count| format!(" of the first {count} particles"));
    let sigma = sigma_text(state.sigma);
    format!("replay{who}: {level}σ = {sigma}, step {}", state.steps)
}

/// Where a particle came from and where it is, `[x, y]`; how much its energy on the stage has changed, NaN where that is
/// not known.
pub fn way(start: &[f32], now: &[f32], energy: f32, sigma: f32) -> String {
    let at = |p: &[f32]| format!("({:.2}, {:.2})", p[0], p[1]);
    let mut text = format!("one particle: start {}, now {}", at(start), at(now));
    if energy.is_finite() {
        text += &format!(", energy {energy:+.1} nat at σ = {}", sigma_text(sigma));
    }
    text.replace('-', "−")
}

/// How much the fields turn round a loop.
pub fn circulation(learned: Option<Circulation>, exact: Option<Circulation>, sigma: f32) -> String {
    let mut text = format!("circulation ∮ s·dl at σ = {}", sigma_text(sigma));
    for (name, found, note) in [
        ("learned", learned, " of ∮ |s| dl"),
        ("exact", exact, ": a gradient has none, this is the sum's rounding off"),
    ] {
        if let Some(found) = found {
            let share = 100.0 * found.share();
            text += &format!("\n{name} {:.3}, {share:.2} %{note}", found.work);
        }
    }
    text.replace('-', "−")
}

/// What the data are.
pub fn data(target: &Target) -> String {
    match target {
        Target::Preset(preset) => preset.title().to_owned(),
        Target::Drawing(drawing) if drawing.is_empty() => "an empty drawing".to_owned(),
        Target::Drawing(drawing) => format!("a drawing of {} points", drawing.len()),
    }
}

/// What the badge explains: where it computes, and why there.
pub fn devices(devices: &Devices) -> String {
    let place = |backend| match backend {
        Backend::Cpu => "the CPU",
        Backend::WebGpu => "WebGPU",
    };
    let probing = if devices.settled {
        ""
    } else {
        " Still looking for something faster."
    };
    format!(
        "Training on {}, sampling on {}: {}{probing}",
        place(devices.training),
        place(devices.sampling),
        devices.reason
    )
}

/// How good the last samples are: their distance for the caption, their mode weights for the panel (two modes by
/// weight, sampled of true; more by how much is at the wrong mode). Empty where there is nothing to say.
pub fn quality(quality: &SampleQuality) -> (String, String) {
    let distance = if quality.over_exact.is_finite() {
        format!("sliced W₂ {:.2}× exact · ", quality.over_exact)
    } else {
        String::new()
    };
    let modes = match (quality.shares.as_slice(), quality.weights.as_slice()) {
        ([], _) => String::new(),
        ([a, b], [p, q]) => format!("{a:.2} / {b:.2} of {p:.2} / {q:.2}"),
        (shares, weights) => {
            let off: f32 = shares
                .iter()
                .zip(weights)
                .map(|(share, weight)| (share - weight).abs())
                .sum();
            format!("{:.1} % at the wrong one", 50.0 * off)
        }
    };
    (distance, modes)
}

/// The learned field's curl (relative, sigma): 8.2 % of the slope at σ = 0.2.
pub fn curl(measured: Option<(f32, f32)>) -> String {
    match measured {
        Some((curl, sigma)) if curl.is_finite() => {
            let share = 100.0 * curl;
            let share = if share < 0.05 {
                "0".to_owned()
            } else {
                format!("{share:.1}")
            };
            format!("{share} % of the slope at σ = {}", sigma_text(sigma))
        }
        _ => "–".to_owned(),
    }
}

/// A count in at most four characters and a letter: 950, 12 k, 1.9 M.
pub fn count(value: f32) -> String {
    match value {
        v if v >= 1e6 => format!("{:.1} M", v / 1e6),
        v if v >= 1e4 => format!("{:.0} k", v / 1e3),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::{Sampler, Settings};

    #[test]
    fn the_quality_is_told_in_units_of_the_exact_sampler_and_by_mode() {
        let mut judged = SampleQuality {
            over_exact: 1.083,
            shares: vec![0.212, 0.788],
            weights: vec![0.2, 0.8],
            ..SampleQuality::default()
        };
        let (distance, modes) = quality(&judged);
        assert_eq!(distance, "sliced W₂ 1.08× exact · ");
        assert_eq!(modes, "0.21 / 0.79 of 0.20 / 0.80");
        (judged.shares, judged.weights) = (vec![0.2, 0.3, 0.5], vec![0.25, 0.25, 0.5]);
        assert_eq!(quality(&judged).1, "5.0 % at the wrong one");
        judged.over_exact = f32::NAN;
        assert_eq!(quality(&judged).0, "");
    }

    #[test]
    fn the_caption_says_what_the_sampler_does() {
        let lab = Lab::default();
        let ladder = NoiseLadder::for_scale(0.5);
        let sampler = SamplerState {
            level: Some(8),
            sigma: 0.1654,
            ..SamplerState::default()
        };
        let mut scene = Scene {
            sampler: &sampler,
            ladder: &ladder,
            sigma: 0.1654,
            source: Source::Learned,
            running: true,
            coarse: false,
        };
        assert_eq!(stage(&lab, &scene), "annealing: level 9 of 16, σ = 0.17");
        scene.sigma = 0.5;
        assert_eq!(
            stage(&lab, &scene),
            "annealing: level 9 of 16, σ = 0.17 · shown: σ = 0.5"
        );
        (scene.running, scene.source) = (false, Source::Exact);
        assert_eq!(stage(&lab, &scene), "the exact field of two moons, σ = 0.5");
        let settings = Settings {
            sampler: Sampler::Langevin,
            ..Settings::default()
        };
        let lab = Lab {
            settings,
            sampling: false,
            ..Lab::default()
        };
        (scene.running, scene.source) = (true, Source::Exact);
        let text = stage(&lab, &scene);
        assert!(
            text.starts_with("paused: Langevin at σ = 0.17, step 0") && text.contains("until a learned one"),
            "{text}"
        );
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([950.0, 12_340.0, 1_940_000.0].map(count), ["950", "12 k", "1.9 M"]);
    }
}
