//! One file per instruction: accounts, handler.

pub mod open_record;
pub mod record_outcome;
pub mod score;
pub mod upgrade_record;

#[allow(ambiguous_glob_reexports)]
pub use self::{open_record::*, record_outcome::*, score::*, upgrade_record::*};
