//! Takes out of linked modules what no browser reads: `scorefield-pack FOLDER`, run whenever the site is built, before
//! anything is compressed or named after its content.
//!
//! For each `NAME_bg.wasm` in the folder, with its glue `NAME.js`:
//! * names of imports become a letter or two, in both. wasm-bindgen ends each with a hash, which does not compress: 2 % of
//!   the page. In the glue the functions keep the long names, for stack traces.
//! * custom sections go: names of adapters, producers, the list of features that only linkers ask for.

use std::path::Path;
use std::process::ExitCode;

/// Sections of a module, by the numbers of the binary format.
const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;

/// The only kind of import that wasm-bindgen asks for.
const FUNCTION: u8 = 0;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: scorefield-pack FOLDER");
        return ExitCode::FAILURE;
    };
    match pack_folder(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("packing {folder}: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Packs every module of a folder, in place.
///
/// # Errors
/// When a file cannot be read or written, or is not what wasm-bindgen writes.
fn pack_folder(folder: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| error.to_string();
    for entry in folder.read_dir().map_err(said)? {
        let path = entry.map_err(said)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(stem) = name.and_then(|name| name.strip_suffix("_bg.wasm")) else {
            continue;
        };
        let glue_path = folder.join(format!("{stem}.js"));
        let module = std::fs::read(&path).map_err(said)?;
        let glue = std::fs::read_to_string(&glue_path).map_err(said)?;
        let (module, glue) = packed(&module, &glue).map_err(|reason| format!("{stem}: {reason}"))?;
        std::fs::write(&path, module).map_err(said)?;
        std::fs::write(&glue_path, glue).map_err(said)?;
    }
    Ok(())
}

/// A module and its glue without what no browser reads.
///
/// # Errors
/// When the module is not in the binary format, imports anything but functions, or a name of an import is not exactly one
/// key in the glue.
fn packed(module: &[u8], glue: &str) -> Result<(Vec<u8>, String), String> {
    let mut left = Reader(module);
    let mut module = left.take(8)?.to_vec(); // magic number and version
    let mut glue = glue.to_owned();
    while !left.0.is_empty() {
        let id = left.byte()?;
        let section = left.text()?;
        match id {
            CUSTOM => {}
            IMPORT => put_section(&mut module, id, &packed_imports(section, &mut glue)?),
            _ => put_section(&mut module, id, section),
        }
    }
    Ok((module, glue))
}

/// An import section with short names, which the glue is made to offer.
fn packed_imports(section: &[u8], glue: &mut String) -> Result<Vec<u8>, String> {
    let mut left = Reader(section);
    let mut packed = Vec::new();
    let count = left.number()?;
    put_number(&mut packed, count);
    let mut origins: Vec<&[u8]> = Vec::new();
    for k in 0..count {
        let origin = left.text()?;
        let name = utf8(left.text()?)?;
        let place = origins.iter().position(|&known| known == origin).unwrap_or_else(|| {
            origins.push(origin);
            origins.len() - 1
        });
        put_text(&mut packed, short(place as u32).as_bytes());
        let new = short(k);
        // Either `name: function(` or `name: typeof Math.cos == 'function' ? Math.cos : …`.
        let function = format!(" {name}: function(");
        if glue.contains(&function) {
            replace(glue, &function, &format!(" {new}: function {name}("))?;
        } else {
            replace(glue, &format!(" {name}: "), &format!(" {new}: "))?;
        }
        put_text(&mut packed, new.as_bytes());
        if left.byte()? != FUNCTION {
            return Err(format!("the import {name} is not a function"));
        }
        packed.push(FUNCTION);
        put_number(&mut packed, left.number()?);
    }
    for (k, origin) in origins.into_iter().enumerate() {
        let new = short(k as u32);
        replace(glue, &format!("\"{}\": ", utf8(origin)?), &format!("\"{new}\": "))?;
    }
    Ok(packed)
}

/// Replaces what stands in the text exactly once.
fn replace(text: &mut String, old: &str, new: &str) -> Result<(), String> {
    match text.matches(old).count() {
        1 => *text = text.replacen(old, new, 1),
        count => return Err(format!("the glue has \"{old}\" {count} times")),
    }
    Ok(())
}

/// The k-th of the names a, b, …, z, aa, ab, …
fn short(k: u32) -> String {
    let last = char::from(b'a' + (k % 26) as u8);
    match k / 26 {
        0 => last.into(),
        more => short(more - 1) + &String::from(last),
    }
}

/// What is left to read of a module.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, left) = self.0.split_at_checked(count).ok_or("the module ends too early")?;
        self.0 = left;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number of 32 bits, seven of them a byte, the lowest first.
    fn number(&mut self) -> Result<u32, String> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number of more than 32 bits".to_owned())
    }

    /// Bytes behind their count: a name, or a section's content.
    fn text(&mut self) -> Result<&'a [u8], String> {
        let count = self.number()?;
        self.take(count as usize)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

fn put_number(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn put_text(to: &mut Vec<u8>, text: &[u8]) {
    put_number(to, text.len() as u32);
    to.extend_from_slice(text);
}

fn put_section(to: &mut Vec<u8>, id: u8, content: &[u8]) {
    to.push(id);
    put_text(to, content);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";
    const GLUE: &str = r#"
        __wbg_log_0123: function(arg0) { log(arg0); },
        __wbg_cos_4567: typeof Math.cos == 'function' ? Math.cos : notDefined('Math.cos'),
        "./page_bg.js": import0,
    "#;

    fn module(names: &[&str], kind: u8) -> Vec<u8> {
        let mut imports = vec![names.len() as u8];
        for name in names {
            put_text(&mut imports, b"./page_bg.js");
            put_text(&mut imports, name.as_bytes());
            imports.extend([kind, 7]);
        }
        let mut module = HEAD.to_vec();
        put_section(&mut module, 1, &[9; 300]);
        put_section(&mut module, IMPORT, &imports);
        put_section(&mut module, CUSTOM, b"\x04name and more");
        module
    }

    #[test]
    fn imports_are_renamed_on_both_sides_and_custom_sections_go() {
        let (packed, glue) = packed(&module(&["__wbg_log_0123", "__wbg_cos_4567"], FUNCTION), GLUE).unwrap();
        let mut expected = HEAD.to_vec();
        put_section(&mut expected, 1, &[9; 300]);
        put_section(&mut expected, IMPORT, b"\x02\x01a\x01a\x00\x07\x01a\x01b\x00\x07");
        assert_eq!(packed, expected);
        assert!(glue.contains(" a: function __wbg_log_0123(arg0) {"), "{glue}");
        assert!(glue.contains(" b: typeof Math.cos =="), "{glue}");
        assert!(glue.contains("\"a\": import0,"), "{glue}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |module: &[u8], glue: &str, why: &str| {
            let reason = packed(module, glue).unwrap_err();
            assert!(reason.contains(why), "{reason}");
        };
        let good = module(&["__wbg_log_0123"], FUNCTION);
        refused(&good[..good.len() - 3], GLUE, "too early");
        refused(&good, "", "0 times");
        refused(&good, &GLUE.repeat(2), "2 times");
        refused(&module(&["__wbg_log_0123"], 2), GLUE, "not a function");
    }

    #[test]
    fn short_names_are_all_different() {
        let names: std::collections::BTreeSet<_> = (0..2000).map(short).collect();
        assert_eq!(names.len(), 2000);
        assert_eq!([0, 25, 26, 701, 702].map(short), ["a", "z", "aa", "zz", "aaa"]);
    }
}
