//! Smooth enlargement of a grid of samples to pixels: separable Catmull-Rom cubics (Keys 1981, a = -1/2), which pass
//! through the samples, are smooth in the first derivative and exact for quadratics, also at the edge.

use super::GridField;
use crate::page::viewport::Viewport;

/// How far outside the grid energy rises by a nat, as a share of the grid's width: a picture that is narrower than the
/// view fades into the void instead of ending with an edge.
const NAT_OUTSIDE: f32 = 0.02;

/// Four neighbours and their weights.
#[derive(Clone, Copy, Debug, Default)]
struct Tap {
    /// Index of the first neighbour in the padded grid.
    first: usize,
    weights: [f32; 4],
    /// What lies outside the grid pays this.
    penalty: f32,
}

/// A grid enlarged along x, from which rows of pixels are drawn one at a time.
#[derive(Clone, Debug, Default)]
pub struct Enlarged {
    samples: Vec<f32>,
    rings: Rings,
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    padded: Vec<f32>,
    /// `[side + 2, width]`: the padded grid's rows at every pixel column.
    wide: Vec<f32>,
    width: usize,
}

impl Enlarged {
    /// Takes a field's energies and a view onto them. Masked ones are filled in, and outside the grid they rise.
    pub fn set_energies(&mut self, field: &GridField, view: &Viewport) {
        self.rings
            .fill(&field.energy, field.grid.side as usize, &mut self.samples);
        self.enlarge(field, view, true);
    }

    /// Takes other samples at a field's points, rows from low to high y, none of them NaN, and a view onto them.
    pub fn set(&mut self, field: &GridField, samples: impl Iterator<Item = f32>, view: &Viewport) {
        self.samples.clear();
        self.samples.extend(samples);
        self.enlarge(field, view, false);
    }

    /// Enlarges the samples along x. `fade` makes them rise outside the grid.
    fn enlarge(&mut self, field: &GridField, view: &Viewport, fade: bool) {
        let (n, width) = (field.grid.side as usize, view.pixels as usize);
        pad(&self.samples, n, &mut self.padded);
        self.width = width;
        let nat = if fade {
            1.0 / (NAT_OUTSIDE * 2.0 * field.grid.half_width)
        } else {
            0.0
        };
        let low = [0, 1].map(|axis| field.grid.centre[axis] - field.grid.half_width);
        let h = field.grid.spacing();
        let tap = |x: f32, axis: usize| tap((x - low[axis]) / h, n, nat * h);
        self.columns.clear();
        self.columns
            .extend((0..width).map(|i| tap(view.to_stage([i as f32 + 0.5, 0.0])[0], 0)));
        self.rows.clear();
        self.rows
            .extend((0..width).map(|j| tap(view.to_stage([0.0, j as f32 + 0.5])[1], 1)));
        self.wide.clear();
        for row in self.padded.chunks_exact(n + 2) {
            self.wide.extend(self.columns.iter().map(|tap| {
                let near = &row[tap.first..tap.first + 4];
                let [a, b, c, d] = tap.weights;
                a * near[0] + b * near[1] + c * near[2] + d * near[3] + tap.penalty
            }));
        }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The pixel columns over the grid, or none where row `j` itself lies outside it.
    pub fn inside(&self, j: usize) -> std::ops::Range<usize> {
        let within = |tap: &Tap| tap.penalty <= 0.0;
        if !self.rows.get(j).is_some_and(within) {
            return 0..0;
        }
        let from = self.columns.iter().position(within).unwrap_or(0);
        let to = self.columns.iter().rposition(within).map_or(0, |last| last + 1);
        from..to.max(from)
    }

    /// Writes the values along pixel row `j` (0 at the top); rows outside the view repeat the nearest one.
    pub fn row(&self, j: isize, out: &mut [f32]) {
        let w = self.width;
        let Some(tap) = self.rows.get(j.clamp(0, w.saturating_sub(1) as isize) as usize) else {
            return;
        };
        let line = |k: usize| &self.wide[(tap.first + k) * w..(tap.first + k + 1) * w];
        let (a, b, c, d) = (line(0), line(1), line(2), line(3));
        let [wa, wb, wc, wd] = tap.weights;
        for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *out = wa * a + wb * b + wc * c + wd * d + tap.penalty;
        }
    }
}

