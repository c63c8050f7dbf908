use anchor_lang::prelude::*;

use super::{begin, note_self, reweigh};
use crate::{StakingError, emit, events::UnstakeRequested, state::*};

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
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(mut)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner)]
    pub position: Box<Account<'info, Position>>,
    #[account(
        init, payer = owner, space = 8 + Ticket::INIT_SPACE,
        seeds = [TICKET_SEED, pool.key().as_ref(), owner.key().as_ref(), &position.next_ticket.to_le_bytes()], bump
    )]
    pub ticket: Box<Account<'info, Ticket>>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<RequestUnstake>, shares: u128) -> Result<()> {
    require!(shares > 0, StakingError::ZeroAmount);
    let key = ctx.accounts.pool.key();
    let RequestUnstake { owner, config, totals, pool, position, ticket, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    pool.no_case()?;
    let ready_at = moment.now.checked_add(config.params.unbonding).ok_or(StakingError::Overflow)?;

    position.settle(pool);
    position.remove(shares, moment.epoch, moment.now)?;
    let (amount, cooling_shares) = pool.cool(shares)?;
    note_self(pool, position);
    let nonce = position.next_ticket;
    position.next_ticket = nonce.checked_add(1).ok_or(StakingError::Overflow)?;
    position.tickets = position.tickets.checked_add(1).ok_or(StakingError::Overflow)?;
    pool.tickets = pool.tickets.checked_add(1).ok_or(StakingError::Overflow)?;
    ticket.set_inner(Ticket {
        version: VERSION,
        bump: ctx.bumps.ticket,
        pool: key,
        owner: owner.key(),
        nonce,
        shares: cooling_shares,
        era: pool.cooling_era,
        ready_at,
    });
    reweigh(config, totals, pool, moment)?;

    let (owner, ticket) = (ctx.accounts.owner.key(), ctx.accounts.ticket.key());
    emit(&ctx.accounts.event_authority, &UnstakeRequested { pool: key, owner, ticket, amount, ready_at })?;
    Ok(())
}
