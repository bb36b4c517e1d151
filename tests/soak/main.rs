//! A lesson that lasts: for `SOAK_MINUTES` (a minute or so if nothing is said, 30 with `make soak`) the built page
//! trains, samples, is drawn on and shown in every way, round after round. After the first rounds its memory and the
//! engine's stay what they are, nothing is complained of, and it draws as many frames at the end as at the beginning.
//!
//! On a machine that others use as well frames are lost to them, and cores that share their parts are slower. So the time
//! for which the page's thread ran is held at its first value where no core worked for others, and the frames a second
//! where that thread hardly ever waited for a core either. And each thing is done until the engine has told of it as often
//! as it would on a machine of its own.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../e2e/chrome.rs"]
mod chrome;
#[path = "../e2e/hand.rs"]
mod hand;
#[path = "../e2e/server.rs"]
mod server;
#[allow(dead_code)] // all that is wanted here are the counters as they stand
#[path = "../smooth/threads.rs"]
mod threads;

use std::error::Error;
use std::time::{Duration, Instant};

use chrome::{Chrome, SOON};
use hand::{click, stroke};
use threads::{of_others, of_pages};

type Outcome = Result<(), Box<dyn Error>>;

/// How long each thing is done for, and how often the engine says something meanwhile at least.
const PHASE: Duration = Duration::from_secs(2);
const REPORTS: u32 = 40;
/// Rounds in which everything happens for the first time, and grows as far as it will; of a long run it is a quarter, as
/// the last pieces of memory find their places after ten minutes only.
const WARM_UP: usize = 1;
/// Rounds after that at least: as many to begin with as to end with.
const LEAST: usize = 2;
/// What the engine's memory may still grow by, bytes: what its allocator asks for at a time, a few times.
const ENGINE: f64 = 1_048_576.0;
/// What the page's may: a picture of the stage takes 1.4 MB, and with the pieces lying otherwise three more may be asked
/// for. What is lost in every one of the sixty rounds of half an hour is over this at 70 KB.
const PAGE: f64 = 4_194_304.0;
/// What JavaScript's heap may.
const HEAP: f64 = 4_194_304.0;
/// The page's thread waits for a core for less than this share of its time on a quiet machine, and a core works for others
/// for less than this share of the time.
const QUIET: f64 = 0.1;
/// The last quarter of the rounds against the first.
const STEADY: f64 = 0.8;

/// Everything that a lesson shows, each as settings beside those of the round's beginning.
const VIEWS: [&str; 6] = [
    "{ streamlines: true, sampler: 'langevin', coverage: true }",
    "{ surface: true, flow: false }",
    "{ allLevels: true }",
    "{ race: true, rival: 'langevin' }",
    "{ sampler: 'hmc', follow: 'exact', marginals: true }",
    "{ source: 'error', colour: 'divergence', denoiser: true }",
];

/// What was seen at the end of a round.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// Bytes of wasm memory: the engine's, the page's, and of JavaScript's heap.
    memory: [f64; 3],
    /// Elements in the document.
    elements: f64,
    /// Animation frames a second.
    rate: f64,
    /// For how long the page's thread ran, milliseconds a frame and a second.
    cost: [f64; 2],
    /// The share of its time for which it waited for a core.
    waited: f64,
    /// Cores that worked for others.
    others: f64,
}

async fn open() -> Result<Chrome, Box<dyn Error>> {
    let address = server::serve(|path| match path {
        "watch.js" => Some(include_bytes!("page.js").to_vec()),
        "" => {
            let page = String::from_utf8(server::site_file("")?).ok()?;
            let watched = "<head><script src=\"watch.js\"></script>";
            Some(page.replacen("<head>", watched, 1).into_bytes())
        }
        _ if path.ends_with(".worker.js") => {
            Some([server::site_file(path)?.as_slice(), include_bytes!("../e2e/figures.js")].concat())
        }
        _ => server::site_file(path),
    })
    .await?;
    let chrome = Chrome::start().await?;
    chrome.visit(&format!("{address}?backend=cpu")).await?;
    chrome.run_async("return await scorefield.ready").await?;
    Ok(chrome)
}

/// Does one thing for a while.
async fn phase(chrome: &Chrome) -> Outcome {
    chrome.run("window.enough = watched.reports").await?;
    tokio::time::sleep(PHASE).await;
    let enough = format!("watched.reports >= enough + {REPORTS}");
    chrome.wait_for("word of the engine", &enough, SOON).await
}

/// One thing after the other; at the end everything is as at the beginning.
async fn round(chrome: &Chrome) -> Outcome {
    phase(chrome).await?;
    for view in VIEWS {
        // What another round left is set back by naming all settings of the beginning.
        let show = format!("scorefield.configure({{ ...beginning, ...{view} }})");
        chrome.run(&show).await?;
        phase(chrome).await?;
    }
    chrome.run("scorefield.configure(beginning)").await?;
    click(chrome, "[data-action=clear]").await?;
    click(chrome, "[data-tool=draw]").await?;
    for side in [-1.0, 1.0] {
        let arc: Vec<[f64; 2]> = (0..=16)
            .map(|i| side * (0.4 + 0.14 * f64::from(i)))
            .map(|angle| [0.8 * angle.cos(), 0.8 * angle.sin()])
            .collect();
        stroke(chrome, &arc).await?;
    }
    chrome
        .run_async(
            "await scorefield.sample({ sampler: 'annealed', count: 500 });
             await scorefield.likelihood({ count: 128 });
             await scorefield.loadWeights(await scorefield.saveWeights())",
        )
        .await?;
    phase(chrome).await?;
    chrome.run("scorefield.preset('moons')").await?;
    Ok(())
}