/// The neighbours of grid coordinate `u` among `n` samples.
fn tap(u: f32, n: usize, nat: f32) -> Tap {
    let last = (n - 1) as f32;
    let inside = u.clamp(0.0, last);
    let cell = (inside as usize).min(n - 2);
    let f = inside - cell as f32;
    let (f2, f3) = (f * f, f * f * f);
    let weights = [
        0.5 * (-f3 + 2.0 * f2 - f),
        0.5 * (3.0 * f3 - 5.0 * f2 + 2.0),
        0.5 * (-3.0 * f3 + 4.0 * f2 + f),
        0.5 * (f3 - f2),
    ];
    Tap {
        first: cell,
        weights,
        penalty: nat * (u - inside).abs(),
    }
}

/// Adds a border of one sample, extrapolated with the parabola through the three next to it.
fn pad(samples: &[f32], n: usize, out: &mut Vec<f32>) {
    let beyond = |a: f32, b: f32, c: f32| if n > 2 { 3.0 * a - 3.0 * b + c } else { 2.0 * a - b };
    let wide = n + 2;
    out.clear();
    out.resize(wide * wide, 0.0);
    for (j, row) in samples.chunks_exact(n).enumerate() {
        let line = &mut out[(j + 1) * wide..(j + 2) * wide];
        line[1..=n].copy_from_slice(row);
        line[0] = beyond(row[0], row[1], row[2.min(n - 1)]);
        line[n + 1] = beyond(row[n - 1], row[n - 2], row[n.saturating_sub(3)]);
    }
    for i in 0..wide {
        let at = |j: usize| out[j * wide + i];
        let low = beyond(at(1), at(2), at(3.min(n)));
        let high = beyond(at(n), at(n - 1), at(n.saturating_sub(2).max(1)));
        out[i] = low;
        out[(n + 1) * wide + i] = high;
    }
}

/// Highest energy that is drawn from; beyond it everything is void, and curves over larger numbers would ring.
const CEILING: f32 = 60.0;

/// Room to fill masked places in, kept from field to field.
#[derive(Clone, Debug, Default)]
struct Rings {
    ring: Vec<usize>,
    grown: Vec<(usize, f32)>,
}

impl Rings {
    /// Replaces masked (non-finite) energies by ones that rise a nat with every point away from known ones, so that a
    /// picture fades out over its mask instead of breaking off. Ring by ring from the known points: each is met once.
    fn fill(&mut self, energy: &[f32], side: usize, values: &mut Vec<f32>) {
        let known = |v: f32| v.is_finite();
        let Self { ring, grown } = self;
        values.clear();
        values.extend(energy.iter().map(|&v| if known(v) { v.min(CEILING) } else { f32::NAN }));
        let touches = |values: &[f32], k: usize| neighbours(k, side).any(|m| known(values[m]));
        ring.clear();
        ring.extend((0..values.len()).filter(|&k| !known(values[k]) && touches(values, k)));
        while !ring.is_empty() {
            grown.clear();
            grown.extend(ring.iter().map(|&k| {
                let near = neighbours(k, side).map(|m| values[m]).filter(|&v| known(v));
                let (sum, count) = near.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
                (k, (sum / count as f32 + 1.0).min(CEILING))
            }));
            grown.iter().for_each(|&(k, v)| values[k] = v);
            ring.clear();
            // A point next to several of this ring is one point of the next: marked by an infinity until its turn.
            for &(k, _) in &*grown {
                for m in neighbours(k, side) {
                    if values[m].is_nan() {
                        values[m] = f32::INFINITY;
                        ring.push(m);
                    }
                }
            }
        }
        // Nothing is known at all.
        values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = CEILING);
    }
}

