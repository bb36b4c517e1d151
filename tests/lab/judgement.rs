//! What the lab says of itself, against closed forms: errors while the data change, the network's density, copies of
//! training points.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use scorefield::distribution::{Drawing, Preset, Target};
use scorefield::engine::lab::Lab;
use scorefield::engine::protocol::{Backend, Command, DensityError, Floats, Progress, Report, SampleJob};
use scorefield::engine::settings::{Network, Settings, Source};
use scorefield::metrics::memorisation::Memorisation;

use crate::driver::{frame, lab_on, play, samples, small, tell, until};

fn learn(lab: &mut Lab, target: Target, revision: u32) {
    tell(lab, vec![Command::Learn { target, revision }]);
}

fn train(lab: &mut Lab, steps: u32) -> Progress {
    tell(lab, vec![Command::Train { request: 1, steps }]);
    until(lab, |report| match report {
        Report::Trained { progress, .. } => Some(progress.clone()),
        _ => None,
    })
}

/// The network's density, and how many reports told of the way there.
fn measure(lab: &mut Lab, count: u32) -> (DensityError, usize) {
    tell(lab, vec![Command::Likelihood { request: 5, count }]);
    let mut parts = vec![0.0];
    let found = until(lab, |report| match report {
        Report::Measuring { request: 5, part } => {
            parts.push(*part);
            None
        }
        Report::Measured { request: 5, error } => Some(*error),
        _ => None,
    });
    assert!(
        parts.is_sorted() && parts.iter().all(|part| (0.0..=1.0).contains(part)),
        "{parts:?}"
    );
    (found, parts.len() - 1)
}

/// A round Gaussian of this mean and deviation, but for a thousandth: dots much softer than they are apart.
fn gaussian(mean: [f32; 2], deviation: f32) -> Target {
    let d = 0.02;
    let dots = [[d, 0.0], [-d, 0.0], [0.0, d], [0.0, -d]];
    let points: Vec<f32> = dots
        .iter()
        .flat_map(|dot| [mean[0] + dot[0], mean[1] + dot[1]])
        .collect();
    Target::Drawing(Drawing::from_points(&points, deviation).unwrap())
}

/// A network without training is the Gaussian to which it was fitted. Against other data of another mean and width its
/// divergence is known in closed form, and so is its likelihood.
#[test]
fn the_density_of_a_network_without_training_is_measured_as_the_gaussian_that_it_is() {
    const COUNT: u32 = 4000;
    let mut lab = lab_on(gaussian([0.1, -0.2], 0.5), small());
    let (same, told) = measure(&mut lab, COUNT);
    let sigma = f64::from(same.sigma);
    assert!(told > 1, "no word of the progress");
    assert!(
        same.kl.abs() < 1e-3 && same.error < 1e-3 && same.grid.is_none(),
        "{same:?}"
    );

    let (mean, deviation) = ([0.25_f32, -0.1_f32], 0.4_f32);
    learn(&mut lab, gaussian(mean, deviation), 2);
    let (other, _) = measure(&mut lab, COUNT);
    assert_eq!((other.stamp.run, other.stamp.target, other.count), (1, 2, COUNT));
    let square = |deviation: f64| deviation * deviation + 0.0002; // the variance of the four dots along an axis
    let (q, p) = (
        square(0.5) + sigma * sigma,
        square(0.4) + f64::from(other.sigma).powi(2),
    );
    let (away, shift) = (0.15_f64.hypot(0.1), p / q);
    let kl = shift - 1.0 - shift.ln() + away * away / (2.0 * q);
    let nll = (TAU * q).ln() + shift + away * away / (2.0 * q);
    // log p - log q is quadratic: its variance over draws of p is that of its square part and of its slope.
    let n = f64::from(COUNT);
    let error = (((1.0 - shift).powi(2) + away * away * p / (q * q)) / n).sqrt();
    eprintln!(
        "KL {} ± {}, truth {kl} ± {error}; nll {}, truth {nll}",
        other.kl, other.error, other.nll
    );
    assert!(
        (f64::from(other.error) / error - 1.0).abs() < 0.1,
        "{} is not {error}",
        other.error
    );
    assert!(
        (f64::from(other.kl) - kl).abs() < 6.0 * error + 1e-3,
        "{} is not {kl} ± {error}",
        other.kl
    );
    let nll_error = ((shift * shift + away * away * p / (q * q)) / n).sqrt();
    assert!(
        (f64::from(other.nll) - nll).abs() < 6.0 * nll_error,
        "{} is not {nll} ± {nll_error}",
        other.nll
    );
}

