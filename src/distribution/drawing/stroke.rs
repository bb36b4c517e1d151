//! What a pointer does to a drawing: a stroke of the spray can or of the eraser.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::grain::Grain;
use super::{MAX_DOTS, REACH};

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

impl Brush {
    /// The same, or what comes nearest to it and can be sprayed with.
    fn sane(self) -> Self {
        let within = |value: f32| {
            if value.is_finite() {
                value.clamp(0.0, REACH)
            } else {
                0.0
            }
        };
        Self {
            size: within(self.size),
            softness: within(self.softness),
            flow: if self.flow.is_finite() { self.flow.max(0.0) } else { 0.0 },
        }
    }
}

/// What the pointer has in hand.
#[derive(Clone, Debug)]
enum Tool {
    Spray {
        brush: Brush,
        seed: u32,
        /// Sprayed so far.
        dots: u32,
        /// Dots for the path up to now that are still to be sprayed.
        owed: f32,
    },
    Erase {
        radius: f32,
    },
}

/// A stroke that is under way.
#[derive(Clone, Debug)]
pub(super) struct Stroke {
    tool: Tool,
    /// Where it has got to.
    last: Option<[f32; 2]>,
    /// The dots as they were when it began.
    pub before: Vec<Grain>,
}

impl Stroke {
    /// A stroke of the spray can over these dots; its own are a function of brush, seed and path.
    pub fn spray(brush: Brush, seed: u32, before: Vec<Grain>) -> Self {
        let brush = brush.sane();
        let tool = Tool::Spray {
            brush,
            seed,
            dots: 0,
            owed: (brush.flow * brush.size).max(1.0),
        };
        Self {
            tool,
            last: None,
            before,
        }
    }

    /// A stroke of the eraser over these dots.
    pub fn erase(radius: f32, before: Vec<Grain>) -> Self {
        let radius = if radius.is_finite() { radius.max(0.0) } else { 0.0 };
        Self {
            tool: Tool::Erase { radius },
            last: None,
            before,
        }
    }

    /// Sprays along the straight line to `x`, as far as there is room. Does nothing with an eraser, or when `x` is not
    /// finite.
    pub fn spray_to(&mut self, x: [f32; 2], all: &mut Vec<Grain>) {
        if let Tool::Spray {
            brush,
            seed,
            dots,
            owed,
        } = &mut self.tool
            && x[0].is_finite()
            && x[1].is_finite()
        {
            let from = self.last.replace(x).unwrap_or(x);
            let way = [x[0] - from[0], x[1] - from[1]];
            *owed += way[0].hypot(way[1]) * brush.flow;
            let room = MAX_DOTS - all.len();
            let count = (*owed as usize).min(room);
            // What there is no room for is not owed: it would burst out after an undo.
            *owed = owed.fract();
            for _ in 0..count {
                let key = u64::from(*seed) << 32 | u64::from(*dots);
                *dots += 1;
                all.push(spray(*brush, from, way, key));
            }
        }
    }

    /// Erases along the straight line to `x`. Does nothing with a spray can, or when `x` is not finite.
    pub fn erase_to(&mut self, x: [f32; 2], all: &mut Vec<Grain>) {
        if let Tool::Erase { radius } = self.tool
            && x[0].is_finite()
            && x[1].is_finite()
        {
            let from = self.last.replace(x).unwrap_or(x);
            all.retain(|grain| distance_to_line(grain.dot().at, from, x) > radius);
        }
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
