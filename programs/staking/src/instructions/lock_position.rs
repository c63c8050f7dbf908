use anchor_lang::prelude::*;

use crate::{StakingError, state::*};

/// Accounts of `lock_position`, in order:
/// 0. `governor` (signer): a PDA of the governance program, whose events tell of the vote
/// 1. `position` (writable)
#[derive(Accounts)]
pub struct LockPosition<'info> {
    #[account(address = GOVERNOR @ StakingError::NotGovernor)]
    pub governor: Signer<'info>,
    // The governor names the position; only this program can have written it.
    #[account(mut)]
    pub position: Account<'info, Position>,
}

pub(crate) fn handler(ctx: Context<LockPosition>, until: i64) -> Result<()> {
    let latest = Clock::get()?.unix_timestamp.checked_add(MAX_LOCK_SECONDS).ok_or(StakingError::Overflow)?;
    require!(until <= latest, StakingError::LockTooLong);
    let position = &mut ctx.accounts.position;
    // Of two votes, the one that ends last counts.
    position.locked_until = position.locked_until.max(until);
    Ok(())
}
