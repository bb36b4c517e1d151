//! What was built, against its budgets: sizes, and the module-constructor trap that costs a factor of eight.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn built(prefix: &str, suffix: &str) -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let mut found = std::fs::read_dir(dist)
        .expect("the site is not built: run `make site` first")
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?;
            (name.starts_with(prefix) && name.ends_with(suffix)).then(|| path.clone())
        });
    let file = found
        .next()
        .unwrap_or_else(|| panic!("no {prefix}…{suffix} in the site"));
    assert!(found.next().is_none(), "more than one {prefix}…{suffix} in the site");
    file
}

fn gzipped(file: &Path) -> usize {
    Command::new("gzip")
        .args(["-9", "-n", "-c"])
        .arg(file)
        .output()
        .unwrap()
        .stdout
        .len()
}

#[test]
fn the_page_is_at_most_250_kilobytes_compressed() {
    let size = gzipped(&built("page-", ".wasm"));
    assert!(size <= 250_000, "the page has {size} bytes");
}

#[test]
fn the_engine_is_at_most_two_and_a_half_megabytes_as_shipped() {
    let size = std::fs::metadata(built("engine-", ".wasm.gz")).unwrap().len();
    assert!(size <= 2_500_000, "the engine has {size} bytes");
}

/// The linker's per-call wrappers are named `….command_export`; none may come back (see `engine/constructors.rs`). The
/// names are in the link map, since the binary itself is stripped of them.
#[test]
fn no_exported_call_runs_the_module_constructors() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let builds = target.join("wasm32-unknown-unknown/release/build");
    let maps = std::fs::read_dir(builds).unwrap().filter_map(|entry| {
        let map = entry.unwrap().path().join("out/engine.map");
        map.is_file().then_some(map)
    });
    let newest = maps
        .max_by_key(|map| map.metadata().unwrap().modified().unwrap())
        .unwrap();
    let map = std::fs::read(newest).unwrap();
    let has = |name: &[u8]| map.windows(name.len()).any(|window| window == name);
    assert!(
        has(b"__wasm_call_ctors"),
        "the link map does not name the constructors, so that it proves nothing"
    );
    assert!(
        !has(b"command_export"),
        "exported calls run the module's constructors again"
    );
}

#[test]
fn page_and_style_name_no_host() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    for entry in std::fs::read_dir(dist).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "html" || kind == "css") {
            let content = std::fs::read_to_string(&path).unwrap();
            // The icon's name space is a name, and not a place that anything is fetched from.
            let rest = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!rest.contains("://"), "{} names a host", path.display());
        }
    }
}
