use anchor_lang::prelude::*;

use crate::{ReputationError, events::OutcomeRecorded, state::*};

/// Accounts of `record_outcome`, in order:
/// 0. `recorder` (signer): a PDA of the verification program
/// 1. `record` (writable): `["record", operator, class]`, then the event accounts
#[event_cpi]
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
    let record = &mut ctx.accounts.record;
    record.apply(outcome, now).ok_or(ReputationError::Overflow)?;
    let event = OutcomeRecorded {
        operator: record.operator,
        class: record.class,
        outcome,
        score_bps: record.score_bps(now).ok_or(ReputationError::Overflow)?,
        consecutive_valid: record.consecutive_valid,
    };
    emit_cpi!(event);
    Ok(())
}
