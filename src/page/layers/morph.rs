//! One picture of a field flows into the next: learned fields arrive a few times a second, and would jump.

use std::rc::Rc;

use super::GridField;

/// A picture never takes longer to change than this, nor shorter, milliseconds.
const DURATION_MS: [f64; 2] = [60.0, 280.0];

/// A field that is shown on its way to another on the same grid.
#[derive(Clone, Debug, Default)]
pub struct Morph {
    from: GridField,
    to: Option<Rc<GridField>>,
    shown: GridField,
    started_ms: f64,
    duration_ms: f64,
}

impl Morph {
    /// Sets out for another field, in about the time since the last one. Without `smooth`, and for a field on another
    /// grid or at another noise level, it is there at once.
    pub fn aim(&mut self, to: Option<Rc<GridField>>, now_ms: f64, smooth: bool) {
        let since = now_ms - self.started_ms;
        let alike = match (&self.to, &to) {
            (Some(old), Some(new)) => old.is_whole() && new.is_whole() && old.grid == new.grid,
            _ => false,
        };
        if smooth && alike {
            self.advance(now_ms);
            std::mem::swap(&mut self.from, &mut self.shown);
            self.duration_ms = since.clamp(DURATION_MS[0], DURATION_MS[1]);
        } else {
            self.duration_ms = 0.0;
        }
        self.to = to;
        self.started_ms = now_ms;
    }

    /// The field on its way has not arrived.
    pub fn is_moving(&self, now_ms: f64) -> bool {
        now_ms < self.started_ms + self.duration_ms
    }

    /// Is there at once after all.
    pub fn arrive(&mut self) {
        self.duration_ms = 0.0;
    }

    /// The field it is going to.
    pub fn target(&self) -> Option<&Rc<GridField>> {
        self.to.as_ref()
    }

    /// The field to show at a time.
    pub fn at(&mut self, now_ms: f64) -> Option<&GridField> {
        if self.is_moving(now_ms) {
            self.advance(now_ms);
            Some(&self.shown)
        } else {
            self.to.as_deref()
        }
    }

    /// Brings `shown` up to a time.
    fn advance(&mut self, now_ms: f64) {
        let Some(to) = &self.to else { return };
        let t = if self.duration_ms > 0.0 {
            ((now_ms - self.started_ms) / self.duration_ms).clamp(0.0, 1.0)
        } else {
            1.0
        };
        let t = t as f32;
        (self.shown.grid, self.shown.sigma) = (to.grid, to.sigma);
        let blend = |from: &[f32], to: &[f32], out: &mut Vec<f32>| {
            out.clear();
            if t < 1.0 && from.len() == to.len() {
                // Where one of them is masked, the new one counts.
                out.extend(
                    from.iter()
                        .zip(to)
                        .map(|(a, b)| if a.is_nan() { *b } else { a + t * (b - a) }),
                );
            } else {
                out.extend_from_slice(to);
            }
        };
        blend(&self.from.energy, &to.energy, &mut self.shown.energy);
        blend(&self.from.score, &to.score, &mut self.shown.score);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    fn flat(value: f32, side: u32) -> Option<Rc<GridField>> {
        Some(Rc::new(sampled(1.0, side, |_| (value, [value, 0.0]))))
    }

    fn energy(morph: &mut Morph, now_ms: f64) -> f32 {
        morph.at(now_ms).map_or(f32::NAN, |f| f.energy[0])
    }

    #[test]
    fn a_field_flows_into_the_next_without_a_jump() {
        let mut morph = Morph::default();
        morph.aim(flat(1.0, 4), 1000.0, true);
        assert!((energy(&mut morph, 1000.0) - 1.0).abs() < 1e-6 && !morph.is_moving(1000.0));
        morph.aim(flat(3.0, 4), 1200.0, true);
        assert!((energy(&mut morph, 1200.0) - 1.0).abs() < 1e-5);
        assert!((energy(&mut morph, 1300.0) - 2.0).abs() < 1e-5);
        morph.aim(flat(0.0, 4), 1300.0, true);
        assert!((energy(&mut morph, 1300.0) - 2.0).abs() < 1e-5);
        assert!(energy(&mut morph, 1500.0).abs() < 1e-6);
    }

    #[test]
    fn another_grid_or_a_wish_for_less_motion_changes_at_once() {
        let mut morph = Morph::default();
        morph.aim(flat(1.0, 4), 1000.0, true);
        morph.aim(flat(5.0, 6), 1100.0, true);
        assert!((energy(&mut morph, 1100.0) - 5.0).abs() < 1e-6);
        morph.aim(flat(2.0, 6), 1200.0, false);
        assert!((energy(&mut morph, 1200.0) - 2.0).abs() < 1e-6);
        morph.aim(None, 1300.0, true);
        assert!(morph.at(1300.0).is_none());
    }

    #[test]
    fn a_masked_place_takes_the_new_value() {
        let mut morph = Morph::default();
        morph.aim(flat(f32::NAN, 4), 1000.0, true);
        morph.aim(flat(4.0, 4), 1100.0, true);
        assert!((energy(&mut morph, 1150.0) - 4.0).abs() < 1e-6);
    }
}
