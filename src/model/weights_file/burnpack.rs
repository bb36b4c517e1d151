//! The burnpack container, burn's own file format, as far as flat vectors need it.
//!
//! | part | content |
//! |---|---|
//! | header, 10 bytes | magic `BURN` and version 1 and the length of the metadata, little-endian (4, 2 and 4 bytes) |
//! | metadata | a CBOR map: `tensors` (name to `dtype`, `shape`, `data_offsets`), `metadata` (texts), `scalars` |
//! | data, from the next multiple of 256 | tensors, little-endian, each from a multiple of 256 |
//!
//! burn's crate `burn-pack` reads and writes the same (and is what the tests hold this against). It is not used here,
//! because with its general CBOR it would add 50 kilobytes to the engine, for files that hold a dozen numbers.

/// `BURN`, as a little-endian number.
const MAGIC: [u8; 4] = *b"NRUB";
const VERSION: u16 = 1;
const HEADER: usize = 10;
const ALIGNMENT: usize = 256;
/// Longest metadata that are read, in bytes; they become some thirty times as much memory.
const LONGEST_METADATA: usize = 1 << 20;
/// Deepest nesting that is followed; tensors' shapes are three levels down.
const DEEPEST: u8 = 8;

/// A number beside the tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    /// A whole number.
    Whole(u64),
    /// Any other.
    Fraction(f32),
}

/// Writes a container. Names within each list must be different.
pub(super) fn write(texts: &[(&str, &str)], scalars: &[(&str, Scalar)], tensors: &[(&str, &[f32])]) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.map(3);
    out.text("tensors");
    out.map(tensors.len());
    let mut start = 0_usize;
    for (name, values) in tensors {
        let end = start + 4 * values.len();
        out.text(name);
        out.map(3);
        out.text("dtype");
        out.text("F32");
        out.text("shape");
        out.list(&[values.len()]);
        out.text("data_offsets");
        out.list(&[start, end]);
        start = end.next_multiple_of(ALIGNMENT);
    }
    out.text("metadata");
    out.map(texts.len());
    for (name, value) in texts {
        out.text(name);
        out.text(value);
    }
    out.text("scalars");
    out.map(scalars.len());
    for (name, value) in scalars {
        out.text(name);
        out.scalar(*value);
    }
    let metadata = out.0;
    let mut file = MAGIC.to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend((metadata.len() as u32).to_le_bytes());
    file.extend(metadata);
    for (_, values) in tensors {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    file
}

/// CBOR (RFC 8949), written.
struct Writer(Vec<u8>);

impl Writer {
    fn head(&mut self, major: u8, n: u64) {
        let bytes = n.to_be_bytes();
        let (info, skip) = match n {
            0..24 => (n as u8, 8),
            24..0x100 => (24, 7),
            0x100..0x1_0000 => (25, 6),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 0),
        };
        self.0.push(major << 5 | info);
        self.0.extend(&bytes[skip..]);
    }

    fn map(&mut self, count: usize) {
        self.head(5, count as u64);
    }

    fn text(&mut self, text: &str) {
        self.head(3, text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn list(&mut self, numbers: &[usize]) {
        self.head(4, numbers.len() as u64);
        numbers.iter().for_each(|n| self.head(0, *n as u64));
    }

    fn scalar(&mut self, value: Scalar) {
        self.map(1);
        match value {
            Scalar::Whole(n) => {
                self.text("UInt");
                self.head(0, n);
            }
            Scalar::Fraction(value) => {
                self.text("Float");
                self.0.push(0xfa);
                self.0.extend(value.to_be_bytes());
            }
        }
    }
}

/// A container that was read; its vectors are still bytes.
pub(super) struct Pack<'a> {
    metadata: Value<'a>,
    data: &'a [u8],
}

impl<'a> Pack<'a> {
    /// Reads header and metadata.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or("it is too short")?;
        if header[..4] != MAGIC {
            return Err("it does not begin as a burnpack does");
        }
        if header[4..6] != VERSION.to_le_bytes() {
            return Err("it is a burnpack of another version");
        }
        let length = u32::from_le_bytes([header[6], header[7], header[8], header[9]]) as usize;
        if length > LONGEST_METADATA {
            return Err("its metadata are too long");
        }
        let (metadata, _) = rest.split_at_checked(length).ok_or("it is cut short")?;
        let mut reader = Reader(metadata);
        let metadata = reader.value(DEEPEST).filter(|_| reader.0.is_empty());
        Ok(Self {
            metadata: metadata.ok_or("its metadata cannot be read")?,
            data: bytes
                .get((HEADER + length).next_multiple_of(ALIGNMENT)..)
                .unwrap_or(&[]),
        })
    }

    fn entry(&self, part: &str, name: &str) -> Option<&Value<'a>> {
        self.metadata.get(part)?.get(name)
    }

    /// A text beside the tensors.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        match self.entry("metadata", name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number beside the tensors.
    pub fn scalar(&self, name: &str) -> Option<Scalar> {
        let value = self.entry("scalars", name)?;
        match (value.get("UInt"), value.get("Float")) {
            (Some(Value::Whole(n)), _) => Some(Scalar::Whole(*n)),
            (_, Some(Value::Fraction(value))) => Some(Scalar::Fraction(*value)),
            _ => None,
        }
    }

    /// There is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entry("tensors", name).is_some()
    }

    /// The numbers of a vector; none if there is no vector of floats of this name, or not all of it.
    pub fn floats(&self, name: &str) -> Option<Vec<f32>> {
        let tensor = self.entry("tensors", name)?;
        let (Value::Text("F32"), Value::List(shape), Value::List(range)) =
            (tensor.get("dtype")?, tensor.get("shape")?, tensor.get("data_offsets")?)
        else {
            return None;
        };
        let ([Value::Whole(count)], [Value::Whole(start), Value::Whole(end)]) = (shape.as_slice(), range.as_slice())
        else {
            return None;
        };
        let range = usize::try_from(*start).ok()?..usize::try_from(*end).ok()?;
        let bytes = self.data.get(range)?;
        if bytes.len() as u64 != count.checked_mul(4)? {
            return None;
        }
        let number = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        Some(bytes.chunks_exact(4).map(number).collect())
    }
}

