use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, SeatState, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};
use assay_reputation::{Outcome, Record, cpi::accounts::RecordOutcome, program::AssayReputation};

use super::SIGNER;
use crate::{
    VerificationError, emit,
    events::RoundFinalized,
    state::*,
    tally::{Ballot, Verdict, tally},
};

/// Accounts of `finalize_round`, in order:
/// 0. `job` (writable)
/// 1. `round` (writable): `["round", job]`
/// 2. `authority`: `["authority"]` of this program
/// 3. `escrow_program`
/// 4. `reputation_program`
/// 5. the event accounts
/// 6. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
///
/// Nobody signs: the verdict follows from the seats alone.
#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeRound<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Account<'info, Round>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, FinalizeRound<'info>>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let round = &ctx.accounts.round;
    require!(round.shown.is_none(), VerificationError::WrongStrategy);
    require!(round.phase != Phase::Final, VerificationError::WrongPhase);
    require!(round.is_of(&ctx.accounts.job), VerificationError::StaleRound);
    require!(round.countable(now), VerificationError::FinalizeTooEarly);
    let could_reveal = round.sealed >= round.quorum;
    let ballots = collect(&ctx.accounts.job, ctx.remaining_accounts)?;
    let verdict = tally(&ballots, round.quorum, could_reveal);

    ctx.accounts.round.phase = Phase::Final;
    ctx.accounts.tell_escrow(&verdict)?;
    for ((index, ballot), pair) in ballots.iter().zip(ctx.remaining_accounts.chunks_exact(2)) {
        if let Some(outcome) = outcome(*index, *ballot, &verdict) {
            ctx.accounts.tell_reputation(&pair[1], outcome)?;
        }
    }

    let Verdict { root, winners, losers } = verdict;
    let (job, round) = (ctx.accounts.job.key(), ctx.accounts.round.key());
    emit(&ctx.accounts.event_authority, &RoundFinalized { job, round, root, winners, losers })?;
    Ok(())
}

/// What a seat's end means for its operator's reputation; nothing where the round could not tell.
pub(crate) fn outcome(index: u8, ballot: Ballot, verdict: &Verdict) -> Option<Outcome> {
    match ballot {
        Ballot::Ghost => Some(Outcome::Silent),
        _ if Job::in_set(verdict.winners, index) => Some(Outcome::Valid),
        Ballot::Silent if Job::in_set(verdict.losers, index) => Some(Outcome::Silent),
        Ballot::Digest(_) if Job::in_set(verdict.losers, index) => Some(Outcome::Wrong),
        _ => None,
    }
}

/// Read the pairs of seat and record: every taken seat of the job exactly once, each with its own operator's record.
#[inline(never)]
pub(crate) fn collect<'info>(
    job: &Account<'info, Job>,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<(u8, Ballot)>> {
    let mut seen = 0_u8;
    let mut ballots = Vec::with_capacity(accounts.len() >> 1);
    require!(accounts.len() & 1 == 0, VerificationError::WrongSeats);
    for pair in accounts.chunks_exact(2) {
        let (seat, whose) = (Account::<Seat>::try_from(&pair[0])?, Record::whose(&pair[1])?);
        require_keys_eq!(seat.job, job.key(), VerificationError::WrongSeats);
        require!(whose == (seat.operator, job.class), VerificationError::WrongSeats);
        let bit = 1_u8.checked_shl(seat.index.into()).ok_or(VerificationError::WrongSeats)?;
        require!(seen & bit == 0, VerificationError::WrongSeats);
        seen |= bit;
        let ballot = match seat.state {
            // Nobody delivers to a round: it judges no accepted job.
            SeatState::Claimed | SeatState::Delivered => Ballot::Ghost,
            SeatState::Sealed => Ballot::Silent,
            SeatState::Revealed => Ballot::Digest(seat.commitment),
        };
        ballots.push((seat.index, ballot));
    }
    require!(seen == job.seats, VerificationError::WrongSeats);
    Ok(ballots)
}

impl<'info> FinalizeRound<'info> {
    fn tell_escrow(&self, verdict: &Verdict) -> Result<()> {
        let accounts = JobByVerifier { verifier: self.authority.to_account_info(), job: self.job.to_account_info() };
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
        assay_escrow::cpi::record_verdict(context, verdict.root, verdict.winners, verdict.losers).map(drop)
    }

    fn tell_reputation(&self, record: &AccountInfo<'info>, outcome: Outcome) -> Result<()> {
        let accounts = RecordOutcome { recorder: self.authority.to_account_info(), record: record.clone() };
        let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
        // Replication proves its results, and so they may earn fewer re-checks.
        let (value, partner, trust) = (self.job.bond, self.job.requester, true);
        assay_reputation::cpi::record_outcome(context, outcome, value, partner, trust).map(drop)
    }
}
