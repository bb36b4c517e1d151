//! Where the tiles of a ladder go: as large as fit, or three abreast down a narrow screen. And which tile an arrow key
//! leads to.

/// Pixels between tiles, and between bands of levels.
const GAP: f32 = 4.0;
const BAND_GAP: f32 = 14.0;
/// Beside the columns of a narrow screen, for the outlines of the tiles.
const MARGIN: f32 = 2.0;
/// Width of the words before a band's rows.
const HEAD: f32 = 22.0;

/// Rows of a band, and columns down a narrow screen: exact, learned, error.
pub const SOURCES: usize = 3;

/// An arrangement of `SOURCES` tiles for each level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layout {
    /// Levels side by side in a band of three rows; 0 where the levels run down the screen and the sources are columns.
    pub columns: usize,
    /// Side of a tile, CSS pixels.
    pub side: f32,
}

/// A tile by its level and its source, both counted from 0.
pub type Place = [usize; 2];

impl Layout {
    /// The largest tiles by which all levels fit into a room (width and height, CSS pixels), in one or more bands; or,
    /// where the screen is narrow, three columns down which one scrolls. Sides are whole device pixels, of which
    /// `ratio` make a CSS pixel.
    pub fn new(levels: usize, room: [f32; 2], narrow: bool, ratio: f32) -> Self {
        let whole = |side: f32| (side * ratio).floor().max(1.0) / ratio;
        if narrow {
            let side = whole((room[0] - 2.0 * MARGIN - (SOURCES - 1) as f32 * GAP) / SOURCES as f32);
            return Self { columns: 0, side };
        }
        let fit = |bands: usize| {
            let columns = levels.div_ceil(bands);
            // Fewer bands may do for so many columns.
            let bands = levels.div_ceil(columns.max(1));
            let across = (room[0] - HEAD) / columns.max(1) as f32 - GAP;
            let gaps = (bands * (SOURCES - 1)) as f32 * GAP + bands.saturating_sub(1) as f32 * BAND_GAP;
            let down = (room[1] - gaps) / (bands.max(1) * SOURCES) as f32;
            Self {
                columns,
                side: whole(across.min(down)),
            }
        };
        (1..=levels.max(1))
            .map(fit)
            .fold(fit(1), |best, other| if other.side > best.side { other } else { best })
    }

    /// Row and column of a tile in the grid, counted from 1, after the words: a column of them, or a row.
    pub fn cell(&self, [level, source]: Place) -> [usize; 2] {
        if self.columns == 0 {
            return [level + 2, source + 1];
        }
        let band = level / self.columns;
        [band * SOURCES + source + 1, level % self.columns + 2]
    }

