//! The instruments of the built page, one after the other in one session of a real browser: race, Metropolis test,
//! replay, loop, scenes, lessons, files of weights, likelihood; and that meanwhile the page asks no other host.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../e2e/chrome.rs"]
mod chrome;
#[path = "../e2e/hand.rs"]
mod hand;
mod lessons;
mod levels;
#[path = "../e2e/server.rs"]
mod server;
mod weights;

use std::error::Error;
use std::time::{Duration, Instant};

use chrome::{Chrome, SOON};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use hand::{click, stroke};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

/// Everything that the page says of its settings and data, but nothing that changes by itself.
const SETTLED: &str = "const { stepsPerSecond, shownSigma, rivalState, level, samplerSteps, evaluations, time, \
     acceptance, interpolationError, recycled, finished, lacksEnergy, sigmas, error, floor, excess, nats, ...settled } = scorefield.state(); \
     return settled";

async fn number(chrome: &Chrome, expression: &str) -> Result<f64, Box<dyn Error>> {
    let value = chrome.run(&format!("return {expression}")).await?;
    value
        .as_f64()
        .ok_or_else(|| format!("{expression} is {value}, no number").into())
}

async fn text(chrome: &Chrome, id: &str) -> Result<String, Box<dyn Error>> {
    let value = chrome
        .run(&format!("return document.getElementById('{id}').textContent"))
        .await?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

async fn racing_samplers_stay_within_a_step_of_each_other_and_both_are_judged(chrome: &Chrome) -> Outcome {
    chrome
        .run(
            "scorefield.configure({ source: 'exact', follow: 'exact', sampler: 'annealed', rival: 'langevin',
                 repeat: false, stepsPerLevel: 200 })",
        )
        .await?;
    click(chrome, "#begin-race").await?;
    let canvases = "document.querySelectorAll('#rival-stage canvas').length";
    chrome
        .wait_for("rival's canvas", &format!("{canvases} > 0"), SOON)
        .await?;
    chrome
        .wait_for("rival", "scorefield.state().rivalState?.evaluations > 0", SOON)
        .await?;
    // Both take one evaluation a step.
    let seen = chrome
        .run_async(
            "const seen = [];
             for (let i = 0; i < 60; i++) {
                 const { evaluations, rivalState } = scorefield.state();
                 seen.push([evaluations, rivalState.evaluations]);
                 await new Promise((soon) => setTimeout(soon, 50));
             }
             return seen",
        )
        .await?;
    let pairs: Vec<[f64; 2]> = seen
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| Some([pair[0].as_f64()?, pair[1].as_f64()?]))
        .collect();
    assert!(
        pairs.len() == 60 && pairs.iter().all(|[a, b]| (a - b).abs() <= 1.0),
        "{pairs:?}"
    );
    assert!(
        (0..2).all(|k| pairs[59][k] > pairs[0][k]),
        "a sampler stands still: {pairs:?}"
    );
    for who in ["first", "rival"] {
        let judged = format!("/\\d/.test(document.getElementById('distance-{who}').textContent)");
        chrome
            .wait_for(&format!("standing of the {who}"), &judged, SOON)
            .await?;
    }
    click(chrome, "#end-race").await?;
    let over = format!("{canvases} == 0 && scorefield.state().rivalState === null");
    chrome.wait_for("end of the race", &over, SOON).await
}

async fn a_metropolis_test_on_a_score_net_waits_for_an_energy_and_takes_the_fitted_potential(
    chrome: &Chrome,
) -> Outcome {
    chrome
        .run("scorefield.configure({ source: 'learned', follow: 'learned', sampler: 'mala' })")
        .await?;
    chrome
        .wait_for(
            "complaint that there is no energy",
            "scorefield.state().lacksEnergy",
            SOON,
        )
        .await?;
    let lacks = "section[aria-labelledby=h-sampler] [data-lacks=first]";
    chrome
        .wait_for(
            "words about it",
            &format!("document.querySelector('{lacks}').checkVisibility()"),
            SOON,
        )
        .await?;
    let standing = number(chrome, "scorefield.state().samplerSteps").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let still = number(chrome, "scorefield.state().samplerSteps").await?;
    assert!((still - standing).abs() < 0.5, "particles move without an energy");
    click(chrome, &format!("{lacks} button")).await?;
    chrome
        .wait_for(
            "moving particles",
            &format!("scorefield.state().samplerSteps > {standing} + 20"),
            SOON,
        )
        .await?;
    let accepted = number(chrome, "scorefield.state().acceptance").await?;
    assert!((0.5..=1.0).contains(&accepted), "MALA accepts {accepted}");
    let hidden = format!("!document.querySelector('{lacks}').checkVisibility()");
    chrome.wait_for("end of the complaint", &hidden, SOON).await
}

