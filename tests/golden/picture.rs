//! Pictures in files, and how far two of them are from each other.

use std::fs;
use std::path::{Path, PathBuf};

use zune_png::zune_core::bit_depth::BitDepth;
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::colorspace::ColorSpace;
use zune_png::zune_core::options::EncoderOptions;
use zune_png::{PngDecoder, PngEncoder};

/// Two pictures are the same when their channels differ by no more than this on average, of 255.
const MEAN: f64 = 0.25;
/// And when no more than this share of their pixels differs by more than so much in some channel. Rounding differs
/// between machines, and moves a line's edge here or there; a change of the code moves all of them.
const OFF: i32 = 10;
const SHARE_OFF: f64 = 0.004;
/// How much brighter a difference is shown than it is.
const ENLARGED: i32 = 8;

/// A square picture, RGBA.
pub struct Picture {
    side: usize,
    rgba: Vec<u8>,
}

/// How far two pictures are from each other.
#[derive(Debug)]
pub struct Difference {
    /// Mean over all channels, of 255.
    mean: f64,
    /// Share of pixels that differ by more than [`OFF`].
    off: f64,
}

impl Difference {
    /// Nobody would see it.
    pub fn is_tolerable(&self) -> bool {
        self.mean <= MEAN && self.off <= SHARE_OFF
    }
}

impl Picture {
    /// A picture from pixels.
    pub fn new(side: usize, rgba: &[u8]) -> Self {
        assert_eq!(rgba.len(), 4 * side * side);
        Self {
            side,
            rgba: rgba.to_vec(),
        }
    }

    /// The picture kept under a name.
    pub fn kept(name: &str) -> Self {
        let path = kept_at(name);
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut decoder = PngDecoder::new(ZCursor::new(&bytes));
        let rgba = decoder.decode_raw().unwrap();
        assert_eq!(decoder.colorspace(), Some(ColorSpace::RGBA), "{name}");
        Self::new(decoder.dimensions().unwrap().0, &rgba)
    }

    /// Holds the picture against the one kept under a name, or keeps it from now on if that is asked for.
    pub fn is_as_before(&self, name: &str) {
        if std::env::var_os("GOLDEN").is_some_and(|what| what == "write") {
            return self.write(&kept_at(name));
        }
        let kept = Self::kept(name);
        let difference = kept.difference(self);
        if difference.is_tolerable() {
            return;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden");
        fs::create_dir_all(&folder).unwrap();
        let (now, apart) = (
            folder.join(format!("{name}.png")),
            folder.join(format!("{name}-difference.png")),
        );
        self.write(&now);
        kept.apart(self).write(&apart);
        panic!(
            "{name} is not as before: {difference:?} where {MEAN} and {SHARE_OFF} are allowed; see {} and {}",
            now.display(),
            apart.display()
        );
    }

    /// How far another picture is from this one.
    pub fn difference(&self, other: &Self) -> Difference {
        assert_eq!(self.side, other.side, "pictures of different sizes");
        let pixels = (self.side * self.side) as f64;
        let pairs = || {
            self.rgba
                .iter()
                .zip(&other.rgba)
                .map(|(a, b)| i32::from(a.abs_diff(*b)))
        };
        let apart: Vec<i32> = pairs().collect();
        Difference {
            mean: f64::from(apart.iter().sum::<i32>()) / (4.0 * pixels),
            off: apart
                .chunks_exact(4)
                .filter(|pixel| pixel.iter().any(|d| *d > OFF))
                .count() as f64
                / pixels,
        }
    }

    /// The difference as a picture.
    fn apart(&self, other: &Self) -> Self {
        let mut rgba: Vec<u8> = self.rgba.iter().zip(&other.rgba).map(|(a, b)| a.abs_diff(*b)).collect();
        for pixel in rgba.chunks_exact_mut(4) {
            // Opacity has no colour of its own: what differs in it is white.
            let alpha = pixel[3];
            (0..3).for_each(|c| pixel[c] = (i32::from(pixel[c].max(alpha)) * ENLARGED).min(255) as u8);
            pixel[3] = 255;
        }
        Self { side: self.side, rgba }
    }

    fn write(&self, path: &Path) {
        let options = EncoderOptions::new(self.side, self.side, ColorSpace::RGBA, BitDepth::Eight);
        let mut bytes = Vec::new();
        PngEncoder::new(&self.rgba, options).encode(&mut bytes).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn kept_at(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.png"))
}
