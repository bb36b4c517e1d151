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

/// Each of these is a few kilobytes that come in unasked: sorting by the standard library (`distribution::keys` sorts), and
/// a slice of text by places in it, whose failure is put in words by tables of Unicode (`strip_prefix`, `split_once` and
/// `get` are none). Known by what they would say.
#[test]
fn the_page_neither_sorts_by_the_standard_library_nor_slices_text() {
    let page = std::fs::read(built("page-", ".wasm")).unwrap();
    let says = |words: &str| page.windows(words.len()).any(|at| at == words.as_bytes());
    assert!(says("The page could not start"), "words are stored as they are");
    for unwanted in ["does not correctly implement a total order", "is not a char boundary"] {
        assert!(!says(unwanted), "\"{unwanted}\" came back");
    }
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

fn index() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/index.html")).unwrap()
}

/// What stands between two marks, wherever they occur.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    let found = text.split(open).skip(1);
    found.map(|rest| rest.split(close).next().unwrap()).collect()
}

#[test]
fn the_page_allows_no_script_but_its_own_files_and_has_none_inside() {
    let index = index();
    let policy = between(&index, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let rules: Vec<_> = policy[0].split(';').map(str::trim).collect();
    for rule in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "connect-src 'self'",
    ] {
        assert!(rules.contains(&rule), "no {rule} among {rules:?}");
    }
    for rule in rules {
        let loose = rule.contains('*') || rule.contains("http") || rule.contains("'unsafe-eval'");
        let inline = rule.contains("'unsafe-inline'") && !rule.starts_with("style-src-attr ");
        assert!(!loose && !inline, "{rule} is not strict");
    }
    for script in between(&index, "<script", "</script>") {
        let (attributes, inside) = script.split_once('>').unwrap();
        assert!(
            attributes.contains(" src=\"./"),
            "a script without a file: {attributes}"
        );
        assert_eq!(inside, "", "a script inside the page");
    }
    assert!(!index.contains("<style") && !index.contains("javascript:"));
    for handler in [" onclick=", " onload=", " onerror=", " oninput=", " onchange="] {
        assert!(!index.contains(handler), "{handler}");
    }
}

#[test]
fn the_service_worker_keeps_exactly_the_files_of_the_site() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let worker = std::fs::read_to_string(dist.join("service-worker.js")).unwrap();
    let list = between(&worker, "const FILES = [", "]");
    let mut kept: Vec<_> = between(list[0], "'", "'")
        .into_iter()
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let mut built = Vec::new();
    let mut folders = vec![dist.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                built.push(format!("./{}", path.strip_prefix(&dist).unwrap().display()));
            }
        }
    }
    built.retain(|file| file != "./service-worker.js" && file != "./index.html");
    built.push("./".to_owned()); // the page itself, by the name under which it is visited
    kept.sort_unstable();
    built.sort_unstable();
    assert_eq!(kept, built);
    assert!(!between(&worker, "const VERSION = '", "'")[0].is_empty());
}

#[test]
fn the_manifest_names_icons_that_are_there_and_only_relative_places() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let text = std::fs::read_to_string(dist.join("manifest.webmanifest")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let icons = manifest["icons"].as_array().unwrap();
    assert!(icons.iter().any(|icon| icon["purpose"] == "maskable"));
    for icon in icons {
        let source = icon["src"].as_str().unwrap();
        assert!(!source.starts_with('/') && dist.join(source).is_file(), "{source}");
    }
    for place in ["start_url", "scope", "id"] {
        assert_eq!(manifest[place], "./");
    }
}
