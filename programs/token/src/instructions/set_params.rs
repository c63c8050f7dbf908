use anchor_lang::prelude::*;

use super::Govern;
use crate::{emit, events::ParamsSet, state::TokenParams};

pub(crate) fn handler(ctx: Context<Govern>, params: TokenParams) -> Result<()> {
    params.validate()?;
    let config = &mut ctx.accounts.config;
    let restart = config.params.emission != params.emission;
    config.params = params;
    // Shorter epochs or a larger emission must not apply to time that has passed.
    if restart {
        config.restart_emission(Clock::get()?.unix_timestamp)?;
    }
    emit(&ctx.accounts.event_authority, &ParamsSet { params })?;
    Ok(())
}
