//! What the colour of a particle says: the energy where it is, how fast it moves, which mode is nearest, how old it is,
//! or from where it came.

use super::hues::{MODES, TINTS};
use super::jumps::Stride;
use crate::distribution::modes::Modes;
use crate::engine::settings::ParticleColour;

/// The highest shade is for so many nats above the lowest energy.
pub const NATS: f32 = 6.0;
/// The highest shade is for so many times the mean speed of all.
pub const FAST: f32 = 2.5;
/// The highest shade is for so many steps; shades are even in the logarithm of one step more.
pub const OLD: f32 = 1000.0;
/// The part of a new report in a particle's speed: noise jumps from step to step, and its colour would flicker.
const NEWS: f32 = 0.2;

/// What colours say, and of every particle what it has to say.
#[derive(Clone, Debug, Default)]
pub struct Shading {
    says: ParticleColour,
    /// The middle of the data, from where directions are seen.
    middle: [f32; 2],
    modes: Option<Modes>,
    /// Where every particle is, `[x0, y0, …]`, and after how many steps.
    at: Vec<f32>,
    steps: u64,
    /// Drawn anew so far, and the cast.
    recycled: u32,
    cast: u32,
    /// For every particle the shade of the direction in which it started, and after how many steps that was.
    ways: Vec<u8>,
    births: Vec<u64>,
    /// How far every particle went lately between two reports, and the mean over all.
    speeds: Vec<f32>,
    mean: f32,
}

/// A sight of all particles.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Positions `[x0, y0, …]`.
    pub positions: &'a [f32],
    /// Goes up at every restart, drop or change of count.
    pub cast: u32,
    /// Drawn anew since the start.
    pub recycled: u32,
    /// Sampler steps since the start.
    pub steps: u64,
}

impl Shading {
    /// What colours say from now on; true when that is news.
    pub fn say(&mut self, says: ParticleColour) -> bool {
        std::mem::replace(&mut self.says, says) != says
    }

    /// What colours say.
    pub fn says(&self) -> ParticleColour {
        self.says
    }

    /// The data: their middle, and their modes if they have any.
    pub fn set_data(&mut self, middle: [f32; 2], modes: Option<Modes>) {
        (self.middle, self.modes) = (middle, modes);
    }

    /// How many modes the data have.
    pub fn modes(&self) -> usize {
        self.modes.as_ref().map_or(0, |modes| modes.weights().len())
    }

    /// Says the same of its own particles as another does.
    pub fn follow(&mut self, other: &Self) -> bool {
        self.middle = other.middle;
        self.modes.clone_from(&other.modes);
        self.say(other.says)
    }

    /// Takes a sight of the particles. All have started anew where the steps have, or the count is another; at another
    /// cast or where some were drawn anew, those did that are farther from where they were than one walks.
    pub fn see(&mut self, sight: Sight<'_>) {
        let Sight { positions, steps, .. } = sight;
        let begins = positions.len() != self.at.len() || steps < self.steps || steps == 0;
        if begins {
            self.ways.clear();
            self.ways
                .extend(positions.as_chunks().0.iter().map(|at| way(*at, self.middle)));
            self.births.clear();
            self.births.resize(positions.len() / 2, steps);
            self.speeds.clear();
            self.speeds.resize(positions.len() / 2, 0.0);
        } else {
            let some = sight.cast != self.cast || sight.recycled > self.recycled;
            self.walk(positions, steps, some);
        }
        self.arrive(sight);
    }

    /// Takes a sight of the same particles at an earlier moment; `glides`: as what came after the one before. Where and
    /// when they started, the live ones know.
    pub fn look_back(&mut self, sight: Sight<'_>, glides: bool, live: &Self) {
        if glides && sight.positions.len() == self.at.len() {
            self.walk(sight.positions, sight.steps, sight.recycled > self.recycled);
        } else {
            self.speeds.clear();
            self.speeds.resize(sight.positions.len() / 2, 0.0);
        }
        self.follow(live);
        self.ways.clone_from(&live.ways);
        self.births.clone_from(&live.births);
        self.arrive(sight);
    }

    fn arrive(&mut self, sight: Sight<'_>) {
        self.at.clear();
        self.at.extend_from_slice(sight.positions);
        (self.steps, self.cast, self.recycled) = (sight.steps, sight.cast, sight.recycled);
    }

    /// Everyone went on, or `some` began anew.
    fn walk(&mut self, positions: &[f32], steps: u64, some: bool) {
        let stride = some.then(|| Stride::between(&self.at, positions));
        let (mut sum, mut count) = (0.0, 0.0);
        let pairs = self.at.as_chunks().0.iter().zip(positions.as_chunks().0);
        for (k, (&from, &to)) in pairs.enumerate() {
            if stride.is_some_and(|stride| !stride.walks(from, to)) {
                (self.ways[k], self.births[k]) = (way(to, self.middle), steps);
                continue;
            }
            let speed = &mut self.speeds[k];
            let far = (to[0] - from[0]).hypot(to[1] - from[1]);
            if far.is_finite() {
                *speed += NEWS * (far - *speed);
                (sum, count) = (sum + *speed, count + 1.0);
            }
        }
        self.mean = sum / f32::max(count, 1.0);
    }

