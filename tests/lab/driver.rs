//! Drives a lab: tells it something, turns it, and waits for what it says.

use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use scorefield::distribution::Target;
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Backend, Command, Frame, Report, SampleJob, Standing};
use scorefield::engine::settings::Settings;

/// Patience with a lab. Other work may share the machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Natively no future ever waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

pub fn tell(lab: &mut Lab, commands: Vec<Command>) {
    for command in commands {
        now(lab.obey(command)).unwrap();
    }
}

/// Turns until a report satisfies the question, and what it answers.
pub fn until<T>(lab: &mut Lab, mut question: impl FnMut(&Report) -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if !now(lab.turn()).unwrap() {
            std::thread::sleep(Duration::from_millis(5));
        }
        for report in lab.reports() {
            if let Some(answer) = question(&report) {
                return answer;
            }
        }
    }
    panic!("the lab never said it");
}

pub fn small() -> Settings {
    Settings {
        width: 32,
        depth: 2,
        batch: 256,
        particles: 300,
        ..Settings::default()
    }
}

pub fn lab_on(target: Target, settings: Settings) -> Lab {
    let mut lab = Lab::new(Some(Backend::Cpu));
    tell(
        &mut lab,
        vec![
            Command::Configure {
                settings: Box::new(settings),
                revision: 1,
            },
            Command::Learn { target, revision: 1 },
            Command::Reset { run: 1 },
        ],
    );
    lab
}

pub fn train(lab: &mut Lab, steps: u32) -> (u64, f32) {
    tell(lab, vec![Command::Train { request: 9, steps }]);
    until(lab, |report| match report {
        Report::Trained {
            request: 9,
            step,
            progress,
            ..
        } => Some((*step, progress.nats)),
        Report::Failed { message, .. } => panic!("{message}"),
        _ => None,
    })
}

pub fn samples(lab: &mut Lab, job: SampleJob) -> Result<Vec<f32>, String> {
    tell(lab, vec![Command::Sample { request: 3, job }]);
    until(lab, |report| match report {
        Report::Sampled { request: 3, points } => Some(Ok(points.0.clone())),
        Report::Failed {
            request: Some(3),
            message,
        } => Some(Err(message.clone())),
        _ => None,
    })
}

/// The next frame.
pub fn frame(lab: &mut Lab) -> Frame {
    tell(lab, vec![Command::Frame { hidden: false }]);
    until(lab, |report| match report {
        Report::Frame(frame) => Some((**frame).clone()),
        Report::Failed { message, .. } => panic!("{message}"),
        _ => None,
    })
}

/// Live sampling goes on, or rests; nothing is trained.
pub fn play(lab: &mut Lab, sampling: bool) {
    let training = false;
    tell(lab, vec![Command::Play { training, sampling }]);
}

/// Makes live steps one by one until there were so many since the start, or every descent is over, and then none, frame after
/// frame, until one satisfies the question, which is also told whether the cloud rests. Where it comes to depends on neither
/// the machine's speed nor the pace.
pub fn walk<T>(lab: &mut Lab, steps: u64, mut question: impl FnMut(&Frame, bool) -> Option<T>) -> T {
    play(lab, false);
    until_frame_then(lab, |lab, frame| {
        let mut clouds = [&frame.cloud].into_iter().chain(&frame.rival);
        let made = frame.cloud.sampler.steps;
        let rests = made >= steps || clouds.all(|cloud| cloud.sampler.finished);
        if !rests {
            let left = steps.saturating_sub(made);
            tell(lab, vec![Command::SampleOnce; left as usize]);
        }
        question(frame, rests)
    })
}

/// How the cloud stands after so many steps, or at the end of its descent.
pub fn standing_after(lab: &mut Lab, steps: u64) -> Standing {
    walk(lab, steps, |frame, rests| {
        let standing = frame.cloud.standing.clone();
        standing.filter(|standing| rests && standing.steps == frame.cloud.sampler.steps)
    })
}

/// Changes the settings.
pub fn configure(lab: &mut Lab, settings: &Settings) {
    let settings = Box::new(settings.clone());
    tell(lab, vec![Command::Configure { settings, revision: 2 }]);
}

/// Frame after frame, until one satisfies the question, and what it answers.
pub fn until_frame<T>(lab: &mut Lab, mut question: impl FnMut(&Frame) -> Option<T>) -> T {
    until_frame_then(lab, |_, frame| question(frame))
}

/// The same for a question that drives the lab.
fn until_frame_then<T>(lab: &mut Lab, mut question: impl FnMut(&mut Lab, &Frame) -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let frame = frame(lab);
        if let Some(answer) = question(lab, &frame) {
            return answer;
        }
    }
    panic!("no frame ever showed it");
}
