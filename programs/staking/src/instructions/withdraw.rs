use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use crate::{StakingError, events::Withdrawn, state::*};

/// Accounts of `withdraw`, in order:
/// 0. `owner` (signer, writable): owner of the ticket; gets its rent back
/// 1. `pool` (writable)
/// 2. `ticket` (writable, closed)
/// 3. `vault` (writable): `["vault", pool]`
/// 4. `to` (writable): an ASY token account of the owner's
/// 5. `mint`: the ASY mint
/// 6. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
    #[account(
        mut, close = owner,
        has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOperator
    )]
    pub ticket: Account<'info, Ticket>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Account<'info, TokenAccount>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub to: Account<'info, TokenAccount>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Withdraw>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    require!(now >= ctx.accounts.ticket.ready_at, StakingError::StillUnbonding);

    let pool = &mut ctx.accounts.pool;
    let ticket = &ctx.accounts.ticket;
    // A ticket of an earlier era was slashed to nothing; closing it only returns its rent.
    let amount = if ticket.era == pool.cooling_era { pool.take_cooled(ticket.shares)? } else { 0 };
    let seeds: &[&[u8]] = &[POOL_SEED, pool.operator.as_ref(), &[pool.bump]];
    let accounts = token::TransferChecked {
        from: ctx.accounts.vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.to.to_account_info(),
        authority: pool.to_account_info(),
    };
    token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount, DECIMALS)?;

    let last = Ticket::clone(ticket);
    emit_cpi!(Withdrawn { ticket: ctx.accounts.ticket.key(), amount, last });
    Ok(())
}
