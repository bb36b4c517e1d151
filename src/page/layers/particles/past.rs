//! Where the particles were in the frames whose light is still seen.

/// What is left of a frame's light, in parts of 65,536, when it is forgotten: the brightest trail is dark by then.
const GONE: u32 = 655;
/// Most traces that are kept, 4 MB: of more than 5,000 particles the trails are shorter.
const MOST: usize = 260_000;

/// A particle in a frame.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// Where it was, as the painter was told.
    pub at: [f32; 2],
    /// The part of the light of a way that it left on its way there.
    pub light: f32,
    /// Its shade.
    pub tint: u8,
}

/// All particles in a frame.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub traces: Vec<Trace>,
    /// Seconds since the frame before.
    pub seconds: f32,
    /// What it left of the light before, and what is left now of its own, in parts of 65,536.
    pub keep: u16,
    left: u32,
}

/// The last frames, the latest at the end. Once it is full it asks for no more memory.
#[derive(Clone, Debug, Default)]
pub struct Past {
    frames: Vec<Frame>,
    kept: usize,
    /// Room of frames that are forgotten.
    spare: Vec<Vec<Trace>>,
}

impl Past {
    /// A new frame begins, which leaves so much of 65,536 of the light before: forgets what is dark now, and hands out
    /// room for the new frame's traces.
    pub fn begin(&mut self, keep: u16) -> Vec<Trace> {
        for frame in &mut self.frames {
            frame.left = ((u64::from(frame.left) * u64::from(keep)) >> 16) as u32;
        }
        // From the last frame the next way sets out, in the dark too.
        while self.frames.len() > 1 && self.frames.first().is_some_and(|frame| frame.left < GONE) {
            self.drop_first();
        }
        let mut room = self.spare.pop().unwrap_or_default();
        room.clear();
        room
    }

    /// The frame is done; see [`Self::begin`].
    pub fn end(&mut self, traces: Vec<Trace>, seconds: f32, keep: u16) {
        self.kept += traces.len();
        self.frames.push(Frame {
            traces,
            seconds,
            keep,
            left: 1 << 16,
        });
        while self.frames.len() > 2 && self.kept > MOST {
            self.drop_first();
        }
    }

    /// The particles in the last frame, if there were as many.
    pub fn last(&self, count: usize) -> Option<&[Trace]> {
        let last = self.frames.last().map(|frame| frame.traces.as_slice());
        last.filter(|traces| traces.len() == count)
    }

    /// Forgets all frames.
    pub fn clear(&mut self) {
        while !self.frames.is_empty() {
            self.drop_first();
        }
    }

    /// Frame after frame, the latest at the end.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    fn drop_first(&mut self) {
        let traces = self.frames.remove(0).traces;
        self.kept -= traces.len();
        self.spare.push(traces);
    }
}
