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

/// A run towards a good field.
pub struct Run {
    pub steps: f64,
    pub seconds: f64,
    /// It got there; if not, it was given up.
    pub good: bool,
}

/// A row of the seconds to a good field; a run of each seed, ours and theirs.
pub fn until(set: &str, [ours, theirs]: &[Vec<Run>; 2]) {
    let cell = |runs: &[Run]| {
        let words = |run: &Run| {
            let over = if run.good { "" } else { "over " };
            format!("{over}{:.2} ({:.0} steps)", run.seconds, run.steps)
        };
        runs.iter().map(words).collect::<Vec<_>>().join(", ")
    };
    let seconds = |runs: &[Run]| median(&runs.iter().map(|run| run.seconds).collect::<Vec<_>>());
    let ratio = if ours.iter().chain(theirs).all(|run| run.good) {
        format!("**{:.1}**", seconds(theirs) / seconds(ours))
    } else {
        "one was given up".into()
    };
    println!("| {set} | {} | {} | {ratio} |", cell(ours), cell(theirs));
}
