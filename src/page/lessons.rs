//! The lessons: what their file may ask the page for. The chapters themselves, words and questions and settings, stand in
//! one file for each language (`www/lessons/en.html`), which the page fetches when they are first opened.

use super::lab::nearest;
use super::standings::Track;
use crate::engine::protocol::{Approach, Progress};

/// What the page has measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// How the particles, and in a race the rival's, stand.
    pub tracks: &'a [Track; 2],
    /// The network against the truth.
    pub progress: Option<&'a Progress>,
    /// Training steps.
    pub step: u64,
    /// How a chain approaches its target.
    pub approach: Option<&'a Approach>,
    /// The noise level on the stage, stage units.
    pub sigma: f32,
    /// Those of the scene that plays.
    pub scene: &'a [f32],
}

impl Measured<'_> {
    /// The figure of this name, if there is one yet:
    ///
    /// - `variance`: of the particles about their nearest mode, over that of `p_sigma` (at beta = 1);
    /// - `distance`, `distance-rival`: sliced Wasserstein distance from the target, over that of true samples;
    /// - `nats`, `steps`: distance of the network from the truth, and training steps;
    /// - `floor`, `loss`: of the denoising loss `E|sigma s + eps|²` near the noise level shown; 2 for a network that
    ///   answers 0;
    /// - `kl`, `fisher`: divergence of the particles from their target, and what theory says it loses per unit of time;
    /// - anything that ends in a digit: that figure of the scene.
    pub fn figure(&self, name: &str) -> Option<f32> {
        let loss = |with_excess: bool| {
            let progress = self.progress?;
            let k = nearest(&progress.sigmas, self.sigma)?;
            let excess = if with_excess { *progress.excess.get(k)? } else { 0.0 };
            Some(progress.floor.get(k)? + excess)
        };
        match name {
            "variance" => self.tracks[0].last.as_ref()?.width,
            "distance" => self.tracks[0].distance(),
            "distance-rival" => self.tracks[1].distance(),
            "nats" => Some(self.progress?.nats),
            "steps" => Some(self.step as f32),
            "floor" => loss(false),
            "loss" => loss(true),
            "kl" => Some(self.approach?.cloud),
            "fisher" => Some(self.approach?.rate),
            _ => {
                let digit = name.bytes().last().filter(u8::is_ascii_digit)?;
                self.scene.get(usize::from(digit - b'0')).copied()
            }
        }
    }
}

