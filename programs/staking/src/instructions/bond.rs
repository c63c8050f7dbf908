use anchor_lang::prelude::*;

use crate::{StakingError, state::*};

/// Accounts of `lock_bond` and `release_bond`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the bond
/// 1. `pool` (writable)
#[derive(Accounts)]
pub struct ChangeBond<'info> {
    #[account(address = SLASHER @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    // The slasher names the pool; only this program can have written it.
    #[account(mut)]
    pub pool: Account<'info, Pool>,
}

pub(crate) fn lock(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
    ctx.accounts.pool.lock(amount)
}

pub(crate) fn release(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
    ctx.accounts.pool.release(amount)
}
