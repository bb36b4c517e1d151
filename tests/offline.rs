//! The built site without a network, and a new build of it that takes over, in a real browser.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

#[path = "e2e/chrome.rs"]
mod chrome;
#[path = "e2e/server.rs"]
mod server;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrome::{Chrome, SOON};
use serde_json::{Value, json};

/// A copy of the built site that a test may change.
fn copy_of_the_site() -> Result<PathBuf, Box<dyn Error>> {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept-site");
    if to.exists() {
        std::fs::remove_dir_all(&to)?;
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dist"), &to)?;
    Ok(to)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::copy(&from, &to).map(drop)?;
        }
    }
    Ok(())
}

/// Replaces a text in a file, which must be there.
fn change(file: &Path, old: &str, new: &str) -> Result<(), Box<dyn Error>> {
    let content = std::fs::read_to_string(file)?;
    assert!(content.contains(old), "{} has no {old}", file.display());
    Ok(std::fs::write(file, content.replacen(old, new, 1))?)
}

async fn heading(chrome: &Chrome) -> Result<Value, Box<dyn Error>> {
    chrome.run("return document.querySelector('h1').textContent").await
}

async fn reload(chrome: &Chrome) -> Result<(), Box<dyn Error>> {
    chrome.reload().await?;
    chrome.run_async("return await scorefield.ready").await.map(drop)
}

#[tokio::test]
async fn the_site_trains_without_a_network_and_a_new_build_takes_over_when_told() -> Result<(), Box<dyn Error>> {
    let site = copy_of_the_site()?;
    let up = Arc::new(AtomicBool::new(true));
    let root = site.clone();
    let address = server::serve_while(up.clone(), move |path| {
        server::file_in(&root, path.strip_prefix("some/folder/")?)
    })
    .await?
        + "some/folder/";
    let chrome = Chrome::start().await?;
    chrome.visit(&address).await?;
    chrome.run_async("return await scorefield.ready").await?;
    let kept = "navigator.serviceWorker.controller?.state === 'activated'";
    chrome.wait_for("a kept site", kept, SOON).await?;

    up.store(false, Ordering::Relaxed);
    let reached = chrome
        .run_async("return await fetch('not-kept').then(() => true, () => false)")
        .await?;
    assert_eq!(reached, false, "the host is to be gone");
    reload(&chrome).await?;
    let trained = chrome
        .run_async("return (await scorefield.train({ steps: 20 })).nats")
        .await?;
    assert!(trained.as_f64().is_some_and(|nats| nats < 0.05), "{trained} nats");
    // With what a link adds to the address, and with the weights of another set.
    chrome.visit(&format!("{address}?backend=cpu#data=rings")).await?;
    chrome.run_async("return await scorefield.ready").await?;
    let shipped = "scorefield.state().data === 'rings' && scorefield.state().step >= 6000";
    chrome.wait_for("the shipped weights", shipped, SOON).await?;

    change(&site.join("index.html"), "<h1>Score", "<h1>New score")?;
    change(
        &site.join("service-worker.js"),
        "const VERSION = '",
        "const VERSION = 'new ",
    )?;
    up.store(true, Ordering::Relaxed);
    reload(&chrome).await?;
    assert_eq!(
        heading(&chrome).await?,
        "Scorefield",
        "a new build waits until it is told"
    );
    let offer = "document.querySelector('[data-action=take-over]')";
    chrome.wait_for("an offer of the new build", offer, SOON).await?;
    chrome.run(&format!("{offer}.click()")).await?;
    let taken = "document.querySelector('h1').textContent === 'New scorefield' && window.scorefield?.state";
    chrome.wait_for("the new build", taken, SOON).await?;
    chrome.run_async("return await scorefield.ready").await?;

    // Nothing was asked of anyone else, and nothing did what the page's own policy forbids.
    let seen = chrome
        .run_async(
            "const refused = await new Promise((done) => {
                 const seen = [];
                 new ReportingObserver((all) => seen.push(...all.map((report) => report.body.effectiveDirective)),
                     { types: ['csp-violation'], buffered: true }).observe();
                 setTimeout(() => done(seen), 500);
             });
             const asked = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin);
             return { refused, others: asked.filter((origin) => origin !== location.origin), any: asked.length > 5 };",
        )
        .await?;
    assert_eq!(seen, json!({ "refused": [], "others": [], "any": true }));
    chrome.end().await
}
