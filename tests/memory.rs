//! What the engine takes of memory stays what it is: in the built site, in a real browser, while everything runs.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "e2e/chrome.rs"]
mod chrome;
#[path = "e2e/server.rs"]
mod server;

use std::error::Error;
use std::time::Duration;

use chrome::{Chrome, SOON};
use serde_json::Value;
use server::{serve, site_file};

/// A software adapter compiles kernels.
const LATE: Duration = Duration::from_secs(600);

/// Training steps asked for at a time, so that each request is far below the driver's limit.
const AT_A_TIME: u32 = 250;

/// What the allocator asks for at a time, bytes. Once more it may, as the pieces in use lie now this way and now that;
/// what loses 27 bytes a step would make it ask twice over ten thousand.
const ONE_REQUEST: f64 = 262_144.0;

/// A browser at the site, whose engine counts what it takes.
async fn open(query: &str) -> Result<Chrome, Box<dyn Error>> {
    let address = serve(|path| {
        let mut file = site_file(path)?;
        if path.ends_with(".worker.js") {
            file.extend_from_slice(include_bytes!("e2e/figures.js"));
        }
        Some(file)
    })
    .await?;
    let chrome = Chrome::start().await?;
    chrome.visit(&format!("{address}?fresh&backend={query}")).await?;
    chrome.run("scorefield.ready.then(() => window.open = true)").await?;
    chrome
        .wait_for("choice of a device", "window.open === true", LATE)
        .await?;
    Ok(chrome)
}

/// Trains by so many steps beside the live run of the page.
async fn train(chrome: &Chrome, steps: u32) -> Result<(), Box<dyn Error>> {
    for _ in 0..steps / AT_A_TIME {
        let more = format!("await scorefield.train({{ steps: {AT_A_TIME} }})");
        chrome.run_async(&more).await?;
    }
    Ok(())
}

async fn figures(chrome: &Chrome) -> Result<Value, Box<dyn Error>> {
    chrome
        .run_async(
            "const channel = new BroadcastChannel('figures');
             const told = new Promise((resolve) => channel.onmessage = ({ data }) => data !== 'tell' && resolve(data));
             channel.postMessage('tell');
             return await told.finally(() => channel.close())",
        )
        .await
}

fn number(figures: &Value, key: &str) -> Result<f64, Box<dyn Error>> {
    figures[key]
        .as_f64()
        .ok_or_else(|| format!("no {key}: {figures}").into())
}

/// The default network and batch; particles move, pictures and measurements are made, checkpoints are sent meanwhile.
#[tokio::test]
async fn the_engines_memory_does_not_grow_over_ten_thousand_steps_on_the_cpu() -> Result<(), Box<dyn Error>> {
    let chrome = open("cpu#particles=500").await?;
    // A whole descent, its judgement and another one, so that all has happened once; then some of the training as well.
    let judged = "/\\d/.test(document.getElementById('sampled').textContent)";
    chrome.wait_for("judgement of a descent", judged, SOON).await?;
    for (what, there) in [
        ("beginning of the next one", "!scorefield.state().finished"),
        ("end of that", "scorefield.state().finished"),
    ] {
        chrome.wait_for(what, there, SOON).await?;
    }
    train(&chrome, 3_000).await?;
    let mut taken = Vec::new();
    for _ in 0..=10 {
        train(&chrome, 1_000).await?;
        taken.push(number(&figures(&chrome).await?, "memory")?);
    }
    chrome.end().await?;
    println!("bytes after every 1,000 steps: {taken:?}");
    if taken[10] > taken[0] + ONE_REQUEST {
        return Err(format!("the engine's memory grew: {taken:?} bytes after every 1,000 steps").into());
    }
    Ok(())
}

/// Steps until CubeCL's pool has all the small buffers that it wants for the numbers of a dispatch (seen: 290 buffers at
/// first, 420 in the end, and that is after 2,000 to 3,000 steps).
const FILLING: u32 = 2_500;

/// Stretches of steps of which the buffers do not become more in one at least. One lost at each step would be more than a
/// twentieth in every one of them.
const STRETCHES: u32 = 4;

/// A small network, because the adapter is software; what is made and given back at each step is the same.
#[tokio::test]
async fn gpu_buffers_do_not_become_more_over_five_hundred_steps() -> Result<(), Box<dyn Error>> {
    let chrome = open("webgpu#width=16&batch=64&particles=64").await?;
    let state = chrome
        .run("return [scorefield.state().backend, scorefield.state().adapter]")
        .await?;
    println!("WebGPU: {state}");
    train(&chrome, FILLING).await?;
    let mut before = figures(&chrome).await?;
    let mut grown = Vec::new();
    // On a busy machine something may happen for the first time much later; what is lost at each step never ends.
    for _ in 0..STRETCHES {
        train(&chrome, 500).await?;
        let after = figures(&chrome).await?;
        println!("{before}, and after 500 steps {after}");
        grown.clear();
        for key in ["live", "bytes"] {
            let (before, after) = (number(&before, key)?, number(&after, key)?);
            if after > 1.05 * before {
                grown.push(format!(
                    "{key} of the GPU's buffers: {before}, and {after} after 500 steps"
                ));
            }
        }
        if grown.is_empty() {
            break;
        }
        before = after;
    }
    chrome.end().await?;
    if grown.is_empty() {
        Ok(())
    } else {
        Err(grown.join("; ").into())
    }
}
