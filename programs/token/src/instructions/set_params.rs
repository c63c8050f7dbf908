use anchor_lang::prelude::*;

use crate::{TokenError, events::ParamsSet, state::*};

/// Accounts of `set_params`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetParams<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ TokenError::NotAuthority)]
    pub config: Account<'info, Config>,
}

pub(crate) fn handler(ctx: Context<SetParams>, params: TokenParams) -> Result<()> {
    params.validate()?;
    let config = &mut ctx.accounts.config;
    let restart = config.params.emission != params.emission;
    config.params = params;
    // Shorter epochs or a larger emission must not apply to time that has passed.
    if restart {
        config.restart_emission(Clock::get()?.unix_timestamp)?;
    }
    emit_cpi!(ParamsSet { params });
    Ok(())
}
