use anchor_lang::prelude::*;

use crate::{StakingError, state::*};

/// Accounts of `lock_bond`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the bond
/// 1. `config`: of which only the pause is read
/// 2. `pool` (writable)
#[derive(Accounts)]
pub struct LockBond<'info> {
    #[account(address = SLASHER @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    /// CHECK: `Config::is_paused` checks owner and type: every claim of a seat comes by here, so it must be cheap.
    pub config: UncheckedAccount<'info>,
    // The slasher names the pool; only this program can have written it.
    #[account(mut)]
    pub pool: Account<'info, Pool>,
}

/// Accounts of `release_bond`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the bond
/// 1. `pool` (writable)
#[derive(Accounts)]
pub struct ChangeBond<'info> {
    #[account(address = SLASHER @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
}

pub(crate) fn lock(ctx: Context<LockBond>, amount: u64) -> Result<()> {
    require!(!Config::is_paused(&ctx.accounts.config)?, StakingError::Paused);
    let pool = &mut ctx.accounts.pool;
    require!(!pool.jailed(Clock::get()?.unix_timestamp), StakingError::Jailed);
    pool.lock(amount)
}

pub(crate) fn release(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
    ctx.accounts.pool.release(amount)
}
