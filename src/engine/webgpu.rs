//! The one corner that talks to WebGPU before burn does: is there an adapter, and is it one that burn can use?

use burn::tensor::Device;

/// What the browser says of its WebGPU adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adapter {
    /// Vendor and architecture or description, for the badge.
    pub name: String,
    /// A CPU that pretends to be a GPU.
    pub software: bool,
}

/// An adapter that is not there after this time is not waited for, milliseconds.
#[cfg(target_arch = "wasm32")]
const PATIENCE_MS: u32 = 10_000;

/// Asks the browser for its adapter, without making a device of it.
///
/// # Errors
/// Why WebGPU cannot be used here, one sentence.
#[cfg(target_arch = "wasm32")]
pub async fn probe() -> Result<Adapter, String> {
    use js_sys::{Function, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let text = |object: &JsValue, key: &str| get(object, key).as_string().unwrap_or_default();

    let gpu = get(&get(&js_sys::global(), "navigator"), "gpu");
    if gpu.is_undefined() || gpu.is_null() {
        return Err("this browser offers no WebGPU".into());
    }
    let request: Function = get(&gpu, "requestAdapter")
        .dyn_into()
        .map_err(|_| "this browser's WebGPU is incomplete")?;
    let promise: Promise = request
        .call0(&gpu)
        .and_then(JsCast::dyn_into)
        .map_err(|_| "WebGPU gave no answer")?;
    // A browser whose GPU process hangs never answers.
    let patience = Promise::new(&mut |_, give_up| {
        let set_timeout = get(&js_sys::global(), "setTimeout").dyn_into::<Function>();
        let _ = set_timeout.and_then(|wait| wait.call2(&JsValue::NULL, &give_up, &PATIENCE_MS.into()));
    });
    let adapter = wasm_bindgen_futures::JsFuture::from(Promise::race(&js_sys::Array::of2(&promise, &patience)))
        .await
        .map_err(|_| "WebGPU gave no adapter")?;
    if adapter.is_null() || adapter.is_undefined() {
        return Err("WebGPU is there, but found no adapter".into());
    }
    // burn's runtime panics at its first operation on an adapter that cannot time its kernels.
    let features = get(&adapter, "features");
    let timestamps = get(&features, "has")
        .dyn_into::<Function>()
        .and_then(|has| has.call1(&features, &"timestamp-query".into()))
        .is_ok_and(|has| has.is_truthy());
    if !timestamps {
        return Err("the WebGPU adapter lacks timestamp-query, which burn needs".into());
    }
    let info = get(&adapter, "info");
    let software = get(&info, "isFallbackAdapter").is_truthy() || get(&adapter, "isFallbackAdapter").is_truthy();
    let name = [
        text(&info, "vendor"),
        text(&info, "architecture"),
        text(&info, "description"),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" ");
    Ok(Adapter {
        name: if name.is_empty() {
            "unnamed adapter".into()
        } else {
            name
        },
        software,
    })
}

/// Natively there is no browser to ask.
///
/// # Errors
/// Always.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::unused_async)] // the browser's answer takes its time, and callers await either
pub async fn probe() -> Result<Adapter, String> {
    Err("WebGPU is used in a browser only".into())
}

/// burn's WebGPU device. There is one in a worker's life, since a second initialisation fails: who asks again gets the
/// same.
///
/// # Errors
/// Why there is no device, one sentence.
#[cfg(target_arch = "wasm32")]
pub async fn device() -> Result<Device, String> {
    thread_local! { static DEVICE: std::cell::OnceCell<Device> = const { std::cell::OnceCell::new() }; }
    if let Some(device) = DEVICE.with(|known| known.get().cloned()) {
        return Ok(device);
    }
    super::constructors::run_once();
    let device = Device::wgpu_options()
        .tasks_max(64)
        .init_async()
        .await
        .map_err(|error| format!("WebGPU gave no device: {error}"))?;
    Ok(DEVICE.with(|known| known.get_or_init(|| device).clone()))
}

/// Natively there is no such device.
///
/// # Errors
/// Always.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::unused_async)]
pub async fn device() -> Result<Device, String> {
    Err("WebGPU is used in a browser only".into())
}

/// Lets a future run beside the caller, in the turns that the caller yields.
#[cfg(target_arch = "wasm32")]
pub fn in_background(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// Natively nothing waits for a device, so the future is run to its end.
#[cfg(not(target_arch = "wasm32"))]
pub fn in_background(future: impl Future<Output = ()> + 'static) {
    use std::task::{Context, Waker};
    let mut future = Box::pin(future);
    while future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
    {}
}
