//! What the kernel counts of the main threads of the browser's pages: for how long each ran, and for how long it could
//! have run but had to wait for a core.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time between two readings.
const EVERY: Duration = Duration::from_millis(4);
/// Readings between two looks for new processes.
const LOOK_EVERY: usize = 12;

/// Milliseconds for which a thread ran, and waited for a core.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// It ran.
    pub ran: f64,
    /// It waited.
    pub waited: f64,
}

/// The counters of one thread at many times, milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(f64, Usage)>);

impl Record {
    /// What the thread used between two times; without any reading, all of it.
    pub fn between(&self, from: f64, to: f64) -> Usage {
        if self.0.is_empty() {
            return Usage {
                ran: to - from,
                waited: 0.0,
            };
        }
        let (a, b) = (self.at(from), self.at(to));
        Usage {
            ran: b.ran - a.ran,
            waited: b.waited - a.waited,
        }
    }

    /// The counters at a time, between two readings in proportion.
    fn at(&self, time: f64) -> Usage {
        let next = self.0.partition_point(|(at, _)| *at < time);
        let (Some(&(t0, a)), Some(&(t1, b))) = (self.0.get(next.saturating_sub(1)), self.0.get(next)) else {
            let end = if next == 0 { self.0.first() } else { self.0.last() };
            return end.map(|(_, usage)| *usage).unwrap_or_default();
        };
        let share = if t1 > t0 { (time - t0) / (t1 - t0) } else { 1.0 };
        Usage {
            ran: a.ran + share * (b.ran - a.ran),
            waited: a.waited + share * (b.waited - a.waited),
        }
    }
}

/// Reads the counters until it is ended.
pub struct Recorder {
    stop: Arc<AtomicBool>,
    reader: JoinHandle<BTreeMap<u32, Record>>,
}

impl Recorder {
    /// Starts reading those of all pages that this process's browsers open from now on.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let reader = spawn(move || {
            let mut records: BTreeMap<u32, Record> = BTreeMap::new();
            for reading in 0.. {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                if reading % LOOK_EVERY == 0 {
                    for page in pages() {
                        records.entry(page).or_default();
                    }
                }
                for (page, record) in &mut records {
                    record.0.extend(usage(*page).map(|usage| (now(), usage)));
                }
                sleep(EVERY);
            }
            records
        });
        Self { stop, reader }
    }

    /// The record of the page that ran most.
    pub fn end(self) -> Record {
        self.stop.store(true, Ordering::Relaxed);
        let records = self.reader.join().unwrap_or_default();
        let ran = |record: &Record| record.0.last().map_or(0.0, |(_, usage)| usage.ran);
        records
            .into_values()
            .max_by(|a, b| ran(a).total_cmp(&ran(b)))
            .unwrap_or_default()
    }
}

/// The counters of all of them as they stand now.
pub fn of_pages() -> Usage {
    let all = pages().into_iter().filter_map(usage);
    all.fold(Usage::default(), |sum, one| Usage {
        ran: sum.ran + one.ran,
        waited: sum.waited + one.waited,
    })
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1e3
}

/// The counters of a process's main thread.
fn usage(process: u32) -> Option<Usage> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{process}/schedstat")).ok()?;
    let mut nanoseconds = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let (ran, waited) = (nanoseconds.next()?, nanoseconds.next()?);
    Some(Usage {
        ran: ran / 1e6,
        waited: waited / 1e6,
    })
}

/// The processes below this one in which a browser shows pages.
fn pages() -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: BTreeMap<u32, u32> = processes
        .filter_map(|entry| {
            let process: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // After the name, which may hold anything but ends with the last bracket: state, parent.
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let own = std::process::id();
    let below = |process: u32| {
        let above = std::iter::successors(Some(process), |process| all.get(process).copied());
        above.take(64).any(|process| process == own)
    };
    let shows = |process: &u32| {
        let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("--type=renderer")
    };
    all.keys()
        .copied()
        .filter(|process| below(*process))
        .filter(shows)
        .collect()
}
