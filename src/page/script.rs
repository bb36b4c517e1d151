//! `window.scorefield`: the page for notebooks, slides, homework and tests.
//!
//! Positions are stage coordinates, flat `[x0, y0, x1, y1, …]`, given and returned as `Float32Array`.
//!
//! | call | result |
//! |---|---|
//! | `await scorefield.ready` | `{ backend, adapter, software, training, sampling, reason }` once the devices are chosen |
//! | `preset(name)` | learns a named set: `8gaussians moons checkerboard spirals swissroll rings pinwheel two_g` |
//! | `draw(points, { softness })` | replaces the data; each point is a Gaussian of that standard deviation, 0.04 if left out |
//! | `configure({ … })` | changes settings; their names are those of `state()` and of the link |
//! | `await train({ steps })` | trains so many steps; `{ step, seconds, sigmas, error, floor, excess, nats }` |
//! | `await sample({ … })` | draws samples apart from the live particles, see below |
//! | `await field({ points, sigma, field })` | `{ score, divergence, curl }`, `logDensity` of the exact field, `energy` of it and of energy nets |
//! | `await likelihood({ count })` | the network's density against the truth, by so many draws: `{ nll, kl, error, gridKl, sigma, count, step }`, nats |
//! | `state()` | all settings, what is learned, where the run and the samplers stand |
//! | `link()` | the address that brings this state back |
//! | `reset({ seed })` | a new network with fresh weights, from another seed if one is given |
//! | `await saveWeights()` | the file that the page saves, a `Uint8Array` |
//! | `await loadWeights(bytes)` | goes on from such a file, with its network's size and seed; `{ step }` |
//!
//! `sample` takes, all optional: `sampler` (`langevin averaged-noise mala hmc underdamped annealed reverse-sde
//! probability-flow`), `count`, `field`, `init` (starting points), `steps` (of a chain; at each rung of the annealed
//! descent), and these settings, by default those of the lab: `seed sigma stepSize beta noiseScale friction leapfrogSteps
//! nodes scheme correctorSteps start potential`. MALA and HMC need an energy: that of an energy network or of the exact
//! field, or with `potential: true` the least-squares potential of a score network.
//!
//! `state()` tells of the live sampler its `level`, `samplerSteps`, `evaluations` (of the score, a particle), `time` (of
//! Langevin dynamics), `acceptance` (or null), `interpolationError` (relative; null while no grid is used), `recycled`,
//! `finished` and `lacksEnergy`; the same of a rival in `rivalState`, which is null while nothing races.
//!
//! What is wrong throws (or rejects, where a promise is returned) an `Error` that says what and what is allowed, and
//! changes nothing. A lost engine rejects whatever it still owed. `ready` rejects if the engine cannot start at all.

mod calls;
mod options;
mod requests;

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

pub use self::requests::Requests;
use super::app::{App, Handle};
use super::dom;

/// Answers at once.
type Call = fn(&mut App, &JsValue, &JsValue) -> Result<JsValue, JsValue>;
/// Answers when the engine has.
type Promising = fn(&mut App, &JsValue) -> Result<Promise, JsValue>;

/// An `Error` to throw.
fn error(message: impl std::fmt::Display) -> JsValue {
    error_of(&message)
}

#[inline(never)]
fn error_of(message: &dyn std::fmt::Display) -> JsValue {
    js_sys::Error::new(&message.to_string()).into()
}

/// Puts `scorefield` on the window; `ready` is the promise of that name.
///
/// # Errors
/// When there is no window.
pub fn install(app: &Handle, ready: &Promise) -> Result<(), JsValue> {
    let api = Object::new();
    Reflect::set(&api, &"ready".into(), ready)?;
    let calls: [(&str, Call); 6] = [
        ("preset", calls::preset),
        ("draw", calls::draw),
        ("configure", calls::configure),
        ("state", calls::state),
        ("link", calls::link),
        ("reset", calls::reset),
    ];
    for (name, call) in calls {
        let app = app.clone();
        let answer = move |a: JsValue, b: JsValue| app.ask(|app| call(app, &a, &b));
        put(
            &api,
            name,
            Closure::<dyn Fn(JsValue, JsValue) -> Result<JsValue, JsValue>>::new(answer),
        )?;
    }
    let promises: [(&str, Promising); 6] = [
        ("train", calls::train),
        ("sample", calls::sample),
        ("field", calls::field),
        ("likelihood", calls::likelihood),
        ("saveWeights", calls::save_weights),
        ("loadWeights", calls::load_weights),
    ];
    for (name, call) in promises {
        let app = app.clone();
        let answer = move |options: JsValue| {
            app.ask(|app| call(app, &options))
                .unwrap_or_else(|error| Promise::reject(&error))
                .into()
        };
        put(&api, name, Closure::<dyn Fn(JsValue) -> JsValue>::new(answer))?;
    }
    Reflect::set(dom::window()?.as_ref(), &"scorefield".into(), &api)?;
    Ok(())
}

/// A function that lives as long as the page.
fn put<F: ?Sized + wasm_bindgen::closure::WasmClosure>(
    api: &Object,
    name: &str,
    function: Closure<F>,
) -> Result<(), JsValue> {
    Reflect::set(api, &name.into(), &function.into_js_value())?;
    Ok(())
}
