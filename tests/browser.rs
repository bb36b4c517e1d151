//! What only a browser can show: the engine on both backends, and the page's own DOM.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use burn::tensor::{Device, Tensor};
use js_sys::Promise;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use scorefield::distribution::{Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Backend, Command, Devices, Progress, Report, SampleJob};
use scorefield::engine::settings::Settings;
use scorefield::engine::webgpu;
use scorefield::field::points_on;
use scorefield::model::{Head, Kind, LearnedField, Network, Preconditioning, Shape, features};
use scorefield::noise::NoiseLadder;
use scorefield::objective::{Objective, Problem, Weighting};
use scorefield::training::loss;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

#[path = "browser/fused.rs"]
mod fused;

wasm_bindgen_test_configure!(run_in_browser);

async fn pause(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        web_sys::window()
            .unwrap()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds)
            .unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

/// So many animation frames.
async fn frames(count: usize) {
    for _ in 0..count {
        let promise = Promise::new(&mut |resolve, _| {
            web_sys::window().unwrap().request_animation_frame(&resolve).unwrap();
        });
        JsFuture::from(promise).await.unwrap();
    }
}

async fn lab_on(backend: Backend, settings: Settings) -> Lab {
    let mut lab = Lab::new(Some(backend));
    lab.obey(Command::Configure {
        settings: Box::new(settings),
        revision: 1,
    })
    .await
    .unwrap();
    lab.obey(Command::Learn {
        target: Target::Preset(Preset::Moons),
        revision: 1,
    })
    .await
    .unwrap();
    lab.obey(Command::Reset { run: 1 }).await.unwrap();
    lab
}

/// Patience with whatever a page does, milliseconds. Other work may share the machine.
const SOON_MS: f64 = 120_000.0;
/// The same with a lab: a software adapter compiles kernels.
const LATE_MS: f64 = 600_000.0;

fn now_ms() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}

/// Waits until something is so.
async fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let started = now_ms();
    while !is_so() {
        assert!(now_ms() - started < SOON_MS, "still not: {what}");
        pause(50).await;
    }
}

async fn until<T>(lab: &mut Lab, mut question: impl FnMut(&Report) -> Option<T>) -> T {
    let started = now_ms();
    while now_ms() - started < LATE_MS {
        lab.turn().await.unwrap();
        // The browser must get its turn too, or what waits for a device never hears of it.
        pause(0).await;
        for report in lab.reports() {
            if let Some(answer) = question(&report) {
                return answer;
            }
        }
    }
    panic!("the lab never said it");
}

async fn devices(lab: &mut Lab) -> Devices {
    until(lab, |report| match report {
        Report::Devices(devices) if devices.settled => Some(devices.clone()),
        _ => None,
    })
    .await
}

async fn train(lab: &mut Lab, steps: u32) -> (Progress, f64) {
    lab.obey(Command::Train { request: 1, steps }).await.unwrap();
    until(lab, |report| match report {
        Report::Trained { progress, seconds, .. } => Some((progress.clone(), *seconds)),
        Report::Failed { message, .. } => panic!("{message}"),
        _ => None,
    })
    .await
}

async fn sample(lab: &mut Lab, count: u32, steps: u32) -> Vec<f32> {
    let settings = Settings {
        particles: count,
        seed: 1,
        steps_per_level: steps,
        ..Settings::default()
    };
    let job = SampleJob {
        settings: Box::new(settings),
        steps: 1,
        init: None,
    };
    lab.obey(Command::Sample { request: 2, job }).await.unwrap();
    until(lab, |report| match report {
        Report::Sampled { points, .. } => Some(points.0.clone()),
        Report::Failed { message, .. } => panic!("{message}"),
        _ => None,
    })
    .await
}

/// If the linker's wrapper were back, every exported call would register thousands of operations: over a millisecond.
#[wasm_bindgen_test]
fn an_exported_call_does_not_run_the_module_constructors() {
    const CALLS: u32 = 200;
    let export = Closure::<dyn FnMut()>::new(|| {});
    let call: &js_sys::Function = export.as_ref().unchecked_ref();
    let round = || {
        let start = now_ms();
        for _ in 0..CALLS {
            call.call0(&JsValue::NULL).unwrap();
        }
        (now_ms() - start) / f64::from(CALLS)
    };
    // The best of some rounds: in one of them others may have been at work on this machine.
    let each = (0..20).map(|_| round()).fold(f64::INFINITY, f64::min);
    console_log!("an exported call costs {:.1} microseconds", 1e3 * each);
    assert!(each < 0.3, "an exported call costs {each} ms");
}

