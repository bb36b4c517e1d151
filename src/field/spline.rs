//! Values on a grid joined by a smooth surface: the bicubic spline through them.
//!
//! A cubic spline is twice continuously differentiable and its error is of fourth order in the spacing. At the border
//! its second derivative is zero (a natural spline), which costs accuracy in the outermost cells only: with each cell
//! inward the effect falls to 0.27 of itself (de Boor, A Practical Guide to Splines, chapters IV and XVII).

/// Numbers a cell: the coefficients of a bicubic polynomial.
pub const COEFFICIENTS: usize = 16;

/// What four neighbouring B-splines are in powers of the place between the inner two, times 6: rows are powers.
const POWERS: [[f64; 4]; 4] = [
    [1.0, 4.0, 1.0, 0.0],
    [-3.0, 0.0, 3.0, 0.0],
    [3.0, -6.0, 3.0, 0.0],
    [-1.0, 3.0, -3.0, 1.0],
];

/// The polynomials of all cells between `side` points an axis, rows of cells from low to high y, [`COEFFICIENTS`] each:
/// the surface at `(u, v)` in a cell, both in [0, 1], is the sum of `c[4 j + i] u^i v^j`.
///
/// values: `side²` of them, rows from low to high y; `side` is at least 2.
pub fn cells(values: &[f32], side: usize) -> Vec<f32> {
    let wide = side + 2;
    let weights = weights(values, side);
    let mut out = Vec::with_capacity((side - 1) * (side - 1) * COEFFICIENTS);
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let near = |j: usize, i: usize| weights[(row + j) * wide + column + i];
            let along: [[f64; 4]; 4] = std::array::from_fn(|j| powers(|i| near(j, i)));
            let both: [[f64; 4]; 4] = std::array::from_fn(|i| powers(|j| along[j][i]));
            out.extend((0..COEFFICIENTS).map(|k| both[k % 4][k / 4] as f32));
        }
    }
    out
}

/// Four B-splines' weights as the coefficients of a polynomial.
fn powers(weight: impl Fn(usize) -> f64) -> [f64; 4] {
    POWERS.map(|row| (0..4).map(|i| row[i] * weight(i)).sum::<f64>() / 6.0)
}

/// The weights of the B-splines centred on the points and on one more beyond each border, `(side + 2)²`.
fn weights(values: &[f32], side: usize) -> Vec<f64> {
    let wide = side + 2;
    let mut along = vec![0.0; side * wide];
    for (row, out) in values.chunks_exact(side).zip(along.chunks_exact_mut(wide)) {
        interpolate(&row.iter().map(|&value| f64::from(value)).collect::<Vec<_>>(), out);
    }
    let mut out = vec![0.0; wide * wide];
    let mut column = vec![0.0; wide];
    for k in 0..wide {
        interpolate(
            &(0..side).map(|row| along[row * wide + k]).collect::<Vec<_>>(),
            &mut column,
        );
        for (row, weight) in column.iter().enumerate() {
            out[row * wide + k] = *weight;
        }
    }
    out
}

/// The weights of the natural cubic spline through these values, two more than they are: inside, `(w[i-1] + 4 w[i] +
/// w[i+1]) / 6` is the value, solved by elimination; at the ends the second difference is zero.
fn interpolate(values: &[f64], out: &mut [f64]) {
    let last = values.len() - 1;
    out[1..=last + 1].copy_from_slice(values);
    // Eliminated forwards: w[i] = rhs[i] - ratio[i] w[i+1].
    let mut ratio = vec![0.0; values.len()];
    for i in 1..last {
        ratio[i] = 1.0 / (4.0 - ratio[i - 1]);
        out[i + 1] = (6.0 * values[i] - out[i]) * ratio[i];
    }
    for i in (1..last).rev() {
        out[i + 1] -= ratio[i] * out[i + 2];
    }
    out[0] = 2.0 * out[1] - out[2];
    out[last + 2] = 2.0 * out[last + 1] - out[last];
}

#[cfg(test)]
mod tests {
    use super::{COEFFICIENTS, cells};

