use anchor_lang::prelude::*;

use crate::{StakingError, emit, events::PositionOpened, state::*};

/// Accounts of `open_position`, in order:
/// 0. `owner` (signer, writable): anybody but the operator, whose position came with the pool; pays
/// 1. `config`
/// 2. `pool` (writable)
/// 3. `position` (writable, created): `["position", pool, owner]`
/// 4. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPosition<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
    #[account(
        init, payer = owner, space = 8 + Position::INIT_SPACE,
        seeds = [POSITION_SEED, pool.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub position: Account<'info, Position>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenPosition>, max_commission_bps: u16) -> Result<()> {
    ctx.accounts.config.open()?;
    let pool = &mut ctx.accounts.pool;
    // Else an operator could close its pool and open it again, dearer, just before: from here on it cannot close, and
    // the commission rises slowly.
    require!(pool.commission_bps <= max_commission_bps, StakingError::CommissionTooHigh);
    pool.positions = pool.positions.checked_add(1).ok_or(StakingError::Overflow)?;
    pool.invariant()?;
    let (pool, owner) = (ctx.accounts.pool.key(), ctx.accounts.owner.key());
    ctx.accounts.position.set_inner(Position {
        version: VERSION,
        bump: ctx.bumps.position,
        pool,
        owner,
        era: ctx.accounts.pool.active_era,
        reward_debt: ctx.accounts.pool.reward_per_share,
        ..Position::default()
    });
    emit(&ctx.accounts.event_authority, &PositionOpened { pool, owner })?;
    Ok(())
}
