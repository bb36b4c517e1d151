//! The module constructors, run once by hand.
//!
//! cubecl registers its operations through `inventory`, whose constructors the linker would otherwise run at *every*
//! call from JavaScript, which costs a factor of eight. Naming the symbol removes that wrapper, and with it the only
//! thing that would have run the constructors: so they must be run here, by whatever first needs a device.

/// Registers everything that static constructors register; the first call does it, later ones are free.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)] // a symbol that only the linker knows
pub fn run_once() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    // SAFETY: the linker provides this function in every module; it takes nothing, returns nothing, and what it
    // registers (lists that are only appended to) is registered once because of the guard.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

/// Natively the loader has already run them.
#[cfg(not(target_arch = "wasm32"))]
pub fn run_once() {}
