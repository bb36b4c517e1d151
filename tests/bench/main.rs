//! The benchmark, `make bench`: this engine and TensorFlow.js on the same problem, in turn, in one page of one browser.
//! Prints Markdown; what it says goes into `docs/speed.md`. Arguments name parts of it: `cpu`, `costs`, `gpu`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../e2e/chrome.rs"]
mod chrome;
mod costs;
mod driver;
mod parity;
mod report;
#[path = "../e2e/server.rs"]
mod server;
mod sets;

use driver::{Driver, Outcome, number};
use parity::Step;
use report::{median, spread};
use scorefield::distribution::Preset;
use serde_json::{Value, json};

/// Seconds of training after which a run that has not reached it is given up.
const PATIENCE: f64 = 60.0;
/// Where the field is good, nats.
const GOOD: f64 = 0.05;

fn options(set: &str, objective: &str, width: u32, seed: u32) -> Value {
    json!({ "set": set, "objective": objective, "width": width, "depth": 3, "batch": 512, "seed": seed })
}

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run())
}

async fn run() -> Outcome<()> {
    let driver = Driver::start().await?;
    // A browser that is not closed lives on.
    let outcome = all(&driver).await;
    driver.end().await?;
    outcome
}

/// The parts named on the command line, or all of them.
async fn all(driver: &Driver) -> Outcome<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    println!("Machine: {}; {}.\n", report::machine(), driver.browser().await?);
    if wanted("cpu") || wanted("costs") {
        open(driver, "engine", "cpu").await.ok_or("the engine does not run")?;
    }
    if wanted("cpu") {
        on_the_cpu(driver).await?;
    }
    if wanted("costs") {
        costs::print(driver).await?;
    }
    driver.ask("close", &json!(null)).await?;
    if wanted("gpu") {
        on_the_gpu(driver).await?;
    }
    Ok(())
}

/// Opens a contender; what it says of itself, or nothing where it cannot run.
async fn open(driver: &Driver, who: &str, backend: &str) -> Option<Value> {
    match driver.ask("open", &json!({ "who": who, "backend": backend })).await {
        Ok(about) => Some(about),
        Err(reason) => {
            println!("\n{who} {backend} does not run here: {reason}\n");
            None
        }
    }
}

async fn on_the_cpu(driver: &Driver) -> Outcome<()> {
    let (ours, theirs) = ("engine cpu", "tfjs wasm");
    let other = open(driver, "tfjs", "wasm").await.ok_or("TensorFlow.js does not run")?;
    println!(
        "CPU, against TensorFlow.js {} (wasm, SIMD {}, one thread each).\n",
        report::text(&other["version"]),
        other["simd"]
    );
    same_work(driver, ours, &[theirs]).await?;
    println!(
        "| network, batch 512 | objective | engine, steps/s | TF.js wasm, steps/s (of which batches) | ratio, median (lowest to highest) |\n|---|---|---|---|---|"
    );
    for width in [64, 128] {
        for objective in ["stable-target", "denoising"] {
            let rates = rounds(driver, &[ours, theirs], &options("moons", objective, width, 1), 0.7, 5).await?;
            println!(
                "| 3x{width} | {objective} | {:.0} | {:.0} ({:.0} %) | **{}** |",
                median(&rates[0].rates),
                median(&rates[1].rates),
                100.0 * rates[1].batches,
                spread(&rates[0].over(&rates[1]))
            );
        }
    }
    println!("\n| seconds to B < {GOOD} nat | engine | TF.js wasm | ratio of the medians |\n|---|---|---|---|");
    for set in ["moons", "8gaussians", "spirals"] {
        let mut found = [vec![], vec![]];
        for seed in 1..=3 {
            for (name, found) in [ours, theirs].iter().zip(&mut found) {
                found.push(until(driver, name, &options(set, "stable-target", 64, seed)).await?);
            }
        }
        report::until(set, &found);
    }
    Ok(())
}

