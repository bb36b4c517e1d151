//! Options that are lists of names.

use std::error::Error;

/// The entries of a table that a list names.
pub fn chosen<T: Copy>(table: &[(&'static str, T)], names: &str) -> Result<Vec<(&'static str, T)>, Box<dyn Error>> {
    let find = |name: &str| table.iter().find(|entry| entry.0 == name).copied();
    let known: Vec<&str> = table.iter().map(|entry| entry.0).collect();
    names
        .split(',')
        .map(|name| find(name).ok_or_else(|| format!("{name} is none of {}", known.join(", ")).into()))
        .collect()
}
