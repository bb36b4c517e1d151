//! Particles between reports: the engine reports positions when it can, the page moves them smoothly.

/// Intervals between reports that are believed, milliseconds.
const INTERVAL: [f32; 2] = [8.0, 200.0];

/// Interpolates positions from where the particles are seen now to the last report, over the usual time between
/// reports. Particles of different casts have nothing to do with each other and jump.
#[derive(Clone, Debug, Default)]
pub struct Motion {
    from: Vec<f32>,
    to: Vec<f32>,
    shown: Vec<f32>,
    cast: u32,
    reported_ms: f64,
    interval_ms: f32,
}

impl Motion {
    /// Takes a report: positions `[x0, y0, …]`, the cast they belong to, and when it came.
    pub fn report(&mut self, positions: &[f32], cast: u32, now_ms: f64) {
        let continues = cast == self.cast && positions.len() == self.to.len() && self.reported_ms > 0.0;
        let gap = ((now_ms - self.reported_ms) as f32).clamp(INTERVAL[0], INTERVAL[1]);
        if continues {
            self.advance(now_ms);
            self.from.clear();
            self.from.extend_from_slice(&self.shown);
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
        (self.cast, self.reported_ms) = (cast, now_ms);
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
        motion.report(&[0.0, 0.0], 1, 1000.0);
        motion.report(&[1.0, -2.0], 1, 1040.0);
        assert!(motion.advance(1060.0));
        assert!((motion.positions()[0] - 0.5).abs() < 1e-6 && (motion.positions()[1] + 1.0).abs() < 1e-6);
        motion.advance(1200.0);
        assert_eq!(motion.positions(), [1.0, -2.0]);
        assert!(!motion.advance(1210.0));
    }

    #[test]
    fn an_early_report_bends_the_path_but_never_jumps() {
        let mut motion = Motion::default();
        motion.report(&[0.0, 0.0], 1, 1000.0);
        motion.report(&[1.0, 0.0], 1, 1040.0);
        motion.advance(1050.0);
        let before = motion.positions()[0];
        motion.report(&[5.0, 0.0], 1, 1050.0);
        motion.advance(1050.0);
        assert!((motion.positions()[0] - before).abs() < 1e-6);
    }

    #[test]
    fn another_cast_or_count_jumps() {
        let mut motion = Motion::default();
        motion.report(&[0.0, 0.0], 1, 1000.0);
        motion.report(&[3.0, 0.0], 2, 1020.0);
        assert_eq!(motion.positions(), [3.0, 0.0]);
        motion.report(&[4.0, 0.0, 1.0, 1.0], 2, 1040.0);
        assert_eq!(motion.positions(), [4.0, 0.0, 1.0, 1.0]);
    }
}