    /// The surface and its slopes at a place of a cell.
    fn at(cell: &[f32], u: f32, v: f32) -> [f32; 3] {
        let mut sums = [0.0; 3];
        for (k, c) in cell.iter().enumerate() {
            let (i, j) = ((k % 4) as i32, (k / 4) as i32);
            sums[0] += c * u.powi(i) * v.powi(j);
            sums[1] += c * i as f32 * u.powi((i - 1).max(0)) * v.powi(j);
            sums[2] += c * j as f32 * u.powi(i) * v.powi((j - 1).max(0));
        }
        sums
    }

    fn bumps(x: f32, y: f32) -> f32 {
        (2.0 * x).sin() + (1.5 * y).cos() + 0.3 * x * y
    }

    #[test]
    fn the_surface_meets_the_values_and_has_no_kinks_between_cells() {
        const SIDE: usize = 9;
        let values: Vec<f32> = (0..SIDE * SIDE)
            .map(|k| bumps((k % SIDE) as f32 * 0.7, (k / SIDE) as f32 * 0.7))
            .collect();
        let cells = cells(&values, SIDE);
        let cell = |i: usize, j: usize| {
            let k = j * (SIDE - 1) + i;
            &cells[k * COEFFICIENTS..(k + 1) * COEFFICIENTS]
        };
        for j in 0..SIDE - 1 {
            for i in 0..SIDE - 1 {
                for (u, v, k) in [(0.0, 0.0, 0), (1.0, 0.0, 1), (0.0, 1.0, SIDE), (1.0, 1.0, SIDE + 1)] {
                    let expected = values[j * SIDE + i + k];
                    assert!((at(cell(i, j), u, v)[0] - expected).abs() < 1e-5);
                }
                if i + 2 < SIDE {
                    let (left, right) = (at(cell(i, j), 1.0, 0.4), at(cell(i + 1, j), 0.0, 0.4));
                    assert!((0..3).all(|k| (left[k] - right[k]).abs() < 1e-5), "{left:?} {right:?}");
                }
                if j + 2 < SIDE {
                    let (below, above) = (at(cell(i, j), 0.4, 1.0), at(cell(i, j + 1), 0.4, 0.0));
                    assert!(
                        (0..3).all(|k| (below[k] - above[k]).abs() < 1e-5),
                        "{below:?} {above:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn between_the_points_the_error_falls_with_the_fourth_power_of_the_spacing() {
        let error = |side: usize| {
            let h = 4.0 / (side - 1) as f32;
            let values: Vec<f32> = (0..side * side)
                .map(|k| bumps((k % side) as f32 * h, (k / side) as f32 * h))
                .collect();
            let cells = cells(&values, side);
            // In the middle half, where the border is not felt.
            let inside = side / 4..side - 1 - side / 4;
            let mut worst = 0.0_f32;
            for j in inside.clone() {
                for i in inside.clone() {
                    let k = j * (side - 1) + i;
                    let got = at(&cells[k * COEFFICIENTS..(k + 1) * COEFFICIENTS], 0.5, 0.5)[0];
                    worst = worst.max((got - bumps((i as f32 + 0.5) * h, (j as f32 + 0.5) * h)).abs());
                }
            }
            worst
        };
        let (coarse, fine) = (error(17), error(33));
        let order = (coarse / fine).log2();
        assert!((order - 4.0).abs() < 0.3, "order {order}: {coarse}, {fine}");
    }

    #[test]
    fn a_plane_is_a_plane_up_to_the_border() {
        let values: Vec<f32> = (0..16).map(|k| (k % 4) as f32 - 2.0 * (k / 4) as f32).collect();
        for (k, cell) in cells(&values, 4).chunks_exact(COEFFICIENTS).enumerate() {
            let [value, along, up] = at(cell, 0.3, 0.8);
            let expected = (k % 3) as f32 + 0.3 - 2.0 * ((k / 3) as f32 + 0.8);
            assert!((value - expected).abs() < 1e-5 && (along - 1.0).abs() < 1e-5 && (up + 2.0).abs() < 1e-5);
        }
    }
}
