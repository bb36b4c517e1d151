//! Editing the data: strokes, eraser, and an undo that also brings back whatever a drawing or a named set replaced.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::lab::Lab;
use super::stage::Tool;
use crate::distribution::{Brush, Drawing, Preset, Target, TargetError};

/// Dots per stage unit of path: a stroke across the stage is some 350 dots.
const FLOW: f32 = 120.0;
/// When the eraser touches a named set or its points are saved, it becomes so many dots, of this softness.
const DOTS_OF_A_SET: usize = 1600;
const SOFTNESS_OF_A_SET: f32 = 0.02;
/// How many replaced targets are remembered.
const MEMORY: usize = 24;

/// Brush, stroke and memory.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Radius of spray can and eraser, stage units.
    pub size: f32,
    /// Standard deviation of new dots, stage units.
    pub softness: f32,
    stroke: bool,
    strokes: u32,
    /// The empty drawing under the strokes was asked for, and so is a place where undo stops.
    cleared: bool,
    past: Vec<Target>,
    future: Vec<Target>,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            size: 0.12,
            softness: 0.04,
            stroke: false,
            strokes: 0,
            cleared: false,
            past: Vec::new(),
            future: Vec::new(),
        }
    }
}

impl Editor {
    /// Replaces the target as a whole; undo brings the old one back.
    pub fn replace(&mut self, lab: &mut Lab, target: Target) {
        if lab.target == target {
            return;
        }
        self.past.push(lab.target.clone());
        if self.past.len() > MEMORY {
            self.past.remove(0);
        }
        self.future.clear();
        self.cleared = false;
        lab.aim(target);
    }

    /// Begins a stroke with spray can or eraser. A named set gives way to a new drawing; for the eraser it becomes dots.
    ///
    /// # Errors
    /// None that a named set should cause.
    pub fn begin(&mut self, lab: &mut Lab, tool: Tool, at: [f32; 2]) -> Result<(), TargetError> {
        if let Target::Preset(preset) = &lab.target {
            let drawing = if tool == Tool::Erase {
                dots_of(*preset, lab.settings.seed)?
            } else {
                Drawing::new()
            };
            self.replace(lab, Target::Drawing(drawing));
        }
        let Target::Drawing(drawing) = &mut lab.target else {
            return Ok(());
        };
        self.strokes = self.strokes.wrapping_add(1);
        let brush = Brush {
            size: self.size,
            softness: self.softness,
            flow: FLOW,
        };
        match tool {
            Tool::Draw => drawing.begin(brush, self.strokes),
            Tool::Erase => drawing.begin_erase(self.size),
            _ => return Ok(()),
        }
        self.stroke = true;
        self.future.clear();
        self.go_on(lab, at);
        Ok(())
    }

    /// The stroke goes on to a point; false when the drawing is full.
    pub fn go_on(&mut self, lab: &mut Lab, at: [f32; 2]) -> bool {
        let Target::Drawing(drawing) = &mut lab.target else {
            return true;
        };
        if !self.stroke {
            return true;
        }
        // Only one of the two is open, and the other does nothing.
        let room = drawing.spray_to(at);
        drawing.erase_to(at);
        lab.target_revision += 1;
        room
    }

    /// The stroke ends.
    pub fn end(&mut self, lab: &mut Lab) {
        if let Target::Drawing(drawing) = &mut lab.target
            && std::mem::take(&mut self.stroke)
        {
            drawing.end();
            lab.target_revision += 1;
        }
    }

    /// A stroke is under way.
    pub fn is_drawing(&self) -> bool {
        self.stroke
    }

    /// An empty drawing.
    pub fn clear(&mut self, lab: &mut Lab) {
        self.end(lab);
        match &mut lab.target {
            Target::Drawing(drawing) => {
                drawing.clear();
                self.future.clear();
                lab.target_revision += 1;
            }
            Target::Preset(_) => self.replace(lab, Target::Drawing(Drawing::new())),
        }
        self.cleared = true;
    }

    /// Takes the last stroke back, or the last replacement of the target.
    pub fn undo(&mut self, lab: &mut Lab) {
        self.end(lab);
        if let Target::Drawing(drawing) = &mut lab.target
            && drawing.undo()
        {
            lab.target_revision += 1;
            // The empty drawing between a named set and the first stroke is no place to stop at, unless it was asked for.
            if !drawing.is_empty() || drawing.can_undo() || self.cleared {
                return;
            }
        }
        if let Some(before) = self.past.pop() {
            self.future.push(lab.target.clone());
            lab.aim(before);
        }
    }

