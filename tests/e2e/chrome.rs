//! A headless Chromium under WebDriver, ended with the test.

use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, wd::TimeoutConfiguration};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// Where the browser puts what is saved.
#[allow(dead_code)] // each test uses some of it
pub const DOWNLOADS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/downloads");

/// Patience with whatever should happen soon. Other work may share the machine, and who waits in vain may wait longer.
#[allow(dead_code)]
pub const SOON: Duration = Duration::from_secs(120);

/// Patience with a script: while a software adapter compiles kernels, scripts wait as the screen does.
const SCRIPT: Duration = Duration::from_secs(600);
/// Patience with a browser that starts.
const START: Duration = Duration::from_secs(120);

/// One browser at a time: the tests of a file run side by side, and would take the machine from each other.
static TURN: Mutex<()> = Mutex::new(());

/// The flags with which WebGPU runs on a software adapter, the same as in `webdriver.json`, and scripts that may collect
/// garbage.
fn capabilities(device: &Value) -> Result<fantoccini::wd::Capabilities, Box<dyn std::error::Error>> {
    let file: Value = serde_json::from_str(include_str!("../../webdriver.json"))?;
    let mut options = file["goog:chromeOptions"].clone();
    let args = options["args"].as_array_mut().ok_or("webdriver.json has no args")?;
    args.extend(["--window-size=1280,900".into(), "--js-flags=--expose-gc".into()]);
    args.push("--enable-precise-memory-info".into());
    options["prefs"] = json!({ "download.default_directory": DOWNLOADS, "download.prompt_for_download": false });
    if !device.is_null() {
        options["mobileEmulation"] = device.clone();
    }
    let all = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
    Ok(all.as_object().cloned().ok_or("no capabilities")?)
}

/// A browser with one tab. A test that fails ends it as well.
pub struct Chrome {
    /// Talks to the tab.
    pub tab: Client,
    driver: Driver,
    _turn: MutexGuard<'static, ()>,
}

/// A chromedriver, and the browsers that it has started.
struct Driver {
    process: Child,
    /// Kept open: who writes to it must not fail.
    _says: BufReader<ChildStdout>,
    port: u16,
}

impl Driver {
    /// On a port that nobody else has: it looks for one itself, and says which.
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // A browser that outlives the test must not hold its output open.
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let mut says = BufReader::new(process.stdout.take().ok_or("chromedriver has no output")?);
        let mut line = String::new();
        while says.read_line(&mut line).await? > 0 {
            let port = line.split("successfully on port ").nth(1);
            if let Some(port) = port.and_then(|rest| rest.trim().trim_end_matches('.').parse().ok()) {
                let _says = says;
                return Ok(Self { process, _says, port });
            }
            line.clear();
        }
        Err("chromedriver has ended before it was started".into())
    }
}

impl Drop for Driver {
    /// Killed, it would leave its browser behind, which would take the machine from the tests that follow.
    fn drop(&mut self) {
        if let Some(group) = self.process.id() {
            let kill = format!("kill -KILL -{group}");
            let _ = std::process::Command::new("sh")
                .args(["-c", &kill])
                .stderr(Stdio::null())
                .status();
        }
    }
}

#[allow(dead_code)] // each test uses some of it
impl Chrome {
    /// Starts chromedriver on a free port, and a browser of 1280x900.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_as(Value::Null).await
    }

    /// The same as another device, by chromedriver's `mobileEmulation`.
    #[allow(clippy::await_holding_lock)] // each test has a thread of its own
    pub async fn start_as(device: Value) -> Result<Self, Box<dyn std::error::Error>> {
        // Who failed before has nothing to do with this test.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = Driver::start().await?;
        let address = format!("http://127.0.0.1:{}", driver.port);
        let started = Instant::now();
        loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(capabilities(&device)?).connect(&address).await {
                Ok(tab) => {
                    let all = TimeoutConfiguration::new(Some(SCRIPT), Some(SCRIPT), None);
                    tab.update_timeouts(all).await?;
                    return Ok(Self {
                        tab,
                        driver,
                        _turn: turn,
                    });
                }
                Err(error) if started.elapsed() > START => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Opens the page, and waits until scripts can speak to it. (When the browser calls a page loaded, its modules may
    /// still be on their way.)
    pub async fn visit(&self, address: &str) -> Result<(), Box<dyn std::error::Error>> {
        // Another fragment alone would not load the page again.
        self.tab.goto("about:blank").await?;
        self.tab.goto(address).await?;
        self.wait_for("page", "window.scorefield?.state", SOON).await
    }

    /// The same for the page that is open.
    pub async fn reload(&self) -> Result<(), Box<dyn std::error::Error>> {
        self.tab.refresh().await?;
        self.wait_for("page", "window.scorefield?.state", SOON).await
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Ok(self.tab.execute(script, vec![]).await?)
    }

    /// What an asynchronous script resolves to, or the error it rejects with.
    pub async fn run_async(&self, expression: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {expression} }})().then((v) => done({{ ok: v ?? null }}), (e) => done({{ error: String(e) }}));"
        );
        let answer = self.tab.execute_async(&script, vec![]).await?;
        match answer.get("error") {
            Some(error) => Err(format!("the page's script failed: {error}").into()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Waits until a script's expression is true. What it tells of has to last: between two looks there may be seconds. An
    /// expression that fails is not true yet: what it asks about may be missing still, or the page be on its way.
    pub async fn wait_for(
        &self,
        what: &str,
        expression: &str,
        patience: Duration,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let started = Instant::now();
        loop {
            let seen = self.run(&format!("return !!({expression})")).await;
            match seen {
                Ok(Value::Bool(true)) => return Ok(()),
                Err(error) if started.elapsed() > patience => {
                    return Err(format!("still no {what} after {} s: {error}", patience.as_secs()).into());
                }
                Ok(_) if started.elapsed() > patience => {
                    return Err(format!("still no {what} after {} s", patience.as_secs()).into());
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Waits until the engine, whose training was paused, has stopped, and with sampling if that was paused too: several
    /// answers of it in a row find network and particles where they were.
    pub async fn stand_still(&self) -> Result<(), Box<dyn std::error::Error>> {
        let settled = "const answer = async () => {
                 await scorefield.field({ points: new Float32Array([0, 0]), sigma: 1, field: 'exact' });
                 await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
                 const { step, sampling, samplerSteps } = scorefield.state();
                 return [step, sampling || samplerSteps].join();
             };
             for (let same = 0, before; same < 3;) {
                 const now = await answer();
                 same = now === before ? same + 1 : 0;
                 before = now;
             }";
        self.run_async(settled).await.map(drop)
    }

    /// The same, and until the page has what was learned: the engine tells of it every two seconds.
    pub async fn rest(&self) -> Result<(), Box<dyn std::error::Error>> {
        self.stand_still().await?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        self.stand_still().await
    }

    /// Closes the browser and its driver.
    pub async fn end(mut self) -> Result<(), Box<dyn std::error::Error>> {
        self.tab.clone().close().await?;
        self.driver.process.kill().await?;
        Ok(())
    }
}
