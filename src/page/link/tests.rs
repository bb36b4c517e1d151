//! Links there and back, and links that are wrong.
#![allow(clippy::unwrap_used)]

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::engine::settings::{Field, Sampler, Source, Start};
use crate::page::editor::Editor;
use crate::page::lab::Lab;
use crate::page::stage::Tool;

/// Of the page before links had a version.
const OLD_DRAWING: &str = "#data=d.aMzya1-L_A5DfBfAy0AbxZJaOApAMsOICsLWV1QLwEtAb8DCFsgLQBvBC0AuwmhDQE_BE0AaHsgLwBtBD8BSAphjQQvAG0BONugKQMbASx4mM1QKAarAOk1yysgHQX7AGkOUKsK4FgGqRZLAGlrUBgG6w2gKQtBWwBqvCAfKwAdAL8CKQn6vVAvAG0LIF8BCBugGmtAGwBpAl";

#[test]
fn the_default_state_needs_no_link_and_an_empty_link_is_the_default_state() {
    assert_eq!(write(&Target::Preset(Preset::Moons), &Settings::default()), "");
    let link = read("#");
    assert_eq!((link.settings, link.errors.len()), (Settings::default(), 0));
}

/// Settings of every kind that are not the usual ones.
fn unusual() -> Settings {
    Settings {
        width: 128,
        learning_rate: 0.003,
        sampler: Sampler::Langevin,
        sigma: 0.0123,
        contours: false,
        show_data: true,
        ..Settings::default()
    }
}

#[test]
fn a_state_comes_back_from_its_link() {
    let settings = unusual();
    for preset in Preset::ALL {
        let text = write(&Target::Preset(preset), &settings);
        let link = read(&text);
        assert_eq!(
            (link.target, &link.settings, link.errors.len()),
            (Target::Preset(preset), &settings, 0),
            "{text}"
        );
    }
}

#[test]
fn a_race_comes_back_from_a_link_that_says_what_is_not_as_usual_and_no_more() {
    let settings = Settings {
        sampler: Sampler::Hmc,
        beta: 2.5,
        leapfrog_steps: 8,
        start: Start::Spot,
        race: true,
        rival: Sampler::AveragedNoise,
        rival_step_size: 0.25,
        potential: true,
        ..Settings::default()
    };
    let text = write(&Target::Preset(Preset::Moons), &settings);
    assert_eq!(
        text,
        "v=1&sampler=hmc&beta=2.5&leapfrogSteps=8&potential=true&start=spot&race=true&rival=averaged-noise&rivalStepSize=0.25"
    );
    let link = read(&text);
    assert_eq!((link.settings, link.errors.len()), (settings, 0));
    assert!(read("#rival=nobody").errors[0].to_string().contains("reverse-sde"));
}

#[test]
fn a_sampler_that_nobody_could_run_is_named_setting_by_setting_and_not_taken_up() {
    let bad = [
        ("leapfrogSteps", "1001"),
        ("leapfrogSteps", "4294967296"),
        ("particles", "200001"),
        ("friction", "NaN"),
        ("friction", "-0.1"),
        ("beta", "inf"),
        ("noiseScale", "4.1"),
        ("correctorSteps", "-1"),
        ("nodes", "1"),
        ("rivalLevels", "1e9"),
        ("rivalStepSize", "0"),
        ("start", "moon"),
        ("scheme", "rk45"),
        ("potential", "perhaps"),
    ];
    for (key, value) in bad {
        let link = read(&format!("#{key}={value}&levels=12"));
        assert_eq!(link.errors.len(), 1, "{key}={value}");
        let message = link.errors[0].to_string();
        assert!(message.contains(&format!("{key} must be ")), "{message}");
        let rest = Settings {
            levels: 12,
            ..Settings::default()
        };
        assert_eq!(link.settings, rest, "{key}={value}");
    }
}

#[test]
fn a_chapter_is_in_the_link_above_what_was_there_before() {
    let mut text = write(&Target::Preset(Preset::Rings), &Settings::default());
    append(&mut text, "lesson", "annealing");
    assert_eq!(text, "v=1&data=rings&lesson=annealing");
    let link = read(&text);
    assert_eq!(
        (link.lesson.as_str(), link.target, link.errors.len()),
        ("annealing", Target::Preset(Preset::Rings), 0)
    );
    assert!(leaves_start_open(&text, ""));
}