/// The energy at a grid of the test's own, as scripts get it, normalised here and compared with the exact density.
#[test]
fn the_density_of_an_energy_network_is_measured_on_a_grid_too() {
    const SIDE: usize = 240;
    const CELL: f32 = 0.025;
    let settings = Settings {
        network: Network::Energy,
        ..small()
    };
    let mut lab = lab_on(gaussian([0.1, -0.2], 0.5), settings);
    train(&mut lab, 100);
    let (found, _) = measure(&mut lab, 500);
    let centre = |i: usize| (i as f32 - 0.5 * SIDE as f32) * CELL;
    let cells: Vec<f32> = (0..SIDE * SIDE)
        .flat_map(|i| [centre(i % SIDE), centre(i / SIDE)])
        .collect();
    let mut energy = |field| {
        let command = Command::Evaluate {
            request: 8,
            points: Floats(cells.clone()),
            sigma: found.sigma,
            field,
        };
        tell(&mut lab, vec![command]);
        until(&mut lab, |report| match report {
            Report::Evaluated { energy, .. } => Some(energy.0.clone()),
            _ => None,
        })
    };
    let (learned, exact) = (energy(Source::Learned), energy(Source::Exact));
    let area = f64::from(CELL * CELL);
    let log_z = (learned.iter().map(|&e| f64::from(-e).exp()).sum::<f64>() * area).ln();
    let kl: f64 = learned
        .iter()
        .zip(&exact)
        .map(|(&e, &truth)| f64::from(-truth).exp() * (f64::from(e) + log_z - f64::from(truth)) * area)
        .sum();
    eprintln!(
        "on a grid {:?}, here {kl}; by the flow {} ± {}",
        found.grid, found.kl, found.error
    );
    assert!(kl > 0.0 && (f64::from(found.grid.unwrap()) - kl).abs() < 1e-3 + 0.01 * kl);
}

/// After long training 0.06 nat is good; the page starts from networks that meet it.
#[test]
fn the_shipped_networks_have_the_densities_of_their_sets() {
    for set in Preset::ALL {
        let mut lab = lab_on(Target::Preset(set), Settings::default());
        let path = format!("{}/assets/weights/{}.bpk", env!("CARGO_MANIFEST_DIR"), set.name());
        let bytes = std::fs::read(&path).unwrap();
        let command = Command::LoadWeights {
            request: 4,
            run: 2,
            bytes,
        };
        tell(&mut lab, vec![command]);
        let (found, _) = measure(&mut lab, 1024);
        eprintln!(
            "{}: {:.4} ± {:.4} nat, step {}",
            set.name(),
            found.kl,
            found.error,
            found.stamp.step
        );
        assert!(found.stamp.run == 2 && found.kl > -6.0 * found.error, "{found:?}");
        assert!(found.kl < 0.06, "{}: {found:?}", set.name());
    }
}

#[test]
fn a_likelihood_that_makes_no_sense_is_refused() {
    let refusal = |lab: &mut Lab, count| {
        tell(lab, vec![Command::Likelihood { request: 6, count }]);
        until(lab, |report| match report {
            Report::Failed {
                request: Some(6),
                message,
            } => Some(message.clone()),
            _ => None,
        })
    };
    assert!(refusal(&mut Lab::new(Some(Backend::Cpu)), 100).contains("no network yet"));
    let mut lab = lab_on(Target::Preset(Preset::Moons), small());
    assert!(refusal(&mut lab, 1).contains("from 2 to 100000"));
}

