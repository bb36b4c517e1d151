//! Links in a real browser: the dialog that makes them, what they hide and lock, and the step to which they train.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

#[path = "e2e/chrome.rs"]
mod chrome;
#[path = "e2e/hand.rs"]
mod hand;
#[path = "e2e/server.rs"]
mod server;

use std::error::Error;
use std::time::Duration;

use chrome::{Chrome, SOON};
use hand::{click, stroke};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

/// What is seen, or nothing.
const SEEN: &str = "const seen = (s) => document.querySelector(s)?.checkVisibility() ?? false;";

/// Opens the page; from then on `told` holds what its banners have said, also when they are gone.
async fn visit(chrome: &Chrome, address: &str) -> Outcome {
    chrome.visit(address).await?;
    chrome
        .run(
            "const banners = document.getElementById('banners'), text = (banner) => banner.textContent;
             window.told = [...banners.children].map(text);
             new MutationObserver((changes) => told.push(...changes.flatMap(({ addedNodes }) => [...addedNodes].map(text))))
                 .observe(banners, { childList: true })",
        )
        .await
        .map(drop)
}

async fn the_dialog_makes_a_link_that_brings_everything_back(chrome: &Chrome, address: &str) -> Outcome {
    visit(
        chrome,
        &format!("{address}#width=16&depth=1&batch=64&close=2,-0.5,-0.25"),
    )
    .await?;
    click(chrome, ".tools [data-tool=draw]").await?;
    stroke(chrome, &[[-0.6, 0.3], [0.0, 0.0], [0.6, 0.3]]).await?;
    chrome.run("scorefield.configure({ levels: 12 })").await?;
    chrome
        .wait_for("training", "scorefield.state().step > 20", SOON)
        .await?;
    click(chrome, "main [data-action=train]").await?;
    chrome.stand_still().await?;
    click(chrome, "header [data-action=sharing]").await?;
    click(chrome, "#sharing [data-part=noise]").await?;
    let made = chrome
        .run("return [document.getElementById('copy-link').value, document.getElementById('share-length').textContent, document.getElementById('copy-frame').value, location.href, scorefield.link()]")
        .await?;
    let link = made[0].as_str().unwrap_or_default().to_owned();
    assert_eq!(made[1], json!(link.len().to_string()));
    assert!(
        link.contains("&step=") && link.ends_with("&close=2,-0.5,-0.25&hide=noise"),
        "{link}"
    );
    let frame = made[2].as_str().unwrap_or_default();
    assert!(
        frame.starts_with("<iframe src=\"http") && frame.contains("&amp;embed=1"),
        "{frame}"
    );
    // The own address has the lab, and not what others are not to see.
    assert!(
        made[3] == made[4] && !made[3].as_str().unwrap_or_default().contains("hide"),
        "{made}"
    );
    let state =
        "const { data, points, width, levels, step } = scorefield.state(); return [data, points, width, levels, step]";
    let left = chrome.run(state).await?;
    visit(chrome, &link).await?;
    wait_for_its_step(chrome).await?;
    assert_eq!(chrome.run(state).await?, left);
    let seen = chrome
        .run(&format!(
            "{SEEN} return [seen('#h-noise'), seen('#h-sampler'), scorefield.state().training]"
        ))
        .await?;
    assert_eq!(seen, json!([false, true, false]));
    Ok(())
}

/// Until the network is at the step of the link that was opened.
async fn wait_for_its_step(chrome: &Chrome) -> Outcome {
    let told = "told.some((words) => words.includes('as far as the link says'))";
    chrome.wait_for("the link's step", told, SOON).await
}

async fn training_up_to_a_step_can_be_stopped(chrome: &Chrome, address: &str) -> Outcome {
    visit(chrome, &format!("{address}#width=16&depth=1&seed=3&step=1000000")).await?;
    chrome.wait_for("training", "scorefield.state().step > 0", SOON).await?;
    let bar = "document.querySelector('#loading').checkVisibility()";
    chrome.wait_for("a bar that grows", bar, SOON).await?;
    click(chrome, ".banner [data-action=stop-goal]").await?;
    chrome.stand_still().await?;
    let step = chrome.run("return scorefield.state().step").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(chrome.run("return scorefield.state().step").await?, step);
    Ok(())
}

