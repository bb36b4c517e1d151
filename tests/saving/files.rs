//! What the dialog *Save* puts into files, and files brought back.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Outcome;
use crate::chrome::{Chrome, SOON};
use crate::hand::click;

/// From now on downloads stay in the page: `saved` holds their names and contents.
const CATCH: &str = "window.saved = [];
    window.address = URL.createObjectURL;
    URL.createObjectURL = (blob) => { saved.push({ blob }); return '#'; };
    URL.revokeObjectURL = () => {};
    HTMLAnchorElement.prototype.click = function () { saved.at(-1).name = this.download; }";

/// Presses a button of the dialog and waits for its file; returns its name.
async fn save(chrome: &Chrome, button: &str) -> Result<String, Box<dyn std::error::Error>> {
    chrome.run("saved.length = 0").await?;
    if chrome.run("return save.open").await? == false {
        click(chrome, "header [data-action=save]").await?;
    }
    click(chrome, &format!("#save [data-action={button}]")).await?;
    chrome.wait_for(button, "saved[0]?.name", SOON).await?;
    Ok(chrome
        .run("return saved[0].name")
        .await?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// Gives the page a file of a name and a text, as the dialog for files does.
async fn bring(chrome: &Chrome, name: &str, text: &str) -> Outcome {
    chrome
        .run(&format!(
            "document.querySelectorAll('.banner button').forEach((button) => button.click());
             const data = new DataTransfer();
             data.items.add(new File([{}], '{name}'));
             const input = document.getElementById('weights-file');
             input.files = data.files;
             input.dispatchEvent(new Event('change', {{ bubbles: true }}))",
            json!(text)
        ))
        .await?;
    Ok(())
}

pub async fn pictures_have_the_size_asked_for_and_show_something(chrome: &Chrome) -> Outcome {
    chrome.run(CATCH).await?;
    chrome
        .run("scorefield.preset('rings'); scorefield.configure({ source: 'exact' })")
        .await?;
    let painted = "(([...all]) => all.length > 1 && all.every((canvas) => {
        const { width, height } = canvas;
        const bytes = canvas.getContext('2d').getImageData(0, 0, width, height).data;
        return new Set(new Uint32Array(bytes.buffer)).size > 20;
    }))(document.querySelectorAll('#strip canvas'))";
    chrome.wait_for("pictures of the noise levels", painted, SOON).await?;
    // Views, the elements that they show, and the fewest colours in them.
    let views = [
        ("Stage", "#stage", 500),
        ("Noise levels", "#strip", 200),
        ("Ladder", "#ladder-chart", 3),
    ];
    for (view, element, fewest) in views {
        for scale in [1.0, 2.0, 4.0] {
            click(chrome, "header [data-action=save]").await?;
            let chosen = format!(
                "const view = [...document.querySelectorAll('#save-view option')].find((o) => o.text == '{view}');
                 view.selected = true;
                 document.getElementById('save-scale').value = '{scale}';
                 return document.querySelector('{element}').getBoundingClientRect().width"
            );
            let width = chrome.run(&chosen).await?.as_f64().unwrap_or_default() * scale;
            let name = save(chrome, "save-png").await?;
            assert!(name.ends_with(&format!("-{scale}x.png")), "{name}");
            let seen = chrome
                .run_async(
                    "const image = await createImageBitmap(saved[0].blob);
                     const { width, height } = image;
                     const context = new OffscreenCanvas(width, height).getContext('2d');
                     context.drawImage(image, 0, 0);
                     const colours = new Set(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer));
                     return [width, colours.size]",
                )
                .await?;
            let [pixels, colours] = [0, 1].map(|k| seen[k].as_f64().unwrap_or_default());
            // Tiles begin and end within the strip.
            assert!(
                (pixels - width).abs() < 1.0 + 8.0 * scale * f64::from(view != "Stage"),
                "{view}: {seen}, {width}"
            );
            assert!(
                view != "Stage" || (pixels - width).abs() <= 1.0,
                "{view}: {seen}, {width}"
            );
            assert!(colours >= f64::from(fewest), "{view}: {seen}");
        }
    }
    Ok(())
}

/// The cells of a saved table, line by line; null where there is no number.
async fn table(
    chrome: &Chrome,
    button: &str,
    names: &str,
) -> Result<Vec<Vec<Option<f64>>>, Box<dyn std::error::Error>> {
    let name = save(chrome, button).await?;
    assert!(name.ends_with(".csv"), "{name}");
    let text = chrome.run_async("return await saved[0].blob.text()").await?;
    let mut lines = text.as_str().ok_or("no text")?.lines();
    assert_eq!(lines.next(), Some(names));
    Ok(lines
        .map(|line| line.split(',').map(|cell| cell.parse().ok()).collect())
        .collect())
}

