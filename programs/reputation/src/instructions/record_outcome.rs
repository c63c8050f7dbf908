use anchor_lang::prelude::*;

use crate::{ReputationError, state::*};

/// Accounts of `record_outcome`, in order:
/// 0. `recorder` (signer): a PDA of the verification program, whose `RoundFinalized` tells of the outcome
/// 1. `record` (writable): `["record", operator, class]`
#[derive(Accounts)]
pub struct RecordOutcome<'info> {
    #[account(address = RECORDER @ ReputationError::NotRecorder)]
    pub recorder: Signer<'info>,
    // Its address follows from its contents; only this program can have written them.
    #[account(mut)]
    pub record: Account<'info, Record>,
}

pub(crate) fn handler(ctx: Context<RecordOutcome>, outcome: Outcome) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.record.apply(outcome, now).ok_or(ReputationError::Overflow)?;
    Ok(())
}
