use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};

use crate::{TokenError, emit, events::TokenInitialized, program::AssayToken, state::*};

/// Accounts of `initialize`, in order:
/// 0. `authority` (signer, writable): the program's upgrade authority; pays, and becomes the Config's authority
/// 1. `config` (writable, created): `["config"]`
/// 2. `mint` (writable, created): `["mint"]`
/// 3. `fee_authority`: `["fees"]`, only derived
/// 4. `this_program`, 5. `program_data`: tie `authority` to the deployment, so that nobody can initialize first
/// 6. `token_program`, 7. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Initialize<'info> {
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(init, payer = authority, space = 8 + Config::INIT_SPACE, seeds = [CONFIG_SEED], bump)]
    pub config: Account<'info, Config>,
    #[account(init, payer = authority, seeds = [MINT_SEED], bump, mint::decimals = DECIMALS, mint::authority = config)]
    pub mint: Account<'info, Mint>,
    /// CHECK: only its address and bump are taken.
    #[account(seeds = [FEES_SEED], bump)]
    pub fee_authority: UncheckedAccount<'info>,
    #[account(constraint = this_program.programdata_address()? == Some(program_data.key()) @ TokenError::NotUpgradeAuthority)]
    pub this_program: Program<'info, AssayToken>,
    #[account(constraint = program_data.upgrade_authority_address == Some(authority.key()) @ TokenError::NotUpgradeAuthority)]
    pub program_data: Account<'info, ProgramData>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Initialize>, max_supply: u64, params: TokenParams) -> Result<()> {
    crate::keep_security_txt();
    require!(max_supply > 0, TokenError::ZeroAmount);
    params.validate()?;

    let authority = ctx.accounts.authority.key();
    let mint = ctx.accounts.mint.key();
    ctx.accounts.config.set_inner(Config {
        version: VERSION,
        bump: ctx.bumps.config,
        authority,
        pending: Pubkey::default(),
        guardian: Pubkey::default(),
        paused: false,
        mint,
        mint_bump: ctx.bumps.mint,
        fees_bump: ctx.bumps.fee_authority,
        max_supply,
        minted: 0,
        next_epoch: 0,
        next_amount: 0,
        next_at: 0,
        params,
    });
    ctx.accounts.config.restart_emission(Clock::get()?.unix_timestamp)?;
    emit(&ctx.accounts.event_authority, &TokenInitialized { authority, mint, max_supply, params })?;
    Ok(())
}