#[wasm_bindgen_test]
async fn the_engine_learns_and_samples_on_the_cpu() {
    let mut lab = lab_on(Backend::Cpu, Settings::default()).await;
    let (_, seconds) = train(&mut lab, 100).await;
    console_log!("3x64, batch 512 on the CPU: {:.0} steps/s", 100.0 / seconds);
    let (progress, _) = train(&mut lab, 200).await;
    assert!(progress.nats < 0.5, "{} nats after 300 steps", progress.nats);
    let points = sample(&mut lab, 1000, 15).await;
    assert!(points.len() == 2000 && points.iter().all(|x| x.abs() < 2.0));
}

/// The vector instructions of WebAssembly against burn's own kernels; natively the same is asked of other instructions,
/// and of all shapes.
#[wasm_bindgen_test]
fn without_the_graph_values_and_gradients_are_those_of_the_graph() {
    let (data, device) = (Preset::Moons.field(), Device::flex());
    let preconditioning = Preconditioning {
        mean: data.mean(),
        scale: data.scale(),
    };
    let problem = Problem {
        data: &data,
        preconditioning: &preconditioning,
        ladder: &NoiseLadder::for_scale(data.scale()),
        size: 203,
    };
    let mut rng = StdRng::seed_from_u64(1);
    let batch = Objective::StableTarget.batch(Weighting::Uniform, &problem, &mut rng);
    for kind in [Kind::Score, Kind::Energy(Head::Linear), Kind::Energy(Head::Quadratic)] {
        let shape = Shape {
            kind,
            ..Shape::default()
        };
        let numbers: Vec<f32> = (0..shape.parameters())
            .map(|_| 0.3 * rng.sample::<f32, _>(StandardNormal))
            .collect();
        let weights = Tensor::<1>::from_data(numbers.as_slice(), &device);
        let near = |found: Vec<f32>, truth: Vec<f32>| {
            let size = truth.iter().fold(0.0_f32, |size, t| size.max(t.abs()));
            let off = found.iter().zip(&truth).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(size > 0.0 && off < 1e-5 * size, "{kind:?}: {off} of {size}");
        };
        let found = loss::gradient(shape, &weights, &preconditioning, &batch, 203);
        let truth = loss::by_graph(shape, &weights, &preconditioning, &batch, 203);
        near(found.try_to_vec_as().unwrap(), truth.try_to_vec_as().unwrap());
        let network = Network::new(shape, &weights);
        let (x, sigma) = (points_on(&device, batch.points.clone()), 0.2);
        let truth = network.output(features::on_device(&preconditioning, &x, sigma));
        let found = LearnedField::new(network, preconditioning).output(&x, sigma);
        near(found.try_to_vec_as().unwrap(), truth.try_to_vec_as().unwrap());
    }
}

#[wasm_bindgen_test]
async fn a_tensor_on_the_cpu_is_read_back_asynchronously() {
    let x = Tensor::<1>::from_data([1.0_f32, 2.0, 3.0], &Device::flex());
    let read: Vec<f32> = (x.clone() * x).into_data_async().await.unwrap().iter::<f32>().collect();
    assert_eq!(read, [1.0, 4.0, 9.0]);
}

/// The lab's own self-test compares one training step and one field evaluation on both devices before it takes WebGPU.
#[wasm_bindgen_test]
async fn the_engine_learns_and_samples_on_webgpu_as_on_the_cpu() {
    if let Err(reason) = webgpu::probe().await {
        console_log!("SKIPPED the WebGPU test: {reason}");
        return;
    }
    let settings = Settings {
        particles: 256,
        batch: 128,
        width: 32,
        ..Settings::default()
    };
    let mut gpu = lab_on(Backend::WebGpu, settings.clone()).await;
    let chosen = devices(&mut gpu).await;
    console_log!(
        "{} ({}): {}",
        chosen.adapter,
        if chosen.software { "software" } else { "hardware" },
        chosen.reason
    );
    assert_eq!(
        (chosen.training, chosen.sampling),
        (Backend::WebGpu, Backend::WebGpu),
        "{}",
        chosen.reason
    );

    let mut cpu = lab_on(Backend::Cpu, settings).await;
    let (on_gpu, seconds) = train(&mut gpu, 20).await;
    console_log!("3x32, batch 128 on WebGPU: {:.1} steps/s", 20.0 / seconds);
    let (on_cpu, _) = train(&mut cpu, 20).await;
    // Rounding differs and Adam amplifies it; the same seed must still give the same run within a few per cent.
    assert!(
        (on_gpu.nats / on_cpu.nats - 1.0).abs() < 0.05,
        "{} nats against {}",
        on_gpu.nats,
        on_cpu.nats
    );
    let points = sample(&mut gpu, 256, 1).await;
    assert!(points.len() == 512 && points.iter().all(|x| x.is_finite()));
}

