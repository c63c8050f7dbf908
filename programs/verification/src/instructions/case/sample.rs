//! A sampled job's audit: whether the committee found what the drawn units come to.

use anchor_lang::prelude::*;

use super::open::{OpenCase, Opening};
use crate::{VerificationError, state::Phase};

/// Anybody may call a jury from the count to the end of the audit: the executor that was found wrong, a verifier that was
/// outvoted, or who computed the units again. It is about nobody in particular: every seat's exposure is locked until the verdict.
pub(super) fn opening(accounts: &OpenCase, now: i64) -> Result<Opening> {
    let round = accounts.round.as_ref().ok_or(VerificationError::WrongKind)?;
    require!(round.phase == Phase::Auditing, VerificationError::WrongKind);
    require!(now <= round.reveal_by, VerificationError::CaseTooLate);
    Ok(Opening { review_by: round.reveal_by, ..Opening::default() })
}
