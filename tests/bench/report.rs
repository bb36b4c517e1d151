//! Numbers in words.

use serde_json::Value;

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let [lower, upper] =
        [sorted.len().saturating_sub(1) / 2, sorted.len() / 2].map(|i| sorted.get(i).copied().unwrap_or(f64::NAN));
    0.5 * (lower + upper)
}

/// `median (lowest to highest)`.
pub fn spread(values: &[f64]) -> String {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
    format!("{:.2} ({low:.2} to {high:.2})", median(values))
}

/// A text in an answer.
pub fn text(answer: &Value) -> &str {
    answer.as_str().unwrap_or_default()
}

/// Processor, cores and memory of this machine, as far as the system says.
pub fn machine() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores",
        name.map_or(std::env::consts::ARCH, |(_, name)| name)
    )
}

/// A row of the seconds to a good field; `found`: `[steps, seconds]` of each seed, ours and theirs.
pub fn until(set: &str, found: &[Vec<[f64; 2]>; 2]) {
    let cell = |found: &Vec<[f64; 2]>| {
        let all = found
            .iter()
            .map(|[steps, seconds]| format!("{seconds:.2} ({steps:.0} steps)"));
        all.collect::<Vec<_>>().join(", ")
    };
    let seconds = |found: &Vec<[f64; 2]>| median(&found.iter().map(|[_, seconds]| *seconds).collect::<Vec<_>>());
    let [ours, theirs] = found;
    println!(
        "| {set} | {} | {} | **{:.1}** |",
        cell(ours),
        cell(theirs),
        seconds(theirs) / seconds(ours)
    );
}
