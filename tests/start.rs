//! The built site's start in a real browser: from shipped weights, and from the seed where those are not wanted.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

#[path = "e2e/chrome.rs"]
mod chrome;
#[path = "e2e/server.rs"]
mod server;

use std::error::Error;
use std::time::Duration;

use chrome::{Chrome, SOON};
use serde_json::Value;

/// How many files of weights the page has asked for.
async fn fetched(chrome: &Chrome) -> Result<Value, Box<dyn Error>> {
    chrome
        .run("return performance.getEntriesByType('resource').filter(({ name }) => name.includes('.bpk')).length")
        .await
}

async fn step(chrome: &Chrome) -> Result<f64, Box<dyn Error>> {
    let step = chrome.run("return scorefield.state().step").await?;
    step.as_f64().ok_or_else(|| "the page knows no step".into())
}

#[tokio::test]
async fn the_page_starts_from_shipped_weights_unless_the_address_or_a_script_asks_for_fresh_ones()
-> Result<(), Box<dyn Error>> {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    chrome.visit(&format!("{address}#data=rings")).await?;
    chrome.run_async("return await scorefield.ready").await?;
    let shipped = "scorefield.state().step >= 6000";
    chrome.wait_for("the shipped weights", shipped, SOON).await?;
    let told = "document.getElementById('caption').textContent.includes('from shipped weights, step 6000')";
    chrome.wait_for("word of it in the caption", told, SOON).await?;
    assert_eq!(fetched(&chrome).await?, 1, "the weights have come from a file");
    a_scene_that_learns_gives_the_network_from_before_back(&chrome).await?;
    let nats = chrome
        .run_async("return (await scorefield.train({ steps: 1 })).nats")
        .await?;
    assert!(
        nats.as_f64().is_some_and(|nats| nats < 0.08),
        "{nats} nats after a step"
    );

    // What is saved is loaded again, by a network of another size as well; what is broken changes nothing.
    let told = chrome
        .run_async(
            "const file = await scorefield.saveWeights();
             scorefield.configure({ width: 16 });
             const { step } = await scorefield.loadWeights(file);
             file[file.length >> 1] ^= 1;
             const refused = await scorefield.loadWeights(file).then(() => 'loaded', (error) => error.message);
             return [step, scorefield.state().width, refused, file.length]",
        )
        .await?;
    assert!(told[0].as_f64().is_some_and(|step| step > 6000.0), "{told}");
    assert_eq!(told[1], 64, "the settings follow the file");
    assert!(told[2].as_str().is_some_and(|text| text.contains("damaged")), "{told}");
    assert!(told[3].as_f64().is_some_and(|bytes| bytes < 160_000.0), "{told}");

    // At once, before live training does its part.
    let trained = chrome
        .run_async("scorefield.reset({ seed: 3 }); return (await scorefield.train({ steps: 20 })).step")
        .await?;
    assert!(
        trained.as_f64().is_some_and(|step| (20.0..3000.0).contains(&step)),
        "{trained}"
    );

    for fresh in ["?fresh", "?backend=cpu#width=32"] {
        chrome.visit(&format!("{address}{fresh}")).await?;
        chrome.run_async("return await scorefield.ready").await?;
        chrome
            .wait_for("some steps", "scorefield.state().step > 0", SOON)
            .await?;
        assert_eq!(fetched(&chrome).await?, 0, "{fresh} has asked for weights");
        let caption = chrome
            .run("return document.getElementById('caption').textContent")
            .await?;
        assert!(
            caption.as_str().is_some_and(|text| !text.contains("shipped")),
            "{fresh}: {caption}"
        );
    }
    let complaints = chrome
        .run("return [...document.querySelectorAll('.banner[data-kind=error], .banner[data-kind=lost]')].map((b) => b.textContent)")
        .await?;
    assert_eq!(complaints, Value::Array(vec![]), "the page shows an error");
    chrome.end().await
}

/// As it was at its last checkpoint; training is paused for long enough, so that this is as it was.
async fn a_scene_that_learns_gives_the_network_from_before_back(chrome: &Chrome) -> Result<(), Box<dyn Error>> {
    chrome
        .wait_for("steps beyond the shipped ones", "scorefield.state().step > 6020", SOON)
        .await?;
    chrome
        .run("document.querySelector('section [data-action=train]').click()")
        .await?;
    chrome.rest().await?;
    let before = step(chrome).await?;
    chrome
        .run("document.querySelector('[data-scene=depth]').click()")
        .await?;
    let other = "scorefield.state().data === '8gaussians' && scorefield.state().step >= 6000";
    chrome.wait_for("the scene's own network", other, SOON).await?;
    chrome
        .run("document.querySelector('[data-action=leave-scene]').click()")
        .await?;
    // Long enough for a file to come and take over, if one had been asked for.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = step(chrome).await?;
    assert!(
        before > 6000.0 && (after - before).abs() < 0.5,
        "{before} steps, and {after} after the scene"
    );
    chrome
        .run("document.querySelector('section [data-action=train]').click()")
        .await?;
    Ok(())
}
