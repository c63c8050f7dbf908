use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use crate::{TokenError, emit, events::EpochEmitted, math, state::*};

/// Accounts of `emit_epoch`, in order:
/// 0. `config` (writable): counts epochs and what was minted
/// 1. `mint` (writable): the ASY mint
/// 2. `rewards` (writable): the staking program's rewards vault
/// 3. `token_program`, then the event accounts
///
/// Nobody signs: when, how much and to whom is fixed.
#[event_cpi]
#[derive(Accounts)]
pub struct EmitEpoch<'info> {
    #[account(mut, has_one = mint @ TokenError::WrongAddress)]
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub mint: Account<'info, Mint>,
    #[account(mut, address = REWARDS_VAULT @ TokenError::WrongAddress, token::mint = mint)]
    pub rewards: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<EmitEpoch>) -> Result<()> {
    let config = &mut ctx.accounts.config;
    require!(!config.paused, TokenError::Paused);
    require!(Clock::get()?.unix_timestamp >= config.next_at, TokenError::EpochNotOver);
    let Emission { keep_bps, epoch_seconds, .. } = config.params.emission;
    let (amount, next_amount) =
        math::emit(config.next_amount, keep_bps, config.minted, config.max_supply).ok_or(TokenError::Overflow)?;
    require!(amount > 0, TokenError::EmissionOver);
    let minted = math::minted_after(config.minted, amount, config.max_supply).ok_or(TokenError::CapExceeded)?;

    let epoch = config.next_epoch;
    config.minted = minted;
    config.next_epoch = epoch.checked_add(1).ok_or(TokenError::Overflow)?;
    config.next_amount = next_amount;
    // From the end of this epoch, not from now: a late call delays the next one by nothing.
    config.next_at = config.next_at.checked_add(epoch_seconds).ok_or(TokenError::Overflow)?;
    let next_at = config.next_at;

    let seeds: &[&[u8]] = &[CONFIG_SEED, &[config.bump]];
    let accounts = token::MintTo {
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.rewards.to_account_info(),
        authority: ctx.accounts.config.to_account_info(),
    };
    token::mint_to(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount)?;

    emit(&ctx.accounts.event_authority, &EpochEmitted { epoch, amount, minted, next_amount, next_at })?;
    Ok(())
}
