//! The page's words about itself: what the sampler does, what is shown, what the data are.

use super::lab::{Lab, sigma_text};
use super::loop_meter::Circulation;
use super::standings::misplaced;
use crate::distribution::Target;
use crate::engine::protocol::{Backend, Devices, SampleQuality, SamplerState};
use crate::engine::settings::{Sampler, Settings, Source};
use crate::noise::NoiseLadder;

/// What the caption of the stage needs to know besides the lab.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The settings of the cloud on the stage.
    pub settings: &'a Settings,
    /// Where its sampler is.
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
    let mut text = if scene.running {
        sampler(scene.settings, scene.sampler, scene.ladder, lab.sampling)
    } else {
        field(scene.source, &lab.target, scene.sigma)
    };
    if scene.running && !super::lab::same_sigma(scene.sigma, scene.sampler.sigma) {
        text += &format!(" · shown: σ = {shown}");
    }
    if scene.running && scene.source != scene.settings.source {
        text += " · the exact field, until a learned one is in";
    } else if scene.coarse && scene.source == Source::Learned && scene.settings.energy {
        text += " · energy only rough here";
    }
    text
}

/// Which field is on the stage.
pub fn field(source: Source, target: &Target, sigma: f32) -> String {
    let field = match source {
        Source::Exact => "the exact field",
        Source::Learned => "the learned field",
        Source::Error => "the error of the learned field",
    };
    format!("{field} of {}, σ = {}", data(target), sigma_text(sigma))
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

/// A place on the stage, `[x, y]`: (0.35, −0.20).
pub fn place(p: &[f32]) -> String {
    format!("({:.2}, {:.2})", p[0], p[1]).replace('-', "−")
}

/// Where a particle came from and where it is, `[x, y]`; how much its energy on the stage has changed, NaN where that is
/// not known.
pub fn way(start: &[f32], now: &[f32], energy: f32, sigma: f32) -> String {
    let mut text = format!("one particle: start {}, now {}", place(start), place(now));
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
        ("exact field", exact, ": zero up to the sum over 256 points"),
    ] {
        if let Some(found) = found {
            let share = 100.0 * found.share();
            text += &format!("\n{name} {:.3}, {share:.2} %{note}", found.work);
        }
    }
    text.replace('-', "−")
}

/// A sampler's name within a sentence.
pub fn name(sampler: Sampler) -> &'static str {
    match sampler {
        Sampler::Langevin => "Langevin",
        Sampler::AveragedNoise => "averaged noise",
        Sampler::Mala => "MALA",
        Sampler::Hmc => "HMC",
        Sampler::Underdamped => "underdamped",
        Sampler::Annealed => "annealed",
        Sampler::ReverseSde => "reverse SDE",
        Sampler::ProbabilityFlow => "probability flow",
    }
}

/// What a sampler does now: how far down a descent is, how many steps a chain has gone, and what is unusual about it.
fn sampler(settings: &Settings, state: &SamplerState, ladder: &NoiseLadder, moving: bool) -> String {
    let (name, sigma) = (name(settings.sampler), sigma_text(state.sigma));
    if state.lacks_energy {
        return format!("{name} waits for an energy");
    }
    let verbs = match settings.sampler {
        Sampler::Annealed => Some(["annealing", "annealed"]),
        Sampler::ReverseSde => Some(["denoising", "denoised"]),
        Sampler::ProbabilityFlow => Some(["flowing", "flowed"]),
        _ => None,
    };
    let mut text = match verbs {
        Some([_, done]) if state.finished => format!("{done} down to σ = {sigma}"),
        Some([doing, _]) => {
            let doing = if moving { doing } else { "paused" };
            let place = match state.level {
                Some(level) => format!("level {} of {}", level + 1, ladder.levels),
                None => format!("step {}", state.steps),
            };
            format!("{doing}: {place}, σ = {sigma}")
        }
        None => {
            let paused = if moving { "" } else { "paused: " };
            format!("{paused}{name} at σ = {sigma}, step {}", state.steps)
        }
    };
    if let Some(share) = state.acceptance {
        text += &format!(", {} accepted", percent(share));
    }
    if settings.sampler.takes_temperature() && settings.beta.ne(&1.0) {
        text += &format!(", β = {}", settings.beta);
    }
    if settings.sampler.takes_noise_scale() && settings.noise_scale.ne(&1.0) {
        text += &format!(", noise × {}", settings.noise_scale);
    }
    text
}

