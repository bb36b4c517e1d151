//! Four numbers at a time: one vector register of WebAssembly, of x86-64 and of AArch64.
//!
//! Loops over arrays are turned into vector instructions by the compiler when it sees fit; in a matrix product, where
//! eight sums have to stay in registers, it must not be left to that. So there is one type for four numbers, made of the
//! instructions of WebAssembly and of x86-64, and of arrays elsewhere. All of them round as single numbers do.

use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// Four numbers.
#[derive(Clone, Copy, Debug)]
pub struct F4(arch::Vector);

impl F4 {
    /// The same number four times.
    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self(arch::splat(x))
    }

    /// These numbers.
    #[inline(always)]
    pub fn new([a, b, c, d]: [f32; 4]) -> Self {
        Self(arch::new(a, b, c, d))
    }

    /// The numbers one by one.
    #[inline(always)]
    pub fn numbers(self) -> [f32; 4] {
        arch::numbers(self.0)
    }

    /// The larger of each two; of a NaN in `self` and a number, the NaN.
    #[inline(always)]
    pub fn or_larger(self, other: Self) -> Self {
        Self(arch::larger(self.0, other.0))
    }

    /// The smaller of each two; of a NaN in `self` and a number, the NaN.
    #[inline(always)]
    pub fn or_smaller(self, other: Self) -> Self {
        Self(arch::smaller(self.0, other.0))
    }

    /// With the sign bit flipped where that of the other is set.
    #[inline(always)]
    pub fn flipped_by(self, other: Self) -> Self {
        Self(arch::xor(self.0, arch::and(other.0, arch::splat(-0.0))))
    }

    /// Without the sign.
    #[inline(always)]
    pub fn abs(self) -> Self {
        self.flipped_by(self)
    }

    /// Times `2^k`, for a whole number `k` in the lowest bits of `shifted`, as long as the result is a normal number.
    #[inline(always)]
    pub fn times_two_to(self, shifted: Self) -> Self {
        Self(arch::add_bits(self.0, arch::shifted_left::<23>(shifted.0)))
    }

    /// With the sign bit flipped where the lowest bit of `shifted` is set.
    #[inline(always)]
    pub fn flipped_if_odd(self, shifted: Self) -> Self {
        Self(arch::xor(self.0, arch::shifted_left::<31>(shifted.0)))
    }

    /// The sums of the numbers of each of the four.
    #[inline(always)]
    pub fn sums([a, b, c, d]: [Self; 4]) -> Self {
        let halves = |a: Self, b: Self| arch::add(arch::low(a.0, b.0), arch::high(a.0, b.0));
        let (ab, cd) = (halves(a, b), halves(c, d));
        Self(arch::add(arch::first_halves(ab, cd), arch::second_halves(ab, cd)))
    }
}

impl Default for F4 {
    #[inline(always)]
    fn default() -> Self {
        Self::splat(0.0)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $function:ident) => {
        impl $trait for F4 {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(arch::$function(self.0, other.0))
            }
        }

        impl $trait<f32> for F4 {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f32) -> Self {
                Self(arch::$function(self.0, arch::splat(other)))
            }
        }
    };
}

operator!(Add, add, add);
operator!(Sub, sub, sub);
operator!(Mul, mul, mul);
operator!(Div, div, div);

impl AddAssign for F4 {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// WebAssembly's own.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod arch {
    pub use std::arch::wasm32::{
        f32x4 as new, f32x4_add as add, f32x4_div as div, f32x4_mul as mul, f32x4_pmax as larger,
        f32x4_pmin as smaller, f32x4_splat as splat, f32x4_sub as sub, i32x4_add as add_bits, v128 as Vector,
        v128_and as and, v128_xor as xor,
    };
    use std::arch::wasm32::{f32x4_extract_lane as lane, i32x4_shl, i32x4_shuffle as shuffle};

    #[inline(always)]
    pub fn numbers(a: Vector) -> [f32; 4] {
        [lane::<0>(a), lane::<1>(a), lane::<2>(a), lane::<3>(a)]
    }

    #[inline(always)]
    pub fn shifted_left<const BITS: i32>(a: Vector) -> Vector {
        i32x4_shl(a, BITS as u32)
    }

    #[inline(always)]
    pub fn low(a: Vector, b: Vector) -> Vector {
        shuffle::<0, 4, 1, 5>(a, b)
    }

    #[inline(always)]
    pub fn high(a: Vector, b: Vector) -> Vector {
        shuffle::<2, 6, 3, 7>(a, b)
    }

    #[inline(always)]
    pub fn first_halves(a: Vector, b: Vector) -> Vector {
        shuffle::<0, 1, 4, 5>(a, b)
    }

    #[inline(always)]
    pub fn second_halves(a: Vector, b: Vector) -> Vector {
        shuffle::<2, 3, 6, 7>(a, b)
    }
}

/// Arrays, for all other processors.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod arch {
    pub type Vector = [f32; 4];

    #[inline(always)]
    fn each(a: Vector, b: Vector, f: impl Fn(f32, f32) -> f32) -> Vector {
        [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
    }

    macro_rules! each {
        ($($name:ident: |$a:ident, $b:ident| $value:expr;)*) => { $(
            #[inline(always)]
            pub fn $name(a: Vector, b: Vector) -> Vector {
                each(a, b, |$a, $b| $value)
            }
        )* };
    }

    each! {
        add: |a, b| a + b;
        sub: |a, b| a - b;
        mul: |a, b| a * b;
        div: |a, b| a / b;
        larger: |a, b| if a < b { b } else { a };
        smaller: |a, b| if b < a { b } else { a };
        and: |a, b| f32::from_bits(a.to_bits() & b.to_bits());
        xor: |a, b| f32::from_bits(a.to_bits() ^ b.to_bits());
        add_bits: |a, b| f32::from_bits(a.to_bits().wrapping_add(b.to_bits()));
    }

    #[inline(always)]
    pub fn splat(x: f32) -> Vector {
        [x; 4]
    }

    #[inline(always)]
    pub fn new(a: f32, b: f32, c: f32, d: f32) -> Vector {
        [a, b, c, d]
    }

    #[inline(always)]
    pub fn numbers(a: Vector) -> [f32; 4] {
        a
    }

    #[inline(always)]
    pub fn shifted_left<const BITS: i32>(a: Vector) -> Vector {
        a.map(|a| f32::from_bits(a.to_bits() << BITS))
    }

    #[inline(always)]
    pub fn low(a: Vector, b: Vector) -> Vector {
        [a[0], b[0], a[1], b[1]]
    }

    #[inline(always)]
    pub fn high(a: Vector, b: Vector) -> Vector {
        [a[2], b[2], a[3], b[3]]
    }

    #[inline(always)]
    pub fn first_halves(a: Vector, b: Vector) -> Vector {
        [a[0], a[1], b[0], b[1]]
    }

    #[inline(always)]
    pub fn second_halves(a: Vector, b: Vector) -> Vector {
        [a[2], a[3], b[2], b[3]]
    }
}
