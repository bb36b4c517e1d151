//! What the TensorFlow.js side cannot draw itself: the data, and the points at which errors are measured.

use rand::{SeedableRng, rngs::StdRng};
use scorefield::distribution::Preset;
use scorefield::metrics::fisher;
use scorefield::noise::NoiseLadder;
use serde_json::{Value, json};

/// So many draws stand for the data: at every noise level that is trained, their law is the exact one within what a
/// network learns.
const DRAWS: usize = 1 << 18;
/// Points of the gauge at each noise level, as many as the page's.
const POINTS: usize = 1024;

/// One of the page's own files for the set `name`: `<name>.json` or `<name>.f32`.
pub fn file(file: &str) -> Option<Vec<u8>> {
    let (name, kind) = file.rsplit_once('.')?;
    let preset = Preset::from_name(name).ok()?;
    match kind {
        "json" => Some(about(preset).to_string().into_bytes()),
        "f32" => Some(draws(preset)),
        _ => None,
    }
}

fn about(preset: Preset) -> Value {
    let exact = preset.field();
    let ladder = NoiseLadder::for_scale(exact.scale());
    let levels = fisher::levels(exact.scale()).map(|sigma| {
        let mut points = vec![0.0; 2 * POINTS];
        exact.sample_noised(
            sigma,
            &mut StdRng::seed_from_u64(u64::from(sigma.to_bits())),
            &mut points,
        );
        json!({ "sigma": sigma, "points": points })
    });
    json!({
        "name": preset.name(), "mean": exact.mean(), "scale": exact.scale(),
        "top": ladder.sigma_max, "bottom": ladder.sigma_min, "levels": levels,
    })
}

fn draws(preset: Preset) -> Vec<u8> {
    let mut points = vec![0.0_f32; 2 * DRAWS];
    preset.field().sample(&mut StdRng::seed_from_u64(7), &mut points);
    points.iter().flat_map(|v| v.to_le_bytes()).collect()
}
