//! The drawing: dots sprayed and erased by strokes, with undo and redo. A drawing *is* a mixture: a dot is a node, the
//! brush's softness the square root of its variance.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::TargetError;
use super::drawing_code;
use super::exact::ExactField;
use super::keys;
use super::mixture::Mixture;

/// The most dots a drawing holds.
pub const MAX_DOTS: usize = 4000;

/// Coordinates and softness are kept within this of 0, stage units.
pub const REACH: f32 = 31.0;

/// Steps to a stage unit: positions and softness are whole multiples of 1/1024, so that a link restores them exactly.
const STEPS: f32 = 1024.0;

/// New dots lie on every second step, a 1500th of the stage apart: finer than any noise resolves, and by half a bit a
/// coordinate the difference between a link that is passed on and one that is cut off.
const COARSE: f32 = STEPS / 2.0;

/// How many strokes can be undone; each keeps up to 24 KB.
const HISTORY: usize = 100;

/// How the spray can is set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brush {
    /// Radius of the disc in which dots fall, stage units.
    pub size: f32,
    /// Standard deviation of the Gaussian that each dot is, stage units. At 0 dots are points, which only the noise
    /// smooths.
    pub softness: f32,
    /// Dots per stage unit of path. The first touch leaves as many as a path of length `size`, at least one.
    pub flow: f32,
}

/// One dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Stage coordinates.
    pub at: [f32; 2],
    /// Standard deviation of its Gaussian, stage units.
    pub softness: f32,
}

/// A dot in steps of 1/1024 stage unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grain {
    pub softness: u16,
    pub x: i16,
    pub y: i16,
}

/// Turns the order of signed numbers into that of their bits.
const SIGN: u16 = 0x8000;

impl Grain {
    /// All of a dot in a number, ordered by softness, x and y.
    fn key(self) -> u64 {
        let ordered = |value: i16| u64::from(value as u16 ^ SIGN);
        u64::from(self.softness) << 32 | ordered(self.x) << 16 | ordered(self.y)
    }

    fn of_key(key: u64) -> Self {
        Self {
            softness: (key >> 32) as u16,
            x: ((key >> 16) as u16 ^ SIGN) as i16,
            y: (key as u16 ^ SIGN) as i16,
        }
    }

    /// The nearest dot within reach. The coordinates must be finite.
    fn new(at: [f32; 2], softness: f32) -> Self {
        let steps = |value: f32| (value.clamp(-REACH, REACH) * COARSE).round() as i16 * 2;
        Self {
            softness: (softness.clamp(0.0, REACH) * STEPS).round() as u16,
            x: steps(at[0]),
            y: steps(at[1]),
        }
    }

    fn dot(self) -> Dot {
        let unit = |steps: f32| steps / STEPS;
        Dot {
            at: [unit(f32::from(self.x)), unit(f32::from(self.y))],
            softness: unit(f32::from(self.softness)),
        }
    }
}

/// What the pointer is doing.
#[derive(Clone, Debug)]
enum Tool {
    Spray {
        brush: Brush,
        seed: u32,
        dots: u32,
        owed: f32,
        last: Option<[f32; 2]>,
    },
    Erase {
        radius: f32,
        last: Option<[f32; 2]>,
    },
}

/// A stroke between `begin` and `end`.
#[derive(Clone, Debug)]
struct Stroke {
    tool: Tool,
    before: Vec<Grain>,
}

/// Dots drawn by hand or by script. Equality compares the dots, in whatever order they were drawn and however they came
/// about; the serialised form is the code of [`Drawing::encode`] and leaves the history out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Drawing {
    dots: Vec<Grain>,
    undo: Vec<Vec<Grain>>,
    redo: Vec<Vec<Grain>>,
    stroke: Option<Stroke>,
}

impl PartialEq for Drawing {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl TryFrom<String> for Drawing {
    type Error = TargetError;

    fn try_from(code: String) -> Result<Self, TargetError> {
        Self::decode(&code)
    }
}

impl From<Drawing> for String {
    fn from(drawing: Drawing) -> Self {
        drawing.encode()
    }
}

impl Drawing {
    /// An empty drawing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A drawing of given points, all of one softness. points: `[x0, y0, x1, y1, …]`, stage units.
    ///
    /// # Errors
    /// Odd length, a coordinate that is not finite or out of reach, a bad softness, fewer than 3 points, more than
    /// [`MAX_DOTS`], or all of them in one place.
    pub fn from_points(points: &[f32], softness: f32) -> Result<Self, TargetError> {
        if !points.len().is_multiple_of(2) {
            return Err(TargetError::OddLength { length: points.len() });
        }
        let pairs = points.chunks_exact(2);
        let dots: Vec<Dot> = pairs
            .map(|x| Dot {
                at: [x[0], x[1]],
                softness,
            })
            .collect();
        Self::from_dots(&dots)
    }

