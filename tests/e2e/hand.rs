//! What a hand does on the page: clicks, and strokes on the stage.

use std::error::Error;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};

use crate::chrome::Chrome;

/// Patience with what cannot be clicked: messages over the page go after twelve seconds.
const PATIENCE: Duration = Duration::from_secs(40);
/// Half the width of the stage in its own units.
const HALF_WIDTH: f64 = 1.45;

/// Draws a stroke through stage points with the mouse, in steps of a few pixels; a single point is a click.
pub async fn stroke(chrome: &Chrome, points: &[[f64; 2]]) -> Result<(), Box<dyn Error>> {
    let frame = chrome
        .run("const r = document.getElementById('stage').getBoundingClientRect(); return [r.left, r.top, r.width]")
        .await?;
    let number = |i: usize| frame[i].as_f64().ok_or("the stage has no box");
    let (left, top, width) = (number(0)?, number(1)?, number(2)?);
    let move_to = |p: [f64; 2], duration: u64| PointerAction::MoveTo {
        duration: Some(Duration::from_millis(duration)),
        x: left + (p[0] + HALF_WIDTH) / (2.0 * HALF_WIDTH) * width,
        y: top + (HALF_WIDTH - p[1]) / (2.0 * HALF_WIDTH) * width,
    };
    let mut mouse = MouseActions::new("mouse".into()).then(move_to(points[0], 0));
    mouse = mouse.then(PointerAction::Down {
        button: MOUSE_BUTTON_LEFT,
    });
    for &point in &points[1..] {
        mouse = mouse.then(move_to(point, 30));
    }
    mouse = mouse.then(PointerAction::Up {
        button: MOUSE_BUTTON_LEFT,
    });
    chrome.tab.perform_actions(mouse).await?;
    Ok(())
}

/// Clicks what a selector finds first, as soon as that is possible: a message may lie over it for some seconds.
pub async fn click(chrome: &Chrome, selector: &str) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    loop {
        let clicked = match chrome.tab.find(Locator::Css(selector)).await {
            Ok(element) => element.click().await,
            Err(error) => Err(error),
        };
        match clicked {
            Ok(()) => return Ok(()),
            Err(error) if started.elapsed() > PATIENCE => {
                return Err(format!("{selector} cannot be clicked: {error}").into());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
