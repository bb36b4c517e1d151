//! The built site from end to end, in a real browser, as a user would meet it: draw with the pointer, train, and see
//! whether particles lie on what was drawn.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

mod chrome;
mod hand;
mod server;

use std::error::Error;

use chrome::{Chrome, SOON};
use hand::{click, stroke};
use serde_json::Value;

/// Distance from a point to the nearest of the segments through `path`.
fn distance_to(path: &[[f64; 2]], x: [f64; 2]) -> f64 {
    path.windows(2)
        .map(|segment| {
            let [a, b] = [segment[0], segment[1]];
            let along = [b[0] - a[0], b[1] - a[1]];
            let length2 = along[0] * along[0] + along[1] * along[1];
            let t = (((x[0] - a[0]) * along[0] + (x[1] - a[1]) * along[1]) / length2).clamp(0.0, 1.0);
            (x[0] - a[0] - t * along[0]).hypot(x[1] - a[1] - t * along[1])
        })
        .fold(f64::INFINITY, f64::min)
}

#[tokio::test]
async fn what_is_drawn_is_learned_and_sampled() -> Result<(), Box<dyn Error>> {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    chrome.visit(&address).await?;
    let ready = chrome.run_async("return await scorefield.ready").await?;
    assert_eq!(
        ready["backend"], "cpu",
        "a software adapter must never be chosen by itself: {ready}"
    );

    click(&chrome, "[data-action=clear]").await?;
    click(&chrome, "[data-tool=draw]").await?;
    let arcs: [Vec<[f64; 2]>; 2] = [0.0, std::f64::consts::PI].map(|turn| {
        (0..=24)
            .map(|i| f64::from(i) / 24.0 * 2.2 + 0.45 + turn)
            .map(|angle| [0.85 * angle.cos(), 0.85 * angle.sin()])
            .collect()
    });
    for arc in &arcs {
        stroke(&chrome, arc).await?;
    }
    let dots = chrome.run("return scorefield.state().points").await?;
    assert!(
        dots.as_f64().is_some_and(|dots| dots > 100.0),
        "two strokes gave {dots} dots"
    );

    // The page trains by itself; a reset through the button starts the network anew on what was drawn.
    click(&chrome, "[data-action=reset]").await?;
    // What stands on the page may be of the network before for a moment.
    let trained = "[scorefield.state().step, Number(document.getElementById('step').value.replace(/\\D/g, ''))]
        .every((step) => step > 1500)";
    chrome.wait_for("1,500 training steps", trained, 2 * SOON).await?;
    chrome
        .wait_for(
            "particles at 10 frames a second",
            "Number(document.getElementById('frames-per-second').value) > 10",
            SOON,
        )
        .await?;

    let samples = chrome
        .run_async("return Array.from(await scorefield.sample({ sampler: 'annealed', count: 1000, seed: 3 }))")
        .await?;
    let values: Vec<f64> = samples
        .as_array()
        .ok_or("no samples")?
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    assert_eq!(values.len(), 2000, "samples are missing or not finite");
    // The brush has radius .12 and softness .04: three deviations more, and a little for what 1,500 steps leave to learn.
    let on_the_drawing = values
        .chunks_exact(2)
        .filter(|x| {
            arcs.iter()
                .map(|arc| distance_to(arc, [x[0], x[1]]))
                .fold(f64::INFINITY, f64::min)
                < 0.27
        })
        .count();
    assert!(
        on_the_drawing >= 970,
        "only {on_the_drawing} of 1000 samples lie on what was drawn"
    );
    let upper = values.chunks_exact(2).filter(|x| x[1] > 0.0).count();
    assert!(
        (350..650).contains(&upper),
        "{upper} of 1000 samples on one of two equal arcs"
    );

    let density = chrome
        .run_async("const { kl, error, nll } = await scorefield.likelihood({ count: 256 }); return [kl, error, nll]")
        .await?;
    let number = |i: usize| density[i].as_f64().ok_or(format!("no likelihood: {density}"));
    let (kl, error) = (number(0)?, number(1)?);
    assert!(
        kl < 0.5 && kl > -6.0 * error && number(2)?.is_finite(),
        "KL {kl} ± {error} after 1,500 steps"
    );

    let complaints = chrome
        .run("return [...document.querySelectorAll('.banner[data-kind=error], .banner[data-kind=lost], .banner[data-kind=stopped]')].map((b) => b.textContent)")
        .await?;
    assert_eq!(complaints, Value::Array(vec![]), "the page shows an error");
    let foreign = chrome
        .run("return performance.getEntriesByType('resource').map((r) => r.name).filter((n) => !n.startsWith(location.origin) && !n.startsWith('data:'))")
        .await?;
    assert_eq!(foreign, Value::Array(vec![]), "the page asked another host");
    chrome.end().await
}
