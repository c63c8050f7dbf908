use anchor_lang::prelude::*;

use crate::{StakingError, emit, events::PositionClosed, state::*};

/// Accounts of `close_position`, in order:
/// 0. `owner` (writable): of the position; gets its rent back and need not sign
/// 1. `pool` (writable)
/// 2. `position` (writable, closed), then the event accounts
///
/// Anybody may close a position that holds nothing, so that no forgotten one keeps a pool open.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// CHECK: named by the position; only receives lamports.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    #[account(mut, constraint = pool.operator != owner.key() @ StakingError::OwnPosition)]
    pub pool: Account<'info, Pool>,
    #[account(
        mut, close = owner, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner
    )]
    pub position: Account<'info, Position>,
}

pub(crate) fn handler(ctx: Context<ClosePosition>) -> Result<()> {
    let (pool, position) = (&mut ctx.accounts.pool, &mut ctx.accounts.position);
    position.unbound(Clock::get()?.unix_timestamp)?;
    position.settle(pool);
    let empty = position.worth(pool)? == 0 && position.owed == 0 && position.tickets == 0;
    require!(empty, StakingError::NotEmpty);
    // Shares worth less than a base unit stay with the others. Not all shares can be such.
    pool.active_shares = pool.active_shares.checked_sub(position.shares).ok_or(StakingError::Invariant)?;
    position.shares = 0;
    pool.positions = pool.positions.checked_sub(1).ok_or(StakingError::Invariant)?;
    pool.invariant()?;
    emit(
        &ctx.accounts.event_authority,
        &PositionClosed { position: ctx.accounts.position.key(), last: Position::clone(&ctx.accounts.position) },
    )?;
    Ok(())
}
