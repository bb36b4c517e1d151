//! What the kernel counts of the main threads of the browser's pages: for how long each ran, and for how long it could
//! have run but had to wait for a core; and what the machine did for others meanwhile.

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

/// Between two readings as close as this the counters are taken to grow evenly, milliseconds.
const CLOSE_MS: f64 = 3.0 * EVERY.as_millis() as f64;

impl Record {
    /// What the thread used between two times; without any reading, all of it. Where the reader itself had to wait for a
    /// core, and so read nothing for long, the least that it can have run and the most that it can have waited.
    pub fn between(&self, from: f64, to: f64) -> Usage {
        if self.0.is_empty() {
            return Usage {
                ran: to - from,
                waited: 0.0,
            };
        }
        let ([_, ran_before], [waited_before, _]) = (self.at(from, |u| u.ran), self.at(from, |u| u.waited));
        let ([ran_after, _], [_, waited_after]) = (self.at(to, |u| u.ran), self.at(to, |u| u.waited));
        Usage {
            ran: (ran_after - ran_before).max(0.0),
            waited: (waited_after - waited_before).max(0.0),
        }
    }

    /// The least and the most that a counter can have been at a time.
    fn at(&self, time: f64, of: impl Fn(&Usage) -> f64) -> [f64; 2] {
        let next = self.0.partition_point(|(at, _)| *at < time);
        let (Some((t0, a)), Some((t1, b))) = (self.0.get(next.saturating_sub(1)), self.0.get(next)) else {
            let end = if next == 0 { self.0.first() } else { self.0.last() };
            return [end.map(|(_, usage)| of(usage)).unwrap_or_default(); 2];
        };
        let (a, b) = (of(a), of(b));
        if t1 - t0 <= CLOSE_MS {
            let share = if t1 > t0 { (time - t0) / (t1 - t0) } else { 1.0 };
            return [a + share * (b - a); 2];
        }
        // A thread runs, and waits, for no longer than time goes on.
        [(b - (t1 - time)).max(a), (a + (time - t0)).min(b)]
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The page that ran most.
    pub page: Record,
    /// What [`of_others`] said, and when, and for how long all threads of all pages had run, milliseconds.
    whole: Vec<(f64, f64, f64)>,
}

impl Reading {
    /// For how long cores worked for others between two times and half a second before and after, milliseconds.
    pub fn others_about(&self, from: f64, to: f64) -> f64 {
        let at = |time: f64| {
            let next = self.whole.partition_point(|(at, ..)| *at < time);
            let known = self.whole.get(next).or(self.whole.last());
            known.map(|(_, others, _)| *others).unwrap_or_default()
        };
        at(to + 500.0) - at(from - 500.0)
    }

    /// For how long all threads of all pages ran between two times, milliseconds.
    pub fn pages_ran(&self, from: f64, to: f64) -> f64 {
        let at = |time: f64| {
            let next = self.whole.partition_point(|(at, ..)| *at <= time);
            let known = self.whole[..next].last();
            known.map(|(.., ran)| *ran).unwrap_or_default()
        };
        at(to) - at(from)
    }
}

/// Reads the counters until it is ended.
pub struct Recorder {
    stop: Arc<AtomicBool>,
    reader: JoinHandle<Reading>,
}

impl Recorder {
    /// Starts reading those of all pages that this process's browsers open from now on.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let reader = spawn(move || {
            let mut records: BTreeMap<u32, Record> = BTreeMap::new();
            // What each page's process has used, also of those that have ended.
            let (mut whole, mut used) = (Vec::new(), BTreeMap::new());
            for reading in 0.. {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                if reading % LOOK_EVERY == 0 {
                    let all = processes();
                    for page in pages(&all) {
                        records.entry(page).or_default();
                        used.insert(page, TICK_MS * all[&page].ticks);
                    }
                    whole.push((now(), others_of(&all), used.values().sum()));
                }
                for (page, record) in &mut records {
                    record.0.extend(usage(*page).map(|usage| (now(), usage)));
                }
                sleep(EVERY);
            }
            let ran = |record: &Record| record.0.last().map_or(0.0, |(_, usage)| usage.ran);
            let page = records.into_values().max_by(|a, b| ran(a).total_cmp(&ran(b)));
            let page = page.unwrap_or_default();
            Reading { page, whole }
        });
        Self { stop, reader }
    }

    /// What was read until now.
    pub fn end(self) -> Reading {
        self.stop.store(true, Ordering::Relaxed);
        self.reader.join().unwrap_or_default()
    }
}

/// The counters of all of them as they stand now.
pub fn of_pages() -> Usage {
    let all = pages(&processes()).into_iter().filter_map(usage);
    all.fold(Usage::default(), |sum, one| Usage {
        ran: sum.ran + one.ran,
        waited: sum.waited + one.waited,
    })
}

/// For how long the machine's cores have worked, since it was started, for others than this process and those below it,
/// milliseconds. The kernel counts that by ticks: a second's difference is known to some hundredths.
pub fn of_others() -> f64 {
    others_of(&processes())
}

fn others_of(all: &BTreeMap<u32, Process>) -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    // User, nice, system; idle and waiting for disks; interrupts of two kinds, and what other machines took.
    let first = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let counts: Vec<f64> = first.filter_map(|word| word.parse().ok()).collect();
    let busy: f64 = [0, 1, 2, 5, 6, 7].into_iter().filter_map(|i| counts.get(i)).sum();
    let own: f64 = below(all).map(|process| all[&process].ticks).sum();
    TICK_MS * (busy - own)
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

/// A process, as far as it matters here.
struct Process {
    parent: u32,
    /// For how long it ran, with those below it that have ended, ticks.
    ticks: f64,
}

/// The unit of what is told of whole processes, milliseconds.
const TICK_MS: f64 = 10.0;

/// All that there are.
fn processes() -> BTreeMap<u32, Process> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let known = processes.filter_map(|entry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // After the name, which may hold anything but ends with the last bracket: state, parent, nine others, times.
        let words: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let parent = words.get(1)?.parse().ok()?;
        let ticks = words.get(11..15)?.iter().filter_map(|word| word.parse::<f64>().ok());
        let ticks = ticks.sum();
        Some((process, Process { parent, ticks }))
    });
    known.collect()
}

/// This process and those below it.
fn below(all: &BTreeMap<u32, Process>) -> impl Iterator<Item = u32> {
    let own = std::process::id();
    all.keys().copied().filter(move |&process| {
        let above = std::iter::successors(Some(process), |process| Some(all.get(process)?.parent));
        above.take(64).any(|process| process == own)
    })
}

/// The processes below this one in which a browser shows pages.
fn pages(all: &BTreeMap<u32, Process>) -> Vec<u32> {
    let shows = |process: &u32| {
        let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("--type=renderer")
    };
    below(all).filter(shows).collect()
}
