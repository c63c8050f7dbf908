use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use crate::{TokenError, events::FeesCollected, math, state::*};

/// Accounts of `collect_fees`, in order:
/// 0. `config`
/// 1. `fee_authority`: `["fees"]`, signs for the fee vault
/// 2. `mint` (writable: ASY's burn share is burned)
/// 3. `fee_vault` (writable): any token account of the fee authority's, so that fees can be stranded nowhere
/// 4. `treasury` (writable): `["treasury", mint]`
/// 5. `token_program`, then the event accounts
///
/// Nobody signs: it can only move fees where they belong.
#[event_cpi]
#[derive(Accounts)]
pub struct CollectFees<'info> {
    pub config: Account<'info, Config>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = FEE_AUTHORITY @ TokenError::WrongAddress)]
    pub fee_authority: UncheckedAccount<'info>,
    #[account(mut)]
    pub mint: Account<'info, Mint>,
    #[account(mut, token::mint = mint, token::authority = fee_authority)]
    pub fee_vault: Account<'info, TokenAccount>,
    #[account(mut, seeds = [TREASURY_SEED, mint.key().as_ref()], bump)]
    pub treasury: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<CollectFees>) -> Result<()> {
    let amount = ctx.accounts.fee_vault.amount;
    require!(amount > 0, TokenError::ZeroAmount);
    let mint = ctx.accounts.mint.key();
    let burn_bps = if mint == ASY_MINT { ctx.accounts.config.burn_bps } else { 0 };
    let (burned, treasury) = math::split_fees(amount, burn_bps).ok_or(TokenError::Overflow)?;

    let seeds: &[&[u8]] = &[FEES_SEED, &[ctx.accounts.config.fees_bump]];
    let signer = &[seeds];
    if burned > 0 {
        let accounts = token::Burn {
            mint: ctx.accounts.mint.to_account_info(),
            from: ctx.accounts.fee_vault.to_account_info(),
            authority: ctx.accounts.fee_authority.to_account_info(),
        };
        token::burn(CpiContext::new_with_signer(Token::id(), accounts, signer), burned)?;
    }
    let accounts = token::TransferChecked {
        from: ctx.accounts.fee_vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.treasury.to_account_info(),
        authority: ctx.accounts.fee_authority.to_account_info(),
    };
    let context = CpiContext::new_with_signer(Token::id(), accounts, signer);
    token::transfer_checked(context, treasury, ctx.accounts.mint.decimals)?;

    emit_cpi!(FeesCollected { mint, vault: ctx.accounts.fee_vault.key(), burned, treasury });
    Ok(())
}
