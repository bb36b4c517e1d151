//! What people do on the stage, and with what.

/// What a pointer does on the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// Nothing: a finger scrolls the page.
    #[default]
    Look,
    /// Sprays data.
    Draw,
    /// Takes data away.
    Erase,
    /// Drops particles.
    Drop,
    /// Asks what the field is at a point.
    Probe,
    /// Draws a loop round which the field's circulation is measured.
    Loop,
}

/// What the pointer did; positions are stage coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StageEvent {
    /// A stroke began, with any tool but [`Tool::Look`].
    StrokeBegin {
        /// The tool in hand.
        tool: Tool,
        /// Where.
        at: [f32; 2],
        /// Pen pressure in (0, 1]; 0.5 where the device has none.
        pressure: f32,
    },
    /// The stroke went on.
    StrokeMove {
        /// Where to.
        at: [f32; 2],
    },
    /// The stroke ended, also when the browser cancelled it or a second finger came down.
    StrokeEnd,
    /// A click or a tap, with [`Tool::Look`].
    Click {
        /// Where.
        at: [f32; 2],
    },
    /// The keyboard's cursor is somewhere on the stage, or has left it.
    Cursor {
        /// Where, or `None`.
        at: Option<[f32; 2]>,
    },
}
