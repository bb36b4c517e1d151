//! Linking the two binaries for the web: without symbol names, which would be half of the download.
//!
//! `-C strip` would also drop the section by which wasm-bindgen knows the module's features, hence these two options of
//! the linker. The engine's link map keeps the names for a test (`tests/site.rs`).

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    if target == "wasm32" {
        println!("cargo:rustc-link-arg-bins=--strip-all");
        println!("cargo:rustc-link-arg-bins=--keep-section=target_features");
        let out = std::env::var("OUT_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bin=engine=-Map={out}/engine.map");
    }
}
