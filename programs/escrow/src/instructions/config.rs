//! Who governs the market, and whether it is paused. The authority may be a PDA that signs by CPI: nothing here is paid.

use anchor_lang::prelude::*;

use crate::{EscrowError, emit, events::*, state::*};

/// Accounts of `set_params`, `propose_authority` and `set_guardian`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ EscrowError::NotAuthority)]
    pub config: Account<'info, Config>,
}

/// Accounts of `accept_authority`, in order:
/// 0. `pending` (signer): the key that was proposed
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    pub pending: Signer<'info>,
    #[account(mut, has_one = pending @ EscrowError::NotPending)]
    pub config: Account<'info, Config>,
}

/// Accounts of `set_paused`, in order:
/// 0. `by` (signer): the Config's authority or guardian
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetPaused<'info> {
    pub by: Signer<'info>,
    #[account(
        mut, constraint = config.authority == by.key() || config.guardian == by.key() @ EscrowError::NotGuardian
    )]
    pub config: Account<'info, Config>,
}

pub(crate) fn set_params(ctx: Context<Govern>, params: EscrowParams) -> Result<()> {
    params.validate()?;
    ctx.accounts.config.params = params.clone();
    emit(&ctx.accounts.event_authority, &ParamsSet { params })?;
    Ok(())
}

pub(crate) fn propose(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
    ctx.accounts.config.pending = new;
    emit(&ctx.accounts.event_authority, &AuthorityProposed { pending: new })?;
    Ok(())
}

pub(crate) fn accept(ctx: Context<AcceptAuthority>) -> Result<()> {
    let authority = ctx.accounts.pending.key();
    ctx.accounts.config.authority = authority;
    ctx.accounts.config.pending = Pubkey::default();
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
