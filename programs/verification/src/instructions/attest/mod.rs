//! Results that others sign for: attestors, and attestations.

pub mod close_attestor;
pub mod register_attestor;
pub mod revoke_attestor;
pub mod submit_attestation;

#[allow(ambiguous_glob_reexports)]
pub use self::{close_attestor::*, register_attestor::*, revoke_attestor::*, submit_attestation::*};
