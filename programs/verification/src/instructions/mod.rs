//! One file per instruction (the three about who may govern share one): accounts, handler. Those of one strategy have a
//! folder.

pub mod administration;
pub mod attest;
pub mod canary;
pub mod case;
pub mod close_round;
pub mod draw;
pub mod finalize_round;
pub mod initialize;
pub mod open_round;
pub mod proof;
pub mod reveal_result;
pub mod sample;
pub mod seal_result;
pub mod set_params;
pub(crate) mod shown;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    administration::*, attest::*, canary::*, case::*, close_round::*, draw::*, finalize_round::*, initialize::*,
    open_round::*, proof::*, reveal_result::*, sample::*, seal_result::*,
};

use crate::state::{AUTHORITY_BUMP, AUTHORITY_SEED};

/// Seeds with which this program signs for escrow and reputation.
pub(crate) const SIGNER: &[&[&[u8]]] = &[&[AUTHORITY_SEED, &[AUTHORITY_BUMP]]];