/// The up to eight points around point `k` of a square grid.
fn neighbours(k: usize, side: usize) -> impl Iterator<Item = usize> {
    let (i, j) = (k % side, k / side);
    let columns = i.saturating_sub(1)..(i + 2).min(side);
    let rows = j.saturating_sub(1)..(j + 2).min(side);
    rows.flat_map(move |y| columns.clone().map(move |x| y * side + x))
        .filter(move |&m| m != k)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sampled;
    use super::*;

    fn filled(energy: &[f32], side: usize) -> Vec<f32> {
        let mut values = Vec::new();
        Rings::default().fill(energy, side, &mut values);
        values
    }

    #[test]
    fn enlarging_is_exact_for_a_quadratic_up_to_the_edge() {
        let energy = |[x, y]: [f32; 2]| 3.0 * x * x - x * y + 0.5 * y * y + x - 2.0 * y + 4.0;
        let field = sampled(1.0, 9, |at| (energy(at), [0.0; 2]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 1.0,
            pixels: 100.0,
        };
        let mut enlarged = Enlarged::default();
        enlarged.set_energies(&field, &view);
        let mut row = vec![0.0; 100];
        for j in [0_usize, 1, 37, 99] {
            enlarged.row(j as isize, &mut row);
            for (i, value) in row.iter().enumerate() {
                let truth = energy(view.to_stage([i as f32 + 0.5, j as f32 + 0.5]));
                assert!((value - truth).abs() < 2e-5, "pixel {i}, {j}: {value} for {truth}");
            }
        }
    }

    #[test]
    fn outside_its_grid_a_picture_fades_away() {
        let field = sampled(1.0, 9, |_| (1.0, [0.0; 2]));
        let view = Viewport {
            centre: [0.0, 0.0],
            half_width: 2.0,
            pixels: 64.0,
        };
        let mut enlarged = Enlarged::default();
        enlarged.set_energies(&field, &view);
        let mut row = vec![0.0; 64];
        enlarged.row(32, &mut row);
        assert!((row[32] - 1.0).abs() < 1e-5 && row[0] > 20.0 && row[63] > 20.0);
        assert!(row[0] > row[5] && row[5] > row[10]);
        assert_eq!((enlarged.inside(32), enlarged.inside(3)), (16..48, 0..0));
    }

    #[test]
    fn masked_energies_rise_away_from_the_known_ones() {
        let mut energy = vec![f32::NAN; 25];
        energy[0] = 2.0;
        let full = filled(&energy, 5);
        assert!((full[0] - 2.0).abs() < f32::EPSILON);
        assert!((full[6] - 3.0).abs() < 1e-6 && full[12] > full[6] && full[24] > full[18]);
        assert!(filled(&[f32::NAN; 4], 2).iter().all(|v| v.is_finite()));
    }

    #[test]
    fn a_masked_energy_is_a_nat_above_the_mean_of_its_neighbours_nearer_to_the_known() {
        // Two known points in opposite corners; a point's ring is its distance to the nearer one in king's moves.
        let side = 13;
        let mut energy = vec![f32::NAN; side * side];
        (energy[0], energy[side * side - 1]) = (2.0, 5.0);
        let full = filled(&energy, side);
        let ring = |k: usize| {
            let (i, j) = (k % side, k / side);
            i.max(j).min((side - 1 - i).max(side - 1 - j))
        };
        for k in (1..side * side - 1).filter(|&k| ring(k) > 0) {
            let nearer: Vec<f32> = neighbours(k, side)
                .filter(|&m| ring(m) < ring(k))
                .map(|m| full[m])
                .collect();
            let expected = nearer.iter().sum::<f32>() / nearer.len() as f32 + 1.0;
            assert!(
                (full[k] - expected).abs() < 1e-4,
                "point {k}: {} for {expected}",
                full[k]
            );
        }
    }
}
