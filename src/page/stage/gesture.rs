//! Which pointer draws: rules that know no document.

use super::looking::Fingers;

/// The pointers on the stage.
#[derive(Debug, Default)]
pub(super) struct Gesture {
    /// The pointer that draws.
    pub drawing: Option<i32>,
    pub fingers: Fingers,
}

impl Gesture {
    /// A pointer came down with a tool; `(ends, begins)`: whether a stroke ends and whether one begins. Two fingers
    /// never draw: the second one ends the stroke of the first, and none begins until all are lifted.
    pub fn down(&mut self, id: i32) -> (bool, bool) {
        let crowd = self.fingers.are_many();
        let ends = crowd && self.drawing.take().is_some();
        let begins = !crowd && self.drawing.is_none();
        if begins {
            self.drawing = Some(id);
        }
        (ends, begins)
    }

    /// A pointer left; true when that ends a stroke.
    pub fn up(&mut self, id: i32) -> bool {
        self.fingers.up(id);
        self.drawing.take_if(|drawing| *drawing == id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pointer_draws_a_stroke() {
        let mut gesture = Gesture::default();
        assert_eq!(gesture.down(7), (false, true));
        assert!(!gesture.up(8) && gesture.up(7) && !gesture.up(7));
    }

    #[test]
    fn two_fingers_never_draw() {
        let mut gesture = Gesture::default();
        let touch = |gesture: &mut Gesture, id| {
            gesture.fingers.down(id, [id as f32, 0.0]);
            gesture.down(id)
        };
        assert_eq!(touch(&mut gesture, 1), (false, true));
        assert_eq!(touch(&mut gesture, 2), (true, false));
        assert!(!gesture.up(1));
        assert_eq!(touch(&mut gesture, 3), (false, false));
        assert!(!gesture.up(2) && !gesture.up(3));
        assert_eq!(touch(&mut gesture, 4), (false, true));
    }
}
