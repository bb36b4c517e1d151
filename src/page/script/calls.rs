//! The calls themselves.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::error;
use super::options::{Options, points, short};
use super::requests::{measured, object};
use crate::distribution::{Drawing, Preset, Target};
use crate::engine::protocol::{Command, Floats, MOST_DRAWS, MOST_POINTS, MOST_SAMPLER_STEPS, SampleJob, SamplerState};
use crate::engine::settings::{Sampler, Settings, Source};
use crate::page::app::{App, DRAWS, check_length};
use crate::page::flat::{self, Value};

type Answer = Result<JsValue, JsValue>;

/// Softness of drawn points if none is given: that of the brush.
const SOFTNESS: f32 = 0.04;
/// Most training steps in one call.
const MOST_STEPS: u32 = 10_000_000;
/// Steps of a chain at one noise level if none are given.
const PLAIN_STEPS: u32 = 1000;
/// Particles if no count is given.
const COUNT: u32 = 2_000;

const FIELDS: [(&str, Source); 2] = [("learned", Source::Learned), ("exact", Source::Exact)];
/// Options of `sample` that are its own.
const SAMPLING: &[&str] = &["count", "field", "steps", "init"];
/// Settings that are options of `sample` too; what is left out is as in the lab.
const SETTINGS: [&str; 13] = [
    "sampler",
    "seed",
    "sigma",
    "stepSize",
    "beta",
    "noiseScale",
    "friction",
    "leapfrogSteps",
    "nodes",
    "scheme",
    "correctorSteps",
    "start",
    "potential",
];

pub(super) fn preset(app: &mut App, name: &JsValue, _: &JsValue) -> Answer {
    let preset = Preset::from_name(&name.as_string().unwrap_or_else(|| short(name))).map_err(error)?;
    app.take_target(Target::Preset(preset));
    Ok(JsValue::UNDEFINED)
}

pub(super) fn draw(app: &mut App, given: &JsValue, options: &JsValue) -> Answer {
    let options = Options::new("draw", options, &["softness"])?;
    let softness = options.number("softness", 0.0, 2.0)?.unwrap_or(SOFTNESS);
    let drawing = Drawing::from_points(&points("draw: points", given)?, softness).map_err(error)?;
    app.take_target(Target::Drawing(drawing));
    Ok(JsValue::UNDEFINED)
}

pub(super) fn configure(app: &mut App, changes: &JsValue, _: &JsValue) -> Answer {
    let names = flat::pairs(&Settings::default());
    let allowed: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let texts = Options::new("configure", changes, &allowed)?.texts(&[])?;
    let settings = changed(&app.lab.settings, &texts)?;
    app.take_settings(settings);
    Ok(JsValue::UNDEFINED)
}

/// Settings with some of them changed.
fn changed(settings: &Settings, texts: &[(String, String)]) -> Result<Settings, JsValue> {
    let changes = texts.iter().map(|(key, text)| (key.as_str(), text.as_str()));
    flat::with(settings, changes).map_err(error)
}

pub(super) fn state(app: &mut App, _: &JsValue, _: &JsValue) -> Answer {
    let mut fields: Vec<(&str, JsValue)> = Vec::new();
    for (key, value) in flat::pairs(&app.lab.settings) {
        fields.push((
            key,
            match value {
                Value::Bool(value) => value.into(),
                Value::Number(value) => value.into(),
                Value::Text(value) => value.into(),
            },
        ));
    }
    let (data, count) = match &app.lab.target {
        Target::Preset(preset) => (preset.name(), JsValue::NULL),
        Target::Drawing(drawing) => ("drawing", (drawing.len() as u32).into()),
    };
    fields.extend([
        ("data", data.into()),
        ("points", count),
        ("running", app.runs().into()),
        ("training", app.lab.training.into()),
        ("sampling", app.lab.sampling.into()),
        ("step", (app.last.stamp.step as f64).into()),
        ("stepsPerSecond", app.last.steps_per_second.into()),
        ("shownSigma", app.shown_sigma().into()),
        (
            "rivalState",
            or_null(
                app.last
                    .rival
                    .as_ref()
                    .map(|rival| object(&progress_of(&rival.sampler))),
            ),
        ),
        (
            "ladder",
            app.ladder()
                .sigmas()
                .map(JsValue::from)
                .collect::<js_sys::Array>()
                .into(),
        ),
    ]);
    fields.extend(progress_of(&app.last.cloud.sampler));
    if let Some(devices) = &app.devices {
        fields.push(("backend", devices.training.name().into()));
        fields.push(("adapter", devices.adapter.as_str().into()));
    }
    if let Some(progress) = &app.known.progress {
        fields.extend(measured(progress));
    }
    Ok(object(&fields))
}

