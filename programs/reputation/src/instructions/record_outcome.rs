use anchor_lang::prelude::*;

use crate::{ReputationError, state::*};

/// Accounts of `record_outcome`, in order:
/// 0. `recorder` (signer): a PDA of the verification program, whose `RoundFinalized` tells of the outcome
/// 1. `record` (writable): `["record", operator, class]`
#[derive(Accounts)]
pub struct RecordOutcome<'info> {
    #[account(address = RECORDER @ ReputationError::NotRecorder)]
    pub recorder: Signer<'info>,
    /// CHECK: owner, type and layout are checked by `Record::load`. Its address follows from its contents; only this
    /// program can have written them.
    #[account(mut)]
    pub record: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<RecordOutcome>, verified: &Verified) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let mut record = Record::load(&ctx.accounts.record)?;
    record.apply(verified, now).ok_or(ReputationError::Overflow)?;
    record.store(&ctx.accounts.record)
}
