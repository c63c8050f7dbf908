use anchor_lang::prelude::*;

use crate::{StakingError, state::*};

/// Accounts of `open_case` and `close_case`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program, whose events tell of the case
/// 1. `pool` (writable)
///
/// While a case is open nothing leaves the pool, not even a ripe ticket. The program that opens cases must be able to
/// close each without anybody's goodwill.
#[derive(Accounts)]
pub struct ChangeCase<'info> {
    #[account(constraint = [SLASHER, JUDGE].contains(slasher.key) @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
}

pub(crate) fn open(ctx: Context<ChangeCase>) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    pool.open_cases = pool.open_cases.checked_add(1).ok_or(StakingError::Overflow)?;
    pool.invariant()
}

pub(crate) fn close(ctx: Context<ChangeCase>) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    pool.open_cases = pool.open_cases.checked_sub(1).ok_or(StakingError::NoCase)?;
    pool.invariant()
}
