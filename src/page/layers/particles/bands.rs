//! The order in which particles are laid on a picture.

/// Rows of pixels in a band: their light fits into the processor's nearer memories.
const ROWS: f32 = 32.0;

/// Particles from the top of a picture to its bottom, roughly: band by band, and in a band one after the other as they
/// are numbered. Laid in the order of their numbers they would touch all of a picture's memory again and again, which
/// takes half as long again.
#[derive(Clone, Debug, Default)]
pub struct Bands {
    /// The band of every particle.
    of: Vec<u16>,
    /// Where the next particle of every band belongs.
    places: Vec<u32>,
    order: Vec<u32>,
}

impl Bands {
    /// No particles yet, in a picture of so many rows.
    pub fn begin(&mut self, rows: usize) {
        self.of.clear();
        self.places.clear();
        self.places.resize((rows as f32 / ROWS) as usize + 1, 0);
    }

    /// The next particle, in a row, or beyond the first or the last.
    pub fn push(&mut self, row: f32) {
        let band = ((row * (1.0 / ROWS)) as usize).min(self.places.len() - 1);
        self.places[band] += 1;
        self.of.push(band as u16);
    }

    /// The numbers of all of them in their order.
    pub fn sorted(&mut self) -> &[u32] {
        let mut next = 0;
        for place in &mut self.places {
            next += std::mem::replace(place, next);
        }
        self.order.clear();
        self.order.resize(self.of.len(), 0);
        for (k, band) in self.of.iter().enumerate() {
            let place = &mut self.places[usize::from(*band)];
            self.order[*place as usize] = k as u32;
            *place += 1;
        }
        &self.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_comes_once_from_top_to_bottom_and_in_a_band_in_their_own_order() {
        let rows: Vec<f32> = (0..500)
            .map(|k| (k * 37 % 501) as f32 - 100.0)
            .chain([f32::NAN])
            .collect();
        let mut bands = Bands::default();
        for _ in 0..2 {
            bands.begin(300);
            rows.iter().for_each(|row| bands.push(*row));
            let order = bands.sorted();
            let key = |k: &u32| (rows[*k as usize].clamp(0.0, 300.0).max(0.0) / ROWS) as u32;
            assert!(
                order
                    .windows(2)
                    .all(|pair| (key(&pair[0]), pair[0]) < (key(&pair[1]), pair[1]))
            );
            assert_eq!(order.len(), rows.len());
        }
        bands.begin(0);
        assert!(bands.sorted().is_empty());
    }
}
