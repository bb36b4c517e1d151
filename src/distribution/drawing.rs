//! The drawing: dots sprayed and erased by strokes, with undo and redo. A drawing *is* a mixture: a dot is a node, the
//! brush's softness the square root of its variance.

mod code;
mod grain;
mod stroke;

use serde::{Deserialize, Serialize};

use self::grain::Grain;
use self::stroke::Stroke;
use super::TargetError;
use super::exact::ExactField;
use super::keys;
use super::mixture::Mixture;

pub use self::grain::Dot;
pub use self::stroke::Brush;

/// The most dots a drawing holds.
pub const MAX_DOTS: usize = 4000;

/// Coordinates and softness are kept within this of 0, stage units.
pub const REACH: f32 = 31.0;

/// How many strokes can be undone; each keeps up to 24 KB.
const HISTORY: usize = 100;

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
        self.end();
        self.stroke = Some(Stroke::spray(brush, seed, self.dots.clone()));
    }

    /// Starts a stroke of the eraser, which takes every dot within `radius` of its path.
    pub fn begin_erase(&mut self, radius: f32) {
        self.end();
        self.stroke = Some(Stroke::erase(radius, self.dots.clone()));
    }

    /// Sprays along the straight line from the last point of the stroke to `x`. Returns whether there is room for more:
    /// at [`MAX_DOTS`] nothing more is sprayed. Does nothing when no spray stroke is open or `x` is not finite.
    pub fn spray_to(&mut self, x: [f32; 2]) -> bool {
        if let Some(stroke) = &mut self.stroke {
            stroke.spray_to(x, &mut self.dots);
        }
        self.dots.len() < MAX_DOTS
    }

    /// Erases along the straight line from the last point of the stroke to `x`. Does nothing when no eraser is open or
    /// `x` is not finite.
    pub fn erase_to(&mut self, x: [f32; 2]) {
        if let Some(stroke) = &mut self.stroke {
            stroke.erase_to(x, &mut self.dots);
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
        code::encode(&self.dots)
    }

    /// The drawing of a code, without history.
    ///
    /// # Errors
    /// When the text is not such a code, or holds more than [`MAX_DOTS`].
    pub fn decode(code: &str) -> Result<Self, TargetError> {
        Ok(Self {
            dots: code::decode(code)?,
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
