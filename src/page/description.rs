//! The stage in words, for those who do not see it: which field, where the data and the particles are, how good.

/// What the description tells.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The field, as in "the learned field of two moons, σ = 0.15".
    pub field: &'a str,
    /// What the sampler does, and what the lines on the stage are.
    pub words: [&'a str; 2],
    /// Points of the data, `[x0, y0, …]`.
    pub data: &'a [f32],
    /// The particles, in the same way.
    pub particles: &'a [f32],
    /// Half the width of the square that is told of in nine parts, stage units.
    pub half_width: f32,
    /// Distance to the truth, nats, and after how many training steps.
    pub nats: Option<(&'a str, u64)>,
}

/// The parts of the stage, row by row from its upper left; and what lies beyond.
const PARTS: [&str; 10] = [
    "upper left",
    "top",
    "upper right",
    "left",
    "middle",
    "right",
    "lower left",
    "bottom",
    "lower right",
    "outside",
];
/// Parts with less of the points are not told of, percent.
const LEAST: u32 = 3;

/// Some sentences about what is on the stage.
pub fn describe(seen: &Seen<'_>) -> String {
    let mut text = String::new();
    for part in [seen.field, seen.words[0], seen.words[1]] {
        if !part.is_empty() {
            text += part;
            text += ". ";
        }
    }
    for (what, points) in [("Data: ", seen.data), ("Particles: ", seen.particles)] {
        text += what;
        text += &parts(points, seen.half_width);
        text += ". ";
    }
    if let Some((nats, step)) = seen.nats {
        text += &format!("Distance to the truth {nats} nat after {step} steps.");
    }
    text
}

/// Which share of the points lies in which part of the square.
fn parts(points: &[f32], half_width: f32) -> String {
    let mut counts = [0_u32; PARTS.len()];
    let third = |at: f32| (1.5 * (at / half_width + 1.0)) as i32;
    for point in points.chunks_exact(2) {
        let inside = point[0].abs() < half_width && point[1].abs() < half_width;
        let part = if inside {
            third(point[0]) + 3 * (2 - third(point[1]))
        } else {
            9
        };
        if let Some(count) = counts.get_mut(part as usize) {
            *count += 1;
        }
    }
    let all = (points.len() / 2).max(1) as u32;
    let mut text = String::new();
    for (name, count) in PARTS.iter().zip(counts) {
        let percent = (100 * count + all / 2) / all;
        if percent >= LEAST {
            text += if text.is_empty() { "" } else { ", " };
            text += name;
            text += " ";
            text += &percent.to_string();
            text += " %";
        }
    }
    if text.is_empty() { "none".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_told_by_the_ninth_of_the_stage_where_they_are_with_y_up() {
        let points = [-1.0, 1.0, -1.2, 0.9, 0.0, 0.0, 1.4, -1.4];
        assert_eq!(parts(&points, 1.45), "upper left 50 %, middle 25 %, lower right 25 %");
        assert_eq!(
            parts(&[0.0, 1.4, 3.0, 0.0, f32::NAN, 0.0], 1.45),
            "top 33 %, outside 67 %"
        );
        assert_eq!(parts(&[], 1.45), "none");
        // One point in a hundred is not worth a word.
        let mut many = [0.1; 200];
        many[0] = 1.3;
        assert_eq!(parts(&many, 1.45), "middle 99 %");
    }

    #[test]
    fn the_description_says_field_data_particles_and_how_good() {
        let seen = Seen {
            field: "the learned field of two moons, σ = 0.15",
            words: ["annealing: level 9 of 16, σ = 0.15", ""],
            data: &[-1.0, 0.0],
            particles: &[],
            half_width: 1.45,
            nats: Some(("0.031", 6000)),
        };
        assert_eq!(
            describe(&seen),
            "the learned field of two moons, σ = 0.15. annealing: level 9 of 16, σ = 0.15. Data: left 100 %. \
             Particles: none. Distance to the truth 0.031 nat after 6000 steps."
        );
    }
}
