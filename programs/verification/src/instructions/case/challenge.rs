//! A challenge: that a unit of what was delivered for review is wrong.

use anchor_lang::prelude::*;
use assay_escrow::{SeatState, Strategy};

use super::open::{OpenCase, Opening};
use crate::VerificationError;

/// Of an optimistic job anybody but its executor may challenge, of an accepted one its requester: while the delivery is under
/// review, and as many units as it likes, each in a case of its own, so that no friendly case blocks a real one.
pub(super) fn opening(accounts: &OpenCase, unit: u64, now: i64) -> Result<Opening> {
    let (job, seat, opener) = (&accounts.job, accounts.accused()?, accounts.opener.key());
    match job.strategy {
        Strategy::Optimistic { .. } => require_keys_neq!(opener, seat.operator, VerificationError::NotOpener),
        Strategy::Accepted { .. } => require_keys_eq!(opener, job.requester, VerificationError::NotOpener),
        _ => return err!(VerificationError::WrongKind),
    }
    require!(seat.state == SeatState::Delivered, VerificationError::WrongSeatState);
    require!(now <= seat.seal_by, VerificationError::CaseTooLate);
    require!(unit < job.units, VerificationError::NoSuchUnit);
    let answer_by = now.checked_add(job.reveal_window.into()).ok_or(VerificationError::Overflow)?;
    Ok(Opening {
        executor: seat.operator,
        seat: seat.index,
        root: seat.commitment,
        answer_by: Some(answer_by),
        review_by: seat.seal_by,
        ..Opening::default()
    })
}
