//! Tables in files: numbers out as comma-separated values, and points in again.
//!
//! A file of points has a line for each, two numbers in stage units, between commas, semicolons, tabs or spaces. A line of
//! names may come first: then the columns `x` and `y` count, and `softness` if there is one. Empty lines and those that
//! begin with `#` say nothing, except the first line of a drawing's own file, [`DRAWING`].

use super::number;
use crate::distribution::{Dot, MAX_DOTS};
use crate::engine::protocol::STAGE_HALF_WIDTH;

/// The first line of a drawing's own file, up to the version of its form.
const DRAWING: &str = "# scorefield drawing ";
/// The version written and read here.
const VERSION: &str = "1";
/// Half the width into which strange points are fitted, as wide as the named sets, stage units.
const ROOM: f32 = 1.3;

/// A table under way: its text so far.
pub struct Table(pub String);

impl Table {
    /// Begins with the names of its columns.
    pub fn new(names: &str) -> Self {
        Self(names.to_owned())
    }

    /// Adds a line: what it begins with, and numbers, each as the shortest decimal that reads back as the same `f32`. What
    /// is no number stays empty.
    pub fn row(&mut self, begin: &str, cells: &[f32]) {
        self.0.push('\n');
        self.0.push_str(begin);
        for (k, cell) in cells.iter().enumerate() {
            if k > 0 {
                self.0.push(',');
            }
            if cell.is_finite() {
                self.0.push_str(&cell.to_string());
            }
        }
    }
}

/// The file of a drawing: a table of points like any other, with a first line that says what it is.
pub fn drawing(dots: impl Iterator<Item = Dot>) -> String {
    let mut table = Table::new(DRAWING);
    table.0 += VERSION;
    table.0 += "\nx,y,softness";
    dots.for_each(|dot| table.row("", &[dot.at[0], dot.at[1], dot.softness]));
    table.0
}

/// What a file of points says.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// The points; where the file says nothing of their softness, that is NaN.
    pub dots: Vec<Dot>,
    /// Why they cannot be taken as they are, though they could be [`fitted`].
    pub strange: Option<String>,
}

/// Which columns count.
struct Columns {
    x: usize,
    y: usize,
    softness: Option<usize>,
}

/// Reads a file of points.
///
/// # Errors
/// In words: the first line that is none of such a file, and what is expected there.
pub fn points(text: &str) -> Result<Points, String> {
    let version = text.strip_prefix(DRAWING).and_then(|rest| rest.split('\n').next());
    if version.is_some_and(|version| version.trim() != VERSION) {
        return Err("line 1: this drawing is of a later version of the page".to_owned());
    }
    let mut found = Points {
        dots: Vec::new(),
        strange: None,
    };
    let mut columns = None;
    for (number, line) in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        let cells = cells(line);
        if columns.is_none() {
            let (of, named) = Columns::of(&cells).map_err(wrong)?;
            columns = Some(of);
            if named {
                continue;
            }
        }
        let Some(columns) = &columns else { continue };
        let dot = columns.dot(&cells).map_err(|what| wrong(&what))?;
        if version.is_none() && found.strange.is_none() && dot.at.iter().any(|x| x.abs() > STAGE_HALF_WIDTH) {
            found.strange = Some(wrong("x and y have to be on the stage, from −1.45 to 1.45"));
        }
        found.dots.push(dot);
    }
    if found.dots.len() > MAX_DOTS {
        found.strange = Some("a drawing has at most 4000 points, and these are more".to_owned());
    }
    Ok(found)
}

/// The cells of a line, without quotes.
fn cells(line: &str) -> Vec<&str> {
    fn bare(cell: &str) -> &str {
        let quoted = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        quoted.unwrap_or(cell)
    }
    let mark = [';', '\t', ',']
        .into_iter()
        .find(|mark| line.chars().any(|c| c == *mark));
    let separates = |c: char| mark.map_or(c == ' ', |mark| c == mark);
    let cells = line.split(separates).map(|cell| bare(cell.trim()));
    cells.filter(|cell| mark.is_some() || !cell.is_empty()).collect()
}