    /// Where an arrow key leads from a tile; where there is nothing, one stays.
    pub fn moved(&self, [level, source]: Place, key: &str, levels: usize) -> Place {
        let down = self.columns == 0;
        // Along the levels, and across them from source to source.
        let (along, across) = match key {
            "ArrowLeft" if down => (0, -1),
            "ArrowRight" if down => (0, 1),
            "ArrowUp" if down => (-1, 0),
            "ArrowDown" if down => (1, 0),
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            "Home" => (-(level as isize), 0),
            "End" => (levels as isize - 1 - level as isize, 0),
            _ => (0, 0),
        };
        let (row, rows) = (source as isize + across, SOURCES as isize);
        // Rows go on in the next band; columns of sources end.
        let there = level as isize + along + row.div_euclid(rows) * self.columns as isize;
        let stays = (self.columns == 0 && !(0..rows).contains(&row)) || !(0..levels as isize).contains(&there);
        if stays {
            [level, source]
        } else {
            [there as usize, row.rem_euclid(rows) as usize]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width and height that a layout takes.
    fn extent(layout: Layout, levels: usize) -> [f32; 2] {
        let bands = levels.div_ceil(layout.columns) as f32;
        let rows = bands * 3.0;
        [
            HEAD + layout.columns as f32 * (layout.side + GAP),
            rows * layout.side + 2.0 * bands * GAP + (bands - 1.0) * BAND_GAP,
        ]
    }

    #[test]
    fn tiles_fill_the_room_and_no_other_number_of_bands_has_larger_ones() {
        for levels in 2..=100 {
            for room in [[1240.0, 690.0], [1880.0, 940.0], [1000.0, 400.0], [620.0, 900.0]] {
                let layout = Layout::new(levels, room, false, 2.0);
                let [width, height] = extent(layout, levels);
                assert!(
                    width <= room[0] + 0.01 && height <= room[1] + 0.01,
                    "{levels} in {room:?}: {layout:?}"
                );
                // Whatever the columns, tiles half a pixel larger are too wide or too high.
                for columns in 1..=levels {
                    let larger = Layout {
                        columns,
                        side: layout.side + 0.51,
                    };
                    let [width, height] = extent(larger, levels);
                    assert!(
                        width > room[0] || height > room[1],
                        "{levels} in {room:?}: {columns} columns"
                    );
                }
            }
        }
    }

    #[test]
    fn sides_are_whole_device_pixels_and_three_tiles_fill_a_phone() {
        for ratio in [1.0, 1.5, 2.0, 3.0] {
            for narrow in [false, true] {
                let side = Layout::new(16, [374.0, 700.0], narrow, ratio).side * ratio;
                assert!((side - side.round()).abs() < 1e-3 && side > 20.0);
            }
        }
        let phone = Layout::new(16, [374.0, 700.0], true, 1.0);
        assert_eq!((phone.columns, phone.side), (0, 120.0));
    }

    #[test]
    fn every_tile_has_a_cell_of_its_own() {
        for columns in [0, 5, 16] {
            let layout = Layout { columns, side: 50.0 };
            let mut cells: Vec<_> = (0..16)
                .flat_map(|level| (0..SOURCES).map(move |source| [level, source]))
                .map(|place| layout.cell(place))
                .collect();
            cells.sort_unstable();
            cells.dedup();
            assert_eq!(cells.len(), 48);
        }
        let layout = Layout { columns: 8, side: 50.0 };
        assert_eq!(layout.cell([0, 0]), [1, 2]);
        assert_eq!(layout.cell([9, 2]), [6, 3]);
    }

    #[test]
    fn arrows_lead_to_the_neighbour_on_the_screen() {
        for columns in [0, 8] {
            let layout = Layout { columns, side: 50.0 };
            for level in 0..16 {
                for source in 0..SOURCES {
                    let [row, column] = layout.cell([level, source]);
                    for (key, to) in [
                        ("ArrowUp", [row.wrapping_sub(1), column]),
                        ("ArrowDown", [row + 1, column]),
                        ("ArrowLeft", [row, column.wrapping_sub(1)]),
                        ("ArrowRight", [row, column + 1]),
                    ] {
                        let there = layout.cell(layout.moved([level, source], key, 16));
                        let exists = (0..16).any(|level| (0..SOURCES).any(|source| layout.cell([level, source]) == to));
                        if exists {
                            assert_eq!(there, to, "{key} from {row}, {column}");
                        }
                    }
                }
            }
            assert_eq!(layout.moved([7, 1], "Home", 16), [0, 1]);
            assert_eq!(layout.moved([7, 1], "End", 16), [15, 1]);
            assert_eq!(layout.moved([15, 2], "ArrowRight", 16), [15, 2]);
            assert_eq!(layout.moved([0, 0], "ArrowLeft", 16), [0, 0]);
            assert_eq!(layout.moved([3, 1], "x", 16), [3, 1]);
        }
        // From the end of a band on to the next one.
        let layout = Layout { columns: 8, side: 50.0 };
        assert_eq!(layout.moved([7, 0], "ArrowRight", 16), [8, 0]);
    }
}
