use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::KeyRetired, state::*};

/// Accounts of `retire_key`, in order:
/// 0. `payer` (signer): who paid for the key
/// 1. `proof_key` (writable)
/// 2. `escrow_config`: says how long a job may take; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RetireKey<'info> {
    pub payer: Signer<'info>,
    #[account(mut, has_one = payer @ VerificationError::NotKeyPayer)]
    pub proof_key: Box<Account<'info, ProofKey>>,
    // A singleton of the escrow program: its type and owner name it.
    pub escrow_config: Box<Account<'info, assay_escrow::Config>>,
}

pub(crate) fn handler(ctx: Context<RetireKey>) -> Result<()> {
    require!(ctx.accounts.proof_key.closes_at == 0, VerificationError::KeyRetired);
    // Every job that the key was good for had its seed drawn by now, so it was posted before, and ends before the notice.
    let notice = ctx.accounts.escrow_config.params.max_job_seconds;
    let now = Clock::get()?.unix_timestamp;
    let closes_at = now.checked_add(notice.into()).ok_or(VerificationError::Overflow)?;
    ctx.accounts.proof_key.closes_at = closes_at;
    emit(&ctx.accounts.event_authority, &KeyRetired { key: ctx.accounts.proof_key.key(), closes_at })
}
