//! The page's binary: runs on the main thread, and shows it when it cannot.

#[cfg(target_arch = "wasm32")]
#[path = "page/libm.rs"]
mod libm;

use scorefield::page::{app, banner, dom};

fn main() {
    dom::spawn(async {
        if let Err(error) = app::boot().await {
            web_sys::console::error_1(&error);
            let reason = error.as_string().unwrap_or_else(|| format!("{error:?}"));
            banner::show(
                banner::Kind::Stopped,
                &format!("The page could not start: {reason}"),
                None,
            );
        }
    });
}

/// A third of the standard library's allocator in size, and as sparing with memory.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
