use anchor_lang::prelude::*;

use crate::{
    GovernanceError,
    events::{AuthorityAccepted, AuthorityProposed, GuardianSet, ParamsSet, PausedSet},
    state::*,
};

/// Accounts of `set_params`, `propose_authority` and `set_guardian`, in order:
/// 0. `authority` (signer): the Config's; a wallet, or the PDA that an executed proposal signs for
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Administer<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ GovernanceError::NotAuthority)]
    pub config: Account<'info, Config>,
}

/// Accounts of `accept_authority`, in order:
/// 0. `pending` (signer): whom the authority was offered to
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    pub pending: Signer<'info>,
    #[account(mut, has_one = pending @ GovernanceError::NotPending)]
    pub config: Account<'info, Config>,
}

/// Accounts of `set_paused`, in order:
/// 0. `by` (signer): the Config's authority or guardian
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetPaused<'info> {
    #[account(constraint = config.authority == by.key() || config.is_guardian(by.key) @ GovernanceError::NotGuardian)]
    pub by: Signer<'info>,
    #[account(mut)]
    pub config: Account<'info, Config>,
}

pub(crate) fn set_params(ctx: Context<Administer>, params: GovernanceParams) -> Result<()> {
    params.validate()?;
    ctx.accounts.config.params = params.clone();
    emit_cpi!(ParamsSet { params });
    Ok(())
}

pub(crate) fn propose_authority(ctx: Context<Administer>, new: Pubkey) -> Result<()> {
    ctx.accounts.config.pending = new;
    emit_cpi!(AuthorityProposed { pending: new });
    Ok(())
}

pub(crate) fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
    let authority = ctx.accounts.pending.key();
    // Nobody has the default address' key; still, none is none.
    require_keys_neq!(authority, Pubkey::default(), GovernanceError::NotPending);
    ctx.accounts.config.authority = authority;
    ctx.accounts.config.pending = Pubkey::default();
    emit_cpi!(AuthorityAccepted { authority });
    Ok(())
}

pub(crate) fn set_guardian(ctx: Context<Administer>, guardian: Pubkey) -> Result<()> {
    ctx.accounts.config.guardian = guardian;
    emit_cpi!(GuardianSet { guardian });
    Ok(())
}

pub(crate) fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
    ctx.accounts.config.paused = paused;
    emit_cpi!(PausedSet { paused, by: ctx.accounts.by.key() });
    Ok(())
}