/// Where a live sampler is.
fn progress_of(sampler: &SamplerState) -> [(&'static str, JsValue); 9] {
    [
        ("level", or_null(sampler.level)),
        ("samplerSteps", (sampler.steps as f64).into()),
        ("evaluations", (sampler.evaluations as f64).into()),
        ("time", sampler.time.into()),
        ("acceptance", or_null(sampler.acceptance)),
        ("interpolationError", or_null(sampler.interpolation)),
        ("recycled", sampler.recycled.into()),
        ("finished", sampler.finished.into()),
        ("lacksEnergy", sampler.lacks_energy.into()),
    ]
}

fn or_null(value: Option<impl Into<JsValue>>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}

pub(super) fn link(app: &mut App, _: &JsValue, _: &JsValue) -> Answer {
    Ok(app.link().into())
}

pub(super) fn reset(app: &mut App, options: &JsValue, _: &JsValue) -> Answer {
    let seed = Options::new("reset", options, &["seed"])?.whole("seed", 0, u32::MAX)?;
    let run = app.lab.run;
    if let Some(seed) = seed {
        app.take_settings(Settings {
            seed,
            ..app.lab.settings.clone()
        });
    }
    if app.lab.run == run {
        app.renew();
    }
    Ok(JsValue::UNDEFINED)
}

pub(super) fn train(app: &mut App, options: &JsValue) -> Result<Promise, JsValue> {
    let steps = Options::new("train", options, &["steps"])?.whole("steps", 1, MOST_STEPS)?;
    let steps = steps.ok_or_else(|| error("train: say how many steps, as in train({ steps: 1000 })"))?;
    app.truth().map_err(error)?;
    app.weights.touch();
    let (request, promise) = app.requests.open();
    app.send(&Command::Train { request, steps });
    Ok(promise)
}

pub(super) fn likelihood(app: &mut App, options: &JsValue) -> Result<Promise, JsValue> {
    let count = Options::new("likelihood", options, &["count"])?.whole("count", 2, MOST_DRAWS)?;
    app.truth().map_err(error)?;
    let (request, promise) = app.requests.open();
    app.measure(request, count.unwrap_or(DRAWS));
    Ok(promise)
}

pub(super) fn save_weights(app: &mut App, _: &JsValue) -> Result<Promise, JsValue> {
    let (request, promise) = app.requests.open();
    app.send(&Command::SaveWeights { request });
    Ok(promise)
}

pub(super) fn load_weights(app: &mut App, bytes: &JsValue) -> Result<Promise, JsValue> {
    let bytes = match bytes.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Uint8Array::new(buffer),
        None => bytes
            .dyn_ref::<Uint8Array>()
            .cloned()
            .ok_or_else(|| error("loadWeights: pass the file as a Uint8Array or an ArrayBuffer"))?,
    };
    check_length(f64::from(bytes.length())).map_err(error)?;
    app.weights.touch();
    let (request, promise) = app.requests.open();
    app.load_weights(request, bytes.to_vec());
    Ok(promise)
}

pub(super) fn sample(app: &mut App, options: &JsValue) -> Result<Promise, JsValue> {
    let options = Options::new("sample", options, &[SAMPLING, &SETTINGS].concat())?;
    let init = options.points("init")?;
    let steps = options.whole("steps", 1, MOST_SAMPLER_STEPS)?;
    let mut settings = app.lab.settings.clone();
    settings.follow = options.choice("field", &FIELDS)?.unwrap_or_default();
    settings.particles = options.whole("count", 1, MOST_POINTS)?.unwrap_or(COUNT);
    let mut settings = changed(&settings, &options.texts(SAMPLING)?)?;
    match settings.sampler {
        Sampler::Annealed => settings.steps_per_level = steps.unwrap_or(settings.steps_per_level),
        Sampler::ReverseSde | Sampler::ProbabilityFlow if steps.is_some() => {
            return Err(error(
                "sample: this sampler takes one step from node to node: pass nodes, not steps",
            ));
        }
        _ => (),
    }
    settings.check().map_err(error)?;
    let job = SampleJob {
        settings: Box::new(settings),
        steps: steps.unwrap_or(PLAIN_STEPS),
        init: init.map(Floats),
    };
    app.truth().map_err(error)?;
    let (request, promise) = app.requests.open();
    app.send(&Command::Sample { request, job });
    Ok(promise)
}

pub(super) fn field(app: &mut App, options: &JsValue) -> Result<Promise, JsValue> {
    let options = Options::new("field", options, &["points", "sigma", "field"])?;
    let points = options
        .points("points")?
        .ok_or_else(|| error("field: say where, as in field({ points, sigma })"))?;
    if points.len() > 2 * MOST_POINTS as usize {
        return Err(error(format!("field: at most {MOST_POINTS} points at a time")));
    }
    let sigma = options
        .number("sigma", 1e-3, 100.0)?
        .unwrap_or_else(|| app.shown_sigma());
    let field = options.choice("field", &FIELDS)?.unwrap_or_default();
    app.truth().map_err(error)?;
    let (request, promise) = app.requests.open();
    app.send(&Command::Evaluate {
        request,
        points: Floats(points),
        sigma,
        field,
    });
    Ok(promise)
}
