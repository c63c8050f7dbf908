use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::VerificationInitialized, program::AssayVerification, state::*};

/// Accounts of `initialize`, in order:
/// 0. `authority` (signer, writable): the program's upgrade authority; pays
/// 1. `config` (writable, created): `["config"]`
/// 2. `this_program`, 3. `program_data`: tie `authority` to the deployment
/// 4. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Initialize<'info> {
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(init, payer = authority, space = 8 + Config::INIT_SPACE, seeds = [CONFIG_SEED], bump)]
    pub config: Account<'info, Config>,
    #[account(constraint = this_program.programdata_address()? == Some(program_data.key()) @ VerificationError::NotUpgradeAuthority)]
    pub this_program: Program<'info, AssayVerification>,
    #[account(constraint = program_data.upgrade_authority_address == Some(authority.key()) @ VerificationError::NotUpgradeAuthority)]
    pub program_data: Account<'info, ProgramData>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Initialize>, genesis: [u8; 32], params: VerificationParams) -> Result<()> {
    crate::keep_security_txt();
    params.validate()?;
    let authority = ctx.accounts.authority.key();
    ctx.accounts.config.set_inner(Config {
        version: VERSION,
        bump: ctx.bumps.config,
        authority,
        pending: Pubkey::default(),
        guardian: Pubkey::default(),
        paused: false,
        genesis,
        params: params.clone(),
    });
    emit(&ctx.accounts.event_authority, &VerificationInitialized { authority, genesis, params })?;
    Ok(())
}