impl Columns {
    /// Those of a file with such a first line, and whether that is a line of names.
    fn of(first: &[&str]) -> Result<(Self, bool), &'static str> {
        let named = first.iter().all(|cell| number::parse(cell).is_none());
        let place = |name: &str| first.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        let places = [place("x"), place("y"), place("softness")];
        match places {
            [Some(x), Some(y), softness] if named => Ok((Self { x, y, softness }, true)),
            _ if first.len() == 2 => Ok((
                Self {
                    x: 0,
                    y: 1,
                    softness: None,
                },
                named,
            )),
            _ => Err("expected two numbers, x and y, or a line of names with x and y among them"),
        }
    }

    fn dot(&self, cells: &[&str]) -> Result<Dot, String> {
        let read = |place: usize| {
            let cell = cells.get(place).copied().unwrap_or_default();
            let value = number::parse(cell)
                .map(|value| value as f32)
                .filter(|value| value.is_finite());
            value.ok_or_else(|| format!("expected a number, and {} is none", start(cell)))
        };
        Ok(Dot {
            at: [read(self.x)?, read(self.y)?],
            softness: self.softness.map_or(Ok(f32::NAN), read)?,
        })
    }
}

/// The beginning of somebody else's text, for a message.
fn start(cell: &str) -> String {
    let shown: String = cell.chars().take(24).collect();
    if shown.is_empty() {
        "an empty place".to_owned()
    } else {
        shown
    }
}

