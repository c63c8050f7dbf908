//! Time, and what strangers may do to any account.

pub mod donate;
pub mod harvest;
#[allow(clippy::module_inception)]
pub mod wait;
