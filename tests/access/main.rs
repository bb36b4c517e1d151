//! The built page for everyone, in a real browser: axe-core finds no violation in any view, the keyboard alone draws,
//! trains and samples, and the one voice of the page never says more than one thing in five seconds.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

mod axe;
#[path = "../e2e/chrome.rs"]
mod chrome;
mod keyboard;
#[path = "../e2e/server.rs"]
mod server;
mod sizes;

use std::error::Error;
use std::time::Instant;

use chrome::{Chrome, SOON};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

/// A view of the page: its name, the script that leads there, and what is true when it is there.
type View = (&'static str, &'static str, &'static str);

/// Every view. Each script leads back from the view before as well.
const VIEWS: [View; 14] = [
    ("start", "", "true"),
    (
        "everything unfolded",
        "document.querySelectorAll('details').forEach((one) => one.open = true)",
        "true",
    ),
    (
        "keys",
        "document.querySelectorAll('details').forEach((one) => one.open = false);
         document.querySelector('[data-action=keys]').click()",
        "document.getElementById('keys').open",
    ),
    (
        "save",
        "document.getElementById('keys').close();
         document.querySelector('header [data-action=save]').click()",
        "document.getElementById('save').open",
    ),
    (
        "share",
        "document.getElementById('save').close();
         document.querySelector('header [data-action=sharing]').click()",
        "document.getElementById('sharing').open",
    ),
    (
        "scenes",
        "document.getElementById('sharing').close();
         document.querySelector('header [data-action=scenes]').click()",
        "document.getElementById('scenes').open",
    ),
    (
        "scene",
        "document.querySelector('dialog#scenes [data-scene=weights]').click()",
        "document.querySelector('[data-card=weights]').checkVisibility()",
    ),
    (
        "lesson",
        "document.querySelector('#scene [data-action=leave-scene]').click();
         document.querySelector('header [data-action=lessons]').click()",
        "document.querySelector('#lesson-text fieldset')?.checkVisibility()",
    ),
    (
        "answered lesson",
        "document.querySelector('#lesson-text [data-guess]').click()",
        "document.querySelector('#lesson-text .reveal').checkVisibility()",
    ),
    (
        "race",
        "document.querySelector('#lesson [data-action=leave-scene]').click();
         document.getElementById('begin-race').click()",
        "document.querySelector('#rival-stage canvas')?.checkVisibility()",
    ),
    (
        "every noise level",
        "document.getElementById('end-race').click();
         document.querySelector('.rungs [data-action=levels]').click()",
        "document.querySelector('#levels-grid button')",
    ),
    (
        "landscape",
        "document.querySelector('#levels [data-action=levels]').click(); scorefield.configure({ surface: true })",
        "document.querySelector('#stage [aria-labelledby=landscape-keys]')",
    ),
    (
        "empty canvas",
        "scorefield.configure({ surface: false }); document.querySelector('.tools [data-action=clear]').click()",
        "document.getElementById('prompt').checkVisibility()",
    ),
    (
        "projector",
        "scorefield.preset('moons'); scorefield.configure({ projector: true })",
        "document.documentElement.dataset.projector === 'true'",
    ),
];

/// Opens the page and holds training and particles: the checks have the machine to themselves.
async fn open(chrome: &Chrome, address: &str) -> Outcome {
    chrome.visit(&format!("{address}?fresh")).await?;
    chrome.run_async("return await scorefield.ready").await?;
    chrome
        .run("document.activeElement?.blur(); document.body.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }))")
        .await?;
    chrome
        .wait_for(
            "pause",
            "!scorefield.state().training && !scorefield.state().sampling",
            SOON,
        )
        .await
}

/// Leads through all views and has each checked.
async fn walk(chrome: &Chrome, address: &str, themes: &[&str], least: f64) -> Outcome {
    open(chrome, address).await?;
    axe::load(chrome).await?;
    for theme in themes {
        chrome
            .run("scorefield.configure({ projector: false }); document.querySelectorAll('.banner').forEach((one) => one.remove())")
            .await?;
        chrome
            .wait_for("lab", "document.documentElement.dataset.projector !== 'true'", SOON)
            .await?;
        // System, dark, light and again.
        let is = format!("localStorage.getItem('scorefield-theme') === '{theme}'");
        while chrome.run(&format!("return {is}")).await? != Value::Bool(true) {
            chrome.run("document.getElementById('theme').click()").await?;
        }
        for (name, script, there) in VIEWS {
            let begun = Instant::now();
            chrome.run(script).await?;
            chrome.wait_for(name, there, SOON).await?;
            axe::check(chrome, &format!("{name}, {theme}")).await?;
            sizes::nothing_is_cut_off_and_targets_can_be_hit(chrome, name, least).await?;
            println!("{name}, {theme}: {:.1} s", begun.elapsed().as_secs_f32());
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_view_of_the_page_has_a_violation_on_a_desktop_in_either_theme() -> Outcome {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    walk(&chrome, &address, &["dark", "light"], 24.0).await?;
    open(&chrome, &address).await?;
    sizes::text_may_be_spaced_out(&chrome).await?;
    chrome.end().await
}

#[tokio::test]
async fn no_view_of_the_page_has_a_violation_on_a_phone() -> Outcome {
    let address = server::serve_site().await?;
    let phone = json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 1.0, "touch": true } });
    let chrome = Chrome::start_as(phone).await?;
    walk(&chrome, &address, &["light"], 44.0).await?;
    chrome.end().await
}

#[tokio::test]
async fn a_page_enlarged_four_times_is_one_column_without_a_second_way_to_scroll() -> Outcome {
    let address = server::serve_site().await?;
    let small = json!({ "deviceMetrics": { "width": 320, "height": 256, "pixelRatio": 1.0, "touch": false } });
    let chrome = Chrome::start_as(small).await?;
    open(&chrome, &address).await?;
    sizes::nothing_is_cut_off_and_targets_can_be_hit(&chrome, "enlarged", 24.0).await?;
    sizes::text_may_be_spaced_out(&chrome).await?;
    chrome.end().await
}

#[tokio::test]
async fn the_keyboard_alone_draws_trains_and_samples_and_the_page_says_so_quietly() -> Outcome {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    keyboard::draws_trains_and_samples(&chrome, &address).await?;
    chrome.end().await
}
