use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use super::{pay, safe_to_send};
use crate::{StakingError, emit, events::Withdrawn, state::*};

/// Accounts of `withdraw`, in order:
/// 0. `owner` (writable): owner of the ticket; gets its rent back and need not sign
/// 1. `pool` (writable)
/// 2. `position` (writable): `["position", pool, owner]`, which counts its tickets
/// 3. `ticket` (writable, closed)
/// 4. `vault` (writable): `["vault", pool]`
/// 5. `to` (writable): an ASY token account of the owner's
/// 6. `mint`: the ASY mint
/// 7. `token_program`, then the event accounts
///
/// Anybody may send a ripe ticket home: it can go nowhere else.
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// CHECK: named by the ticket; only receives lamports and owns `to`.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    #[account(mut)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner)]
    pub position: Box<Account<'info, Position>>,
    #[account(
        mut, close = owner,
        has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner
    )]
    pub ticket: Box<Account<'info, Ticket>>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub to: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Withdraw>) -> Result<()> {
    safe_to_send(&ctx.accounts.owner, &ctx.accounts.to)?;
    let Withdraw { pool, position, ticket, .. } = &mut *ctx.accounts;
    require!(Clock::get()?.unix_timestamp >= ticket.ready_at, StakingError::StillUnbonding);
    pool.no_case()?;

    // A ticket of an earlier era was slashed to nothing; closing it only returns its rent.
    let amount = if ticket.era == pool.cooling_era { pool.take_cooled(ticket.shares)? } else { 0 };
    position.tickets = position.tickets.checked_sub(1).ok_or(StakingError::Invariant)?;
    pool.tickets = pool.tickets.checked_sub(1).ok_or(StakingError::Invariant)?;
    pay(&ctx.accounts.pool, &ctx.accounts.vault, &ctx.accounts.mint, &ctx.accounts.to, amount)?;

    let last = Ticket::clone(&ctx.accounts.ticket);
    emit(&ctx.accounts.event_authority, &Withdrawn { ticket: ctx.accounts.ticket.key(), amount, last })?;
    Ok(())
}
