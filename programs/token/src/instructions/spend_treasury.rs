use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface, TransferChecked};

use super::transfer;
use crate::{TokenError, emit, events::TreasurySpent, state::*};

/// Accounts of `spend_treasury`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config`: owner of the vault
/// 2. `mint`
/// 3. `treasury` (writable): `["treasury", mint]`
/// 4. `to` (writable): any other token account of the mint
/// 5. `token_program`: the mint's, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SpendTreasury<'info> {
    pub authority: Signer<'info>,
    #[account(has_one = authority @ TokenError::NotAuthority)]
    pub config: Box<Account<'info, Config>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut, seeds = [TREASURY_SEED, mint.key().as_ref()], bump)]
    pub treasury: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::token_program = token_program)]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<SpendTreasury>, amount: u64) -> Result<()> {
    require!(amount > 0, TokenError::ZeroAmount);
    let accounts = TransferChecked {
        from: ctx.accounts.treasury.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.to.to_account_info(),
        authority: ctx.accounts.config.to_account_info(),
    };
    let seeds: &[&[u8]] = &[CONFIG_SEED, &[ctx.accounts.config.bump]];
    transfer(ctx.accounts.token_program.key(), accounts, &[seeds], amount, ctx.accounts.mint.decimals)?;
    emit(
        &ctx.accounts.event_authority,
        &TreasurySpent { mint: ctx.accounts.mint.key(), to: ctx.accounts.to.key(), amount },
    )?;
    Ok(())
}
