//! The benchmark's page in a browser, and what it is asked.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::chrome::Chrome;
use crate::server::{file_in, serve, site_file};
use crate::sets;

/// The browser with the benchmark's page in it.
pub struct Driver {
    chrome: Chrome,
}

/// Whatever goes wrong ends the run.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

impl Driver {
    /// Serves site, page, data and TensorFlow.js, and opens the page.
    pub async fn start() -> Outcome<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench");
        let address = serve(move |path| match path.split_once('/')? {
            ("site", name) => site_file(name),
            ("tf", name) => file_in(&here.join("node_modules/@tensorflow"), name),
            ("bench", name) => match name.strip_prefix("sets/") {
                Some(set) => sets::file(set),
                None => file_in(&here.join("page"), if name.is_empty() { "index.html" } else { name }),
            },
            _ => None,
        })
        .await?;
        let chrome = Chrome::start().await?;
        chrome.tab.goto(&format!("{address}bench/")).await?;
        chrome
            .wait_for("the benchmark's page", "window.bench", Duration::from_secs(10))
            .await?;
        Ok(Self { chrome })
    }

    /// Calls a function of `window.bench` with one object.
    pub async fn ask(&self, call: &str, given: &Value) -> Outcome<Value> {
        self.chrome
            .run_async(&format!("return await bench.{call}({given})"))
            .await
            .map_err(|error| format!("{call}: {error}").into())
    }

    /// The browser's name and version.
    pub async fn browser(&self) -> Outcome<String> {
        let agent = self.chrome.run("return navigator.userAgent").await?;
        let agent = agent.as_str().unwrap_or_default();
        let name = agent.split(' ').find(|part| part.contains("Chrome/"));
        Ok(name.unwrap_or(agent).to_owned())
    }

    /// Closes the browser.
    pub async fn end(self) -> Outcome<()> {
        self.chrome.end().await
    }
}

/// A number in an answer.
pub fn number(answer: &Value) -> Outcome<f64> {
    answer.as_f64().ok_or_else(|| format!("no number: {answer}").into())
}
