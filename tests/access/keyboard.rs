//! A session with no pointer at all.

use std::error::Error;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::Value;

use crate::chrome::{Chrome, SOON};

type Outcome = Result<(), Box<dyn Error>>;

const STAGE: &str = "#stage [role=application]";
/// The space bar.
const SPACE: char = ' ';

/// Keys one after the other; a key twice in `held` would be a mistake.
async fn press(chrome: &Chrome, keys: &[char], held: &[char]) -> Outcome {
    let down = |value| KeyAction::Down { value };
    let up = |value| KeyAction::Up { value };
    let begin = held.iter().map(|&key| down(key));
    let taps = keys.iter().flat_map(|&key| [down(key), up(key)]);
    let end = held.iter().map(|&key| up(key));
    let all = begin.chain(taps).chain(end);
    let keys = all.fold(KeyActions::new("keyboard".into()), KeyActions::then);
    Ok(chrome.tab.perform_actions(keys).await?)
}

/// Presses the tabulator key until the focus is on what a selector finds; every stop on the way is seen to have it.
async fn tab_to(chrome: &Chrome, selector: &str) -> Outcome {
    let tab = char::from(Key::Tab);
    for _ in 0..120 {
        press(chrome, &[tab], &[]).await?;
        let stop = chrome
            .run(&format!(
                "const one = document.activeElement, style = getComputedStyle(one);
                 const visible = one === document.body || (one.matches(':focus-visible') && style.outlineStyle !== 'none'
                     && parseFloat(style.outlineWidth) >= 2 && one.checkVisibility());
                 return [one.matches('{selector}'), visible, one.outerHTML.slice(0, 120)]"
            ))
            .await?;
        assert_eq!(stop[1], Value::Bool(true), "the focus cannot be seen on {}", stop[2]);
        if stop[0] == Value::Bool(true) {
            return Ok(());
        }
    }
    Err(format!("the tabulator key never comes to {selector}").into())
}

/// Draws a bar at the right with the space bar held, puts dots at the left with Enter, trains from the start and samples:
/// all by keys, and what is said stays at one message in five seconds.
pub async fn draws_trains_and_samples(chrome: &Chrome, address: &str) -> Outcome {
    chrome.visit(&format!("{address}?fresh")).await?;
    chrome.run_async("return await scorefield.ready").await?;
    listen(chrome).await?;
    let [enter, left, right, up, down, shift] =
        [Key::Enter, Key::Left, Key::Right, Key::Up, Key::Down, Key::Shift].map(char::from);

    tab_to(chrome, ".tools [data-action=clear]").await?;
    press(chrome, &[enter, 'd'], &[]).await?;
    tab_to(chrome, STAGE).await?;
    let place = format!("document.querySelector('{STAGE}').dataset.at");
    chrome
        .wait_for("cursor", &format!("{place} === '(0.00, 0.00)'"), SOON)
        .await?;
    press(chrome, &[right, right, down, down], &[shift]).await?;
    press(chrome, &[up; 20], &[SPACE]).await?;
    chrome
        .wait_for("cursor", &format!("{place} === '(0.50, 0.50)'"), SOON)
        .await?;
    let bar = points(chrome).await?;
    assert!((100.0..200.0).contains(&bar), "a bar one unit long has {bar} dots");
    press(chrome, &[left; 4], &[shift]).await?;
    for _ in 0..10 {
        press(chrome, &[enter, down], &[]).await?;
    }
    let all = points(chrome).await?;
    assert!(all >= bar + 10.0, "ten times Enter and {bar} dots have become {all}");
    press(chrome, &['w'], &[]).await?;
    chrome
        .wait_for(
            "description",
            "heard.some(([, text]) => /Data: .*left .*right .*Particles: /.test(text))",
            SOON,
        )
        .await?;

    tab_to(chrome, "section[aria-labelledby=h-train] [data-action=reset]").await?;
    chrome.run("passed.length = 0; pass()").await?;
    press(chrome, &[enter], &[]).await?;
    let begun = "passed.some(([step], k) => step < 200 && step < passed[k - 1]?.[0])";
    chrome.wait_for("new network", begun, SOON).await?;
    chrome
        .wait_for("1,000 steps", "scorefield.state().step > 1000", 2 * SOON)
        .await?;
    // No descent begins by itself.
    chrome.run("scorefield.configure({ repeat: false })").await?;
    tab_to(chrome, "section[aria-labelledby=h-sampler] [data-action=restart]").await?;
    chrome.run("passed.length = 0; pass()").await?;
    press(chrome, &[enter], &[]).await?;
    let begun = "passed.findIndex(([, steps], k) => steps < 30 && passed[k - 1]?.[1] > steps)";
    chrome.wait_for("descent", &format!("{begun} > 0"), SOON).await?;
    let sampled =
        "/Particles: .*left (\\d+) %, .*right (\\d+) %/.exec(document.getElementById('stage-says').textContent)";
    let ended = format!("passed.slice({begun}).some(([,, finished]) => finished)");
    chrome.wait_for("end of the descent", &ended, 2 * SOON).await?;
    chrome.wait_for("particles on both sides", sampled, SOON).await?;
    // On a fast machine little has been said until now.
    press(chrome, &['w'], &[]).await?;
    chrome
        .wait_for("third message", "heard.filter(([, text]) => text).length > 2", SOON)
        .await?;
    messages_are_seldom(chrome).await
}

/// Has the page note what its one live region says, and when by the clock of its frames, and see that there is no other
/// region; and through which numbers of training and sampler steps it goes.
async fn listen(chrome: &Chrome) -> Outcome {
    let others = chrome
        .run(
            "const said = document.getElementById('said');
             window.heard = [];
             new MutationObserver(() => heard.push([document.timeline.currentTime, said.textContent]))
                 .observe(said, { childList: true, characterData: true, subtree: true });
             window.passed = [];
             window.pass = () => {
                 const { step, samplerSteps, finished } = scorefield.state(), now = [step, samplerSteps, finished];
                 if (String(now) !== String(passed.at(-1))) passed.push(now);
             };
             setInterval(pass, 20);
             return [...document.querySelectorAll('[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output:not([aria-live])')]
                 .filter((one) => one !== said && one.checkVisibility()).map((one) => one.outerHTML.slice(0, 100))",
        )
        .await?;
    assert_eq!(others, Value::Array(vec![]), "another voice on the page");
    Ok(())
}

async fn points(chrome: &Chrome) -> Result<f64, Box<dyn Error>> {
    let points = chrome.run("return scorefield.state().points").await?;
    points.as_f64().ok_or_else(|| "there is no drawing".into())
}

async fn messages_are_seldom(chrome: &Chrome) -> Outcome {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = chrome.run("return heard.filter(([, text]) => text)").await?;
    let times: Vec<f64> = heard
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one[0].as_f64())
        .collect();
    assert!(times.len() > 2, "{heard}");
    // Up to the rounding of the browser's clock.
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] > 4999.0), "{heard}");
    Ok(())
}