/// What there is to see now: memory and elements as in [`Round`], and frames so far.
async fn look(chrome: &Chrome) -> Result<[f64; 5], Box<dyn Error>> {
    let seen = chrome
        .run_async(
            "const channel = new BroadcastChannel('figures');
             const told = new Promise((resolve) => channel.onmessage = ({ data }) => data !== 'tell' && resolve(data));
             channel.postMessage('tell');
             const { memory } = await told.finally(() => channel.close());
             window.gc?.();
             return [memory, watched.memory.buffer.byteLength, performance.memory.usedJSHeapSize,
                 document.querySelectorAll('*').length, watched.frames]",
        )
        .await?;
    let number = |i: usize| seen[i].as_f64().ok_or_else(|| format!("not all could be seen: {seen}"));
    Ok([number(0)?, number(1)?, number(2)?, number(3)?, number(4)?])
}

async fn watched_round(chrome: &Chrome) -> Result<Round, Box<dyn Error>> {
    let ([.., frames], used, before, started) = (look(chrome).await?, of_pages(), of_others(), Instant::now());
    round(chrome).await?;
    let [engine, page, heap, elements, now] = look(chrome).await?;
    let (after, frames, seconds) = (of_pages(), now - frames, started.elapsed().as_secs_f64());
    let (ran, waited) = (after.ran - used.ran, after.waited - used.waited);
    Ok(Round {
        memory: [engine, page, heap],
        elements,
        rate: frames / seconds,
        cost: [ran / frames, ran / seconds],
        waited: waited / (ran + waited),
        others: (of_others() - before) / (1e3 * seconds),
    })
}

/// The mean of the first and of the last quarter of the rounds.
fn quarters(rounds: &[Round], of: impl Fn(&Round) -> f64) -> [f64; 2] {
    let part = rounds.len().div_ceil(4);
    let mean = |rounds: &[Round]| rounds.iter().map(&of).sum::<f64>() / rounds.len() as f64;
    [mean(&rounds[..part]), mean(&rounds[rounds.len() - part..])]
}

/// Holds the last rounds against the first.
fn judge(rounds: &[Round]) {
    for (i, (what, allowed)) in [("engine's memory", ENGINE), ("page's memory", PAGE), ("heap", HEAP)]
        .into_iter()
        .enumerate()
    {
        // The heap is collected before each look; what is under way just then may differ.
        let part = rounds.len().div_ceil(4);
        let least = |rounds: &[Round]| rounds.iter().map(|round| round.memory[i]).fold(f64::INFINITY, f64::min);
        let [first, last] = [least(&rounds[..part]), least(&rounds[rounds.len() - part..])];
        println!("{what}: {first} bytes, and {last} at the end");
        assert!(last <= first + allowed, "the {what} grew from {first} to {last} bytes");
    }
    let [first, last] = quarters(rounds, |round| round.elements);
    assert!(last <= 1.05 * first, "elements of the document: {first}, then {last}");
    let [frame, second] = [0, 1].map(|i| quarters(rounds, |round| round.cost[i]));
    println!("the page's thread ran, first and last: {frame:.2?} ms a frame, {second:.0?} ms a second");
    // Where others take frames away a frame costs more and a second less, or the other way round. Only a page that has
    // become slower costs more of both.
    let dearer = |[first, last]: [f64; 2]| STEADY * last > first;
    let most = |of: fn(&Round) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    let (waited, others) = (most(|round| round.waited), most(|round| round.others));
    assert!(
        others > QUIET || !(dearer(frame) && dearer(second)),
        "ms a frame {frame:?}, ms a second {second:?}"
    );
    let [first, last] = quarters(rounds, |round| round.rate);
    println!(
        "{first:.1} frames a second, and {last:.1} at the end; it waited {:.1} % of its time at most, {others:.2} cores for others",
        100.0 * waited
    );
    assert!(
        waited > QUIET || others > QUIET || last >= STEADY * first,
        "{first} frames a second, then {last}"
    );
}

#[tokio::test]
async fn a_long_lesson_leaves_memory_and_frame_rate_as_they_were() -> Outcome {
    let minutes = std::env::var("SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs_f64(60.0 * minutes.unwrap_or(0.0));
    let chrome = open().await?;
    // The settings that the views change.
    chrome
        .run(&format!(
            "const all = scorefield.state();
             const changed = Object.keys(Object.assign({{}}, ...[{}]));
             window.beginning = Object.fromEntries(changed.map((name) => [name, all[name]]))",
            VIEWS.join(", ")
        ))
        .await?;
    let mut rounds = Vec::new();
    while rounds.len() < WARM_UP + LEAST || Instant::now() < until {
        let seen = watched_round(&chrome).await?;
        println!("round {}: {seen:.2?}", rounds.len() + 1);
        rounds.push(seen);
        let complaints = chrome
            .run(
                "return [...watched.complaints,
                 ...[...document.querySelectorAll('.banner:not([data-kind=notice])')].map((banner) => banner.textContent)]",
            )
            .await?;
        assert!(complaints.as_array().is_some_and(Vec::is_empty), "{complaints}");
    }
    chrome.end().await?;
    judge(&rounds[WARM_UP.max(rounds.len() / 4)..]);
    Ok(())
}
