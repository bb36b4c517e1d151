//! Memorise or generalise: how many samples are copies of training points.

/// Training points, ready to be asked whether one of them is near.
///
/// Samples that end at noise `sigma_min` count as copies within [`REACH`] sigma_min. A field that has learned its
/// training points by heart, as the exact (Parzen) field of a finite set has, puts nearly all of them there:
/// `1 - exp(-REACH²/2)`, 86 %, of a Gaussian lies within two of its standard deviations, and a final denoising step
/// brings in the rest. What fresh draws of the data score by chance is the zero of the scale.
#[derive(Clone, Debug)]
pub struct Memorisation {
    radius: f32,
    /// Cell and position of every training point, sorted by cell.
    points: Vec<([i64; 2], [f32; 2])>,
}

/// How near a copy is, in units of the smallest noise level.
pub const REACH: f32 = 2.0;

impl Memorisation {
    /// Ready for these training points, `[x0, y0, …]`, and samples that carry this noise. Points that are not finite
    /// are nowhere near.
    pub fn new(training: &[f32], sigma_min: f32) -> Self {
        let radius = REACH * sigma_min;
        let mut points: Vec<_> = training
            .chunks_exact(2)
            .map(|p| [p[0], p[1]])
            .filter(|p| p.iter().all(|x| x.is_finite()))
            .map(|p| (cell(p, radius), p))
            .collect();
        points.sort_unstable_by_key(|(cell, _)| *cell);
        Self { radius, points }
    }

    /// The fraction of samples, `[x0, y0, …]`, within the radius of a training point. NaN when there are none.
    pub fn fraction(&self, samples: &[f32]) -> f32 {
        let copies = samples.chunks_exact(2).filter(|p| self.is_copy([p[0], p[1]])).count();
        copies as f32 / (samples.len() / 2) as f32
    }

    /// Whether a training point is within the radius: it can only be in the sample's cell or in one of the eight around.
    fn is_copy(&self, sample: [f32; 2]) -> bool {
        let [column, row] = cell(sample, self.radius);
        (column.saturating_sub(1)..=column.saturating_add(1)).any(|column| {
            let (low, high) = ([column, row.saturating_sub(1)], [column, row.saturating_add(1)]);
            let first = self.points.partition_point(|(cell, _)| *cell < low);
            self.points[first..]
                .iter()
                .take_while(|(cell, _)| *cell <= high)
                .any(|(_, p)| (p[0] - sample[0]).hypot(p[1] - sample[1]) <= self.radius)
        })
    }
}

/// Column and row of the square of this side in which a point lies; far-off points share the last one.
fn cell(point: [f32; 2], side: f32) -> [i64; 2] {
    point.map(|x| (x / side).floor() as i64)
}
