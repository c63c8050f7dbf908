//! One file per instruction: accounts, handler.

pub mod open_record;
pub mod record_outcome;

#[allow(ambiguous_glob_reexports)]
pub use self::{open_record::*, record_outcome::*};
