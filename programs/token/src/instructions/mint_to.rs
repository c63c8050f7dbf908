use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use crate::{TokenError, emit, events::Minted, math, state::*};

/// Accounts of `mint_to`, in order:
/// 0. `minter` (signer): a key with an allowance
/// 1. `config` (writable): counts what was minted
/// 2. `minter_account` (writable): `["minter", minter]`
/// 3. `mint` (writable): the ASY mint
/// 4. `to` (writable): any ASY token account
/// 5. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct MintAsy<'info> {
    pub minter: Signer<'info>,
    #[account(mut, has_one = mint @ TokenError::WrongAddress)]
    pub config: Account<'info, Config>,
    #[account(mut, seeds = [MINTER_SEED, minter.key().as_ref()], bump = minter_account.bump)]
    pub minter_account: Account<'info, Minter>,
    #[account(mut)]
    pub mint: Account<'info, Mint>,
    #[account(mut, token::mint = mint)]
    pub to: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<MintAsy>, amount: u64) -> Result<()> {
    require!(!ctx.accounts.config.paused, TokenError::Paused);
    require!(amount > 0, TokenError::ZeroAmount);
    let allowance = ctx.accounts.minter_account.allowance.checked_sub(amount);
    let allowance = allowance.ok_or(TokenError::AllowanceExceeded)?;
    let config = &ctx.accounts.config;
    let minted = math::minted_after(config.minted, amount, config.max_supply).ok_or(TokenError::CapExceeded)?;

    ctx.accounts.minter_account.allowance = allowance;
    ctx.accounts.config.minted = minted;
    let seeds: &[&[u8]] = &[CONFIG_SEED, &[ctx.accounts.config.bump]];
    let accounts = token::MintTo {
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.to.to_account_info(),
        authority: ctx.accounts.config.to_account_info(),
    };
    token::mint_to(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount)?;

    emit(
        &ctx.accounts.event_authority,
        &Minted { minter: ctx.accounts.minter.key(), to: ctx.accounts.to.key(), amount, minted },
    )?;
    Ok(())
}
