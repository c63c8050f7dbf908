use anchor_lang::prelude::*;

use crate::{StakingError, emit, events::*, state::*};

/// Accounts of `set_params`, `propose_authority` and `set_guardian`, in order:
/// 0. `authority` (signer): the Config's; may be a PDA that signs by CPI
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ StakingError::NotAuthority)]
    pub config: Account<'info, Config>,
}

/// Accounts of `accept_authority`, in order:
/// 0. `pending` (signer): whom the authority proposed
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    pub pending: Signer<'info>,
    #[account(mut, has_one = pending @ StakingError::NotPending)]
    pub config: Account<'info, Config>,
}

/// Accounts of `set_paused`, in order:
/// 0. `by` (signer): the Config's authority or guardian
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetPaused<'info> {
    #[account(constraint = [config.authority, config.guardian].contains(by.key) @ StakingError::NotGuardian)]
    pub by: Signer<'info>,
    #[account(mut)]
    pub config: Account<'info, Config>,
}

pub(crate) fn set_params(ctx: Context<Govern>, params: StakingParams) -> Result<()> {
    ctx.accounts.config.set_params(params.clone(), Clock::get()?.unix_timestamp)?;
    emit(&ctx.accounts.event_authority, &ParamsSet { params })?;
    Ok(())
}

pub(crate) fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
    ctx.accounts.config.pending = new;
    emit(&ctx.accounts.event_authority, &AuthorityProposed { pending: new })?;
    Ok(())
}

pub(crate) fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
    let config = &mut ctx.accounts.config;
    let authority = config.pending;
    (config.authority, config.pending) = (authority, Pubkey::default());
    emit(&ctx.accounts.event_authority, &AuthorityAccepted { authority })?;
    Ok(())
}

pub(crate) fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
    ctx.accounts.config.guardian = guardian;
    emit(&ctx.accounts.event_authority, &GuardianSet { guardian })?;
    Ok(())
}

pub(crate) fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
    ctx.accounts.config.paused = paused;
    emit(&ctx.accounts.event_authority, &PausedSet { paused, by: ctx.accounts.by.key() })?;
    Ok(())
}
