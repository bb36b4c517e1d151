//! What the built page does when something goes wrong, in a real browser into which the faults are put from outside.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

#[path = "../e2e/chrome.rs"]
mod chrome;
#[path = "../e2e/server.rs"]
mod server;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use chrome::{Chrome, SOON};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

/// A software adapter compiles kernels.
const LATE: Duration = Duration::from_secs(600);

const RUNS: &str = "scorefield.state().running";
const LOST: &str = "document.querySelector('.banner[data-kind=lost]')?.textContent";
const RESTART: &str = ".banner [data-action=restart-engine]";
/// The step, and the learned field at two points.
const NETWORK: &str = "const { score } = await scorefield.field({ points: [.3, .2, -.4, .5], sigma: .3 });
    return [scorefield.state().step, ...score]";
/// Calls that would go on for ever.
const TRAIN: &str = "train({ steps: 10000000 })";
const SAMPLE: &str = "sample({ sampler: 'langevin', steps: 1000000, count: 2000 })";

/// A browser, and the site that it visits, of which parts may be missing.
struct Class {
    chrome: Chrome,
    address: String,
    /// So many requests for the file of this kind are refused from now on.
    refused: Arc<AtomicU32>,
}

impl Class {
    /// `kind`: the end of the name of the file that may be refused.
    async fn gather(kind: &'static str) -> Result<Self, Box<dyn Error>> {
        let refused = Arc::new(AtomicU32::new(0));
        let left = Arc::clone(&refused);
        let address = server::serve(move |path| {
            // What a service worker keeps would be there in spite of every fault.
            let missing = path.ends_with("service-worker.js")
                || (path.ends_with(kind)
                    && left
                        .try_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                        .is_ok());
            match path {
                _ if missing => None,
                "faults.js" => Some(include_bytes!("page.js").to_vec()),
                "" => {
                    let page = String::from_utf8(server::site_file("")?).ok()?;
                    let faults = "<head><script src=\"faults.js\"></script>";
                    Some(page.replacen("<head>", faults, 1).into_bytes())
                }
                _ if path.ends_with(".worker.js") => {
                    Some([include_bytes!("worker.js"), server::site_file(path)?.as_slice()].concat())
                }
                _ => server::site_file(path),
            }
        })
        .await?;
        let chrome = Chrome::start().await?;
        Ok(Self {
            chrome,
            address,
            refused,
        })
    }

    async fn visit(&self, query: &str) -> Outcome {
        self.chrome.visit(&format!("{}?fresh{query}", self.address)).await
    }

    async fn tell(&self, fault: &str) -> Outcome {
        self.chrome.run(&format!("fault('{fault}')")).await.map(drop)
    }

    async fn wait_for(&self, what: &str, expression: &str) -> Outcome {
        self.chrome.wait_for(what, expression, SOON).await
    }

    /// Waits until the page has said something with these words, since the latest fault.
    async fn hears(&self, words: &str) -> Outcome {
        let heard = format!("heard.some((text) => text.includes('{words}'))");
        self.wait_for(words, &heard).await
    }