/// Every setting as low, as high and as strange as it may be, one after the other and all of them at once.
fn extremes() -> Vec<Settings> {
    let count = Settings::default().fields().len();
    let mut all = vec![Settings::default(); 4];
    for k in 0..count {
        for (end, together) in [0, 1, 2, 3].into_iter().zip(0..) {
            let mut alone = Settings::default();
            for settings in [&mut all[together], &mut alone] {
                match settings.fields().into_iter().nth(k).unwrap().1 {
                    Field::Switch(on) => *on = end % 2 == 1,
                    Field::Whole(value, low, high) => *value = [low, high, low + (high - low) / 3, high - 1][end],
                    Field::Number(value, low, high) => {
                        *value = [
                            low,
                            high,
                            low.next_up(),
                            low + (high - low) * std::f32::consts::FRAC_1_PI,
                        ][end];
                    }
                    Field::Choice(choice) => choice.choose([0, choice.names().len() - 1, 1, choice.place()][end]),
                }
                // The one setting that refuses one of its names.
                if settings.follow == Source::Error {
                    settings.follow = Source::Exact;
                }
            }
            all.push(alone);
        }
    }
    all
}

#[test]
fn every_setting_comes_back_from_its_link_bit_for_bit_at_its_ends_and_between() {
    let moons = Target::Preset(Preset::Moons);
    let all = extremes();
    assert!(all.len() > 200);
    for settings in all {
        settings.check().unwrap();
        let text = write(&moons, &settings);
        let link = read(&text);
        assert_eq!((&link.settings, link.errors.len()), (&settings, 0), "{text}");
        assert!(text.len() < 1500, "{} characters", text.len());
    }
}

#[test]
fn a_link_brings_the_step_and_what_is_hidden_and_locked() {
    let mut text = write(&Target::Preset(Preset::Rings), &Settings::default());
    let goal = Goal {
        step: 5000,
        from: Some(u32::MAX),
    };
    append_goal(&mut text, &goal);
    let parts = Parts::default().with("noise").with("data").with("lock").with("embed");
    parts.append_to(&mut text);
    assert_eq!(
        text,
        "v=1&data=rings&step=5000&from=4294967295&hide=data,noise&lock=1&embed=1"
    );
    let link = read(&text);
    assert_eq!((link.goal, link.parts, link.errors.len()), (Some(goal), parts, 0));
    assert_eq!(link.parts.names(" "), "data noise lock embed");
    assert!(!leaves_start_open(&text, ""));
    assert!(leaves_start_open(
        "#v=1&data=rings&hide=data&lock=1&embed=1&present=1",
        ""
    ));
    assert!(read("#present=1").settings.projector && !read("#present=0").settings.projector);
    for (wrong, word) in [
        ("hide=data,cellar", "caption"),
        ("lock=perhaps", "1 or 0"),
        ("step=soon", "step"),
        ("from=-1", "from"),
        ("v=2", "newer"),
    ] {
        let link = read(wrong);
        assert_eq!((&link.settings, link.goal), (&Settings::default(), None), "{wrong}");
        assert!(link.complaint().unwrap().contains(word), "{:?}", link.complaint());
    }
    assert_eq!(read("step=0").goal, None);
    assert_eq!(read("step=4000000000").goal.map(|goal| goal.step), Some(LAST_STEP));
}

#[test]
fn links_of_earlier_versions_still_mean_what_they_meant() {
    let link =
        read("#data=rings&width=128&learningRate=0.003&sampler=langevin&sigma=0.0123&contours=false&showData=true");
    let meant = unusual();
    assert_eq!((&link.settings, link.errors.len()), (&meant, 0));
    // Of the last page that wrote bytes of seven bits: 60 dots, some of them on odd steps of 1/1024.
    let Target::Drawing(old) = read(OLD_DRAWING).target else {
        panic!("a drawing comes back as one")
    };
    let points: Vec<f32> = (0..120).map(|k| ((k * 37 % 101) as f32 - 50.0) / 51.0).collect();
    let rounded = |value: f32| (value * 1024.0).round() / 1024.0;
    let mut drawn: Vec<[f32; 2]> = points.chunks(2).map(|x| [rounded(x[0]), rounded(x[1])]).collect();
    let mut dots: Vec<[f32; 2]> = old.dots().map(|dot| dot.at).collect();
    for list in [&mut drawn, &mut dots] {
        list.sort_by(|a, b| a.partial_cmp(b).unwrap());
    }
    assert_eq!(dots, drawn);
    // And written anew it is the same drawing.
    let again = write(&Target::Drawing(old.clone()), &Settings::default());
    assert_eq!(read(&again).target, Target::Drawing(old));
}

