//! The token program's instructions.

pub mod accept_authority;
pub mod burn;
pub mod claim;
pub mod collect_fees;
pub mod emit_epoch;
pub mod mint_to;
pub mod open_distribution;
pub mod open_fee_vault;
pub mod propose_authority;
pub mod reserve_swap;
pub mod set_guardian;
pub mod set_minter;
pub mod set_params;
pub mod set_paused;
pub mod spend_treasury;
pub mod sweep_distribution;

use super::admin::Governed;
use assay_tests::assay_sdk::token;

/// Who governs it.
pub const GOVERNED: Governed =
    Governed { program: token::ID, not_authority: 6001, not_pending: 6009, not_guardian: 6010 };
