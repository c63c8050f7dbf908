use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::AttestorRevoked, state::*};

/// Accounts of `revoke_attestor`, in order:
/// 0. `registrar` (signer): the attestor's
/// 1. `attestor` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevokeAttestor<'info> {
    pub registrar: Signer<'info>,
    #[account(mut, has_one = registrar @ VerificationError::NotRegistrar)]
    pub attestor: Account<'info, Attestor>,
}

pub(crate) fn handler(ctx: Context<RevokeAttestor>) -> Result<()> {
    let attestor = &mut ctx.accounts.attestor;
    require!(!attestor.revoked, VerificationError::AttestorRevoked);
    attestor.revoked = true;
    let (attestor, registrar) = (ctx.accounts.attestor.key(), ctx.accounts.registrar.key());
    emit(&ctx.accounts.event_authority, &AttestorRevoked { attestor, registrar })
}