async fn a_network_from_shipped_weights_comes_back_from_them(chrome: &Chrome, address: &str) -> Outcome {
    visit(chrome, &format!("{address}#data=rings")).await?;
    chrome
        .wait_for("shipped weights", "scorefield.state().step > 1000", SOON)
        .await?;
    click(chrome, "main [data-action=train]").await?;
    chrome.stand_still().await?;
    let left = chrome
        .run("return [scorefield.link(), scorefield.state().step]")
        .await?;
    let link = left[0].as_str().unwrap_or_default();
    assert!(link.contains("&from="), "{link}");
    visit(chrome, link).await?;
    wait_for_its_step(chrome).await?;
    assert_eq!(chrome.run("return scorefield.state().step").await?, left[1]);
    // Weights that nobody ships any more make way for those of the seed.
    visit(chrome, &format!("{address}#data=rings&step=30&from=1")).await?;
    chrome
        .wait_for(
            "a word about it",
            "told.some((words) => words.includes('shipped no longer'))",
            SOON,
        )
        .await?;
    chrome
        .wait_for("the link's step", "scorefield.state().step === 30", SOON)
        .await
}

async fn a_locked_page_runs_and_keeps_its_settings(chrome: &Chrome, address: &str) -> Outcome {
    visit(chrome, &format!("{address}#data=rings&lock=1&hide=strip,tools")).await?;
    let before = chrome
        .run("const { step, ...rest } = scorefield.state(); return [rest.data, rest.width, rest.sigma]")
        .await?;
    // The strip is hidden, but its key is there.
    chrome.run("for (const key of ['ArrowLeft', 'd', '1']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))").await?;
    chrome
        .run("document.querySelector('[data-setting=width]').dispatchEvent(new Event('change', { bubbles: true }))")
        .await?;
    let after = chrome
        .run("const { step, ...rest } = scorefield.state(); return [rest.data, rest.width, rest.sigma]")
        .await?;
    assert_eq!(before, after);
    let seen = chrome
        .run(&format!("{SEEN} return [seen('.rungs'), seen('.tools'), document.querySelector('[data-setting=width]').disabled, document.querySelector('main [data-action=sample]').disabled, scorefield.state().source]"))
        .await?;
    assert_eq!(seen, json!([false, false, true, false, "exact"]), "looking is allowed");
    chrome.wait_for("training", "scorefield.state().step > 0", SOON).await
}

async fn a_frame_in_slides_has_no_header_and_leaves_nothing_behind(chrome: &Chrome, address: &str) -> Outcome {
    visit(chrome, &format!("{address}?fresh")).await?;
    chrome.run("localStorage.clear(); sessionStorage.clear()").await?;
    visit(chrome, &format!("{address}#data=rings&embed=1")).await?;
    chrome.run("scorefield.configure({ levels: 9 })").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let seen = chrome
        .run(&format!("{SEEN} return [seen('header'), seen('#stage'), getComputedStyle(document.body).backgroundColor, localStorage.getItem('scorefield-lab-1')]"))
        .await?;
    assert_eq!(seen, json!([false, true, "rgba(0, 0, 0, 0)", null]));
    Ok(())
}

async fn a_damaged_link_is_one_message_and_the_rest_of_it_applies(chrome: &Chrome, address: &str) -> Outcome {
    visit(chrome, &format!("{address}#data=lunas&width=1e9&foo=1&levels=9&step=x")).await?;
    let told = chrome
        .run("return [told.length, told.join(' '), scorefield.state().levels]")
        .await?;
    assert_eq!((&told[0], &told[2]), (&json!(1), &json!(9)), "{told}");
    assert!(told[1].as_str().unwrap_or_default().contains("lunas"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_link_brings_the_lab_to_others() -> Outcome {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    the_dialog_makes_a_link_that_brings_everything_back(&chrome, &address).await?;
    training_up_to_a_step_can_be_stopped(&chrome, &address).await?;
    a_network_from_shipped_weights_comes_back_from_them(&chrome, &address).await?;
    a_locked_page_runs_and_keeps_its_settings(&chrome, &address).await?;
    a_frame_in_slides_has_no_header_and_leaves_nothing_behind(&chrome, &address).await?;
    a_damaged_link_is_one_message_and_the_rest_of_it_applies(&chrome, &address).await?;
    let complaints = chrome
        .run("return [...document.querySelectorAll('.banner[data-kind=lost]')].map((b) => b.textContent)")
        .await?;
    assert_eq!(complaints, Value::Array(vec![]), "the page shows an error");
    chrome.end().await
}
