//! What the built page keeps and saves, in a real browser: a reload loses nothing, a link wins, and a browser that keeps
//! nothing breaks nothing.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../e2e/chrome.rs"]
mod chrome;
#[path = "../e2e/hand.rs"]
mod hand;
#[path = "../e2e/server.rs"]
mod server;

mod files;
mod pictures;
#[allow(dead_code)] // another test uses the rest
#[path = "../smooth/threads.rs"]
mod threads;

use std::error::Error;
use std::time::Duration;

use chrome::{Chrome, SOON};
use hand::{click, stroke};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

/// Data and one setting.
const LAB: &str = "const { data, points, levels } = scorefield.state(); return [data, points, levels]";

async fn a_reload_brings_drawing_and_settings_back(chrome: &Chrome, address: &str) -> Outcome {
    chrome.visit(address).await?;
    click(chrome, ".tools [data-tool=draw]").await?;
    stroke(chrome, &[[-0.6, 0.3], [0.0, 0.0], [0.6, 0.3]]).await?;
    chrome.run("scorefield.configure({ levels: 12 })").await?;
    let left = chrome.run(LAB).await?;
    assert_eq!((&left[0], &left[2]), (&json!("drawing"), &json!(12)), "{left}");
    // At once: what is new is also kept by a page that is leaving.
    chrome.reload().await?;
    assert_eq!(chrome.run(LAB).await?, left);
    chrome.visit(address).await?;
    assert_eq!(chrome.run(LAB).await?, left, "the next visit");
    chrome.visit(&format!("{address}?fresh")).await?;
    assert_eq!(chrome.run(LAB).await?[0], "moons", "who asks for a fresh start has one");
    Ok(())
}

async fn a_link_wins_and_what_became_of_it_survives_a_reload(chrome: &Chrome, address: &str) -> Outcome {
    let link = format!("{address}#data=rings");
    chrome.visit(&link).await?;
    assert_eq!(chrome.run(LAB).await?, json!(["rings", null, 16]));
    chrome.run("scorefield.configure({ levels: 9 })").await?;
    chrome.reload().await?;
    assert_eq!(chrome.run(LAB).await?, json!(["rings", null, 9]));
    Ok(())
}

async fn starting_afresh_forgets_everything_but_undo(chrome: &Chrome, address: &str) -> Outcome {
    chrome.run("scorefield.preset('pinwheel')").await?;
    click(chrome, "header [data-action=keys]").await?;
    click(chrome, "[data-action=afresh]").await?;
    let first = json!(["moons", null, 16]);
    assert_eq!(chrome.run(LAB).await?, first);
    chrome.visit(address).await?;
    assert_eq!(chrome.run(LAB).await?, first);
    Ok(())
}

async fn a_reload_brings_the_network_back(chrome: &Chrome, address: &str) -> Outcome {
    chrome.visit(address).await?;
    chrome.run_async("await scorefield.ready").await?;
    let step = "return (await scorefield.train({ steps: 40 })).step";
    let trained = chrome.run_async(step).await?.as_f64();
    click(chrome, "main [data-action=train]").await?;
    chrome.rest().await?;
    let kept = "(localStorage.getItem('scorefield-network-1') ?? '').length > 100000";
    chrome.reload().await?;
    chrome.wait_for("network kept", kept, SOON).await?;
    chrome.run_async("await scorefield.ready").await?;
    let back = chrome.run_async(step).await?.as_f64();
    assert!(
        back >= trained.map(|step| step + 40.0),
        "{back:?} after {trained:?} and 40 more"
    );
    Ok(())
}

async fn a_browser_that_keeps_nothing_says_so_once_and_breaks_nothing(chrome: &Chrome) -> Outcome {
    // Those of what was done before would go by themselves in the middle of it.
    chrome
        .run("document.querySelectorAll('.banner').forEach((banner) => banner.remove())")
        .await?;
    chrome
        .run("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
        .await?;
    chrome
        .run(
            "window.told = [];
             new MutationObserver((changes) => told.push(...changes.flatMap(({ addedNodes }) => [...addedNodes])
                 .filter((one) => one.dataset.kind === 'notice').map((one) => one.textContent)))
                 .observe(document.getElementById('banners'), { childList: true })",
        )
        .await?;
    let told = "told.filter((words) => words.includes('keeps nothing')).length";
    chrome.run("scorefield.configure({ levels: 8 })").await?;
    chrome.wait_for("notice", &format!("{told} == 1"), SOON).await?;
    // What is taken away could be shown again.
    chrome
        .run("document.querySelectorAll('.banner').forEach((banner) => banner.remove())")
        .await?;
    chrome.run("scorefield.configure({ levels: 7 })").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let again = chrome
        .run(&format!("return [{told}, scorefield.state().levels]"))
        .await?;
    assert_eq!(again, json!([1, 7]));
    Ok(())
}

#[tokio::test]
async fn what_is_done_on_the_page_can_be_kept() -> Outcome {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    a_reload_brings_drawing_and_settings_back(&chrome, &address).await?;
    a_link_wins_and_what_became_of_it_survives_a_reload(&chrome, &address).await?;
    starting_afresh_forgets_everything_but_undo(&chrome, &address).await?;
    a_reload_brings_the_network_back(&chrome, &address).await?;
    pictures::pictures_have_the_size_asked_for_and_show_something(&chrome).await?;
    pictures::what_is_written_on_tiles_is_on_their_picture(&chrome).await?;
    pictures::a_large_picture_is_made_in_short_tasks_and_shows_what_the_small_one_shows(&chrome).await?;
    pictures::a_picture_that_is_not_wanted_any_more_is_not_saved(&chrome).await?;
    files::tables_say_what_a_script_is_told(&chrome).await?;
    files::points_come_back_from_their_file_and_others_are_refused_or_fitted(&chrome).await?;
    files::a_film_is_a_video(&chrome).await?;
    a_browser_that_keeps_nothing_says_so_once_and_breaks_nothing(&chrome).await?;
    let complaints = chrome
        .run("return [...document.querySelectorAll('.banner[data-kind=error], .banner[data-kind=lost]')].map((b) => b.textContent)")
        .await?;
    assert_eq!(complaints, Value::Array(vec![]), "the page shows an error");
    chrome.end().await
}
