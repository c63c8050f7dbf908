use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use super::reweigh;
use crate::{StakingError, events::Staked, state::*};

/// Accounts of `stake`, in order:
/// 0. `owner` (signer): the pool's operator, whose position grows
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `pool` (writable): `["pool", owner]`
/// 4. `position` (writable): `["position", pool, owner]`
/// 5. `vault` (writable): `["vault", pool]`
/// 6. `from` (writable): the owner's ASY token account
/// 7. `mint`: the ASY mint
/// 8. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Stake<'info> {
    pub owner: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(mut, constraint = pool.operator == owner.key() @ StakingError::NotOperator)]
    pub pool: Account<'info, Pool>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOperator)]
    pub position: Account<'info, Position>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Account<'info, TokenAccount>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub from: Account<'info, TokenAccount>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Stake>, amount: u64) -> Result<()> {
    require!(amount > 0, StakingError::ZeroAmount);
    let accounts = token::TransferChecked {
        from: ctx.accounts.from.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.vault.to_account_info(),
        authority: ctx.accounts.owner.to_account_info(),
    };
    token::transfer_checked(CpiContext::new(Token::id(), accounts), amount, DECIMALS)?;

    let pool = &mut ctx.accounts.pool;
    let position = &mut ctx.accounts.position;
    let shares = pool.add(amount)?;
    let held = position.held(pool);
    position.era = pool.active_era;
    position.shares = held.checked_add(shares).ok_or(StakingError::Overflow)?;
    position.staked_epoch = ctx.accounts.config.epoch(Clock::get()?.unix_timestamp);
    reweigh(&ctx.accounts.config, &mut ctx.accounts.totals, pool)?;

    emit_cpi!(Staked { pool: ctx.accounts.pool.key(), owner: ctx.accounts.owner.key(), amount, shares });
    Ok(())
}