/// Drags the slider of the recorded run from its end to a share of its length.
async fn drag_back(chrome: &Chrome, share: f64) -> Outcome {
    let frame = chrome
        .run("const r = document.getElementById('replay').getBoundingClientRect(); return [r.left, r.top + r.height / 2, r.width]")
        .await?;
    let [left, y, width] = [0, 1, 2].map(|i| frame[i].as_f64().unwrap_or_default());
    let to = |share: f64| PointerAction::MoveTo {
        duration: Some(Duration::from_millis(100)),
        x: left + 8.0 + share * (width - 16.0),
        y,
    };
    let button = MOUSE_BUTTON_LEFT;
    let drag = [
        to(1.0),
        PointerAction::Down { button },
        to(0.6),
        to(share),
        PointerAction::Up { button },
    ];
    let mouse = drag
        .into_iter()
        .fold(MouseActions::new("mouse".into()), MouseActions::then);
    Ok(chrome.tab.perform_actions(mouse).await?)
}

async fn the_run_can_be_replayed_and_one_particle_followed(chrome: &Chrome) -> Outcome {
    let sample = "section[aria-labelledby=h-sampler] [data-action=sample]";
    click(chrome, sample).await?;
    chrome.wait_for("pause", "!scorefield.state().sampling", SOON).await?;
    chrome
        .run(
            "scorefield.configure({ potential: false, sampler: 'annealed', repeat: false, stepsPerLevel: 40, pace: 60, pinned: false,
                 // So many that one is where it will be looked for.
                 particles: 5000 })",
        )
        .await?;
    let at_its_start = "(({ level, samplerSteps }) => level === 0 && samplerSteps === 0)(scorefield.state())";
    chrome.wait_for("start of a descent", at_its_start, SOON).await?;
    // The page itself presses the button: an order from here might come when the descent is over.
    chrome
        .run(&format!(
            "const watch = setInterval(() => {{
                 if (!(scorefield.state().level >= 6)) return;
                 clearInterval(watch);
                 document.querySelector('{sample}').click();
             }}, 20)"
        ))
        .await?;
    click(chrome, "section[aria-labelledby=h-sampler] [data-action=restart]").await?;
    let paused = "scorefield.state().level >= 6 && !scorefield.state().sampling";
    chrome.wait_for("pause at the seventh level", paused, SOON).await?;
    chrome.stand_still().await?;
    let live = number(chrome, "scorefield.state().shownSigma").await?;
    drag_back(chrome, 0.2).await?;
    let replays = "document.getElementById('caption').textContent.includes('replay')";
    chrome.wait_for("replay in the caption", replays, SOON).await?;
    let back = number(chrome, "scorefield.state().shownSigma").await?;
    assert!(back > 1.2 * live, "sigma {back} in the replay, {live} live");
    // Words are written after a while.
    let shown = "Number(document.getElementById('sigma-shown').textContent)";
    let is_shown = format!("Math.abs({shown} - {back}) < 0.06 * {back}");
    chrome
        .wait_for(&format!("sigma {back} in words"), &is_shown, SOON)
        .await?;
    click(chrome, "#live").await?;
    chrome.wait_for("live caption", &format!("!{replays}"), SOON).await?;
    let again = number(chrome, "scorefield.state().shownSigma").await?;
    assert!(
        (again - live).abs() < 1e-6,
        "sigma {live} before the replay, {again} after"
    );

    click(chrome, ".tools [data-tool=look]").await?;
    stroke(chrome, &[[0.0, 0.0]]).await?;
    let label = "!document.getElementById('picked').hidden";
    chrome.wait_for("label of the picked particle", label, SOON).await?;
    let words = text(chrome, "picked").await?;
    assert!(words.contains("start (") && words.contains("now ("), "{words}");
    escape(chrome).await?;
    chrome.wait_for("end of the label", &format!("!({label})"), SOON).await
}

async fn escape(chrome: &Chrome) -> Outcome {
    let body = chrome.tab.find(Locator::Css("body")).await?;
    Ok(body.send_keys("\u{e00c}").await?)
}

async fn a_loop_shows_that_only_the_learned_field_turns(chrome: &Chrome) -> Outcome {
    click(chrome, ".tools [data-tool=loop]").await?;
    let circle: Vec<[f64; 2]> = (0..=24)
        .map(|i| f64::from(i) / 24.0 * std::f64::consts::TAU)
        .map(|angle| [0.7 * angle.cos(), 0.7 * angle.sin()])
        .collect();
    stroke(chrome, &circle).await?;
    let words = "document.getElementById('circulation').textContent";
    chrome
        .wait_for(
            "circulation of both fields",
            &format!("/learned .*exact/s.test({words})"),
            SOON,
        )
        .await?;
    let said = text(chrome, "circulation").await?;
    let share = format!("Number({words}.match(/exact field .*, ([\\d.]+) %/)[1])");
    let percent = number(chrome, &share).await?;
    assert!(percent < 0.5, "the exact field turns: {said}");
    escape(chrome).await?;
    chrome
        .wait_for("end of the loop", "document.getElementById('circulation').hidden", SOON)
        .await?;
    click(chrome, ".tools [data-tool=look]").await
}

