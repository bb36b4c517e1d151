//! Particles between reports: the engine reports positions when it can, the page moves them smoothly.

use super::jumps::Stride;

/// Intervals between reports that are believed, milliseconds.
const INTERVAL: [f32; 2] = [8.0, 200.0];

/// Interpolates positions from where the particles are seen now to the last report, over the usual time between
/// reports. Particles of different casts have nothing to do with each other and jump; one that was drawn anew is nowhere
/// until the next report, so that nothing leads from its old place to its new one.
#[derive(Clone, Debug, Default)]
pub struct Motion {
    from: Vec<f32>,
    to: Vec<f32>,
    shown: Vec<f32>,
    cast: u32,
    recycled: u32,
    reported_ms: f64,
    interval_ms: f32,
}

impl Motion {
    /// Takes a report: positions `[x0, y0, …]`, the cast they belong to, how many of that were drawn anew so far, and
    /// when it came.
    pub fn report(&mut self, positions: &[f32], cast: u32, recycled: u32, now_ms: f64) {
        let continues = cast == self.cast && positions.len() == self.to.len() && self.reported_ms > 0.0;
        let gap = ((now_ms - self.reported_ms) as f32).clamp(INTERVAL[0], INTERVAL[1]);
        if continues {
            self.advance(now_ms);
            self.set_out(positions, recycled > self.recycled);
            let usual = if self.interval_ms > 0.0 { self.interval_ms } else { gap };
            self.interval_ms = usual + 0.25 * (gap - usual);
        } else {
            self.from.clear();
            self.from.extend_from_slice(positions);
            self.shown.clear();
            self.shown.extend_from_slice(positions);
        }
        self.to.clear();
        self.to.extend_from_slice(positions);
        (self.cast, self.recycled, self.reported_ms) = (cast, recycled, now_ms);
    }

    /// Everything begins its way to the next report where it is seen now, or where it belongs if it is seen nowhere.
    /// `jumps`: some were drawn anew, and set out from nowhere.
    fn set_out(&mut self, positions: &[f32], jumps: bool) {
        self.from.clear();
        let seen = self.shown.iter().zip(&self.to);
        self.from
            .extend(seen.map(|(shown, to)| if shown.is_nan() { *to } else { *shown }));
        if !jumps {
            return;
        }
        let stride = Stride::between(&self.to, positions);
        for (k, from) in self.from.chunks_exact_mut(2).enumerate() {
            let [old, new] = [&self.to, positions].map(|all| [all[2 * k], all[2 * k + 1]]);
            if !stride.walks(old, new) {
                from.fill(f32::NAN);
            }
        }
    }

    /// Moves on to a time; true while anything moves.
    pub fn advance(&mut self, now_ms: f64) -> bool {
        let elapsed = (now_ms - self.reported_ms) as f32;
        let t = if self.interval_ms > 0.0 {
            (elapsed / self.interval_ms).clamp(0.0, 1.0)
        } else {
            1.0
        };
        let moving = self.shown != self.to;
        for ((shown, from), to) in self.shown.iter_mut().zip(&self.from).zip(&self.to) {
            *shown = from + t * (to - from);
        }
        if t >= 1.0 {
            self.shown.copy_from_slice(&self.to);
        }
        moving
    }

    /// Positions now, `[x0, y0, …]`.
    pub fn positions(&self) -> &[f32] {
        &self.shown
    }

    /// The cast of these positions.
    pub fn cast(&self) -> u32 {
        self.cast
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_way_between_reports_particles_are_half_way() {
        let mut motion = Motion::default();
        motion.report(&[0.0, 0.0], 1, 0, 1000.0);
        motion.report(&[1.0, -2.0], 1, 0, 1040.0);
        assert!(motion.advance(1060.0));
        assert!((motion.positions()[0] - 0.5).abs() < 1e-6 && (motion.positions()[1] + 1.0).abs() < 1e-6);
        motion.advance(1200.0);
        assert_eq!(motion.positions(), [1.0, -2.0]);
        assert!(!motion.advance(1210.0));
    }

    #[test]
    fn an_early_report_bends_the_path_but_never_jumps() {
        let mut motion = Motion::default();
        motion.report(&[0.0, 0.0], 1, 0, 1000.0);
        motion.report(&[1.0, 0.0], 1, 0, 1040.0);
        motion.advance(1050.0);
        let before = motion.positions()[0];
        motion.report(&[5.0, 0.0], 1, 0, 1050.0);
        motion.advance(1050.0);
        assert!((motion.positions()[0] - before).abs() < 1e-6);
    }

    #[test]
    fn another_cast_or_count_jumps() {
        let mut motion = Motion::default();
        motion.report(&[0.0, 0.0], 1, 0, 1000.0);
        motion.report(&[3.0, 0.0], 2, 0, 1020.0);
        assert_eq!(motion.positions(), [3.0, 0.0]);
        motion.report(&[4.0, 0.0, 1.0, 1.0], 2, 0, 1040.0);
        assert_eq!(motion.positions(), [4.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_particle_drawn_anew_leaves_no_way_between_its_places() {
        let mut motion = Motion::default();
        let walk = |t: f32| (0..40).flat_map(|k| [k as f32, 0.1 * t]).collect::<Vec<f32>>();
        let mut anew = walk(2.0);
        anew[2 * 7] = -90.0;
        motion.report(&walk(0.0), 1, 0, 1000.0);
        motion.report(&walk(1.0), 1, 0, 1040.0);
        motion.report(&anew, 1, 1, 1080.0);
        motion.advance(1100.0);
        let at = |motion: &Motion, k: usize| motion.positions()[2 * k];
        assert!(at(&motion, 7).is_nan() && (at(&motion, 6) - 6.0).abs() < 1e-6);
        anew[1] = 0.3;
        motion.report(&anew, 1, 1, 1110.0);
        motion.advance(1111.0);
        assert!((at(&motion, 7) + 90.0).abs() < 1e-4, "seen again at the report after");
        assert!(motion.advance(1500.0) && motion.positions() == anew);
    }
}
