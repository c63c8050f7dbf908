use anchor_lang::prelude::*;

use super::reweigh;
use crate::{StakingError, events::UnstakeRequested, state::*};

/// Accounts of `request_unstake`, in order:
/// 0. `owner` (signer, writable): owner of the position; pays for the ticket
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `pool` (writable)
/// 4. `position` (writable): `["position", pool, owner]`
/// 5. `ticket` (writable, created): `["ticket", pool, owner, position.next_ticket]`
/// 6. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RequestUnstake<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOperator)]
    pub position: Account<'info, Position>,
    #[account(
        init, payer = owner, space = 8 + Ticket::INIT_SPACE,
        seeds = [TICKET_SEED, pool.key().as_ref(), owner.key().as_ref(), &position.next_ticket.to_le_bytes()], bump
    )]
    pub ticket: Account<'info, Ticket>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<RequestUnstake>, shares: u128) -> Result<()> {
    require!(shares > 0, StakingError::ZeroAmount);
    let pool = &mut ctx.accounts.pool;
    let position = &mut ctx.accounts.position;
    let now = Clock::get()?.unix_timestamp;
    require!(now >= position.locked_until, StakingError::VoteLocked);
    let left = position.held(pool).checked_sub(shares).ok_or(StakingError::NotEnoughShares)?;
    let ready_at = now.checked_add(ctx.accounts.config.params.unbonding);
    let ready_at = ready_at.ok_or(StakingError::Overflow)?;

    let (amount, cooling_shares) = pool.cool(shares)?;
    let nonce = position.next_ticket;
    position.shares = left;
    position.next_ticket = nonce.checked_add(1).ok_or(StakingError::Overflow)?;
    ctx.accounts.ticket.set_inner(Ticket {
        version: VERSION,
        bump: ctx.bumps.ticket,
        pool: pool.key(),
        owner: ctx.accounts.owner.key(),
        nonce,
        shares: cooling_shares,
        era: pool.cooling_era,
        ready_at,
    });
    reweigh(&ctx.accounts.config, &mut ctx.accounts.totals, pool)?;

    emit_cpi!(UnstakeRequested {
        pool: ctx.accounts.pool.key(),
        owner: ctx.accounts.owner.key(),
        ticket: ctx.accounts.ticket.key(),
        amount,
        ready_at,
    });
    Ok(())
}
