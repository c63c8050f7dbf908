use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::PausedSet, state::*};

/// Accounts of `set_paused`, in order:
/// 0. `by` (signer): the Config's guardian or authority
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetPaused<'info> {
    pub by: Signer<'info>,
    #[account(mut)]
    pub config: Account<'info, Config>,
}

pub(crate) fn handler(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
    let (by, config) = (ctx.accounts.by.key(), &mut ctx.accounts.config);
    // Zeros are nobody; nobody can sign for them anyway.
    let guards = by == config.guardian && by != Pubkey::default();
    require!(guards || by == config.authority, VerificationError::NotGuardian);
    config.paused = paused;
    emit(&ctx.accounts.event_authority, &PausedSet { paused, by })?;
    Ok(())
}