/// Strange points made to fit: of too many an even choice, and where one is off the stage all of them moved and scaled
/// alike, so that the middle of their bounding square is that of the stage.
pub fn fitted(mut dots: Vec<Dot>) -> Vec<Dot> {
    let every = dots.len().div_ceil(MAX_DOTS).max(1);
    let mut number = 0;
    dots.retain(|_| {
        number += 1;
        (number - 1) % every == 0
    });
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for dot in &dots {
        for axis in 0..2 {
            low[axis] = low[axis].min(dot.at[axis]);
            high[axis] = high[axis].max(dot.at[axis]);
        }
    }
    let off = |x: &f32| x.abs() > STAGE_HALF_WIDTH;
    if low.iter().chain(&high).any(off) {
        // Halves first: the width of what is as wide as numbers go is no number.
        let middle = [0, 1].map(|axis| 0.5 * low[axis] + 0.5 * high[axis]);
        let half = [0, 1].map(|axis| 0.5 * high[axis] - 0.5 * low[axis]);
        let scale = ROOM / half[0].max(half[1]).max(f32::MIN_POSITIVE);
        for dot in &mut dots {
            dot.at = [0, 1].map(|axis| (dot.at[axis] - middle[axis]) * scale);
            dot.softness *= scale;
        }
    }
    dots
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::distribution::Drawing;

    fn places(text: &str) -> Vec<[f32; 2]> {
        points(text).unwrap().dots.iter().map(|dot| dot.at).collect()
    }

    #[test]
    fn numbers_of_a_table_read_back_as_the_same_numbers() {
        let mut rng = StdRng::seed_from_u64(5);
        let mut rows = Vec::new();
        while rows.len() < 3000 {
            let at = [(); 2].map(|()| f32::from_bits(rng.random()));
            if at.iter().all(|x| x.is_finite() && (1e-12..1e12).contains(&x.abs())) {
                rows.push(at);
            }
        }
        let mut table = Table::new("x,y,energy");
        rows.iter().for_each(|[x, y]| table.row("", &[*x, *y, f32::NAN]));
        assert_eq!(places(&table.0), rows);
        assert!(table.0.lines().skip(1).all(|line| line.ends_with(',')));
    }

    #[test]
    fn a_drawing_comes_back_as_it_was() {
        let mut rng = StdRng::seed_from_u64(6);
        let mut random = |wide: f32| rng.random_range(-wide..wide);
        let dots: Vec<Dot> = (0..500)
            .map(|_| Dot {
                at: [random(30.0), random(1.4)],
                softness: random(0.1).abs(),
            })
            .collect();
        let drawn = Drawing::from_dots(&dots).unwrap();
        let read = points(&drawing(drawn.dots())).unwrap();
        assert_eq!(read.strange, None, "a script may draw beyond the stage");
        assert_eq!(Drawing::from_dots(&read.dots).unwrap(), drawn);
    }

    #[test]
    fn points_of_other_programs_are_read_with_names_or_without_and_between_any_separators() {
        let expected = [[0.5, -1.0], [0.25, 1e-3]];
        for text in [
            "0.5,-1\n.25,1e-3",
            "\u{feff}0.5\t-1\r\n\r\n0.25\t0.001\r\n",
            "# of an instrument\n  0.5   -1\n0.25 0.001",
            "\"Y\";\"mass\";\"X\"\n-1;7;0.5\n0.001;;0.25",
            "width,height\n0.5,-1\n0.25,0.001",
        ] {
            assert_eq!(places(text), expected, "{text}");
        }
        let soft = points("x,softness,y\n0,0.1,1").unwrap().dots[0];
        assert_eq!((soft.at, soft.softness), ([0.0, 1.0], 0.1));
    }

    #[test]
    fn what_is_no_file_of_points_is_refused_by_its_line() {
        for (text, expected) in [
            ("1,2\n0.1,abc", "line 2: expected a number, and abc is none"),
            ("x,y\n\n1,", "line 3: expected a number, and an empty place is none"),
            ("0,5;1", "line 1: expected a number, and 0,5 is none"),
            ("0,5;1,5\n0,7;2,5", "line 2: expected a number, and 0,7 is none"),
            (
                "1,2,3",
                "line 1: expected two numbers, x and y, or a line of names with x and y among them",
            ),
            ("0,0\n1,inf", "line 2: expected a number, and inf is none"),
            (
                "a,b,c\n1,2,3",
                "line 1: expected two numbers, x and y, or a line of names with x and y among them",
            ),
            (
                "# scorefield drawing 2\n0,0",
                "line 1: this drawing is of a later version of the page",
            ),
        ] {
            assert_eq!(points(text).unwrap_err(), expected, "{text}");
        }
        let long = "z".repeat(1_000_000);
        assert!(points(&format!("0,0\n{long},1")).unwrap_err().len() < 100);
    }

    #[test]
    fn points_off_the_stage_or_too_many_are_strange_and_fit_once_they_are_fitted() {
        // The words of both messages.
        const { assert!(STAGE_HALF_WIDTH == 1.45 && MAX_DOTS == 4000) };
        let read = points("0,0\n10,30\n20,0").unwrap();
        assert_eq!(
            read.strange.as_deref(),
            Some("line 2: x and y have to be on the stage, from −1.45 to 1.45")
        );
        let there: Vec<_> = fitted(read.dots).iter().map(|dot| dot.at).collect();
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        let expected = [[-1.3 * 2.0 / 3.0, -1.3], [0.0, 1.3], [1.3 * 2.0 / 3.0, -1.3]];
        for (at, wanted) in there.iter().flatten().zip(expected.iter().flatten()) {
            assert!(near(*at, *wanted), "{there:?}");
        }
        let many: String = (0..9000).map(|k| format!("{},0.5\n", k as f32 / 9000.0)).collect();
        let read = points(&many).unwrap();
        assert_eq!(
            read.strange.as_deref(),
            Some("a drawing has at most 4000 points, and these are more")
        );
        let chosen = fitted(read.dots);
        assert_eq!(chosen.len(), 3000);
        assert!(
            near(chosen[1].at[0], 3.0 / 9000.0) && near(chosen[1].at[1], 0.5),
            "moved for nothing"
        );
        let wide = fitted(points("-3e38,0\n3e38,1\n0,0").unwrap().dots);
        assert!(Drawing::from_dots(&wide.iter().map(|dot| Dot { softness: 0.1, ..*dot }).collect::<Vec<_>>()).is_ok());
    }
}
