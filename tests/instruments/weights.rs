//! Files of weights: saved by the button, loaded through the dialog's input and by a drop on the page.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fantoccini::Locator;

use crate::chrome::{Chrome, DOWNLOADS, SOON};
use crate::hand::click;
use crate::{Outcome, number};

/// The one file in the folder of downloads, once it is complete.
async fn downloaded() -> Result<PathBuf, Box<dyn Error>> {
    let started = Instant::now();
    while started.elapsed() < SOON {
        if let Ok(folder) = std::fs::read_dir(DOWNLOADS) {
            let done = folder.flatten().map(|entry| entry.path());
            if let Some(file) = done
                .into_iter()
                .find(|path| path.extension().is_some_and(|kind| kind == "bpk"))
            {
                return Ok(file);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("nothing was downloaded".into())
}

async fn choose(chrome: &Chrome, file: &Path) -> Outcome {
    let input = chrome.tab.find(Locator::Css("#weights-file")).await?;
    Ok(input.send_keys(file.to_str().ok_or("no name")?).await?)
}

pub async fn weights_are_saved_and_loaded_by_button_and_by_drop_and_broken_ones_refused(chrome: &Chrome) -> Outcome {
    // The folder may hold what another run has saved.
    let _ = std::fs::remove_dir_all(DOWNLOADS);
    std::fs::create_dir_all(DOWNLOADS)?;
    chrome
        .run("document.querySelector('[data-action=save-weights]').closest('details').open = true")
        .await?;
    let step = number(chrome, "scorefield.state().step").await?;
    click(chrome, "[data-action=save-weights]").await?;
    let file = downloaded().await?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    assert_eq!(name, format!("scorefield-moons-{step}.bpk"));

    let train_on = "return (await scorefield.train({ steps: 5 })).step";
    let further = chrome.run_async(train_on).await?;
    assert_eq!(further.as_f64(), Some(step + 5.0));
    choose(chrome, &file).await?;
    let is_back = format!("scorefield.state().step === {step}");
    chrome.wait_for("step of the file", &is_back, SOON).await?;

    let mut broken = std::fs::read(&file)?;
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    let damaged = Path::new(DOWNLOADS).join("damaged.bpk");
    std::fs::write(&damaged, &broken)?;
    chrome.run_async(train_on).await?;
    choose(chrome, &damaged).await?;
    chrome
        .wait_for(
            "words about the damage",
            "document.querySelector('.banner[data-kind=error]')",
            SOON,
        )
        .await?;
    let kept = number(chrome, "scorefield.state().step").await?;
    assert!(
        (kept - step - 5.0).abs() < 0.5,
        "step {kept} after a broken file, {step} + 5 before"
    );
    chrome
        .run("document.querySelectorAll('.banner button').forEach((button) => button.click()); complaints.length = 0")
        .await?;

    let saved = chrome
        .run_async(
            "const bytes = await scorefield.saveWeights();
             await scorefield.train({ steps: 5 });
             const data = new DataTransfer();
             data.items.add(new File([bytes], 'dropped.bpk'));
             const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data });
             document.querySelector('main').dispatchEvent(event);
             return event.defaultPrevented",
        )
        .await?;
    assert_eq!(saved, true, "the browser would open a dropped file in the page's place");
    let dropped = format!("scorefield.state().step === {step} + 5");
    chrome.wait_for("step of the dropped file", &dropped, SOON).await
}
