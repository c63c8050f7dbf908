//! What a proof and an attestation have in common: one seat, which has won as soon as its result is shown to be right.

use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, SeatState, cpi::accounts::JobByVerifier};
use assay_reputation::{Outcome, Record, cpi::accounts::RecordOutcome};

use super::SIGNER;
use crate::{VerificationError, proof::Statement};

/// The accounts of a result that is shown.
pub(crate) struct Shown<'a, 'info> {
    pub job: &'a Account<'info, Job>,
    pub seat: &'a Account<'info, Seat>,
    /// The seat's operator's Record of the job's class.
    pub record: AccountInfo<'info>,
    /// `["authority"]` of this program.
    pub authority: AccountInfo<'info>,
}

impl Shown<'_, '_> {
    /// Whether the seat may show `root` now. That the seat is the job's, and its operator signs, its accounts say.
    pub fn validate(&self, root: &[u8; 32]) -> Result<()> {
        require!(self.job.is_live(), VerificationError::WrongJobState);
        require!(self.seat.state == SeatState::Claimed, VerificationError::WrongSeatState);
        require!(Clock::get()?.unix_timestamp <= self.seat.seal_by, VerificationError::SealTooLate);
        require!(*root != [0; 32], VerificationError::EmptyCommitment);
        let own = Record::whose(&self.record)? == (self.seat.operator, self.job.class);
        require!(own, VerificationError::WrongAddress);
        Ok(())
    }

    /// What is to be shown.
    pub fn statement<'s>(&'s self, genesis: &'s [u8; 32], root: &'s [u8; 32]) -> Statement<'s> {
        let Job { seed, spec_hash, .. } = &**self.job;
        let operator = &self.seat.operator;
        Statement { genesis, job: self.job.to_account_info().key, seed, operator, spec_hash, root }
    }

    /// Tell escrow that the seat has won with `root`, and reputation that its result was valid. It earns no fewer
    /// re-checks: who chooses the circuit or the attestors may have chosen easy ones.
    pub fn accept(&self, root: [u8; 32]) -> Result<()> {
        let winners = 1_u8.checked_shl(self.seat.index.into()).ok_or(VerificationError::Overflow)?;
        let accounts = JobByVerifier { verifier: self.authority.clone(), job: self.job.to_account_info() };
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
        assay_escrow::cpi::record_verdict(context, root, winners, 0).map(drop)?;
        let accounts = RecordOutcome { recorder: self.authority.clone(), record: self.record.clone() };
        let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
        let (value, partner, trust) = (self.job.bond, self.job.requester, false);
        assay_reputation::cpi::record_outcome(context, Outcome::Valid, value, partner, trust).map(drop)
    }
}