    /// A drawing of given dots, each moved to the nearest place that a drawing knows.
    ///
    /// # Errors
    /// As [`Drawing::from_points`].
    pub fn from_dots(dots: &[Dot]) -> Result<Self, TargetError> {
        if dots.len() > MAX_DOTS {
            return Err(TargetError::TooMany { got: dots.len() });
        }
        let first = |wrong: fn(f32) -> bool| dots.iter().position(|dot| dot.at.into_iter().any(wrong));
        if let Some(index) = first(|value| !value.is_finite()) {
            return Err(TargetError::NotFinite { index });
        }
        if let Some(index) = first(|value| value.abs() > REACH) {
            return Err(TargetError::OutOfReach { index });
        }
        if let Some(bad) = dots.iter().find(|dot| !(0.0..=REACH).contains(&dot.softness)) {
            return Err(TargetError::BadSoftness(bad.softness));
        }
        let drawing = Self {
            dots: dots.iter().map(|dot| Grain::new(dot.at, dot.softness)).collect(),
            ..Self::default()
        };
        drawing.check()?;
        Ok(drawing)
    }

    /// Starts a stroke of the spray can; the dots are a function of brush, seed and path. One stroke, up to
    /// [`Drawing::end`], is one step of undo. A stroke that is still open ends first.
    pub fn begin(&mut self, brush: Brush, seed: u32) {
        let sane = |value: f32| {
            if value.is_finite() {
                value.clamp(0.0, REACH)
            } else {
                0.0
            }
        };
        let flow = if brush.flow.is_finite() {
            brush.flow.max(0.0)
        } else {
            0.0
        };
        let brush = Brush {
            size: sane(brush.size),
            softness: sane(brush.softness),
            flow,
        };
        self.open(Tool::Spray {
            brush,
            seed,
            dots: 0,
            owed: (flow * brush.size).max(1.0),
            last: None,
        });
    }

    /// Starts a stroke of the eraser, which takes every dot within `radius` of its path.
    pub fn begin_erase(&mut self, radius: f32) {
        self.open(Tool::Erase {
            radius: if radius.is_finite() { radius.max(0.0) } else { 0.0 },
            last: None,
        });
    }

    fn open(&mut self, tool: Tool) {
        self.end();
        self.stroke = Some(Stroke {
            tool,
            before: self.dots.clone(),
        });
    }

    /// Sprays along the straight line from the last point of the stroke to `x`. Returns whether there is room for more:
    /// at [`MAX_DOTS`] nothing more is sprayed. Does nothing when no spray stroke is open or `x` is not finite.
    pub fn spray_to(&mut self, x: [f32; 2]) -> bool {
        if let Some(Stroke {
            tool:
                Tool::Spray {
                    brush,
                    seed,
                    dots,
                    owed,
                    last,
                },
            ..
        }) = &mut self.stroke
            && x[0].is_finite()
            && x[1].is_finite()
        {
            let from = last.replace(x).unwrap_or(x);
            let way = [x[0] - from[0], x[1] - from[1]];
            *owed += way[0].hypot(way[1]) * brush.flow;
            let room = MAX_DOTS - self.dots.len();
            let count = (*owed as usize).min(room);
            // What there is no room for is not owed: it would burst out after an undo.
            *owed = owed.fract();
            for _ in 0..count {
                let key = u64::from(*seed) << 32 | u64::from(*dots);
                *dots += 1;
                self.dots.push(spray(*brush, from, way, key));
            }
        }
        self.dots.len() < MAX_DOTS
    }

    /// Erases along the straight line from the last point of the stroke to `x`. Does nothing when no eraser is open or
    /// `x` is not finite.
    pub fn erase_to(&mut self, x: [f32; 2]) {
        if let Some(Stroke {
            tool: Tool::Erase { radius, last },
            ..
        }) = &mut self.stroke
            && x[0].is_finite()
            && x[1].is_finite()
        {
            let from = last.replace(x).unwrap_or(x);
            let radius = *radius;
            self.dots
                .retain(|grain| distance_to_line(grain.dot().at, from, x) > radius);
        }
    }