/// Of the languages that are offered, separated by spaces, the reader's (`fr-CA` is satisfied by `fr`), or else the first.
pub fn language<'a>(offered: &'a str, wanted: &str) -> &'a str {
    let mut all = offered.split_whitespace();
    let first = all.clone().next().unwrap_or("en");
    all.find(|language| wanted.split('-').next() == Some(language))
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::distribution::Preset;
    use crate::engine::protocol::Standing;
    use crate::engine::settings::Settings;
    use crate::page::scenes::{self, named};

    const FILE: &str = include_str!("../../www/lessons/en.html");

    /// The chapters, without what goes before them.
    fn chapters() -> Vec<&'static str> {
        let all: Vec<_> = FILE.split("<section ").skip(1).collect();
        assert!(all.iter().all(|chapter| chapter.trim_end().ends_with("</section>")));
        all
    }

    /// The values of an attribute in a piece of the file.
    fn values<'a>(piece: &'a str, name: &str) -> Vec<&'a str> {
        let start = format!("{name}=\"");
        let rests = piece.split(start.as_str()).skip(1);
        rests.map(|rest| rest.split('"').next().unwrap()).collect()
    }

    /// What stands between a start and the first end after it.
    fn between<'a>(piece: &'a str, start: &str, end: &str) -> &'a str {
        piece.split(start).nth(1).unwrap().split(end).next().unwrap()
    }

    fn without_tags(piece: &str) -> String {
        let pieces = piece
            .split('<')
            .map(|rest| rest.split_once('>').map_or(rest, |(_, text)| text));
        pieces.collect::<Vec<_>>().join("")
    }

    /// Panics unless every element is closed in the order in which they were opened.
    fn check_nesting(piece: &str) {
        let mut open = Vec::new();
        for tag in piece.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').unwrap();
            assert!(!text.contains('>'), "an unescaped > in {text}");
            if tag.ends_with('/') || tag.starts_with('!') {
                continue;
            }
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "in {piece}"),
                None => open.push(tag.split_whitespace().next().unwrap()),
            }
        }
        assert!(open.is_empty(), "{open:?} stay open in {piece}");
    }

    #[test]
    fn there_are_ten_chapters_each_with_a_name_one_equation_one_thing_to_do_and_one_right_answer() {
        let names: Vec<_> = chapters()
            .iter()
            .map(|chapter| values(chapter, "data-lesson")[0])
            .collect();
        assert_eq!(names.len(), 10);
        assert!((1..10).all(|k| !names[..k].contains(&names[k])), "{names:?}");
        for chapter in chapters() {
            let name = values(chapter, "data-lesson")[0];
            let count = |what: &str| chapter.matches(what).count();
            for what in [
                "<h2>",
                "<math ",
                "class=\"do\"",
                "<fieldset><legend>",
                "class=\"reveal\"",
                "class=\"source\"",
            ] {
                assert_eq!(count(what), 1, "{what} in {name}");
            }
            let guesses = values(chapter, "data-guess");
            assert_eq!((guesses.len(), count("<button ")), (3, 3), "{name}");
            assert_eq!(guesses.iter().filter(|guess| **guess == "right").count(), 1, "{name}");
            assert!(guesses.iter().all(|guess| ["", "right"].contains(guess)), "{name}");
        }
    }

    #[test]
    fn no_chapter_says_more_than_120_words_before_its_question() {
        for chapter in chapters() {
            let said = between(chapter, "</h2>", "<fieldset>");
            let math = between(said, "<math", "</math>");
            let words = without_tags(&said.replace(math, ""));
            let words = words
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric));
            assert!(words.count() <= 120, "{}", values(chapter, "data-lesson")[0]);
        }
    }

    #[test]
    fn every_chapter_plays_a_scene_or_a_set_with_settings_that_apply_and_so_does_its_answer() {
        for chapter in chapters() {
            let tag = chapter.split('>').next().unwrap();
            let value = |name: &str| values(tag, name).first().copied();
            let before = Settings::default();
            let settings = match (value("data-scene"), value("data-preset")) {
                (Some(scene), None) => named(scene).unwrap().settings(&before).unwrap(),
                (None, Some(preset)) => {
                    assert!(Preset::from_name(preset).is_ok(), "{preset}");
                    assert!([None, Some("shipped"), Some("fresh")].contains(&value("data-network")));
                    let changes = value("data-changes").unwrap();
                    assert_eq!(
                        scenes::pairs(changes).count(),
                        changes.split_whitespace().count(),
                        "{changes}"
                    );
                    scenes::settings(changes, true, &before).unwrap()
                }
                both => panic!("{tag}: {both:?}"),
            };
            for run in values(between(chapter, "class=\"reveal\"", ">"), "data-run") {
                if !["restart", "train"].contains(&run) {
                    assert!(
                        scenes::pairs(run).count() > 0 && scenes::set(&settings, run).is_ok(),
                        "{run}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_figure_of_the_file_is_one_that_the_page_measures() {
        let standing = Standing {
            distance: 0.04,
            floor: 0.02,
            width: Some(0.25),
            ..Standing::default()
        };
        let mut track = Track::default();
        track.last = Some(standing);
        let progress = Progress {
            sigmas: vec![0.01, 0.1],
            floor: vec![1.9, 1.5],
            excess: vec![0.01, 0.02],
            ..Progress::default()
        };
        let (tracks, approach) = ([track.clone(), track], Approach::default());
        let measured = Measured {
            tracks: &tracks,
            progress: Some(&progress),
            step: 7,
            approach: Some(&approach),
            sigma: 0.08,
            scene: &[0.5; 5],
        };
        for chapter in chapters() {
            let figures = values(chapter, "data-figure");
            assert!(
                !figures.is_empty()
                    && between(chapter, "class=\"reveal\"", "</div>")
                        .matches("data-figure")
                        .count()
                        == figures.len()
            );
            for name in figures {
                assert!(measured.figure(name).is_some(), "{name}");
                let scene = name.split_once('-').filter(|(_, k)| k.len() == 1);
                assert!(
                    scene.is_none_or(|(scene, _)| values(chapter, "data-scene") == [scene]),
                    "{name}"
                );
            }
        }
        assert_eq!(
            (measured.figure("variance"), measured.figure("unknown")),
            (Some(0.25), None)
        );
        assert!((measured.figure("loss").unwrap() - 1.52).abs() < 1e-6 && measured.figure("floor") == Some(1.5));
        assert!((measured.figure("distance-rival").unwrap() - 2.0).abs() < 1e-6);
    }

    #[test]
    fn markup_and_equations_are_well_formed() {
        check_nesting(FILE.split_once("-->").unwrap().1);
        for chapter in chapters() {
            let math = between(chapter, "<math display=\"block\">", "</math>");
            // What takes a fixed number of arguments has them.
            for (name, arguments) in [("mfrac", 2), ("msub", 2), ("msup", 2), ("msubsup", 3)] {
                for piece in math.split(&format!("<{name}>")).skip(1) {
                    let (mut depth, mut found) = (0, 0);
                    for tag in piece.split('<').skip(1) {
                        let closes = tag.starts_with('/');
                        if closes && depth == 0 {
                            break;
                        }
                        found += usize::from(!closes && depth == 0);
                        depth += if tag.split('>').next().unwrap().ends_with('/') {
                            0
                        } else if closes {
                            -1
                        } else {
                            1
                        };
                    }
                    assert_eq!(found, arguments, "{name} in {}", values(chapter, "data-lesson")[0]);
                }
            }
        }
    }

    #[test]
    fn the_words_for_right_and_wrong_and_the_languages_are_there() {
        assert_eq!(values(FILE, "data-verdict"), ["right", "wrong"]);
        let page = include_str!("../../index.html");
        assert!(page.contains("<meta name=\"lessons\" content=\"en\">"));
    }

    #[test]
    fn readers_get_their_language_where_there_is_a_file_for_it() {
        assert_eq!(language("en fr de", "fr-CA"), "fr");
        assert_eq!(language("en fr de", "de"), "de");
        assert_eq!((language("en fr", "ja-JP"), language("en fr", "")), ("en", "en"));
        assert_eq!(language("", "fr"), "en");
    }
}
