use anchor_lang::prelude::*;

use crate::{
    VerificationError, emit,
    events::{AuthorityAccepted, AuthorityProposed, GuardianSet},
    state::*,
};

/// Accounts of `propose_authority`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAuthority<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ VerificationError::NotAuthority)]
    pub config: Account<'info, Config>,
}

/// Accounts of `accept_authority`, in order:
/// 0. `pending` (signer): who was proposed
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    pub pending: Signer<'info>,
    #[account(mut, has_one = pending @ VerificationError::NotPending)]
    pub config: Account<'info, Config>,
}

/// Accounts of `set_guardian`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetGuardian<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ VerificationError::NotAuthority)]
    pub config: Account<'info, Config>,
}

pub(crate) fn propose(ctx: Context<ProposeAuthority>, new: Pubkey) -> Result<()> {
    ctx.accounts.config.pending = new;
    emit(&ctx.accounts.event_authority, &AuthorityProposed { pending: new })?;
    Ok(())
}

pub(crate) fn accept(ctx: Context<AcceptAuthority>) -> Result<()> {
    let config = &mut ctx.accounts.config;
    // Zeros are nobody; nobody can sign for them anyway.
    require_keys_neq!(config.pending, Pubkey::default(), VerificationError::NotPending);
    let authority = config.pending;
    config.authority = authority;
    config.pending = Pubkey::default();
    emit(&ctx.accounts.event_authority, &AuthorityAccepted { authority })?;
    Ok(())
}

pub(crate) fn set_guardian(ctx: Context<SetGuardian>, guardian: Pubkey) -> Result<()> {
    ctx.accounts.config.guardian = guardian;
    emit(&ctx.accounts.event_authority, &GuardianSet { guardian })?;
    Ok(())
}
