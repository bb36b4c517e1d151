//! The functions of C's mathematical library, served by the browser.
//!
//! What Rust's `sin` or `powf` compiles to is a call of the C function of that name. Compiled into the page those
//! functions would be a thirtieth of its download (the sine of a large number needs hundreds of digits of pi), and
//! every browser has them anyway. A definition here takes the place of the one that the linker would otherwise find in
//! the standard library. A function that the page has not used before (`tan`, `exp2`) belongs here too.
//!
//! The browser's are right to about a unit of the last place of an `f64`, so the `f32` ones are nearly always exact.
//! Left to the standard library is what is small and asked for in every pixel: `expf`, `logf`, `expm1f`, `log1pf`,
//! `hypotf`. The engine keeps its own of all: what it computes has to be the same in every browser.

use js_sys::Math;

macro_rules! of_one_number {
    ($($double:ident, $single:ident, $browser:path;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $double(x: f64) -> f64 {
            $browser(x)
        }

        #[unsafe(no_mangle)]
        extern "C" fn $single(x: f32) -> f32 {
            $browser(f64::from(x)) as f32
        }
    )*};
}

of_one_number! {
    sin, sinf, Math::sin;
    cos, cosf, Math::cos;
    log10, log10f, Math::log10;
}

#[unsafe(no_mangle)]
extern "C" fn exp(x: f64) -> f64 {
    Math::exp(x)
}

#[unsafe(no_mangle)]
extern "C" fn log(x: f64) -> f64 {
    Math::log(x)
}

#[unsafe(no_mangle)]
extern "C" fn pow(x: f64, y: f64) -> f64 {
    Math::pow(x, y)
}

#[unsafe(no_mangle)]
extern "C" fn powf(x: f32, y: f32) -> f32 {
    Math::pow(f64::from(x), f64::from(y)) as f32
}

#[unsafe(no_mangle)]
extern "C" fn atan2f(y: f32, x: f32) -> f32 {
    Math::atan2(f64::from(y), f64::from(x)) as f32
}

#[unsafe(no_mangle)]
extern "C" fn hypot(x: f64, y: f64) -> f64 {
    Math::hypot(x, y)
}

/// The rest of a division, exact for quotients that an `f32` holds exactly.
#[unsafe(no_mangle)]
extern "C" fn fmodf(x: f32, y: f32) -> f32 {
    let (x, y) = (f64::from(x), f64::from(y));
    (x - y * (x / y).trunc()) as f32
}