    /// Why the engine computes where it does, or why there is none.
    async fn ready(&self) -> Result<String, Box<dyn Error>> {
        self.chrome
            .run("window.told = undefined; scorefield.ready.then((d) => told = d.reason, (e) => told = e.message)")
            .await?;
        self.chrome.wait_for("choice of a device", "window.told", LATE).await?;
        Ok(self
            .chrome
            .run("return told")
            .await?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// The step at which so many more training steps have led.
    async fn train(&self, steps: u32) -> Result<f64, Box<dyn Error>> {
        let train = format!("return (await scorefield.train({{ steps: {steps} }})).step");
        let step = self.chrome.run_async(&train).await?;
        step.as_f64().ok_or_else(|| format!("trained to {step}").into())
    }

    /// Asks a script's question whose answer takes for ever; what becomes of that is in `window.endless`.
    async fn begin(&self, call: &str) -> Outcome {
        let begin = format!(
            "window.endless = undefined;
             scorefield.{call}.then(() => endless = 'done', (error) => endless = error.message)"
        );
        self.chrome.run(&begin).await.map(drop)
    }

    async fn breaks_its_promise(&self, words: &str) -> Outcome {
        self.wait_for(words, &format!("window.endless?.includes('{words}')"))
            .await
    }

    async fn click(&self, selector: &str) -> Outcome {
        let click = format!("document.querySelector('{selector}').click()");
        self.chrome.run(&click).await.map(drop)
    }

    /// Pauses training, and waits until what was learned is kept.
    async fn pause(&self) -> Outcome {
        self.click("section [data-action=train]").await?;
        self.chrome.rest().await
    }

    async fn network(&self) -> Result<Network, Box<dyn Error>> {
        let seen = self.chrome.run_async(NETWORK).await?;
        let mut numbers = seen.as_array().into_iter().flatten().filter_map(Value::as_f64);
        Ok(Network {
            step: numbers.next().ok_or("the page knows no step")?,
            scores: numbers.collect(),
        })
    }

    /// A network that was kept is here again, and at most so many steps further.
    async fn still_has(&self, network: &Network, further: f64) -> Result<Network, Box<dyn Error>> {
        let (low, high) = (network.step, network.step + further);
        let back = format!("{RUNS} && scorefield.state().step >= {low} && scorefield.state().step <= {high}");
        self.wait_for("the network from before", &back).await?;
        let now = self.network().await?;
        let [size, off] = [vec![0.0; 4], network.scores.clone()].map(|other| {
            now.scores
                .iter()
                .zip(other)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max)
        });
        // Two devices agree within half a per cent, and a step changes a field of this age by less than one.
        if now.scores.len() == 4 && off <= (5e-3 + 0.01 * (now.step - low)) * size {
            return Ok(now);
        }
        Err(format!("the network was {network:?} and is {now:?}").into())
    }
}

/// What is known of a network.
#[derive(Debug)]
struct Network {
    step: f64,
    scores: Vec<f64>,
}

#[tokio::test]
async fn where_webgpu_is_missing_the_cpu_computes_and_the_page_says_why() -> Outcome {
    let class = Class::gather("nothing").await?;
    for (fault, why) in [
        ("no-webgpu", "offers no WebGPU"),
        ("no-adapter", "found no adapter"),
        ("no-timestamps", "lacks timestamp-query"),
        ("silent-adapter", "gave no adapter"),
    ] {
        class.visit(&format!("&backend=webgpu&fault={fault}")).await?;
        let reason = class.ready().await?;
        assert!(
            reason.starts_with("the CPU computes") && reason.contains(why),
            "{fault}: {reason}"
        );
        let trained = class.train(5).await?;
        assert!(trained >= 5.0, "{fault}: {trained} steps");
        let said = class
            .chrome
            .run("return document.querySelectorAll('.banner').length")
            .await?;
        assert_eq!(said, 0, "{fault} is nothing to complain of");
    }
    class.chrome.end().await
}

#[tokio::test]
async fn a_gpu_that_is_lost_in_mid_step_costs_nothing_that_was_learned() -> Outcome {
    let class = Class::gather("nothing").await?;
    class.visit("&backend=webgpu#width=16&batch=64&particles=64").await?;
    let reason = class.ready().await?;
    assert!(reason.starts_with("WebGPU, as the address asks"), "{reason}");
    class.train(50).await?;
    class.pause().await?;
    let kept = class.network().await?;

    class.begin(TRAIN).await?;
    class.tell("lose-gpu").await?;
    class.breaks_its_promise("its compute device is gone").await?;
    // What is kept may be of the first turn of that training.
    let kept = class.still_has(&kept, 40.0).await?;
    // A second time within a minute it goes on without WebGPU, whatever the address says.
    class.tell("crash").await?;
    class.hears("without WebGPU from now on").await?;
    class.still_has(&kept, 0.0).await?;
    assert_eq!(class.chrome.run("return scorefield.state().backend").await?, "cpu");
    class.chrome.end().await
}

#[tokio::test]
async fn an_engine_that_crashes_comes_back_and_one_that_crashes_again_on_request() -> Outcome {
    let class = Class::gather("nothing").await?;
    class.visit("&backend=cpu#particles=200").await?;
    class.train(100).await?;
    class.pause().await?;
    let kept = class.network().await?;

    class.begin(SAMPLE).await?;
    class.tell("crash").await?;
    class.breaks_its_promise("the engine was lost").await?;
    class.still_has(&kept, 0.0).await?;
    class.tell("crash").await?;
    class
        .hears("and the network as it was up to two seconds before")
        .await?;
    // Who calls now is told at once, and does not wait for ever.
    let refused = class.train(1).await.expect_err("there is no engine").to_string();
    assert!(refused.contains("the engine was lost"), "{refused}");
    class.click(RESTART).await?;
    class.still_has(&kept, 0.0).await?;
    class.wait_for("an end of the complaint", &format!("!{LOST}")).await?;

    // One that ends in a panic each time it starts says what its last words were.
    class.visit("&fault=panic").await?;
    let reason = class.ready().await?;
    assert!(
        reason.contains("an error of its own") && reason.contains("worker.rs"),
        "{reason}"
    );

    class.visit("&backend=cpu#particles=200").await?;
    class.train(10).await?;
    class.tell("fill").await?;
    class
        .chrome
        .run("scorefield.configure({ width: 512, depth: 8, particles: 200000 })")
        .await?;
    class.hears("not enough memory").await?;
    class.chrome.end().await
}

#[tokio::test]
async fn a_program_that_does_not_come_is_told_and_comes_with_a_reload() -> Outcome {
    let class = Class::gather("_bg.wasm").await?;
    // A request in advance is one as well.
    class.refused.store(u32::MAX, Ordering::Relaxed);
    class.chrome.tab.goto(&format!("{}?fresh", class.address)).await?;
    class
        .wait_for("word of the failure", "!document.getElementById('failed').hidden")
        .await?;
    let said = class
        .chrome
        .run("return document.getElementById('failed').innerText")
        .await?;
    let said = said.as_str().unwrap_or_default();
    assert!(said.contains("could not start") && said.contains("404"), "{said}");
    class.refused.store(0, Ordering::Relaxed);
    class.visit("").await?;
    let said = class
        .chrome
        .run("return document.getElementById('failed').hidden")
        .await?;
    assert_eq!(said, true, "of a page that runs");
    class.chrome.end().await
}

#[tokio::test]
async fn an_engine_that_does_not_come_is_tried_again_and_then_offered() -> Outcome {
    for (kind, why) in [
        (".wasm.gz", "status 404"),
        (".worker.js", "its worker could not be loaded"),
    ] {
        let class = Class::gather(kind).await?;
        class.refused.store(1, Ordering::Relaxed);
        class.visit("&backend=cpu").await?;
        class.wait_for("an engine at the second try", RUNS).await?;

        class.refused.store(u32::MAX, Ordering::Relaxed);
        class.visit("&backend=cpu").await?;
        let reason = class.ready().await?;
        assert!(reason.contains("did not start") && reason.contains(why), "{reason}");
        class.refused.store(0, Ordering::Relaxed);
        class.click(RESTART).await?;
        class.wait_for("an engine at the third try", RUNS).await?;
        class.train(5).await?;
        class.chrome.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_engine_that_keeps_silent_is_noticed_and_replaced() -> Outcome {
    let class = Class::gather("nothing").await?;
    class.visit("&backend=cpu&fault=stalled").await?;
    class.hears("slow to come").await?;
    class.click(RESTART).await?;
    class.wait_for("an engine at the second try", RUNS).await?;
    class.wait_for("an end of the complaint", &format!("!{LOST}")).await?;

    class.train(100).await?;
    class.pause().await?;
    let kept = class.network().await?;
    class.tell("hang").await?;
    class.begin(SAMPLE).await?;
    class.hears("has not answered for 20 seconds").await?;
    class.click(RESTART).await?;
    class.breaks_its_promise("was started anew").await?;
    class.still_has(&kept, 0.0).await?;
    class.chrome.end().await
}

#[tokio::test]
async fn training_that_runs_away_pauses_and_says_what_to_do() -> Outcome {
    let class = Class::gather("nothing").await?;
    class
        .visit("&backend=cpu#network=energy-quadratic&depth=8&batch=64&learningRate=1")
        .await?;
    let said =
        "[...document.querySelectorAll('.banner')].some((b) => b.textContent.includes('lower the learning rate'))";
    // After tens of steps or after thousands.
    class.chrome.wait_for("word of it", said, LATE).await?;
    class.wait_for("a pause", "!scorefield.state().training").await?;
    class.chrome.run("scorefield.configure({ learningRate: .003 })").await?;
    let trained = class
        .chrome
        .run_async("const { nats, step } = await scorefield.train({ steps: 20 }); return Number.isFinite(nats) && step")
        .await?;
    assert!(trained.as_f64().is_some_and(|step| step >= 20.0), "{trained}");
    class.chrome.end().await
}

/// Live training pauses while the tab is hidden, what a script asks for goes on, and nothing is caught up with.
#[tokio::test]
async fn a_tab_that_was_hidden_for_an_hour_owes_nothing() -> Outcome {
    let class = Class::gather("nothing").await?;
    class.visit("&backend=cpu#sampler=langevin&particles=200").await?;
    class.ready().await?;
    class.wait_for("some training", "scorefield.state().step > 50").await?;
    class.tell("hide").await?;
    // What was under way when the tab was hidden is over after this.
    let first = class.train(10).await?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let second = class.train(10).await?;
    assert!(
        (second - first - 10.0).abs() < 0.5,
        "{} steps, and 10 were asked for",
        second - first
    );

    let sampled = "return scorefield.state().samplerSteps";
    let before = class.chrome.run(sampled).await?.as_f64().ok_or("no sampler")?;
    let started = Instant::now();
    class.tell("an-hour").await?;
    class.tell("show").await?;
    class
        .wait_for("training", &format!("scorefield.state().step > {second}"))
        .await?;
    class
        .wait_for("sampling", &format!("scorefield.state().samplerSteps > {before}"))
        .await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = class.chrome.run(sampled).await?.as_f64().ok_or("no sampler")?;
    // Sixty a second are aimed at, and an hour would be 216,000.
    let most = 60.0 * started.elapsed().as_secs_f64() + 60.0;
    assert!(
        (1.0..most).contains(&(after - before)),
        "{before} sampler steps, then {after}, and {most} in between at most"
    );
    let said = class
        .chrome
        .run("return document.querySelectorAll('.banner').length")
        .await?;
    assert_eq!(said, 0, "nothing went wrong");
    class.chrome.end().await
}
