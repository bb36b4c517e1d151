//! The preconditioner of the potential: a Poisson solve by cosine transforms.

use std::cell::RefCell;
use std::f64::consts::PI;
use std::sync::Arc;

use rustdct::TransformType2And3;
use rustdct::algorithm::Type2And3ConvertToFft;
use rustdct::rustfft::algorithm::butterflies::{
    Butterfly2, Butterfly3, Butterfly4, Butterfly5, Butterfly8, Butterfly16,
};
use rustdct::rustfft::algorithm::{Dft, MixedRadixSmall};
use rustdct::rustfft::{Fft, FftDirection};

/// The constant `K` in units of 1/spacing². Found by trial on the named sets: 0.01 to 0.1 need about the same number of
/// iterations, none at all up to twice as many.
const SHIFT: f64 = 0.03;

thread_local! {
    /// Plans of the cosine transforms, made once for each length.
    static PLANS: RefCell<Vec<Plan>> = const { RefCell::new(Vec::new()) };
}

/// A cosine transform of one length.
type Plan = Arc<dyn TransformType2And3<f64>>;

/// The transform of this length, made at its first use.
fn plan(side: usize) -> Plan {
    PLANS.with_borrow_mut(|plans| {
        if let Some(known) = plans.iter().find(|plan| plan.len() == side) {
            return known.clone();
        }
        let made: Plan = Arc::new(Type2And3ConvertToFft::new(fourier(side)));
        plans.push(made.clone());
        made
    })
}

/// A Fourier transform out of a few small ones. The library's own planner knows more of them than would ever be used
/// here, and each is some kilobytes of the engine's download.
fn fourier(length: usize) -> Arc<dyn Fft<f64>> {
    const FORWARD: FftDirection = FftDirection::Forward;
    let radix = [16, 8, 5, 4, 3, 2]
        .into_iter()
        .find(|radix| length.is_multiple_of(*radix));
    let first: Arc<dyn Fft<f64>> = match radix {
        Some(16) => Arc::new(Butterfly16::new(FORWARD)),
        Some(8) => Arc::new(Butterfly8::new(FORWARD)),
        Some(5) => Arc::new(Butterfly5::new(FORWARD)),
        Some(4) => Arc::new(Butterfly4::new(FORWARD)),
        Some(3) => Arc::new(Butterfly3::new(FORWARD)),
        Some(2) => Arc::new(Butterfly2::new(FORWARD)),
        _ => return Arc::new(Dft::new(length, FORWARD)),
    };
    match length / first.len() {
        1 => first,
        rest => Arc::new(MixedRadixSmall::new(first, fourier(rest))),
    }
}

/// The preconditioner `W^-1/2 (L + K)⁻¹ W^-1/2`, `L` being the plain Laplacian of the grid.
pub(super) struct Poisson {
    side: usize,
    transform: Plan,
    transform_scratch: Vec<f64>,
    /// `w^-1/2` at the points.
    scale: Vec<f64>,
    /// Eigenvalues of the Laplacian of one line.
    eigenvalues: Vec<f64>,
}

impl Poisson {
    /// `weights`: at the points of a grid of `side` by `side`.
    pub(super) fn new(side: usize, weights: &[f64]) -> Self {
        let transform = plan(side);
        let eigenvalue = |k: usize| 4.0 * (PI * k as f64 / (2.0 * side as f64)).sin().powi(2);
        Self {
            side,
            transform_scratch: vec![0.0; transform.get_scratch_len()],
            transform,
            scale: weights.iter().map(|w| 1.0 / w.sqrt()).collect(),
            eigenvalues: (0..side).map(eigenvalue).collect(),
        }
    }

    /// Preconditions a residual.
    pub(super) fn apply(&mut self, residual: &[f64], out: &mut [f64]) {
        for ((o, r), s) in out.iter_mut().zip(residual).zip(&self.scale) {
            *o = r * s;
        }
        self.transform_rows(out, Direction::Forward);
        transpose(out, self.side);
        self.transform_rows(out, Direction::Forward);
        // Forward and back multiplies a line by side / 2.
        let unit = 4.0 / (self.side * self.side) as f64;
        for (row, a) in out.chunks_exact_mut(self.side).zip(&self.eigenvalues) {
            row.iter_mut()
                .zip(&self.eigenvalues)
                .for_each(|(o, b)| *o *= unit / (a + b + SHIFT));
        }
        self.transform_rows(out, Direction::Back);
        transpose(out, self.side);
        self.transform_rows(out, Direction::Back);
        out.iter_mut().zip(&self.scale).for_each(|(o, s)| *o *= s);
    }

    fn transform_rows(&mut self, values: &mut [f64], direction: Direction) {
        for row in values.chunks_exact_mut(self.side) {
            match direction {
                Direction::Forward => self
                    .transform
                    .process_dct2_with_scratch(row, &mut self.transform_scratch),
                Direction::Back => self
                    .transform
                    .process_dct3_with_scratch(row, &mut self.transform_scratch),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Back,
}

fn transpose(values: &mut [f64], side: usize) {
    for j in 0..side {
        for i in 0..j {
            values.swap(j * side + i, i * side + j);
        }
    }
}