async fn on_the_gpu(driver: &Driver) -> Outcome<()> {
    let Some(about) = open(driver, "engine", "webgpu").await else {
        return Ok(());
    };
    let software = about["software"] == true;
    println!(
        "\nGPU: {} ({}).\n",
        report::text(&about["adapter"]),
        if software {
            "software: a CPU that pretends to be a GPU"
        } else {
            "hardware"
        }
    );
    let mut among = vec!["engine webgpu"];
    for (name, backend) in [("tfjs webgpu", "webgpu"), ("tfjs webgl", "webgl")] {
        if open(driver, "tfjs", backend).await.is_some() {
            among.push(name);
        }
    }
    same_work(driver, among[0], &among[1..]).await?;
    let Some(rival) = among.get(1) else { return Ok(()) };
    println!("| network, batch 512 | who | steps/s | engine over it, median (lowest to highest) |\n|---|---|---|---|");
    for width in [64, 128] {
        let rates = rounds(driver, &among, &options("moons", "stable-target", width, 1), 2.0, 3).await?;
        for (name, of) in among.iter().zip(&rates) {
            let over = if *name == among[0] {
                String::new()
            } else {
                spread(&rates[0].over(of))
            };
            println!("| 3x{width} | {name} | {:.1} | {over} |", median(&of.rates));
        }
    }
    println!("\n| seconds to B < {GOOD} nat | engine | {rival} | ratio of the medians |\n|---|---|---|---|");
    for set in if software {
        &["moons"][..]
    } else {
        &["moons", "8gaussians", "spirals"]
    } {
        let mut found = [vec![], vec![]];
        for (name, found) in among.iter().zip(&mut found) {
            found.push(until(driver, name, &options(set, "stable-target", 64, 1)).await?);
        }
        report::until(set, &found);
    }
    Ok(())
}

async fn same_work(driver: &Driver, ours: &str, others: &[&str]) -> Outcome<()> {
    println!(
        "| one step at the same weights and batch, {ours} against | loss apart by | gradient apart by |\n|---|---|---|"
    );
    for objective in ["stable-target", "denoising"] {
        let step = Step::of_engine(driver, ours, &options("moons", objective, 64, 5), Preset::Moons).await?;
        for name in others {
            let parity = step.against(driver, name).await?;
            println!(
                "| {name}, {objective} | {:.1e} | {:.1e} |",
                parity.loss, parity.gradient
            );
            if !(parity.loss < 1e-4 && parity.gradient < 1e-4) {
                return Err("the two sides do not do the same work".into());
            }
        }
    }
    println!();
    Ok(())
}

/// Steps a second of one contender, round by round.
struct Rates {
    rates: Vec<f64>,
    /// Share of its time that went into making batches, where it says so.
    batches: f64,
}

impl Rates {
    fn over(&self, other: &Self) -> Vec<f64> {
        self.rates.iter().zip(&other.rates).map(|(a, b)| a / b).collect()
    }
}

async fn rounds(driver: &Driver, among: &[&str], options: &Value, seconds: f64, rounds: u32) -> Outcome<Vec<Rates>> {
    let given = json!({ "among": among, "options": options, "seconds": seconds, "rounds": rounds });
    let answer = driver.ask("rounds", &given).await?;
    let table = answer["table"].as_array().ok_or("no table")?;
    (0..among.len())
        .map(|i| {
            let steps = number(&answer["steps"][i])?;
            let seconds: Vec<f64> = table
                .iter()
                .map(|row| number(&row[i]["seconds"]))
                .collect::<Outcome<_>>()?;
            let batches = table.iter().filter_map(|row| row[i]["batches"].as_f64()).sum::<f64>();
            Ok(Rates {
                batches: batches / seconds.iter().sum::<f64>(),
                rates: seconds.into_iter().map(|s| steps / s).collect(),
            })
        })
        .collect()
}

/// How a contender came to a good field, if it did.
async fn until(driver: &Driver, name: &str, options: &Value) -> Outcome<report::Run> {
    let given = json!({ "name": name, "options": options, "aim": GOOD, "every": 50, "most": PATIENCE });
    let answer = driver.ask("until", &given).await?;
    Ok(report::Run {
        steps: number(&answer["steps"])?,
        seconds: number(&answer["seconds"])?,
        good: number(&answer["nats"])? <= GOOD,
    })
}
