use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{TokenError, emit, events::FeeVaultOpened, state::*};

/// Accounts of `open_fee_vault`, in order:
/// 0. `payer` (signer, writable): anyone
/// 1. `config`: owner of the treasury and reserve vaults
/// 2. `fee_authority`: `["fees"]`, owner of the fee vault
/// 3. `mint`: any mint of SPL Token or Token-2022
/// 4. `fee_vault` (writable, created): `["fee", mint, shard]`
/// 5. `treasury` (writable, created if missing): `["treasury", mint]`
/// 6. `reserve` (writable, created if missing): `["reserve", mint]`
/// 7. `token_program`: the mint's, 8. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(shard: u8)]
pub struct OpenFeeVault<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    /// CHECK: only an owner's address.
    #[account(address = FEE_AUTHORITY @ TokenError::WrongAddress)]
    pub fee_authority: UncheckedAccount<'info>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        init, payer = payer, seeds = [FEE_VAULT_SEED, mint.key().as_ref(), &[shard]], bump,
        token::mint = mint, token::authority = fee_authority, token::token_program = token_program
    )]
    pub fee_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    // These two are safe to re-enter: PDAs whose mint, owner and program are checked again.
    #[account(
        init_if_needed, payer = payer, seeds = [TREASURY_SEED, mint.key().as_ref()], bump,
        token::mint = mint, token::authority = config, token::token_program = token_program
    )]
    pub treasury: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(
        init_if_needed, payer = payer, seeds = [RESERVE_SEED, mint.key().as_ref()], bump,
        token::mint = mint, token::authority = config, token::token_program = token_program
    )]
    pub reserve: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenFeeVault>, shard: u8) -> Result<()> {
    require!(shard < FEE_SHARDS, TokenError::NoSuchShard);
    emit(
        &ctx.accounts.event_authority,
        &FeeVaultOpened { mint: ctx.accounts.mint.key(), shard, vault: ctx.accounts.fee_vault.key() },
    )?;
    Ok(())
}