async fn a_scene_measures_what_it_says_and_leaves_everything_as_it_was(chrome: &Chrome) -> Outcome {
    chrome
        .run("scorefield.configure({ sampler: 'reverse-sde', stepSize: 0.2, particles: 1000 })")
        .await?;
    let before = chrome.run(SETTLED).await?;
    click(chrome, "header [data-action=scenes]").await?;
    click(chrome, "dialog#scenes [data-scene=weights]").await?;
    chrome
        .wait_for(
            "card of the scene",
            "document.querySelector('[data-card=weights]').checkVisibility()",
            SOON,
        )
        .await?;
    chrome
        .wait_for(
            "end of the descent",
            "scorefield.state().rivalState?.finished",
            2 * SOON,
        )
        .await?;
    let numbers = "[0, 1].map((k) => Number(document.getElementById('weights-' + k).textContent))";
    chrome
        .wait_for(
            "shares in their bounds",
            &format!(
                "(([plain, annealed]) => Math.abs(plain - .48) < .06 && Math.abs(annealed - .22) < .06)({numbers})"
            ),
            SOON,
        )
        .await?;
    println!(
        "mode weights, plain and annealed: {}",
        chrome.run(&format!("return {numbers}")).await?
    );
    click(chrome, "#scene [data-action=leave-scene]").await?;
    chrome
        .wait_for("end of the scene", "document.getElementById('scene').hidden", SOON)
        .await?;
    let after = chrome.run(SETTLED).await?;
    assert_eq!(before, after, "the scene has changed what was there before");
    Ok(())
}

async fn the_density_is_measured_by_script_and_by_button(chrome: &Chrome) -> Outcome {
    let found = chrome
        .run_async("const { kl, error, nll } = await scorefield.likelihood({ count: 256 }); return [kl, error, nll]")
        .await?;
    assert!((0..3).all(|i| found[i].as_f64().is_some_and(f64::is_finite)), "{found}");
    chrome
        .run("document.querySelector('[data-action=measure]').closest('details').open = true")
        .await?;
    click(chrome, "[data-action=measure]").await?;
    let told = "['kl', 'nll'].every((id) => /\\d/.test(document.getElementById(id).textContent))";
    chrome.wait_for("measured density", told, SOON).await
}

#[tokio::test]
async fn every_instrument_of_the_page_does_what_it_says() -> Outcome {
    let address = server::serve_site().await?;
    let chrome = Chrome::start().await?;
    chrome.visit(&address).await?;
    chrome.run_async("return await scorefield.ready").await?;
    chrome
        .wait_for("the shipped weights", "scorefield.state().step >= 6000", SOON)
        .await?;
    chrome
        .run(
            "window.complaints = [];
             new MutationObserver((changes) => complaints.push(...changes.flatMap(({ addedNodes }) => [...addedNodes])
                 .filter((banner) => banner.dataset.kind !== 'notice').map((banner) => banner.textContent)))
                 .observe(document.getElementById('banners'), { childList: true })",
        )
        .await?;
    let started = Instant::now();
    let done = |what: &str| println!("{:5.1} s: {what}", started.elapsed().as_secs_f32());
    // From here on the network only changes when it is told to.
    click(&chrome, "section[aria-labelledby=h-train] [data-action=train]").await?;
    chrome.wait_for("pause", "!scorefield.state().training", SOON).await?;
    levels::every_noise_level_is_shown_at_once_and_one_can_be_picked(&chrome).await?;
    done("every noise level");
    racing_samplers_stay_within_a_step_of_each_other_and_both_are_judged(&chrome).await?;
    done("race");
    a_metropolis_test_on_a_score_net_waits_for_an_energy_and_takes_the_fitted_potential(&chrome).await?;
    done("Metropolis test");
    the_run_can_be_replayed_and_one_particle_followed(&chrome).await?;
    done("replay");
    a_loop_shows_that_only_the_learned_field_turns(&chrome).await?;
    done("loop");
    a_scene_measures_what_it_says_and_leaves_everything_as_it_was(&chrome).await?;
    done("scene");
    lessons::a_lesson_is_guessed_then_measured_and_leaves_everything_as_it_was(&chrome).await?;
    done("lesson");
    weights::weights_are_saved_and_loaded_by_button_and_by_drop_and_broken_ones_refused(&chrome).await?;
    done("weights");
    the_density_is_measured_by_script_and_by_button(&chrome).await?;
    done("likelihood");
    let complaints = chrome.run("return complaints").await?;
    assert_eq!(complaints, Value::Array(vec![]), "the page shows an error");
    let foreign = chrome
        .run("return performance.getEntriesByType('resource').map((r) => r.name).filter((n) => !n.startsWith(location.origin) && !n.startsWith('data:') && !n.startsWith('blob:' + location.origin))")
        .await?;
    assert_eq!(foreign, Value::Array(vec![]), "the page asked another host");
    chrome.end().await
}
