//! In which order a landscape is painted.

/// A part of its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Room,
    Ground,
    Walls,
    Lines,
    Colours,
    /// Edges are softened along the rows, then down the columns.
    Rows,
    Columns,
    Data,
    Done,
}

impl Part {
    /// What comes after it.
    pub fn next(self) -> Self {
        match self {
            Self::Room => Self::Ground,
            Self::Ground => Self::Walls,
            Self::Walls => Self::Lines,
            Self::Lines => Self::Colours,
            Self::Colours => Self::Rows,
            Self::Rows => Self::Columns,
            Self::Columns => Self::Data,
            Self::Data | Self::Done => Self::Done,
        }
    }
}
