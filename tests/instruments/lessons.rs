//! The lessons: opened, answered, left, and everything as before.

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::json;

use crate::chrome::{Chrome, SOON};
use crate::hand::click;
use crate::{Outcome, SETTLED};

const OPEN: &str = "#lesson-text > section:not([hidden])";

async fn is_open(chrome: &Chrome, name: &str) -> Outcome {
    let open = format!(
        "document.querySelector('{OPEN}')?.dataset.lesson === '{name}' \
         && document.activeElement === document.querySelector('{OPEN} h2')"
    );
    chrome
        .wait_for(&format!("chapter {name}, with the focus"), &open, SOON)
        .await
}

pub async fn a_lesson_is_guessed_then_measured_and_leaves_everything_as_it_was(chrome: &Chrome) -> Outcome {
    let before = chrome.run(SETTLED).await?;
    click(chrome, "header [data-action=lessons]").await?;
    is_open(chrome, "score").await?;
    let seen = format!("document.querySelector('{OPEN} .reveal').checkVisibility()");
    assert_eq!(
        chrome.run(&format!("return {seen}")).await?,
        json!(false),
        "told before it was asked"
    );
    // All that is told to those who cannot see, and all figures that are seen meanwhile.
    chrome
        .run(&format!(
            "const voice = document.getElementById('said'), figure = document.querySelector('{OPEN} [data-figure=variance]');
             window.said = [];
             window.shown = [];
             for (const [one, all] of [[voice, said], [figure, shown]])
                 new MutationObserver(() => all.push(one.textContent)).observe(one, {{ childList: true, characterData: true, subtree: true }})"
        ))
        .await?;
    // A wrong guess, by the keyboard.
    let guess: Element = chrome
        .tab
        .find(Locator::Css(&format!("{OPEN} [data-guess='']")))
        .await?;
    guess.send_keys("\u{e007}").await?;
    chrome.wait_for("result", &seen, SOON).await?;
    let verdict = format!("/Not so/.test(document.querySelector('{OPEN} .verdict').textContent)");
    chrome.wait_for("verdict", &verdict, SOON).await?;
    let told = "said.some((text) => /Not so/.test(text))";
    chrome
        .wait_for("verdict told to those who cannot see it", told, SOON)
        .await?;
    let variance =
        format!("Math.abs(Number(document.querySelector('{OPEN} [data-figure=variance]').textContent) - .25) < .04");
    chrome.wait_for("variance of a quarter", &variance, SOON).await?;
    // Of what was to be seen, whatever that was when it was told.
    let told = "said.map((text) => /Variance now: ([\\d.]+) /.exec(text)?.[1]).find(Boolean)";
    chrome
        .wait_for("result told to those who cannot see it", told, SOON)
        .await?;
    let found = chrome
        .run(&format!("return [shown.includes({told}), {told}, shown]"))
        .await?;
    assert_eq!(found[0], json!(true), "{found}");
    // There and back: the answer stays, and so does what it did.
    click(chrome, "#lesson-next").await?;
    is_open(chrome, "matching").await?;
    assert_eq!(
        chrome.run("return scorefield.state().objective").await?,
        json!("implicit")
    );
    click(chrome, "#lesson-previous").await?;
    is_open(chrome, "score").await?;
    let state = chrome.run(&format!("return [{seen}, scorefield.state().beta]")).await?;
    assert_eq!(state, json!([true, 4]), "the chapter has forgotten its answer");
    click(chrome, "#lesson [data-action=leave-scene]").await?;
    chrome
        .wait_for("end of the lesson", "document.getElementById('lesson').hidden", SOON)
        .await?;
    let after = chrome.run(SETTLED).await?;
    assert_eq!(before, after, "the lesson has changed what was there before");
    Ok(())
}
