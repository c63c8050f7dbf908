use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};

use crate::{TokenError, events::FeeVaultOpened, state::*};

/// Accounts of `open_fee_vault`, in order:
/// 0. `payer` (signer, writable): anyone
/// 1. `config`: owner of the treasury vault
/// 2. `fee_authority`: `["fees"]`, owner of the fee vault
/// 3. `mint`: any SPL Token mint
/// 4. `fee_vault` (writable, created): `["fee", mint, shard]`
/// 5. `treasury` (writable, created if missing): `["treasury", mint]`
/// 6. `token_program`, 7. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(shard: u8)]
pub struct OpenFeeVault<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub config: Account<'info, Config>,
    /// CHECK: only an owner's address.
    #[account(address = FEE_AUTHORITY @ TokenError::WrongAddress)]
    pub fee_authority: UncheckedAccount<'info>,
    pub mint: Account<'info, Mint>,
    #[account(
        init, payer = payer, seeds = [FEE_VAULT_SEED, mint.key().as_ref(), &[shard]], bump,
        token::mint = mint, token::authority = fee_authority
    )]
    pub fee_vault: Account<'info, TokenAccount>,
    // Safe to re-enter: a PDA whose mint and owner are checked again.
    #[account(
        init_if_needed, payer = payer, seeds = [TREASURY_SEED, mint.key().as_ref()], bump,
        token::mint = mint, token::authority = config
    )]
    pub treasury: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenFeeVault>, shard: u8) -> Result<()> {
    require!(shard < FEE_SHARDS, TokenError::NoSuchShard);
    emit_cpi!(FeeVaultOpened { mint: ctx.accounts.mint.key(), shard, vault: ctx.accounts.fee_vault.key() });
    Ok(())
}
