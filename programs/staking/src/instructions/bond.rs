use anchor_lang::prelude::*;

use crate::{StakingError, state::*};

/// Accounts of `lock_bond`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the bond
/// 1. `config`: of which only the pause is read
/// 2. `pool` (writable)
#[derive(Accounts)]
pub struct LockBond<'info> {
    #[account(constraint = [SLASHER, JUDGE].contains(slasher.key) @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    /// CHECK: `Config::is_paused` checks owner and type: every claim of a seat comes by here, so it must be cheap.
    pub config: UncheckedAccount<'info>,
    /// CHECK: the slasher names the pool; `PoolHead::load` checks owner and type, so that only this program wrote it.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
}

/// Accounts of `release_bond`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the bond
/// 1. `pool` (writable)
#[derive(Accounts)]
pub struct ChangeBond<'info> {
    #[account(constraint = [SLASHER, JUDGE].contains(slasher.key) @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    /// CHECK: as in `LockBond`.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
}

pub(crate) fn lock(ctx: Context<LockBond>, amount: u64) -> Result<()> {
    require!(!Config::is_paused(&ctx.accounts.config)?, StakingError::Paused);
    let account = &ctx.accounts.pool;
    let mut pool = PoolHead::load(account)?;
    let free = Clock::get()?.unix_timestamp >= PoolHead::jailed_until(account)?;
    require!(free, StakingError::Jailed);
    pool.lock(amount)?;
    pool.store(account)
}

pub(crate) fn release(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
    let mut pool = PoolHead::load(&ctx.accounts.pool)?;
    pool.release(amount)?;
    pool.store(&ctx.accounts.pool)
}
