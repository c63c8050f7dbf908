use anchor_lang::prelude::*;

use crate::{StakingError, events::StakingInitialized, math::BPS, program::AssayStaking, state::*};

/// Accounts of `initialize`, in order:
/// 0. `authority` (signer, writable): the program's upgrade authority; pays
/// 1. `config` (writable, created): `["config"]`
/// 2. `totals` (writable, created): `["totals"]`
/// 3. `this_program`, 4. `program_data`: tie `authority` to the deployment
/// 5. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Initialize<'info> {
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(init, payer = authority, space = 8 + Config::INIT_SPACE, seeds = [CONFIG_SEED], bump)]
    pub config: Account<'info, Config>,
    #[account(init, payer = authority, space = 8 + Totals::INIT_SPACE, seeds = [TOTALS_SEED], bump)]
    pub totals: Account<'info, Totals>,
    #[account(constraint = this_program.programdata_address()? == Some(program_data.key()) @ StakingError::NotUpgradeAuthority)]
    pub this_program: Program<'info, AssayStaking>,
    #[account(constraint = program_data.upgrade_authority_address == Some(authority.key()) @ StakingError::NotUpgradeAuthority)]
    pub program_data: Account<'info, ProgramData>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Initialize>, params: StakingParams) -> Result<()> {
    crate::keep_security_txt();
    let shares =
        u64::from(params.harmed_bps).checked_add(u64::from(params.caller_bps)).ok_or(StakingError::Overflow)?;
    require!(params.unbonding > 0 && params.epoch_seconds > 0 && shares <= BPS, StakingError::BadParams);

    let authority = ctx.accounts.authority.key();
    let event = StakingInitialized { authority, params: params.clone() };
    ctx.accounts.config.set_inner(Config { version: VERSION, bump: ctx.bumps.config, authority, params });
    ctx.accounts.totals.set_inner(Totals { version: VERSION, bump: ctx.bumps.totals, weight: Weight::default() });
    emit_cpi!(event);
    Ok(())
}
