use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, SeatState, Strategy, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};
use assay_reputation::{Outcome, Record, cpi::accounts::RecordOutcome, program::AssayReputation};

use super::SIGNER;
use crate::{
    VerificationError, emit,
    events::{RoundFinalized, RoundTied, RoundWidened},
    state::*,
    tally::{self, Ballot, Count, Stage, Verdict},
};

/// Accounts of `finalize_round`, in order:
/// 0. `job` (writable)
/// 1. `round` (writable): `["round", job]`
/// 2. `config`: how long a canary's answer is waited for
/// 3. `caller` (writable): gets the bounty; this program's address for nobody
/// 4. `authority`: `["authority"]` of this program
/// 5. `escrow_program`
/// 6. `reputation_program`
/// 7. the event accounts
/// 8. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
///
/// Nobody signs: the verdict follows from the seats alone.
#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeRound<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    pub config: Box<Account<'info, Config>>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: Option<UncheckedAccount<'info>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, FinalizeRound<'info>>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now)?;
    let ballots = collect(&ctx.accounts.job, ctx.accounts.round.silent, ctx.remaining_accounts)?;
    match ctx.accounts.count(&ballots)? {
        Count::Widen { replicas, silent, .. } => {
            let widened = ctx.accounts.widen(replicas, silent)?;
            emit(&ctx.accounts.event_authority, &widened)
        }
        Count::Tie { silent } => {
            let tied = ctx.accounts.tie(silent, now)?;
            emit(&ctx.accounts.event_authority, &tied)
        }
        Count::Verdict(verdict) => {
            let ended = ctx.accounts.end(&verdict, &ballots, ctx.remaining_accounts)?;
            emit(&ctx.accounts.event_authority, &ended)
        }
    }
}

/// What a seat's end means for its operator's reputation; nothing where the round could not tell.
pub(crate) fn outcome(index: u8, ballot: Ballot, verdict: &Verdict) -> Option<Outcome> {
    match ballot {
        Ballot::Ghost => Some(Outcome::Silent),
        _ if Job::in_set(verdict.winners, index) => Some(Outcome::Valid),
        Ballot::Silent | Ballot::Withheld if Job::in_set(verdict.losers, index) => Some(Outcome::Silent),
        Ballot::Digest(_) if Job::in_set(verdict.losers, index) => Some(Outcome::Wrong),
        _ => None,
    }
}

/// Read the pairs of seat and record: every taken seat of the job exactly once, each with its own operator's record.
#[inline(never)]
pub(crate) fn collect<'info>(
    job: &Account<'info, Job>,
    silent: u8,
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
            SeatState::Sealed if Job::in_set(silent, seat.index) => Ballot::Withheld,
            SeatState::Sealed => Ballot::Silent,
            SeatState::Revealed => Ballot::Digest(seat.commitment),
        };
        ballots.push((seat.index, ballot));
    }
    require!(seen == job.seats, VerificationError::WrongSeats);
    Ok(ballots)
}

impl<'info> FinalizeRound<'info> {
    fn validate(&self, now: i64) -> Result<()> {
        let round = &self.round;
        require!(matches!(self.job.strategy, Strategy::Replicated { .. }), VerificationError::NotReplicated);
        require!(round.phase != Phase::Final, VerificationError::WrongPhase);
        // Nobody has a seat under an earlier posting's round, but its time may be over before the job's.
        require!(round.is_of(&self.job), VerificationError::StaleRound);
        require!(round.countable(now), VerificationError::FinalizeTooEarly);
        let waits = round.awaits_canary(now, self.config.params.canary_seconds);
        require!(!waits, VerificationError::FinalizeTooEarly);
        // Of a tie a jury may be deciding.
        require!(self.job.cases == 0, VerificationError::CasesOpen);
        Ok(())
    }

    fn count(&self, ballots: &[(u8, Ballot)]) -> Result<Count> {
        let round = &self.round;
        // Before its verdict a replicated job has a root only if a canary told it.
        if self.job.root != [0; 32] {
            return Ok(Count::Verdict(tally::known(ballots, self.job.root)));
        }
        // Nobody called a jury in time.
        if round.phase == Phase::Tied {
            return Ok(Count::Verdict(Verdict { losers: round.silent, ..Verdict::default() }));
        }
        let (replicas, quorum, most) = (round.replicas, round.quorum, self.job.strategy.most());
        let could_reveal = round.sealed >= round.needed();
        Ok(tally::count(ballots, &Stage { replicas, quorum, most, could_reveal }))
    }

    /// Ask for more seats. Those that withheld have lost: they cannot reveal any more, and are slashed in the end.
    #[inline(never)]
    fn widen(&mut self, replicas: u8, silent: u8) -> Result<RoundWidened> {
        assay_escrow::cpi::ask(self.tell_escrow(), replicas, true).map(drop)?;
        self.job.reload()?;
        let round = &mut self.round;
        round.phase = Phase::Sealing;
        round.silent = silent;
        round.follow(&self.job)?;
        let (quorum, seal_by) = (round.quorum, round.seal_by);
        Ok(RoundWidened { job: self.job.key(), round: round.key(), replicas, quorum, silent, seal_by })
    }

    /// Give everybody time to call a jury. The job pays nothing for this, but for what ends it.
    fn tie(&mut self, silent: u8, now: i64) -> Result<RoundTied> {
        let round = &mut self.round;
        round.phase = Phase::Tied;
        round.silent = silent;
        let until = now.checked_add(round.reveal_window.into()).ok_or(VerificationError::Overflow)?;
        round.reveal_by = until;
        Ok(RoundTied { job: self.job.key(), round: round.key(), silent, until })
    }

    #[inline(never)]
    fn end(
        &mut self,
        verdict: &Verdict,
        ballots: &[(u8, Ballot)],
        accounts: &[AccountInfo<'info>],
    ) -> Result<RoundFinalized> {
        self.round.phase = Phase::Final;
        let Verdict { root, winners, losers } = *verdict;
        assay_escrow::cpi::record_verdict(self.tell_escrow(), root, winners, losers).map(drop)?;
        for ((index, ballot), pair) in ballots.iter().zip(accounts.chunks_exact(2)) {
            if let Some(outcome) = outcome(*index, *ballot, verdict) {
                self.tell_reputation(&pair[1], outcome)?;
            }
        }
        Ok(RoundFinalized { job: self.job.key(), round: self.round.key(), root, winners, losers })
    }

    /// A call of escrow about the job, which pays the caller, if there is one.
    fn tell_escrow(&self) -> CpiContext<'static, 'static, 'static, 'info, JobByVerifier<'info>> {
        let accounts = JobByVerifier { verifier: self.authority.to_account_info(), job: self.job.to_account_info() };
        let caller = self.caller.iter().map(ToAccountInfo::to_account_info).collect();
        CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER).with_remaining_accounts(caller)
    }

    fn tell_reputation(&self, record: &AccountInfo<'info>, outcome: Outcome) -> Result<()> {
        let accounts = RecordOutcome { recorder: self.authority.to_account_info(), record: record.clone() };
        let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
        // Replication proves its results, and so they may earn fewer re-checks; one that stands alone proves nothing.
        let (value, partner, trust) = (self.job.bond, self.job.requester, self.round.replicas > 1);
        assay_reputation::cpi::record_outcome(context, outcome, value, partner, trust).map(drop)
    }
}
