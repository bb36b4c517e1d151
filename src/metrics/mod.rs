//! Errors against the truth. Everything here compares a field or samples with the exact distribution, and nothing here
//! changes either.

pub mod fisher;
pub mod sliced_wasserstein;