    /// The shade of a particle at a place of this energy, nats above the lowest; below [`TINTS`].
    pub fn shade(&self, k: usize, at: [f32; 2], nats: f32) -> u8 {
        match self.says {
            ParticleColour::Plain => 0,
            ParticleColour::Energy => amount(nats / NATS),
            ParticleColour::Speed => amount(self.speeds.get(k).map_or(0.0, |speed| speed / (FAST * self.mean))),
            ParticleColour::Mode => self.mode(at),
            ParticleColour::Age => {
                let age = self.births.get(k).map_or(0, |birth| self.steps.saturating_sub(*birth));
                amount((age as f32).ln_1p() / OLD.ln_1p())
            }
            ParticleColour::Start => self.ways.get(k).copied().unwrap_or(0),
        }
    }

    fn mode(&self, at: [f32; 2]) -> u8 {
        let nearest = self.modes.as_ref().and_then(|modes| modes.nearest(at));
        nearest.map_or(0, |mode| (mode % MODES) as u8)
    }
}

/// The shade of an amount in [0, 1]; NaN is none.
fn amount(part: f32) -> u8 {
    ((part * (TINTS - 1) as f32 + 0.5) as u8).min(TINTS as u8 - 1)
}

/// The shade of a direction from the middle: 0 to the right, a quarter of all for a quarter turn to the left.
fn way(at: [f32; 2], middle: [f32; 2]) -> u8 {
    let turn = (at[1] - middle[1]).atan2(at[0] - middle[0]) / std::f32::consts::TAU;
    ((turn + 1.0).fract() * TINTS as f32) as u8 % TINTS as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Preset;
    use crate::distribution::modes::modes;

    fn sight(positions: &[f32], steps: u64, recycled: u32) -> Sight<'_> {
        Sight {
            positions,
            cast: 1,
            recycled,
            steps,
        }
    }

    fn saying(says: ParticleColour) -> Shading {
        let mut shading = Shading::default();
        shading.say(says);
        shading
    }

    /// A crowd that walks to the right by so much, each at its own pace from 0 to twice that.
    fn crowd(by: f32) -> Vec<f32> {
        (0..41).flat_map(|k| [by * k as f32 / 20.0, k as f32]).collect()
    }

    #[test]
    fn a_particle_has_the_colour_of_the_nearest_centre() {
        let mut shading = saying(ParticleColour::Mode);
        shading.set_data([0.0; 2], modes(Preset::EightGaussians));
        for k in 0..8_u8 {
            let (sin, cos) = (f32::from(k) * std::f32::consts::FRAC_PI_4 + 0.3).sin_cos();
            assert_eq!(shading.shade(0, [1.4 * cos, 1.4 * sin], 0.0), k);
        }
        shading.set_data([0.0; 2], modes(Preset::Moons));
        assert_eq!(shading.shade(0, [0.0, 9.0], 0.0), 0, "no modes, one colour");
    }

    #[test]
    fn speed_is_told_against_the_mean_of_all() {
        let mut shading = saying(ParticleColour::Speed);
        for step in 0..60 {
            shading.see(sight(&crowd(0.01 * step as f32), step, 0));
        }
        // Number 20 has the mean speed, number 40 twice that: 1 / 2.5 and 2 / 2.5 of 15.
        let shades = [0, 20, 40].map(|k| shading.shade(k, [0.0; 2], 0.0));
        assert_eq!(shades, [0, 6, 12]);
    }

    #[test]
    fn who_was_drawn_anew_is_young_and_has_a_start_of_its_own() {
        let (mut age, mut start) = (saying(ParticleColour::Age), saying(ParticleColour::Start));
        let mut last = crowd(0.01 * 999.0);
        last[2 * 7..2 * 7 + 2].copy_from_slice(&[-1e-3, -500.0]);
        for shading in [&mut age, &mut start] {
            for step in 0..999 {
                shading.see(sight(&crowd(0.01 * step as f32), step, 0));
            }
            shading.see(sight(&last, 999, 1));
        }
        assert_eq!(
            [6, 7].map(|k| age.shade(k, [0.0; 2], 0.0)),
            [15, 0],
            "ln 1000 / ln 1001 of 15"
        );
        // Straight up is a quarter turn, straight down three.
        assert_eq!([6, 7].map(|k| start.shade(k, [0.0; 2], 0.0)), [4, 11]);
    }

    #[test]
    fn a_restart_is_one_for_all_and_directions_are_seen_from_the_middle_of_the_data() {
        let mut shading = saying(ParticleColour::Start);
        shading.set_data([5.0, 5.0], None);
        shading.see(sight(&[9.0, 5.1, 5.0, 9.0, 1.0, 4.9], 0, 0));
        let shades = |shading: &Shading| [0, 1, 2].map(|k| shading.shade(k, [0.0; 2], 0.0));
        assert_eq!(shades(&shading), [0, 4, 8]);
        shading.see(sight(&[5.0, 9.1, 9.0, 5.1, 9.0, 5.2], 30, 0));
        assert_eq!(shades(&shading), [0, 4, 8], "where they are now does not matter");
        shading.see(sight(&[4.9, 1.0, 9.0, 5.1, 9.0, 5.2], 1, 0));
        assert_eq!(shades(&shading), [11, 0, 0]);
    }

    #[test]
    fn energies_have_shades_in_proportion_and_an_unknown_one_is_low() {
        let shading = saying(ParticleColour::Energy);
        let shades = [0.0, 3.0, 6.0, 60.0, f32::NAN].map(|nats| shading.shade(0, [0.0; 2], nats));
        assert_eq!(shades, [0, 8, 15, 15, 0]);
    }
}