    /// Does again what was undone.
    pub fn redo(&mut self, lab: &mut Lab) {
        self.end(lab);
        if let Target::Drawing(drawing) = &mut lab.target
            && drawing.redo()
        {
            lab.target_revision += 1;
            return;
        }
        if let Some(mut after) = self.future.pop() {
            if let Target::Drawing(drawing) = &mut after
                && drawing.is_empty()
            {
                drawing.redo();
            }
            self.past.push(lab.target.clone());
            lab.aim(after);
        }
    }

    /// Whether undo would do something.
    pub fn can_undo(&self, lab: &Lab) -> bool {
        !self.past.is_empty() || matches!(&lab.target, Target::Drawing(drawing) if drawing.can_undo())
    }

    /// Whether redo would do something.
    pub fn can_redo(&self, lab: &Lab) -> bool {
        !self.future.is_empty() || matches!(&lab.target, Target::Drawing(drawing) if drawing.can_redo())
    }
}

/// A named set as a drawing.
///
/// # Errors
/// None that a named set should cause.
pub fn dots_of(preset: Preset, seed: u32) -> Result<Drawing, TargetError> {
    let mut points = vec![0.0; 2 * DOTS_OF_A_SET];
    let field = preset.field();
    field.sample(&mut StdRng::seed_from_u64(seed.into()), &mut points);
    Drawing::from_points(&points, SOFTNESS_OF_A_SET)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn dots(lab: &Lab) -> usize {
        match &lab.target {
            Target::Drawing(drawing) => drawing.len(),
            Target::Preset(_) => usize::MAX,
        }
    }

    fn stroke(editor: &mut Editor, lab: &mut Lab, tool: Tool) {
        editor.begin(lab, tool, [-0.5, 0.0]).unwrap();
        editor.go_on(lab, [0.5, 0.0]);
        editor.end(lab);
    }

    #[test]
    fn a_first_stroke_begins_a_drawing_and_undo_goes_all_the_way_back_to_the_set() {
        let (mut editor, mut lab) = (Editor::default(), Lab::default());
        let moons = lab.target.clone();
        stroke(&mut editor, &mut lab, Tool::Draw);
        let first = dots(&lab);
        assert!((100..200).contains(&first), "{first}");
        stroke(&mut editor, &mut lab, Tool::Draw);
        assert!(dots(&lab) > first && lab.target.field().is_ok());
        editor.undo(&mut lab);
        assert_eq!(dots(&lab), first);
        editor.undo(&mut lab);
        assert_eq!(lab.target, moons);
        assert!(!editor.can_undo(&lab));
        editor.redo(&mut lab);
        assert_eq!(dots(&lab), first);
        editor.redo(&mut lab);
        assert!(dots(&lab) > first && !editor.can_redo(&lab));
    }

    #[test]
    fn the_eraser_takes_a_hole_out_of_a_named_set() {
        let (mut editor, mut lab) = (Editor::default(), Lab::default());
        stroke(&mut editor, &mut lab, Tool::Erase);
        let left = dots(&lab);
        assert!(left < DOTS_OF_A_SET && left > DOTS_OF_A_SET / 2, "{left}");
    }

    #[test]
    fn clearing_loses_nothing() {
        let (mut editor, mut lab) = (Editor::default(), Lab::default());
        stroke(&mut editor, &mut lab, Tool::Draw);
        let drawn = lab.target.clone();
        editor.clear(&mut lab);
        assert!(dots(&lab) == 0 && lab.target.field().is_err());
        editor.replace(&mut lab, Target::Preset(Preset::Rings));
        editor.undo(&mut lab);
        editor.undo(&mut lab);
        assert_eq!(lab.target, drawn);
    }

    #[test]
    fn every_edit_has_a_revision_of_its_own() {
        let (mut editor, mut lab) = (Editor::default(), Lab::default());
        let mut seen = vec![lab.target_revision];
        editor.begin(&mut lab, Tool::Draw, [0.0, 0.0]).unwrap();
        seen.push(lab.target_revision);
        editor.go_on(&mut lab, [0.3, 0.3]);
        seen.push(lab.target_revision);
        editor.end(&mut lab);
        editor.undo(&mut lab);
        seen.push(lab.target_revision);
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    }
}
