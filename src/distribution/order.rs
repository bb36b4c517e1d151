//! Points in an order in which neighbours in the list are neighbours in the plane.

use super::keys;

/// The indices of points (`[x0, y0, …]`) along a Z-order curve.
pub(super) fn neighbours_together(points: &[f32]) -> Vec<u32> {
    let [mut low, mut high] = [[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]];
    for x in points.chunks_exact(2) {
        for axis in 0..2 {
            low[axis] = low[axis].min(x[axis]);
            high[axis] = high[axis].max(x[axis]);
        }
    }
    let per_unit = f32::from(u16::MAX) / (high[0] - low[0]).max(high[1] - low[1]).max(f32::MIN_POSITIVE);
    let mut keys: Vec<u64> = (0_u64..)
        .zip(points.chunks_exact(2))
        .map(|(index, x)| {
            let cell = |axis: usize| spread(((x[axis] - low[axis]) * per_unit) as u16);
            u64::from(cell(0) | cell(1) << 1) << 32 | index
        })
        .collect();
    keys::sort(&mut keys);
    keys.into_iter().map(|key| key as u32).collect()
}

/// The bits with a gap after each.
fn spread(bits: u16) -> u32 {
    let bits = u32::from(bits);
    let bits = (bits | bits << 8) & 0x00ff_00ff;
    let bits = (bits | bits << 4) & 0x0f0f_0f0f;
    let bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}
