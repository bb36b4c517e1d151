//! Errors against the truth. Everything here compares a field or samples with the exact distribution, and nothing here
//! changes either.
//!
//! | question | answer |
//! |---|---|
//! | how wrong is the field | [`fisher`]: Fisher error per noise level, and the bound in nats |
//! | how wrong are samples | [`sliced_wasserstein`] in units of [`sample_gauge`], [`energy_distance`] as a cross-check |
//! | how much of them is in which mode | [`modes`] |
//! | how wrong is the density | [`likelihood`] and [`divergence`] |
//! | how fast does Langevin dynamics get there | [`fokker_planck`] |
//! | were the training points learned by heart | [`memorisation`] |
//!
//! The engine's loop has a few milliseconds for measuring at a time. What takes longer is a value with a method
//! `advance`, which works until a deadline (always a little, so that it comes to an end) and returns the result once it
//! has it.

pub mod divergence;
pub mod energy_distance;
pub mod fisher;
pub mod fokker_planck;
pub mod likelihood;
pub mod memorisation;
pub mod sample_gauge;
pub mod sliced_wasserstein;

pub use crate::distribution::modes;

use web_time::Instant;

/// Does small pieces of work until one gives the result or the deadline has passed; at least one.
fn until<T>(deadline: Instant, mut piece: impl FnMut() -> Option<T>) -> Option<T> {
    loop {
        let result = piece();
        if result.is_some() || Instant::now() >= deadline {
            return result;
        }
    }
}

/// Does small pieces of work until one gives the result.
fn entirely<T>(mut piece: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(result) = piece() {
            return result;
        }
    }
}