/// Puts the page into the test's document, once, and starts it. No engine lies beside it, so that it will miss one.
async fn page() -> web_sys::Document {
    thread_local! { static OPEN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) }; }
    let document = web_sys::window().unwrap().document().unwrap();
    if !OPEN.replace(true) {
        let html = include_str!("../index.html");
        let body = html.split("<body>").nth(1).unwrap().split("</body>").next().unwrap();
        let holder = document.create_element("div").unwrap();
        let style = include_str!("../www/style.css");
        holder.set_inner_html(&format!("<style>{style}</style>{body}"));
        document.body().unwrap().append_child(&holder).unwrap();
        let meta = document.create_element("meta").unwrap();
        meta.set_attribute("name", "engine").unwrap();
        meta.set_attribute("content", "no-such-engine").unwrap();
        holder.append_child(&meta).unwrap();
        scorefield::page::app::boot().await.unwrap();
    }
    document
}

fn pointer(target: &web_sys::Element, kind: &str, x: f64, y: f64) {
    let init = web_sys::PointerEventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    init.set_pointer_id(1);
    init.set_pointer_type("mouse");
    init.set_is_primary(true);
    init.set_button(0);
    init.set_buttons(u16::from(kind != "pointerup"));
    init.set_client_x(x as i32);
    init.set_client_y(y as i32);
    target
        .dispatch_event(&web_sys::PointerEvent::new_with_event_init_dict(kind, &init).unwrap())
        .unwrap();
}

fn points_of_the_drawing() -> u32 {
    let state = js_sys::eval("scorefield.state()").unwrap();
    let points = js_sys::Reflect::get(&state, &"points".into()).unwrap();
    points.as_f64().expect("state().points is a number") as u32
}

#[wasm_bindgen_test]
async fn a_drag_of_the_pointer_becomes_data() {
    let document = page().await;
    let button = |selector: &str| {
        document
            .query_selector(selector)
            .unwrap()
            .unwrap()
            .unchecked_into::<web_sys::HtmlElement>()
    };
    button("[data-action=clear]").click();
    button("[data-tool=draw]").click();
    wait_for("an empty drawing", || points_of_the_drawing() == 0).await;
    // Whoever draws has the usual window before.
    frames(3).await;
    let stage = document.get_element_by_id("stage").unwrap();
    let frame = stage.get_bounding_client_rect();
    let at = |u: f64| (frame.left() + u * frame.width(), frame.top() + 0.5 * frame.height());
    let top = document
        .element_from_point(at(0.3).0 as f32, at(0.3).1 as f32)
        .unwrap_or(stage);
    pointer(&top, "pointerdown", at(0.3).0, at(0.3).1);
    for i in 0..20 {
        let (x, y) = at(0.3 + 0.02 * f64::from(i));
        pointer(&top, "pointermove", x, y);
    }
    pointer(&top, "pointerup", at(0.7).0, at(0.7).1);
    let drawn = points_of_the_drawing();
    assert!(drawn > 20, "a drag over 40 % of the stage made {drawn} points");
    // A button that knows of nothing to undo does nothing.
    let undo = button("[data-action=undo]");
    wait_for("something to undo", || !undo.has_attribute("disabled")).await;
    undo.click();
    assert_eq!(points_of_the_drawing(), 0, "one drag is one step of undo");
}

#[wasm_bindgen_test]
async fn a_race_brings_a_second_stage_of_the_same_size_and_takes_it_away_again() {
    let document = page().await;
    let element = |id: &str| document.get_element_by_id(id).unwrap();
    let canvases = || document.query_selector_all("#rival-stage canvas").unwrap().length();
    let width = |id: &str| element(id).get_bounding_client_rect().width();
    assert_eq!(canvases(), 0);
    element("begin-race").unchecked_into::<web_sys::HtmlElement>().click();
    wait_for("a stage of the rival", || canvases() > 0).await;
    wait_for("stages of one size", || {
        let (first, rival) = (width("stage"), width("rival-stage"));
        first > 100.0 && (first - rival).abs() < 1.0
    })
    .await;
    let choices = document
        .query_selector_all("select[data-setting=rival] option")
        .unwrap();
    assert_eq!(choices.length(), 8);
    element("end-race").unchecked_into::<web_sys::HtmlElement>().click();
    wait_for("an end of the race", || canvases() == 0).await;
}

#[wasm_bindgen_test]
async fn an_engine_that_cannot_be_loaded_is_shown_and_said() {
    let document = page().await;
    let shown = || {
        let banners = document.get_element_by_id("banners").unwrap();
        banners.text_content().unwrap_or_default()
    };
    wait_for("word on the page that the engine is missing", || {
        shown().to_lowercase().contains("engine")
    })
    .await;
    let ready: Promise = js_sys::eval("scorefield.ready").unwrap().unchecked_into();
    let reason = JsFuture::from(ready).await.expect_err("scorefield.ready must reject");
    console_log!("shown: {:?}; ready rejects with {reason:?}", shown());
}
