//! The token program's instructions.

pub mod burn;
pub mod collect_fees;
pub mod mint_to;
pub mod open_fee_vault;
pub mod set_minter;
