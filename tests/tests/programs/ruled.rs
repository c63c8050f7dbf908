//! Calls that governance's tests propose.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        governance::{AUTHORITY, GovernanceParams},
        ix,
    },
    governance::governance_params,
};

/// Governance's own rules, changed.
pub fn rules(change: fn(&mut GovernanceParams)) -> Instruction {
    let mut params = governance_params();
    change(&mut params);
    ix::governance::set_params(&AUTHORITY, params)
}

/// A slash of all that is locked for it, as escrow would call it.
pub fn slash(_: &World, operator: &Pubkey, harmed: &Pubkey, caller: &Pubkey, amount: u64) -> Instruction {
    ix::staking::slash(&addresses::pool(operator), harmed, caller, amount, amount)
}
