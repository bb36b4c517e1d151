//! What can be measured: sizes of targets, and text that would be cut off.

use std::error::Error;

use serde_json::Value;

use crate::chrome::Chrome;

/// Everything that one presses or drags is at least `least` CSS pixels in both directions, the page does not scroll
/// sideways, and no text is cut off.
pub async fn nothing_is_cut_off_and_targets_can_be_hit(
    chrome: &Chrome,
    view: &str,
    least: f64,
) -> Result<(), Box<dyn Error>> {
    let found = chrome
        .run(&format!(
            "const seen = (one) => one.checkVisibility({{ visibilityProperty: true }}) && one.getBoundingClientRect().width > 0;
             const name = (one) => [one.tagName, one.id, one.dataset.action, one.dataset.setting, one.textContent.trim().slice(0, 20)].join(' ');
             // Behind an open dialog nothing can be pressed; tiles of every noise level are as many as they are.
             const within = document.querySelector('dialog[open]') ?? document;
             const small = [...within.querySelectorAll('button:not(.rung), select, summary, input')].filter(seen)
                 .map((one) => [name(one), one.getBoundingClientRect()])
                 .filter(([, {{ width, height }}]) => Math.min(width, height) < {least} - .5)
                 .map(([name, {{ width, height }}]) => `${{name}} ${{width}} x ${{height}}`);
             const {{ scrollWidth }} = document.scrollingElement;
             return [small, scrollWidth > innerWidth ? [scrollWidth] : []]"
        ))
        .await?;
    assert_eq!(found[0], Value::Array(vec![]), "{view}: targets under {least} pixels");
    assert_eq!(found[1], Value::Array(vec![]), "{view}: scrolls sideways");
    Ok(())
}

/// With the spacing of WCAG 1.4.12, and everything unfolded, no words of a control or panel are cut off, and the page
/// does not scroll sideways.
pub async fn text_may_be_spaced_out(chrome: &Chrome) -> Result<(), Box<dyn Error>> {
    let found = chrome
        .run(
            "document.querySelectorAll('details').forEach((one) => one.open = true);
             for (const one of document.querySelectorAll('body *'))
                 one.style.cssText += ';line-height:1.5;letter-spacing:.12em;word-spacing:.16em';
             const hides = ({ overflowX, overflowY }) => overflowX === 'hidden' || overflowY === 'hidden';
             return [[...document.querySelectorAll('main *, header *')]
                 // Two may be shortened where there is no room: the line under the name, as the document's title says it too,
                 // and the graphics adapter, which the badge's description names.
                 .filter((one) => one.checkVisibility() && !one.closest('.unseen, svg, .tagline, .where'))
                 .filter((one) => one.textContent.trim() && hides(getComputedStyle(one)))
                 .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
                 .map((one) => `${one.tagName} ${one.id} ${one.className}: ${one.textContent.trim().slice(0, 40)}`),
                 document.scrollingElement.scrollWidth - innerWidth]",
        )
        .await?;
    assert_eq!(found[0], Value::Array(vec![]), "spaced out, this is cut off");
    assert_eq!(found[1], 0, "spaced out, the page scrolls sideways");
    Ok(())
}
