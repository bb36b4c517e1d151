//! What is seen of a landscape, and where.

use super::super::camera::Projection;
use super::super::depth::DepthPicture;
use super::mesh::{MESH, Mesh};

/// How much nearer than a point on the ground what is seen at its pixel may be, relative to its distance.
const TOUCH: f32 = 0.012;

/// A landscape as it is in its picture.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    pub mesh: &'a Mesh,
    pub depth: &'a DepthPicture,
    pub projection: Projection,
}

impl Sight<'_> {
    /// The pixel position at which a place of the ground is seen, if it is: in the picture and not behind a hill. The
    /// place as shares of the window's side, to the right and down.
    pub fn ground(&self, place: [f32; 2]) -> Option<[f32; 2]> {
        let height = self.mesh.height_at(place.map(|v| v * MESH as f32 - 0.5))?;
        let [x, y] = [2.0 * place[0] - 1.0, 1.0 - 2.0 * place[1]];
        let [x, y, near] = self.projection.project([x, y, height]);
        let (before, _) = self.pixel([x, y])?;
        (near >= before * (1.0 - TOUCH)).then_some([x, y])
    }

    /// Nearness and energy at a pixel position.
    pub fn pixel(&self, [x, y]: [f32; 2]) -> Option<(f32, f32)> {
        let side = self.depth.side();
        let inside = |v: f32| v >= 0.0 && v < side as f32;
        let k = y as usize * side + x as usize;
        (inside(x) && inside(y)).then(|| Some((*self.depth.near.get(k)?, *self.depth.energy.get(k)?)))?
    }

    /// A straight line over the ground as what is seen of it: calls `draw` with pixel positions of short pieces.
    pub fn line(&self, [fx, fy, tx, ty]: [f32; 4], mut draw: impl FnMut([f32; 2], [f32; 2])) {
        let length = (tx - fx).hypot(ty - fy) * MESH as f32;
        // A piece a cell of the mesh, which is about flat; a line to infinity has none.
        let pieces = (length.ceil() as usize).clamp(1, MESH);
        let at = |k: usize| {
            let t = k as f32 / pieces as f32;
            self.ground([fx + t * (tx - fx), fy + t * (ty - fy)])
        };
        let mut before = at(0);
        for now in (1..=pieces).map(at) {
            if let (Some(from), Some(to)) = (before, now) {
                draw(from, to);
            }
            before = now;
        }
    }
}
