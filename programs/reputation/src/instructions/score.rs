use anchor_lang::prelude::*;

use crate::{ReputationError, state::*};

/// Accounts of `score`, in order:
/// 0. `record`: any
///
/// Read-only: nobody signs, nothing changes.
#[derive(Accounts)]
pub struct Score<'info> {
    /// CHECK: owner, type and layout are checked by `Record::load`.
    pub record: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<Score>) -> Result<u16> {
    let now = Clock::get()?.unix_timestamp;
    let score = Record::load(&ctx.accounts.record)?.score_bps(now);
    score.ok_or_else(|| ReputationError::Overflow.into())
}
