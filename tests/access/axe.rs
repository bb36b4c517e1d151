//! axe-core, which `make setup-test` installs beside this file.

use std::error::Error;
use std::path::Path;

use serde_json::Value;

use crate::chrome::Chrome;

/// Brings axe-core into the page.
///
/// # Errors
/// When it is not installed: this says what to run.
pub async fn load(chrome: &Chrome) -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access/node_modules/axe-core/axe.min.js");
    let script = std::fs::read_to_string(file).map_err(|_| "axe-core is not installed: run `make setup-test` first")?;
    chrome.run(&script).await?;
    Ok(())
}

/// Fails with what axe-core finds wrong in the page as it is.
pub async fn check(chrome: &Chrome, view: &str) -> Result<(), Box<dyn Error>> {
    let found = chrome
        .run_async(
            "const { violations, passes } = await axe.run({ resultTypes: ['violations'] });
             return [passes.length, violations.map((one) => [one.id, one.help,
                 ...one.nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary)])]",
        )
        .await?;
    // A page on which hardly any rule applies was not checked.
    assert!(found[0].as_u64() > Some(10), "{view}: {found}");
    assert_eq!(found[1], Value::Array(vec![]), "{view}");
    Ok(())
}
