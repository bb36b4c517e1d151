//! How a batch is cut into pieces that a group of units works on together.

use crate::model::{Kind, Shape, features};

/// Numbers that a layer of a tile may have: two such layers fill the 16 KB of memory that every WebGPU device gives a
/// workgroup.
const LAYER: usize = 2048;

/// Rows that a unit computes at a time.
pub const ROWS: usize = 4;

/// Columns that a unit computes at a time; widths are multiples of it.
pub const COLUMNS: usize = 8;

/// Inputs of a block of the weights' gradient that a unit computes at a time; its outputs are [`COLUMNS`].
pub const INPUTS: usize = 4;

/// Most groups that share a batch: each has a gradient of its own, and they are added up in the end.
const MOST_GROUPS: usize = 64;

/// Numbers in all these gradients together, at most: 32 MB.
const MOST_PARTIALS: usize = 8 << 20;

/// The part of a batch whose activations fit into the memory that a group of units shares, for a score network of
/// this size. A constant of the compiled kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Units in a hidden layer of the network.
    pub width: usize,
    /// Hidden layers.
    pub depth: usize,
    /// Rows of the batch, a multiple of [`ROWS`].
    pub rows: usize,
}

impl Tile {
    /// The tile of a network; none for kinds and widths that the kernels do not know: energies, and widths that are no
    /// multiple of 8.
    pub fn of(shape: Shape) -> Option<Self> {
        let Shape { kind, width, depth } = shape;
        let known = kind == Kind::Score && width.is_multiple_of(COLUMNS) && (COLUMNS..=LAYER / ROWS).contains(&width);
        known.then(|| Self {
            width,
            depth,
            rows: LAYER / width.max(features::COUNT) / ROWS * ROWS,
        })
    }

    /// Numbers in the widest layer of the tile, features included.
    pub const fn memory(self) -> usize {
        let columns = if self.width < features::COUNT {
            features::COUNT
        } else {
            self.width
        };
        self.rows * columns
    }

    /// Numbers in a hidden layer of the tile.
    pub const fn layer(self) -> usize {
        self.rows * self.width
    }

    /// Blocks of [`ROWS`] rows.
    pub const fn row_blocks(self) -> usize {
        self.rows / ROWS
    }

    /// Units in a group: each computes one block of a layer.
    pub const fn units(self) -> usize {
        self.layer() / (ROWS * COLUMNS)
    }

    /// Parameters of the network.
    pub const fn parameters(self) -> usize {
        let Self { width, depth, .. } = self;
        (features::COUNT + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * 2
    }

    /// Where the weights of the last layer begin.
    pub const fn last_layer(self) -> usize {
        self.parameters() - 2 * (self.width + 1)
    }

    /// Numbers that a group stores of a tile's forward pass for the backward pass: each activation and its slope.
    pub const fn kept(self) -> usize {
        2 * self.depth * self.layer()
    }

    /// Groups that share a batch of so many rows, and tiles that each of them takes.
    pub fn share(self, rows: usize) -> (usize, usize) {
        let tiles = rows.div_ceil(self.rows).max(1);
        let most = (MOST_PARTIALS / self.parameters()).clamp(1, MOST_GROUPS);
        let each = tiles.div_ceil(most);
        (tiles.div_ceil(each), each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Head;

    #[test]
    fn a_tile_fits_into_the_memory_of_a_workgroup_and_has_at_most_256_units() {
        let mut known = 0;
        for width in 1..=600 {
            let shape = Shape {
                width,
                ..Shape::default()
            };
            let Some(tile) = Tile::of(shape) else { continue };
            known += 1;
            assert!(
                8 * tile.memory() <= 16 << 10 && tile.memory() >= 12 * tile.rows,
                "{tile:?}"
            );
            assert!((1..=256).contains(&tile.units()), "{tile:?}");
            assert!(tile.rows >= ROWS && tile.rows.is_multiple_of(ROWS), "{tile:?}");
            assert_eq!(tile.units() * ROWS * COLUMNS, tile.layer(), "{tile:?}");
            assert_eq!(tile.parameters(), shape.parameters());
        }
        assert_eq!(known, 64);
        let energy = Shape {
            kind: Kind::Energy(Head::Linear),
            ..Shape::default()
        };
        assert_eq!(Tile::of(energy), None);
    }

    #[test]
    fn the_groups_take_every_row_and_none_is_idle() {
        for (width, depth) in [(64, 3), (256, 8), (512, 1)] {
            let shape = Shape {
                width,
                depth,
                ..Shape::default()
            };
            let tile = Tile::of(shape).expect("a width of multiples of 8");
            for rows in [1, 31, 32, 512, 16_384] {
                let (groups, each) = tile.share(rows);
                assert!(groups * each * tile.rows >= rows && (groups - 1) * each * tile.rows < rows);
                assert!(groups <= MOST_GROUPS && groups * tile.parameters() <= MOST_PARTIALS);
            }
        }
    }
}
