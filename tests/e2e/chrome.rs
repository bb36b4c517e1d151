//! A headless Chromium under WebDriver, ended with the test.

use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, wd::TimeoutConfiguration};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Where the browser puts what is saved.
pub const DOWNLOADS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/downloads");

/// The flags with which WebGPU runs on a software adapter, the same as in `webdriver.json`.
fn capabilities(device: &Value) -> Result<fantoccini::wd::Capabilities, Box<dyn std::error::Error>> {
    let file: Value = serde_json::from_str(include_str!("../../webdriver.json"))?;
    let mut options = file["goog:chromeOptions"].clone();
    options["args"]
        .as_array_mut()
        .ok_or("webdriver.json has no args")?
        .push("--window-size=1280,900".into());
    options["prefs"] = json!({ "download.default_directory": DOWNLOADS, "download.prompt_for_download": false });
    if !device.is_null() {
        options["mobileEmulation"] = device.clone();
    }
    let all = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
    Ok(all.as_object().cloned().ok_or("no capabilities")?)
}

/// A browser with one tab.
pub struct Chrome {
    /// Talks to the tab.
    pub tab: Client,
    driver: Child,
}

#[allow(dead_code)] // each test uses some of it
impl Chrome {
    /// Starts chromedriver on a free port, and a browser of 1280x900.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_as(Value::Null).await
    }

    /// The same as another device, by chromedriver's `mobileEmulation`.
    pub async fn start_as(device: Value) -> Result<Self, Box<dyn std::error::Error>> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            // A failing test kills the driver but not its browser, which must not hold the test's output open then.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let address = format!("http://127.0.0.1:{port}");
        let started = Instant::now();
        loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(capabilities(&device)?).connect(&address).await {
                Ok(tab) => {
                    // While a software adapter compiles kernels, scripts wait as the screen does.
                    let patience = Some(Duration::from_secs(300));
                    let all = TimeoutConfiguration::new(patience, patience, None);
                    tab.update_timeouts(all).await?;
                    return Ok(Self { tab, driver });
                }
                Err(error) if started.elapsed() > Duration::from_secs(30) => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
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

    /// Waits until a script's expression is true.
    pub async fn wait_for(
        &self,
        what: &str,
        expression: &str,
        patience: Duration,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let started = Instant::now();
        while self.run(&format!("return !!({expression})")).await? != Value::Bool(true) {
            if started.elapsed() > patience {
                return Err(format!("still no {what} after {} s", patience.as_secs()).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Closes the browser and its driver.
    pub async fn end(mut self) -> Result<(), Box<dyn std::error::Error>> {
        self.tab.close().await?;
        self.driver.kill().await?;
        Ok(())
    }
}
