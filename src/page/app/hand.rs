//! The hand on the stage: the tool in it, its strokes, and where it is.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use web_sys::HtmlInputElement;

use super::App;
use super::reports::log;
use crate::page::announce::{self, Topic};
use crate::page::banner::{self, Kind};
use crate::page::stage::{StageEvent, Tool};
use crate::page::{captions, controls, dom};

/// Particles in one drop, over a disc of the brush's size.
const DROP: usize = 40;
/// While the pointer moves, no more than this many wait to be sent.
const MOST_DROPPED: usize = 2000;

/// The hand of whoever is at the page.
#[derive(Default)]
pub(super) struct Hand {
    /// The tool that was chosen; see [`App::tool_in_hand`].
    tool: Tool,
    /// It is over the stage: whoever is about to draw needs the usual window.
    pub inside: bool,
    /// It is a finger, or the page is as narrow as if it were.
    pub coarse: bool,
    /// The noise level on the stage while a stroke goes on.
    pub held_sigma: Option<f32>,
    /// Particles that wait to be sent, `[x0, y0, …]`.
    pub dropped: Vec<f32>,
}

impl Hand {
    /// Looks again what kind of hand it is.
    pub fn look(&mut self) {
        self.coarse = dom::media("(pointer: coarse), (max-width: 760px)");
    }
}

impl App {
    /// Takes a tool by its name.
    pub fn take_tool(&mut self, name: &str) {
        if matches!(name, "draw" | "erase") && self.is_locked() {
            return;
        }
        self.set_tool(match name {
            "draw" => Tool::Draw,
            "erase" => Tool::Erase,
            "drop" => Tool::Drop,
            "loop" => Tool::Loop,
            "probe" => Tool::Probe,
            _ => Tool::Look,
        });
        if self.hand.tool != Tool::Look && self.lab.settings.surface {
            banner::clear(Kind::Notice);
            banner::show(
                Kind::Notice,
                "A landscape is only looked at: switch 3-D off in View to use this tool.",
                None,
            );
        }
    }

    pub(super) fn set_tool(&mut self, tool: Tool) {
        self.hand.tool = tool;
        if tool != Tool::Loop {
            self.drop_loop();
        }
        if tool != Tool::Probe {
            self.drop_probe();
        }
        if matches!(tool, Tool::Draw | Tool::Erase | Tool::Drop) {
            self.go_live();
        }
        self.hand_tool();
        self.screen.words_changed();
    }

    /// Takes over the brush as its sliders have it.
    pub fn take_brush(&mut self) {
        let read = |id: &str| {
            let input: HtmlInputElement = dom::element(id).ok()?;
            let value = input.value_as_number();
            controls::show_output(&input, &format!("{value:.2}"));
            Some(value as f32)
        };
        self.editor.size = read("brush-size").unwrap_or(self.editor.size);
        self.editor.softness = read("brush-softness").unwrap_or(self.editor.softness);
        self.stage.set_brush(self.editor.size);
    }

    /// The tool that the stage is given; nobody draws on the past, and on a landscape one only looks.
    pub(super) fn tool_in_hand(&self) -> Tool {
        let changes = matches!(self.hand.tool, Tool::Draw | Tool::Erase | Tool::Drop);
        if (changes && self.replay.is_on()) || self.lab.settings.surface {
            Tool::Look
        } else {
            self.hand.tool
        }
    }

    /// Gives the stage the tool in hand.
    pub(super) fn hand_tool(&mut self) {
        if let Err(error) = self.stage.set_tool(self.tool_in_hand()) {
            log(&error);
        }
    }

    /// Takes whatever is asked about off the stage: a particle, a loop, a point.
    pub(super) fn put_away(&mut self) {
        self.let_go();
        self.drop_loop();
        self.drop_probe();
    }

    pub(super) fn on_stage(&mut self, event: StageEvent) {
        match event {
            StageEvent::StrokeBegin { tool, at, .. } => self.begin_stroke(tool, at),
            StageEvent::StrokeMove { at } => self.go_on_stroke(at),
            StageEvent::StrokeEnd => self.end_stroke(),
            StageEvent::Click { at } => self.pick(at),
            StageEvent::Cursor { at } => self.follow_cursor(at),
        }
    }

    fn begin_stroke(&mut self, tool: Tool, at: [f32; 2]) {
        match tool {
            Tool::Draw | Tool::Erase => {
                self.hand.held_sigma = Some(self.shown_sigma());
                if let Err(error) = self.editor.begin(&mut self.lab, tool, at) {
                    banner::show(Kind::Error, &error.to_string(), None);
                }
                self.screen.target_changed();
            }
            Tool::Drop => self.drop_particles(at),
            Tool::Loop => {
                self.hand.held_sigma = Some(self.shown_sigma());
                self.draw_loop(at, true);
            }
            Tool::Probe => self.probe_at(at),
            Tool::Look => {}
        }
    }

    fn go_on_stroke(&mut self, at: [f32; 2]) {
        match self.hand.tool {
            Tool::Drop => self.drop_particles(at),
            Tool::Probe => self.probe_at(at),
            Tool::Loop => self.draw_loop(at, false),
            Tool::Draw | Tool::Erase | Tool::Look => {
                if !self.editor.go_on(&mut self.lab, at) {
                    let message = "This drawing is full: erase something to draw more.";
                    banner::show(Kind::Notice, message, None);
                }
            }
        }
    }

    fn end_stroke(&mut self) {
        if self.hand.tool == Tool::Probe {
            return;
        }
        self.hand.held_sigma = None;
        if self.hand.tool == Tool::Loop {
            return self.close_loop();
        }
        self.editor.end(&mut self.lab);
        announce::say(Topic::Cursor, captions::data(&self.lab.target));
        self.screen.target_changed();
    }

    /// A stroke is about to begin: the window has to be where it is going.
    pub(super) fn settle_window(&mut self) {
        if !matches!(self.tool_in_hand(), Tool::Draw | Tool::Erase) {
            return;
        }
        self.hand.inside = true;
        let window = self.window();
        self.stage.set_target_window(window.centre, window.half_width);
        self.stage.set_reduced_motion(true);
        if let Err(error) = self.stage.frame(dom::now_ms()) {
            log(&error);
        }
        self.follow_motion();
    }

    /// The keyboard's cursor went somewhere, or left: who draws with it sees the usual window.
    fn follow_cursor(&mut self, at: Option<[f32; 2]>) {
        self.hand.inside = at.is_some();
        if let Some(at) = at {
            announce::say(Topic::Cursor, captions::place(&at));
        }
    }

    fn drop_particles(&mut self, at: [f32; 2]) {
        if self.hand.dropped.len() >= 2 * MOST_DROPPED {
            return;
        }
        let seed = at[0].to_bits() ^ at[1].to_bits().rotate_left(16);
        let mut rng = StdRng::seed_from_u64(u64::from(seed));
        for _ in 0..DROP {
            let radius = self.editor.size * rng.random::<f32>().sqrt();
            let (sin, cos) = (std::f32::consts::TAU * rng.random::<f32>()).sin_cos();
            self.hand.dropped.extend([at[0] + radius * cos, at[1] + radius * sin]);
        }
    }
}