/// A share: 88 %.
pub fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Whether the score is read off a grid, and how far off it is then.
pub fn interpolation(asked_for: bool, error: Option<f32>) -> String {
    match error {
        Some(error) => format!("{:.2} % off", 100.0 * error),
        None if asked_for => "exact here".to_owned(),
        None => "no".to_owned(),
    }
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

/// How good the samples of the last descent are, for the caption; empty where there is nothing to say.
pub fn quality(quality: &SampleQuality) -> String {
    if quality.over_exact.is_finite() {
        format!("sliced W₂ {:.2}× exact · ", quality.over_exact)
    } else {
        String::new()
    }
}

/// Mode weights, sampled of true: two by weight, more by how much is at a wrong mode. Empty where there are none.
pub fn modes(shares: &[f32], weights: &[f32]) -> String {
    match (shares, weights) {
        ([], _) => String::new(),
        ([a, b], [p, q]) => format!("{a:.2} / {b:.2} of {p:.2} / {q:.2}"),
        _ => format!("{:.1} % at the wrong one", 100.0 * misplaced(shares, weights)),
    }
}

/// A multiple in three figures: 1.08×, 41×.
pub fn times(multiple: f32) -> String {
    let digits = if multiple < 10.0 { 2 } else { 0 };
    format!("{multiple:.digits$}×")
}

/// How many samples lie on a drawn dot; empty where dots cannot be told from what is between them.
pub fn memorised(quality: &SampleQuality) -> String {
    quality.memorised.map_or_else(String::new, |found| {
        let [share, truth] = [found.share, found.truth].map(|share| 100.0 * share);
        format!("{share:.0} % (truth: {truth:.0} %)")
    })
}

/// The learned field's curl (relative, sigma): 8.2 % at σ = 0.2.
pub fn curl(measured: Option<(f32, f32)>) -> String {
    match measured {
        Some((curl, sigma)) if curl.is_finite() => {
            let share = 100.0 * curl;
            let share = if share < 0.05 {
                "0".to_owned()
            } else {
                format!("{share:.1}")
            };
            format!("{share} % at σ = {}", sigma_text(sigma))
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

    #[test]
    fn the_quality_is_told_in_units_of_the_exact_sampler_and_weights_by_mode() {
        let mut judged = SampleQuality {
            over_exact: 1.083,
            ..SampleQuality::default()
        };
        assert_eq!(quality(&judged), "sliced W₂ 1.08× exact · ");
        judged.over_exact = f32::NAN;
        assert_eq!(quality(&judged), "");
        assert_eq!(modes(&[0.212, 0.788], &[0.2, 0.8]), "0.21 / 0.79 of 0.20 / 0.80");
        assert_eq!(modes(&[0.2, 0.3, 0.5], &[0.25, 0.25, 0.5]), "5.0 % at the wrong one");
        assert_eq!(modes(&[], &[]), "");
    }

    #[test]
    fn the_caption_says_what_the_sampler_does() {
        let (lab, ladder) = (Lab::default(), NoiseLadder::for_scale(0.5));
        let sampler = SamplerState {
            level: Some(8),
            sigma: 0.1654,
            ..SamplerState::default()
        };
        let mut scene = Scene {
            settings: &lab.settings,
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
        (scene.running, scene.sigma) = (true, 0.1654);
        assert!(stage(&lab, &scene).contains("until a learned one"));
    }

    #[test]
    fn every_sampler_is_spoken_of_in_its_own_words() {
        let ladder = NoiseLadder::for_scale(0.5);
        let said = |sampler, state: &SamplerState, moving| {
            let settings = Settings {
                sampler,
                beta: 4.0,
                noise_scale: 0.5,
                ..Settings::default()
            };
            super::sampler(&settings, state, &ladder, moving)
        };
        let mut state = SamplerState {
            level: Some(4),
            sigma: 0.1654,
            steps: 12,
            ..SamplerState::default()
        };
        assert_eq!(
            said(Sampler::Langevin, &state, false),
            "paused: Langevin at σ = 0.17, step 12, β = 4, noise × 0.5"
        );
        assert_eq!(
            said(Sampler::Annealed, &state, true),
            "annealing: level 5 of 16, σ = 0.17, β = 4, noise × 0.5"
        );
        state.level = None;
        assert_eq!(
            said(Sampler::ProbabilityFlow, &state, true),
            "flowing: step 12, σ = 0.17"
        );
        state.finished = true;
        assert_eq!(said(Sampler::ReverseSde, &state, true), "denoised down to σ = 0.17");
        state.acceptance = Some(0.884);
        assert_eq!(
            said(Sampler::Mala, &state, true),
            "MALA at σ = 0.17, step 12, 88 % accepted, β = 4"
        );
        state.lacks_energy = true;
        assert_eq!(said(Sampler::Hmc, &state, true), "HMC waits for an energy");
    }

    #[test]
    fn a_replay_says_when_it_was_and_of_whom() {
        let mut state = SamplerState {
            level: Some(8),
            sigma: 0.1654,
            steps: 135,
            ..SamplerState::default()
        };
        assert_eq!(replay(&state, None), "replay: level 9, σ = 0.17, step 135");
        state.level = None;
        assert_eq!(
            replay(&state, Some(5000)),
            "replay of the first 5000 particles: σ = 0.17, step 135"
        );
    }

    #[test]
    fn a_way_has_an_energy_only_where_it_is_known_at_both_ends() {
        let text = way(&[-1.2, 0.456], &[0.3, -0.88], -5.24, 0.15);
        assert_eq!(
            text,
            "one particle: start (−1.20, 0.46), now (0.30, −0.88), energy −5.2 nat at σ = 0.15"
        );
        assert!(!way(&[0.0, 0.0], &[1.0, 0.0], f32::NAN, 0.15).contains("energy"));
    }

    #[test]
    fn a_circulation_is_told_against_the_most_that_it_could_be() {
        let found = |work| Some(Circulation { work, most: 8.0 });
        let text = circulation(found(-0.42), found(0.002), 0.2);
        assert!(text.contains("learned −0.420, 5.25 % of ∮ |s| dl"), "{text}");
        assert!(text.contains("exact field 0.002, 0.03 %: zero up to"), "{text}");
        assert!(!circulation(None, found(0.002), 0.2).contains("learned"));
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([950.0, 12_340.0, 1_940_000.0].map(count), ["950", "12 k", "1.9 M"]);
    }
}
