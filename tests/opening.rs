//! How soon the built site can be used, in a real browser, from a static server on the same machine.
//!
//! Times are medians of five loads, each into an emptied tab; the browser itself is warm.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "e2e/chrome.rs"]
mod chrome;
#[path = "e2e/server.rs"]
mod server;

use std::error::Error;
use std::time::Duration;

use chrome::Chrome;
use server::{serve, site_file};

const LOADS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(90);

/// Serves the site with the watch in its head.
async fn site() -> std::io::Result<String> {
    serve(|path| {
        let file = site_file(path)?;
        if !path.is_empty() {
            return Some(file);
        }
        let watch = concat!("<head><script>", include_str!("e2e/opening.js"), "</script>");
        Some(String::from_utf8_lossy(&file).replacen("<head>", watch, 1).into_bytes())
    })
    .await
}

/// The median over some loads of what an expression, in milliseconds since the load began, says once it says something.
async fn median(chrome: &Chrome, address: &str, expression: &str) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..LOADS {
        chrome.tab.goto("about:blank").await?;
        chrome.tab.goto(address).await?;
        chrome.wait_for(expression, expression, PATIENCE).await?;
        let time = chrome.run(&format!("return {expression}")).await?;
        times.push(time.as_f64().ok_or("no time")?);
    }
    times.sort_by(f64::total_cmp);
    println!("{expression} at {times:.0?} ms");
    Ok(times[LOADS / 2])
}

#[tokio::test]
async fn drawing_is_possible_after_one_second_and_a_learned_field_is_there_after_three() -> Result<(), Box<dyn Error>> {
    let address = site().await?;
    let chrome = Chrome::start().await?;
    let drawn = median(&chrome, &format!("{address}?draw"), "opening.drawn").await?;
    let learned = "performance.getEntriesByName('first learned field')[0]?.startTime";
    let learned = median(&chrome, &address, learned).await?;
    kernels_are_compiled_beside_the_page(&chrome, &address).await?;
    chrome.end().await?;
    assert!(drawn <= 1000.0, "the first stroke is possible after {drawn} ms");
    assert!(learned <= 3000.0, "the first learned field is there after {learned} ms");
    Ok(())
}

/// The badge says so, and no task of the main thread waits for them.
async fn kernels_are_compiled_beside_the_page(chrome: &Chrome, address: &str) -> Result<(), Box<dyn Error>> {
    chrome.tab.goto(&format!("{address}?backend=webgpu")).await?;
    let trying = "opening.badge.includes('trying WebGPU')";
    chrome.wait_for("word of WebGPU in the badge", trying, PATIENCE).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let longest = chrome.run("return opening.longest").await?;
    println!("the longest task beside WebGPU's kernels: {longest} ms");
    assert!(
        longest.as_f64().is_some_and(|longest| longest < 200.0),
        "a task of {longest} ms"
    );
    Ok(())
}
