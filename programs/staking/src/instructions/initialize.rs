use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use crate::{StakingError, emit, events::StakingInitialized, program::AssayStaking, state::*};

/// Accounts of `initialize`, in order:
/// 0. `authority` (signer, writable): the program's upgrade authority; pays
/// 1. `config` (writable, created): `["config"]`
/// 2. `totals` (writable, created): `["totals"]`
/// 3. `rewards` (writable, created): `["rewards"]`, an ASY token account owned by the config
/// 4. `mint`: the ASY mint
/// 5. `this_program`, 6. `program_data`: tie `authority` to the deployment
/// 7. `token_program`, 8. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Initialize<'info> {
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(init, payer = authority, space = 8 + Config::INIT_SPACE, seeds = [CONFIG_SEED], bump)]
    pub config: Box<Account<'info, Config>>,
    #[account(init, payer = authority, space = 8 + Totals::INIT_SPACE, seeds = [TOTALS_SEED], bump)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(
        init, payer = authority, seeds = [REWARDS_SEED], bump, token::mint = mint, token::authority = config
    )]
    pub rewards: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    #[account(constraint = this_program.programdata_address()? == Some(program_data.key()) @ StakingError::NotUpgradeAuthority)]
    pub this_program: Program<'info, AssayStaking>,
    #[account(constraint = program_data.upgrade_authority_address == Some(authority.key()) @ StakingError::NotUpgradeAuthority)]
    pub program_data: Account<'info, ProgramData>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Initialize>, params: StakingParams) -> Result<()> {
    crate::keep_security_txt();
    params.validate()?;
    let authority = ctx.accounts.authority.key();
    let event = StakingInitialized { authority, params: params.clone() };
    let bump = ctx.bumps.config;
    ctx.accounts.config.set_inner(Config { version: VERSION, bump, authority, params, ..Config::default() });
    ctx.accounts.totals.set_inner(Totals { version: VERSION, bump: ctx.bumps.totals, ..Totals::default() });
    emit(&ctx.accounts.event_authority, &event)?;
    Ok(())
}
