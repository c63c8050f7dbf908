//! The verification program's pure functions that decide here what they decide on chain, in one place.

pub use assay_verification::{
    adaptive::recheck,
    jury::{chairs, majority},
    sample::units,
    tally::{known, widened},
};
