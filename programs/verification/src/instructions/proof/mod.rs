//! Results that their operator proves: verifying keys, and proofs.

pub mod close_key;
pub mod register_key;
pub mod retire_key;
pub mod submit_proof;

#[allow(ambiguous_glob_reexports)]
pub use self::{close_key::*, register_key::*, retire_key::*, submit_proof::*};
