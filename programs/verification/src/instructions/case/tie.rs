//! A tie: a round whose replicas found different things, and no more may be asked.

use anchor_lang::prelude::*;

use super::open::{OpenCase, Opening};
use crate::{VerificationError, state::Phase};

/// Anybody may call a jury as long as the round waits for one.
pub(super) fn opening(accounts: &OpenCase, now: i64) -> Result<Opening> {
    let round = accounts.round.as_ref().ok_or(VerificationError::WrongKind)?;
    require!(round.phase == Phase::Tied, VerificationError::WrongKind);
    require!(now <= round.reveal_by, VerificationError::CaseTooLate);
    Ok(Opening { review_by: round.reveal_by, ..Opening::default() })
}
