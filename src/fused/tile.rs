//! How a batch is cut into pieces that a group of units works on together.

use crate::model::{Kind, Shape, features};

/// Numbers that a layer of a tile has, about: few, so that there are many groups of units.
const LAYER: usize = 2048;

/// Numbers that a layer of a tile may have: 16 KB, all the memory that every WebGPU device gives a workgroup.
const MOST: usize = 4096;

/// Rows that a unit computes at a time.
pub const ROWS: usize = 8;

/// Columns that a unit computes at a time; widths are multiples of it.
pub const COLUMNS: usize = 8;

/// Inputs of a block of the weights' gradient that a unit computes at a time; its outputs are [`COLUMNS`].
pub const INPUTS: usize = 8;

/// Numbers from one row of features to the next, in whole blocks.
pub const FEATURES: usize = features::COUNT.next_multiple_of(INPUTS);

/// Numbers from the derivatives by the outputs of one row to those of the next: a block.
pub const OUTPUTS: usize = COLUMNS;

/// Fewest rows that make a share with a gradient of its own; the shares' gradients are added up in the end.
const SHARE: usize = 128;

/// Most shares.
const MOST_SHARES: usize = 64;

/// Numbers in all these gradients together, at most: 32 MB.
const MOST_PARTIALS: usize = 8 << 20;

/// Numbers that are kept between the kernels, at most: 32 MB.
const MOST_KEPT: usize = 8 << 20;

/// How a batch is cut. The kernels take one portion after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Rows of a portion, whole tiles; the last one may have fewer.
    pub portion: usize,
    /// Rows of a portion that have a gradient of their own.
    pub share: usize,
    /// Such gradients.
    pub shares: usize,
}

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
        let known = kind == Kind::Score && width.is_multiple_of(COLUMNS) && (COLUMNS..=MOST / ROWS).contains(&width);
        known.then(|| Self {
            width,
            depth,
            rows: (LAYER / width.max(features::COUNT)).max(ROWS) / ROWS * ROWS,
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

    /// Numbers from one share's gradient to the next: one more than parameters, for what belongs to none.
    pub const fn stride(self) -> usize {
        self.parameters() + 1
    }

    /// Blocks of the weights' gradient, of all layers.
    pub const fn blocks(self) -> usize {
        let across = self.width / COLUMNS;
        FEATURES / INPUTS * across + (self.depth - 1) * across * across + across
    }

    /// Numbers that are kept of so many rows: what the layers saw.
    pub const fn inputs(self, rows: usize) -> usize {
        rows * (FEATURES + self.depth * self.width)
    }

    /// Numbers that are kept of so many rows: the derivatives by what the layers give.
    pub const fn deltas(self, rows: usize) -> usize {
        rows * (OUTPUTS + self.depth * self.width)
    }

    /// How a batch of so many rows, at least one, is cut.
    pub fn cut(self, rows: usize) -> Cut {
        let most = MOST_KEPT / (self.inputs(1) + self.deltas(1));
        let portions = rows.div_ceil(most);
        let portion = rows.div_ceil(portions).next_multiple_of(self.rows);
        let most = (MOST_PARTIALS / self.stride()).clamp(1, MOST_SHARES);
        let share = portion.div_ceil(most).max(SHARE);
        Cut {
            portion,
            share,
            shares: portion.div_ceil(share),
        }
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
                4 * tile.memory() <= 16 << 10 && tile.memory() >= 12 * tile.rows,
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
    fn portions_and_shares_take_every_row_and_none_is_idle() {
        for (width, depth) in [(8, 1), (64, 3), (256, 8), (512, 1), (512, 8)] {
            let shape = Shape {
                width,
                depth,
                ..Shape::default()
            };
            let tile = Tile::of(shape).expect("a width of multiples of 8");
            for rows in [1, 31, 32, 512, 16_384] {
                let Cut { portion, share, shares } = tile.cut(rows);
                assert!(portion.is_multiple_of(tile.rows) && portion < rows.max(1) + tile.rows);
                assert!(share * shares >= portion && share * (shares - 1) < portion);
                assert!(shares <= MOST_SHARES && shares * tile.stride() <= MOST_PARTIALS);
                let kept = tile.inputs(portion) + tile.deltas(portion);
                assert!(kept <= MOST_KEPT + MOST_KEPT / 64, "{tile:?}: {kept} numbers");
            }
        }
    }

    #[test]
    fn a_usual_step_is_one_portion() {
        for width in [64, 128, 256] {
            let shape = Shape {
                width,
                ..Shape::default()
            };
            let cut = Tile::of(shape).map(|tile| tile.cut(512));
            assert_eq!(cut.map(|cut| (cut.portion, cut.shares)), Some((512, 4)));
        }
    }

    /// The index of a block as the kernel takes it apart: every parameter belongs to one block.
    #[test]
    fn the_blocks_of_the_gradient_are_as_many_as_the_layers_have() {
        for (width, depth) in [(8, 1), (8, 3), (24, 2), (64, 3), (512, 8)] {
            let shape = Shape {
                width,
                depth,
                ..Shape::default()
            };
            let tile = Tile::of(shape).expect("a width of multiples of 8");
            let sizes = std::iter::once((features::COUNT, width))
                .chain(std::iter::repeat_n((width, width), depth - 1))
                .chain([(width, 2)]);
            let blocks = sizes.map(|(inputs, outputs)| inputs.div_ceil(INPUTS) * usize::div_ceil(outputs, COLUMNS));
            assert_eq!(tile.blocks(), blocks.sum::<usize>());
        }
    }
}