/// An edit at every second turn, as the pointer makes them: rounds still come to an end, each against data that were the
/// latest ones when the round before had ended, or later ones, and the last one is against the last edit.
#[test]
fn errors_are_measured_while_the_data_are_being_drawn() {
    // In a turn at least a piece of a round is done: of 6 levels with 1,024 points each an eighth of one, or its error.
    const ROUND: u32 = 6 * (8 + 1);
    const EDITS: u32 = 170;
    let mut rng = StdRng::seed_from_u64(3);
    let mut points: Vec<f32> = (0..200).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
    let drawn = |points: &[f32]| Target::Drawing(Drawing::from_points(points, 0.04).unwrap());
    let mut lab = lab_on(drawn(&points), small());
    let mut measured = Vec::new();
    for revision in 2..EDITS {
        points.extend((0..20).map(|_| 2.0 * rng.random::<f32>() - 1.0));
        learn(&mut lab, drawn(&points), revision);
        for _ in 0..2 {
            measured.extend(frame(&mut lab).progress.map(|progress| (revision, progress.target)));
        }
    }
    assert!(measured.len() >= 5, "{measured:?}");
    assert!(
        measured
            .windows(2)
            .all(|pair| pair[0].1 < pair[1].1 && pair[0].0 <= pair[1].1),
        "{measured:?}"
    );
    assert!(
        measured
            .iter()
            .all(|(now, then)| (1..ROUND / 2 + 2).contains(&(now + 1 - then))),
        "{measured:?}"
    );
    let last = loop {
        if let Some(progress) = frame(&mut lab).progress
            && progress.target == EDITS - 1
        {
            break progress;
        }
    };
    assert!(last.sigmas.len() == 6 && last.floor.len() == 6 && last.excess.iter().all(|e| e.is_finite()));
}

/// Thirty points without softness: the exact score leads every sample back to one of them, and a small network that
/// was not trained for long cannot know where they are. Here 99.9 % against 22 %.
#[test]
fn the_exact_score_of_few_points_copies_them_and_a_small_network_does_not() {
    let mut rng = StdRng::seed_from_u64(8);
    let points: Vec<f32> = (0..60).map(|_| 1.6 * rng.random::<f32>() - 0.8).collect();
    let target = Target::Drawing(Drawing::from_points(&points, 0.0).unwrap());
    let mut lab = lab_on(target, small());
    let progress = train(&mut lab, 500);
    assert!(progress.nats.is_finite(), "{progress:?}");
    let scale = frame(&mut lab).scale;
    let sigma_min = small().ladder(scale).sigma_min;
    let meter = Memorisation::new(&points, sigma_min);
    let mut copied = |follow| {
        let settings = Settings {
            particles: 2000,
            follow,
            ..small()
        };
        let job = SampleJob {
            settings: Box::new(settings),
            steps: 1,
            init: None,
        };
        meter.fraction(&samples(&mut lab, job).unwrap())
    };
    let (exact, learned) = (copied(Source::Exact), copied(Source::Learned));
    eprintln!("copies at σ {sigma_min}: {exact} of the exact score's samples, {learned} of the network's");
    assert!(exact > 0.95, "the exact score copied only {exact}");
    assert!(learned < 0.5, "the network copied {learned}");
}

/// The same at the end of a live descent, beside what true draws at the smallest noise give: 1 - exp(-2), with few
/// points so near each other that it matters.
#[test]
fn a_finished_descent_over_few_hard_dots_says_how_many_samples_are_copies() {
    let mut rng = StdRng::seed_from_u64(8);
    let points: Vec<f32> = (0..60).map(|_| 1.6 * rng.random::<f32>() - 0.8).collect();
    let judged = |softness: f32| {
        let settings = Settings {
            particles: 600,
            pace: 10_000.0,
            follow: Source::Exact,
            ..small()
        };
        let target = Target::Drawing(Drawing::from_points(&points, softness).unwrap());
        let mut lab = lab_on(target, settings);
        play(&mut lab, true);
        loop {
            if let Some(quality) = frame(&mut lab).quality {
                break quality;
            }
        }
    };
    let found = judged(0.0).memorised.unwrap();
    let truth = 1.0 - (-2.0_f32).exp();
    let error = (truth * (1.0 - truth) / 600.0).sqrt();
    eprintln!("{found:?}");
    assert!(
        (found.truth - truth).abs() < 6.0 * error + 0.01,
        "{found:?}, truth {truth} ± {error}"
    );
    assert!(found.share > 0.95, "{found:?}");
    assert_eq!(judged(0.1).memorised, None, "soft dots cannot be copied");
}
