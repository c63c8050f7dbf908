use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use super::{begin, note_self, reweigh};
use crate::{StakingError, emit, events::Staked, state::*};

/// Accounts of `stake`, in order:
/// 0. `owner` (signer): whose position grows: the operator, or anybody who opened one
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `pool` (writable)
/// 4. `position` (writable): `["position", pool, owner]`
/// 5. `vault` (writable): `["vault", pool]`
/// 6. `from` (writable): the owner's ASY token account
/// 7. `mint`: the ASY mint
/// 8. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Stake<'info> {
    pub owner: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(mut)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner)]
    pub position: Box<Account<'info, Position>>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub from: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Stake>, amount: u64) -> Result<()> {
    require!(amount > 0, StakingError::ZeroAmount);
    ctx.accounts.config.open()?;
    let accounts = token::TransferChecked {
        from: ctx.accounts.from.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.vault.to_account_info(),
        authority: ctx.accounts.owner.to_account_info(),
    };
    token::transfer_checked(CpiContext::new(Token::id(), accounts), amount, DECIMALS)?;

    let Stake { config, totals, pool, position, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    position.settle(pool);
    let shares = pool.add(amount)?;
    position.add(shares, moment.epoch)?;
    note_self(pool, position);
    reweigh(config, totals, pool, moment)?;

    emit(
        &ctx.accounts.event_authority,
        &Staked { pool: ctx.accounts.pool.key(), owner: ctx.accounts.owner.key(), amount, shares },
    )?;
    Ok(())
}
