//! The view of every noise level at once.

use crate::chrome::{Chrome, SOON};
use crate::hand::click;
use crate::{Outcome, escape, number};

/// How many of the tiles of a source are not of one colour, by the spread of their pixels' red, green and blue.
fn painted(source: &str) -> String {
    format!(
        "[...document.querySelectorAll('#levels-grid [data-source={source}] canvas')].filter((canvas) => {{
             const {{ width, height }} = canvas;
             if (width < 20 || width !== height) return false;
             const bytes = canvas.getContext('2d').getImageData(0, 0, width, height).data;
             let [low, high] = [255, 0];
             for (let i = 0; i < bytes.length; i++) if (i % 4 < 3) {{
                 low = Math.min(low, bytes[i]);
                 high = Math.max(high, bytes[i]);
             }}
             return high - low > 30;
         }}).length"
    )
}

pub async fn every_noise_level_is_shown_at_once_and_one_can_be_picked(chrome: &Chrome) -> Outcome {
    chrome
        .run("scorefield.configure({ levels: 6, ownScale: true, sampler: 'langevin', sigma: 1 })")
        .await?;
    click(chrome, ".rungs [data-action=levels]").await?;
    // On scales of their own the smallest errors show too.
    for source in ["exact", "learned", "error"] {
        let whole = format!("{} === 6", painted(source));
        chrome.wait_for(&format!("six {source} tiles"), &whole, SOON).await?;
    }
    let tiles =
        "[...document.querySelectorAll('#levels-grid [data-tile]')].map((tile) => tile.getBoundingClientRect())";
    let seen = format!(
        "(({{ length }}, boxes) => length === 18 && boxes.every((box) => box.width > 40 && box.left >= 0 && box.top >= 0
             && box.right <= innerWidth && box.bottom <= innerHeight))({tiles}, {tiles})"
    );
    chrome.wait_for("eighteen tiles in sight", &seen, SOON).await?;
    let error = "document.querySelector('[data-tile=\"8\"]').dataset.error?.replace('< ', '')";
    let known = format!("Number.isFinite(parseFloat({error}))");
    chrome.wait_for("an error on a tile", &known, SOON).await?;
    let share = number(chrome, &format!("parseFloat({error})")).await?;
    assert!((0.0..100.0).contains(&share), "the relative error is {share} %");
    let canvases = "[...document.querySelectorAll('#levels-grid canvas')]
        .every((canvas) => Math.abs(canvas.width - canvas.getBoundingClientRect().width * devicePixelRatio) < 0.1)";
    chrome.wait_for("a pixel for a pixel", canvases, SOON).await?;

    // The error at the fourth level.
    click(chrome, "#levels-grid [data-tile='11']").await?;
    chrome
        .wait_for("lab after a click", "!document.getElementById('levels').open", SOON)
        .await?;
    let expected = number(chrome, "3 * (0.01 / 3) ** (3 / 5)").await?;
    let sigma = number(chrome, "scorefield.state().sigma").await?;
    assert!((sigma / expected - 1.0).abs() < 0.02, "sigma {sigma} for {expected}");
    assert_eq!(chrome.run("return scorefield.state().source").await?, "error");

    click(chrome, ".rungs [data-action=levels]").await?;
    chrome
        .wait_for("view", "document.getElementById('levels').open", SOON)
        .await?;
    escape(chrome).await?;
    chrome
        .wait_for("lab after Esc", "!scorefield.state().allLevels", SOON)
        .await?;
    chrome
        .run("scorefield.configure({ levels: 16, ownScale: false, pinned: false, source: 'learned' })")
        .await?;
    Ok(())
}