pub async fn tables_say_what_a_script_is_told(chrome: &Chrome) -> Outcome {
    chrome
        .run("scorefield.configure({ sigma: 0.2, pinned: true, source: 'exact' })")
        .await?;
    // The picture at this noise level comes when it is done; until then that of another one is there, or none.
    let there = "(() => {
        saved.length = 0;
        document.querySelector('#save [data-action=save-field]').click();
        return saved[0]?.name.endsWith('-exact-field-0.2.csv');
    })()";
    chrome.wait_for("field", there, SOON).await?;
    // And a finer one after it.
    let started = Instant::now();
    let field = loop {
        let field = table(chrome, "save-field", "x,y,sx,sy,energy").await?;
        let side = (field.len() as f64).sqrt();
        assert!(side.fract() == 0.0, "{} points", field.len());
        if side >= 64.0 {
            break field;
        }
        assert!(started.elapsed() < SOON, "still a field of {side} x {side} points");
    };
    let row = &field[field.len() / 2 + 20];
    let [x, y, sx, sy] = [0, 1, 2, 3].map(|k| row[k].unwrap_or(f64::NAN));
    let told = chrome
        .run_async(&format!(
            "const {{ score }} = await scorefield.field({{ points: new Float32Array([{x}, {y}]), sigma: 0.2, field: 'exact' }});
             return [...score]"
        ))
        .await?;
    let size = sx.hypot(sy);
    let off = (told[0].as_f64().unwrap_or(f64::NAN) - sx).hypot(told[1].as_f64().unwrap_or(f64::NAN) - sy);
    assert!(
        off < 0.01 * size + 0.01,
        "score {sx}, {sy} in the file, {told} told, at {x}, {y}"
    );

    let particles = table(chrome, "save-particles", "x,y,energy").await?;
    let count = chrome.run("return scorefield.state().particles ?? Number(document.getElementById('particles').textContent.replace(/\\D/g, ''))").await?;
    assert_eq!(Some(particles.len() as f64), count.as_f64());
    assert!(
        particles
            .iter()
            .all(|row| row.len() == 3 && row[0].is_some() && row[1].is_some())
    );

    chrome.run_async("await scorefield.train({ steps: 50 })").await?;
    let metrics = table(chrome, "save-metrics", "quantity,step,seconds,sigma,evaluations,value").await?;
    assert!(metrics.iter().all(|row| row.len() == 6 && row[5].is_some()));
    assert!(metrics.iter().any(|row| row[3].is_some()), "no error at a noise level");
    Ok(())
}

pub async fn points_come_back_from_their_file_and_others_are_refused_or_fitted(chrome: &Chrome) -> Outcome {
    let data = "return new URLSearchParams(new URL(scorefield.link()).hash.slice(1)).get('data')";
    chrome
        .run("scorefield.draw(new Float32Array([0, 0, 0.5, 0.25, -1, 0.75, 3, 2]), { softness: 0.125 })")
        .await?;
    let drawn = chrome.run(data).await?;
    save(chrome, "save-drawing").await?;
    let text = chrome.run_async("return await saved[0].blob.text()").await?;
    chrome.run("scorefield.preset('moons')").await?;
    bring(chrome, "mine.csv", text.as_str().unwrap_or_default()).await?;
    chrome
        .wait_for("drawing", "scorefield.state().data == 'drawing'", SOON)
        .await?;
    assert_eq!(chrome.run(data).await?, drawn);

    bring(chrome, "bad.csv", "x,y\n0,0\n1,two\n").await?;
    let said = "[...document.querySelectorAll('.banner')].map((b) => b.textContent).join()";
    chrome
        .wait_for("refusal", &format!("{said}.includes('bad.csv, line 3')"), SOON)
        .await?;
    assert_eq!(chrome.run(data).await?, drawn);

    bring(chrome, "far.txt", "0 0\n100 50\n200 0\n150 30\n50 10").await?;
    chrome
        .wait_for("offer", &format!("{said}.includes('far.txt, line 2')"), SOON)
        .await?;
    assert_eq!(chrome.run(data).await?, drawn, "not without having been asked");
    click(chrome, "[data-action=fit-points]").await?;
    chrome
        .wait_for("fitted points", "scorefield.state().points == 5", SOON)
        .await?;
    // The refusal was wanted.
    chrome
        .run("document.querySelectorAll('.banner button').forEach((button) => button.click())")
        .await?;
    Ok(())
}

pub async fn a_film_is_a_video(chrome: &Chrome) -> Outcome {
    if chrome.run("return !window.MediaRecorder").await? == Value::Bool(true) {
        return Ok(());
    }
    chrome.run("saved.length = 0").await?;
    click(chrome, "header [data-action=save]").await?;
    chrome
        .run("document.querySelector('#save-view option').selected = true")
        .await?;
    click(chrome, "#save [data-action=film]").await?;
    chrome
        .run_async("for (let k = 0; k < 60; k++) await new Promise(requestAnimationFrame)")
        .await?;
    click(chrome, ".banner [data-action=film]").await?;
    chrome.wait_for("film", "saved[0]?.name", SOON).await?;
    let film = chrome
        .run("return [saved[0].name.split('.').at(-1), saved[0].blob.type.split('/')[0]]")
        .await?;
    assert_eq!(film, json!(["webm", "video"]));
    let size = chrome
        .run_async(
            "const video = document.createElement('video');
             video.src = address.call(URL, saved[0].blob);
             await new Promise((ready, failed) => { video.onloadeddata = ready; video.onerror = failed; });
             return [video.videoWidth, document.getElementById('stage').clientWidth]",
        )
        .await?;
    let [film, stage] = [0, 1].map(|k| size[k].as_f64().unwrap_or_default());
    assert!(stage > 100.0 && (film - stage).abs() <= 2.0, "{size}");
    Ok(())
}