/// What metadata are made of.
enum Value<'a> {
    Whole(u64),
    Fraction(f32),
    Text(&'a str),
    List(Vec<Self>),
    Map(Vec<(&'a str, Self)>),
}

impl<'a> Value<'a> {
    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// CBOR, read: what is left of it. Every value takes at least a byte, so that no claimed length costs more than is there.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: u64) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn value(&mut self, depth: u8) -> Option<Value<'a>> {
        let first = self.number(1)? as u8;
        let (major, info) = (first >> 5, first & 31);
        let n = match info {
            0..24 => u64::from(info),
            24..28 => self.number(1 << (info - 24))?,
            _ => return None,
        };
        let depth = depth.checked_sub(1)?;
        Some(match (major, info) {
            (0, _) => Value::Whole(n),
            (3, _) => Value::Text(std::str::from_utf8(self.take(n)?).ok()?),
            (4, _) => Value::List((0..n).map(|_| self.value(depth)).collect::<Option<_>>()?),
            (5, _) => Value::Map((0..n).map(|_| self.entry(depth)).collect::<Option<_>>()?),
            (7, 25) => Value::Fraction(half(n as u16)),
            (7, 26) => Value::Fraction(f32::from_bits(n as u32)),
            (7, 27) => Value::Fraction(f64::from_bits(n) as f32),
            _ => return None,
        })
    }

    fn entry(&mut self, depth: u8) -> Option<(&'a str, Value<'a>)> {
        match self.value(1)? {
            Value::Text(key) => Some((key, self.value(depth)?)),
            _ => None,
        }
    }
}

/// A float of 16 bits (IEEE 754), in which burn writes numbers that it holds exactly.
fn half(bits: u16) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => mantissa * 2_f32.powi(-24),
        31 => f32::NAN,
        _ => (1.0 + mantissa / 1024.0) * 2_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn_pack::{Bytes, DType};

    use super::*;

    const VALUES: [f32; 3] = [1.5, -2.0e-7, 3.0e8];

    #[test]
    fn burn_reads_what_is_written_here() {
        let long = vec![0.25; 300];
        let scalars = [("n", Scalar::Whole(u64::MAX)), ("x", Scalar::Fraction(0.1))];
        let file = write(&[("k", "v")], &scalars, &[("a", &VALUES), ("b", &long)]);
        let reader = burn_pack::Reader::from_bytes(Bytes::from_bytes_vec(file)).unwrap();
        assert_eq!(reader.metadata()["k"], "v");
        assert_eq!(u64::try_from(reader.scalars()["n"]), Ok(u64::MAX));
        assert_eq!(
            f32::try_from(reader.scalars()["x"]).unwrap().to_bits(),
            0.1_f32.to_bits()
        );
        for (tensor, values) in reader.into_tensors().unwrap().into_iter().zip([&VALUES[..], &long]) {
            let (_, kind, shape, _, bytes) = tensor.into_parts().unwrap();
            assert_eq!((kind, shape.to_vec()), (DType::F32, vec![values.len()]));
            let wanted: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert_eq!(&bytes[..], wanted);
        }
    }

    #[test]
    fn what_burn_writes_is_read_here() {
        let bytes = VALUES.iter().flat_map(|v| v.to_le_bytes()).collect();
        let tensor = burn_pack::Tensor::new("a".into(), DType::F32, [3], Some(7), Bytes::from_bytes_vec(bytes));
        let mut writer = burn_pack::Writer::new(vec![tensor]).with_metadata("k", "v");
        // Numbers that it writes as floats of 16, 32 and 64 bits.
        let numbers = [0.0, -0.75, 6.0e-8, 65504.0, 0.1, 1.0e30];
        for (i, value) in numbers.into_iter().enumerate() {
            writer = writer.with_scalar(&i.to_string(), burn_pack::Scalar::from(value));
        }
        let file = writer.with_scalar("n", 70_000_u64.into()).into_bytes().unwrap();
        let pack = Pack::read(&file).unwrap();
        assert_eq!(pack.text("k"), Some("v"));
        assert_eq!(pack.scalar("n"), Some(Scalar::Whole(70_000)));
        for (i, value) in numbers.into_iter().enumerate() {
            assert_eq!(pack.scalar(&i.to_string()), Some(Scalar::Fraction(value)));
        }
        assert!(pack.has("a") && !pack.has("b"));
        assert_eq!(pack.floats("a").unwrap(), VALUES);
    }

    #[test]
    fn claims_that_the_file_does_not_keep_are_cheap_errors() {
        for metadata in [
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], // a list of 2^64 - 1 values
            &[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],     // a text of as many bytes
            &[0xa1; 1000],                                               // maps in maps
            &[0x81; 1000],                                               // lists in lists
            &[0x9f, 0xff],                                               // a list without a length
        ] {
            let mut file = b"NRUB\x01\x00".to_vec();
            file.extend((metadata.len() as u32).to_le_bytes());
            file.extend(metadata);
            assert!(Pack::read(&file).is_err());
        }
    }
}