    /// Ends the stroke. It becomes one step of undo, and what had been undone is forgotten, unless nothing changed.
    pub fn end(&mut self) {
        if let Some(stroke) = self.stroke.take()
            && stroke.before != self.dots
        {
            self.undo.push(stroke.before);
            if self.undo.len() > HISTORY {
                self.undo.remove(0);
            }
            self.redo.clear();
        }
    }

    /// Takes all dots away; one step of undo.
    pub fn clear(&mut self) {
        self.begin_erase(0.0);
        self.dots.clear();
        self.end();
    }

    /// Takes the last stroke back (an open one is ended first). Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        self.end();
        let Some(before) = self.undo.pop() else { return false };
        self.redo.push(std::mem::replace(&mut self.dots, before));
        true
    }

    /// Does again what was undone last. Returns whether there was something.
    pub fn redo(&mut self) -> bool {
        self.end();
        let Some(after) = self.redo.pop() else { return false };
        self.undo.push(std::mem::replace(&mut self.dots, after));
        true
    }

    /// Whether [`Drawing::undo`] would do something.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty() || self.stroke.as_ref().is_some_and(|stroke| stroke.before != self.dots)
    }

    /// Whether [`Drawing::redo`] would do something.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// How many dots.
    pub fn len(&self) -> usize {
        self.dots.len()
    }

    /// Whether there are no dots.
    pub fn is_empty(&self) -> bool {
        self.dots.is_empty()
    }

    /// The dots, in the order in which they were drawn (in no particular order after [`Drawing::decode`]).
    pub fn dots(&self) -> impl Iterator<Item = Dot> {
        self.dots.iter().map(|grain| grain.dot())
    }

    /// The dots as a text for links: a version letter and base64url, about two characters a dot.
    pub fn encode(&self) -> String {
        drawing_code::encode(&self.dots)
    }

    /// The drawing of a code, without history.
    ///
    /// # Errors
    /// When the text is not such a code, or holds more than [`MAX_DOTS`].
    pub fn decode(code: &str) -> Result<Self, TargetError> {
        Ok(Self {
            dots: drawing_code::decode(code)?,
            ..Self::default()
        })
    }

    /// The mixture of equal weights that the dots are. It does not depend on the order in which they were drawn, bit for
    /// bit.
    ///
    /// # Errors
    /// Fewer than 3 dots, or all of them in one place.
    pub fn field(&self) -> Result<ExactField, TargetError> {
        self.check()?;
        let dots: Vec<Dot> = self.sorted().into_iter().map(Grain::dot).collect();
        let nodes: Vec<[f32; 2]> = dots.iter().map(|dot| dot.at).collect();
        let variances: Vec<f32> = dots.iter().map(|dot| dot.softness * dot.softness).collect();
        Ok(ExactField::Mixture(Mixture::checked(
            &nodes,
            &vec![1.0; nodes.len()],
            &variances,
        )))
    }

    fn check(&self) -> Result<(), TargetError> {
        if self.dots.len() < 3 {
            return Err(TargetError::TooFew { got: self.dots.len() });
        }
        let place = |grain: &Grain| (grain.x, grain.y);
        if self.dots.iter().all(|grain| place(grain) == place(&self.dots[0])) {
            return Err(TargetError::OnePlace);
        }
        Ok(())
    }

    fn sorted(&self) -> Vec<Grain> {
        let mut keys: Vec<u64> = self.dots.iter().map(|dot| dot.key()).collect();
        keys::sort(&mut keys);
        keys.into_iter().map(Grain::of_key).collect()
    }
}

/// One dot, uniform in the brush's disc around a uniform point of the line; a function of its arguments alone, so that
/// no generator has to be kept with a drawing.
fn spray(brush: Brush, from: [f32; 2], way: [f32; 2], key: u64) -> Grain {
    let mut rng = StdRng::seed_from_u64(key);
    let [along, area, turn]: [f32; 3] = rng.random();
    let (radius, angle) = (brush.size * area.sqrt(), std::f32::consts::TAU * turn);
    let at = [
        from[0] + along * way[0] + radius * angle.cos(),
        from[1] + along * way[1] + radius * angle.sin(),
    ];
    Grain::new(at, brush.softness)
}

/// Distance of `x` from the line between two points.
fn distance_to_line(x: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let (way, off) = ([to[0] - from[0], to[1] - from[1]], [x[0] - from[0], x[1] - from[1]]);
    let length = way[0] * way[0] + way[1] * way[1];
    let u = if length > 0.0 {
        ((way[0] * off[0] + way[1] * off[1]) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (off[0] - u * way[0]).hypot(off[1] - u * way[1])
}
