//! Curves over axes, with what they say at the pointer.

use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, figures};
use super::sheet::{ChartError, Paper, Sheet};

/// How the points of a curve are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// A line.
    Line,
    /// A thin line that helps the eye and is not read out.
    Thin,
    /// A dot each.
    Dots,
    /// A line that ends in a disc.
    Disc,
    /// A line that ends in a ring.
    Ring,
}

/// Values over something, in its order.
pub(super) struct Curve {
    /// Its name where there are several.
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    pub mark: Mark,
}

/// Curves over the same axes.
pub(super) struct Graph {
    /// What is drawn against what.
    pub caption: &'static str,
    /// What there will be, while there is nothing.
    pub promise: &'static str,
    pub x: Axis,
    pub y: Axis,
    /// What stands before and after a value across.
    pub across: [&'static str; 2],
    /// What stands after a value upwards: at a tick, and where it is read out.
    pub units: [&'static str; 2],
    /// A value upwards that is marked.
    pub mark: Option<f64>,
    pub curves: Vec<Curve>,
}

/// Room for the labels, CSS pixels.
pub(super) const LEFT: f64 = 42.0;
pub(super) const BELOW: f64 = 16.0;
const ABOVE: f64 = 7.0;
const RIGHT: f64 = 12.0;
/// And for the words in a corner: their height, and the width of a letter.
pub(super) const WORDS: f64 = 17.0;
const LETTER: f64 = 5.8;

impl Graph {
    /// Draws it.
    pub fn draw(&self, paper: &Paper) -> Result<(), ChartError> {
        let Some(sheet) = Sheet::new(paper)? else {
            return Ok(());
        };
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            return sheet.promise(self.promise);
        }
        let (left, top) = (sheet.px(LEFT), sheet.px(ABOVE));
        let (right, bottom) = (sheet.width - sheet.px(RIGHT), sheet.height - sheet.px(BELOW));
        let place = |(x, y): (f64, f64)| {
            let (across, up) = (self.x.along(x, right - left), self.y.along(y, bottom - top));
            (left + across, bottom - up)
        };
        self.draw_axes(&sheet, [left, right, bottom], place)?;
        let mut ways = Vec::new();
        for curve in &self.curves {
            let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
            let points: Vec<_> = curve.points.iter().filter(finite).map(|&point| place(point)).collect();
            draw_curve(&sheet, curve, &points)?;
            ways.push(points);
        }
        let pointed = sheet
            .pointer
            .and_then(|at| self.nearest(|x| (place((x, 0.0)).0 - at).abs()));
        let caption = pointed.map_or_else(|| self.caption.to_owned(), |x| self.reading(Some(x)));
        // The words stand above, or below where they would be crossed out above.
        let (room, gap) = (sheet.px(WORDS), sheet.px(3.0));
        let from = right - sheet.px(LETTER * self.caption.chars().count() as f64);
        let crossed = |high: i32, low: i32| ways.iter().any(|way| passes(way, from, [high, low]));
        let is_above = !crossed(top, top + room) || crossed(bottom - room, bottom);
        let (at, anchor) = if is_above {
            (top + gap, VPos::Top)
        } else {
            (bottom - gap, VPos::Bottom)
        };
        if let Some(x) = pointed {
            let across = place((x, 0.0)).0;
            // Not through the words that it is about.
            let (high, low) = if is_above {
                (top + room, bottom)
            } else {
                (top, bottom - room)
            };
            sheet.rule((across, high), (across, low), sheet.colours.muted, 1.0)?;
        }
        sheet.text(&caption, (right, at), (HPos::Right, anchor))?;
        sheet.say(&format!("{}, last {}", self.caption, self.reading(None)));
        Ok(())
    }

    fn draw_axes(
        &self,
        sheet: &Sheet<'_>,
        [left, right, bottom]: [i32; 3],
        place: impl Fn((f64, f64)) -> (i32, i32),
    ) -> Result<(), ChartError> {
        let colours = &sheet.colours;
        for tick in self.y.ticks(4) {
            let at = place((0.0, tick)).1;
            let marked = self.mark.is_some_and(|mark| (tick - mark).abs() < 1e-9);
            let colour = if marked { colours.muted } else { colours.line };
            sheet.rule((left, at), (right, at), colour, 1.0)?;
            let label = format!("{tick}{}", self.units[0]);
            sheet.text(&label, (left - sheet.px(5.0), at), (HPos::Right, VPos::Center))?;
        }
        for tick in self.x.ticks(5) {
            let at = (place((tick, 0.0)).0, bottom + sheet.px(4.0));
            sheet.text(&tick.to_string(), at, (HPos::Center, VPos::Top))?;
        }
        Ok(())
    }

    fn told(&self) -> impl Iterator<Item = &Curve> {
        self.curves.iter().filter(|curve| curve.mark != Mark::Thin)
    }

    /// The place on the axis, of those that have a value, from which it is least far.
    fn nearest(&self, far: impl Fn(f64) -> i32) -> Option<f64> {
        let all = self.told().flat_map(|curve| &curve.points).map(|point| point.0);
        all.min_by_key(|&x| far(x))
    }

    /// The values of all curves at a place on the axis, or their last ones.
    fn reading(&self, x: Option<f64>) -> String {
        let ratio = |a: f64, b: f64| (self.x.along(a, 1 << 20) - self.x.along(b, 1 << 20)).abs();
        let mut at = x;
        let mut text = String::new();
        for curve in self.told() {
            let found = match x {
                Some(x) => curve.points.iter().min_by_key(|point| ratio(point.0, x)),
                None => curve.points.last(),
            };
            let Some(&(place, value)) = found else { continue };
            at = at.or(Some(place));
            text += if text.is_empty() { "" } else { " · " };
            text += curve.name;
            text += &figures(value);
            text += self.units[1];
        }
        let [before, after] = self.across;
        format!("{before}{}{after}: {text}", figures(at.unwrap_or(0.0)))
    }
}

/// Draws a curve through these places, pixels.
fn draw_curve(sheet: &Sheet<'_>, curve: &Curve, points: &[(i32, i32)]) -> Result<(), ChartError> {
    let Some(&end) = points.last() else { return Ok(()) };
    match curve.mark {
        Mark::Dots => {
            for &at in points {
                sheet.circle(at, 1.5, curve.colour, true)?;
            }
        }
        Mark::Thin => sheet.line(points.to_vec(), curve.colour, 1.0)?,
        mark => {
            sheet.line(points.to_vec(), curve.colour, 1.8)?;
            if mark != Mark::Line {
                sheet.circle(end, 3.5, curve.colour, mark == Mark::Disc)?;
            }
        }
    }
    Ok(())
}

/// A way from the left to the right passes between two heights somewhere right of `from`; pixels with y down.
fn passes(way: &[(i32, i32)], from: i32, [high, low]: [i32; 2]) -> bool {
    way.windows(2).any(|pair| {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        if x1 < from {
            return false;
        }
        let enters = if x0 < from {
            y0 + (y1 - y0) * (from - x0) / (x1 - x0)
        } else {
            y0
        };
        enters.min(y1) <= low && enters.max(y1) >= high
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_passes_only_what_lies_on_it_right_of_a_place() {
        // Down to the right over the whole width.
        let way = [(0, 0), (50, 50), (100, 100)];
        assert!(passes(&way, 0, [0, 10]) && passes(&way, 60, [90, 100]));
        assert!(!passes(&way, 60, [0, 55]) && passes(&way, 60, [0, 60]));
        assert!(!passes(&way, 101, [0, 100]) && !passes(&[], 0, [0, 100]));
    }

    #[test]
    fn a_graph_reads_out_the_value_nearest_to_a_place_and_the_last_one() {
        let curve = |name, points| Curve {
            name,
            points,
            colour: RGBColor(0, 0, 0),
            mark: Mark::Line,
        };
        let graph = Graph {
            caption: "",
            promise: "",
            x: Axis::log(1.0, 1000.0),
            y: Axis::log(1.0, 10.0),
            across: ["", " evaluations"],
            units: ["×", "×"],
            mark: None,
            curves: vec![
                curve("first ", vec![(2.0, 60.0), (40.0, 0.7)]),
                curve("rival ", vec![(900.0, 3.0)]),
                curve("", Vec::new()),
            ],
        };
        assert_eq!(
            graph.reading(Some(30.0)),
            "30.0 evaluations: first 0.700× · rival 3.00×"
        );
        assert_eq!(graph.reading(None), "40.0 evaluations: first 0.700× · rival 3.00×");
        assert_eq!(graph.nearest(|x| (x - 3.0).abs() as i32), Some(2.0));
    }
}