/// Strokes of the page's own brush, as a hand makes them, until there are so many dots.
fn drawn_by_hand(count: usize, seed: u64) -> Drawing {
    let (mut lab, mut editor) = (Lab::default(), Editor::default());
    let mut rng = StdRng::seed_from_u64(seed);
    let mut any = |size: f32| size * (2.0 * rng.random::<f32>() - 1.0);
    loop {
        let (centre, radius, turn, bend) = ([any(0.7), any(0.7)], 0.3 + any(0.2), any(3.0), any(2.0));
        for k in 0..60 {
            let angle = turn + bend * k as f32 / 20.0;
            let at = [centre[0] + radius * angle.cos(), centre[1] + radius * angle.sin()];
            if k == 0 {
                editor.begin(&mut lab, Tool::Draw, at).unwrap();
            }
            editor.go_on(&mut lab, at);
            if let Target::Drawing(drawing) = &lab.target
                && drawing.len() >= count
            {
                let points: Vec<f32> = drawing.dots().take(count).flat_map(|dot| dot.at).collect();
                return Drawing::from_points(&points, editor.softness).unwrap();
            }
        }
        editor.end(&mut lab);
    }
}

#[test]
fn two_thousand_dots_are_a_link_of_less_than_4_kilobytes_as_strokes_and_all_over_the_stage() {
    for seed in 0..8 {
        let drawing = drawn_by_hand(2000, seed);
        let text = write(&Target::Drawing(drawing.clone()), &Settings::default());
        assert!(text.len() <= 4096, "{} characters", text.len());
        assert_eq!(read(&text).target, Target::Drawing(drawing));
    }
    let mut rng = StdRng::seed_from_u64(3);
    let points: Vec<f32> = (0..4000).map(|_| 2.9 * (rng.random::<f32>() - 0.5)).collect();
    let everywhere = Drawing::from_points(&points, 0.04).unwrap();
    let text = write(&Target::Drawing(everywhere), &Settings::default());
    assert!(text.len() <= 4096, "{} characters", text.len());
}

#[test]
fn a_drawing_comes_back_from_its_link_dot_for_dot() {
    let points: Vec<f32> = (0..400).map(|k| ((k * 37 % 101) as f32 - 50.0) / 51.0).collect();
    let drawing = Drawing::from_points(&points, 0.05).unwrap();
    let text = write(&Target::Drawing(drawing.clone()), &Settings::default());
    assert!(text.chars().all(|c| c.is_ascii_graphic()), "a link needs no escapes");
    let link = read(&text);
    assert!(link.errors.is_empty(), "{:?}", link.errors);
    let Target::Drawing(back) = link.target else {
        panic!("a drawing comes back as one")
    };
    assert_eq!(back, drawing);
    // And after a program that encodes whatever it can.
    let escaped = text.replace('d', "%64").replace('.', "%2e");
    assert!(read(&escaped).errors.is_empty());
}

#[test]
fn what_is_wrong_is_named_and_the_rest_applies() {
    let link = read("#data=lunas&width=1e9&foo=1&depth=2&nonsense&sampler=langevin");
    assert_eq!(link.target, Target::Preset(Preset::Moons));
    assert_eq!((link.settings.depth, link.settings.sampler), (2, Sampler::Langevin));
    assert_eq!(link.settings.width, Settings::default().width);
    let told = link
        .errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for word in ["lunas", "moons", "width", "foo", "nonsense"] {
        assert!(told.contains(word), "{word} is not in:\n{told}");
    }
    assert_eq!(link.errors.len(), 4);
}

#[test]
fn hostile_links_end_in_short_messages() {
    let long = "x".repeat(5_000);
    for text in [
        format!("data={long}"),
        format!("{long}=1"),
        long.clone(),
        format!("data=d.{long}"),
        format!("width={long}"),
        "data=d.".to_owned(),
        "%=%&%%%&%f=%zz&data=%ff%fe".to_owned(),
        "&&&=&=&".to_owned(),
        "data=d.\u{1F300}".to_owned(),
    ] {
        let link = read(&text);
        assert_eq!(link.settings, Settings::default());
        assert!(!link.errors.is_empty());
        assert!(
            link.errors.iter().all(|error| error.to_string().len() < 700),
            "{:?}",
            link.errors
        );
    }
    assert_eq!(read(&"&width=65".repeat(20_000)).errors, [LinkError::TooLong(180_000)]);
}

#[test]
fn only_an_address_without_settings_leaves_the_start_open() {
    assert!(leaves_start_open("", "") && leaves_start_open("#data=rings&projector=true", "?backend=cpu"));
    assert!(!leaves_start_open("#data=rings&seed=0", ""));
    assert!(!leaves_start_open("#width=64", ""));
    assert!(!leaves_start_open("#data=rings", "?fresh") && !leaves_start_open("", "?backend=cpu&fresh"));
}

#[test]
fn a_query_may_force_a_backend_that_exists() {
    assert_eq!(backend(""), Ok(None));
    assert_eq!(backend("?a=1&backend=cpu"), Ok(Some(Backend::Cpu)));
    assert_eq!(backend("?backend=webgpu"), Ok(Some(Backend::WebGpu)));
    assert_eq!(backend("?backend=cuda"), Err(LinkError::BadBackend("cuda".into())));
}
