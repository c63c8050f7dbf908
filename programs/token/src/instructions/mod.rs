//! One file per instruction: accounts, `validate`, handler.

pub mod burn;
pub mod collect_fees;
pub mod initialize;
pub mod mint_to;
pub mod open_fee_vault;
pub mod set_minter;

// The accounts structs, and the client modules that Anchor makes beside them; `handler` stays qualified.
#[allow(ambiguous_glob_reexports)]
pub use self::{burn::*, collect_fees::*, initialize::*, mint_to::*, open_fee_vault::*, set_minter::*};
