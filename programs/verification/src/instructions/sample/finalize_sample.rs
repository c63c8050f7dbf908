use anchor_lang::prelude::*;
use assay_escrow::{Job, Strategy, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};
use assay_reputation::{Outcome, cpi::accounts::RecordOutcome, program::AssayReputation};

use crate::{
    VerificationError,
    audit::{self, EXECUTOR, Jury},
    emit,
    events::{RoundFinalized, SampleCounted},
    instructions::{
        SIGNER,
        finalize_round::{collect, outcome},
    },
    state::*,
    tally::{Ballot, Verdict},
};

/// Accounts of `finalize_sample`, in order:
/// 0. `job` (writable)
/// 1. `round` (writable): `["round", job]`
/// 2. `authority`: `["authority"]` of this program
/// 3. `escrow_program`
/// 4. `reputation_program`
/// 5. the event accounts
/// 6. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
///
/// Nobody signs: count and verdict follow from the seats alone.
#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeSample<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

/// Sent twice: it counts the committee when nothing more may be revealed, and from then on a jury may be called for a
/// while; when that is over it pronounces. Where there is nothing that a jury could look at, it does both at once.
pub(crate) fn handler<'info>(ctx: Context<'info, FinalizeSample<'info>>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let (job, round) = (&ctx.accounts.job, &ctx.accounts.round);
    let Strategy::Sampled { committee, .. } = job.strategy else { return err!(VerificationError::WrongStrategy) };
    require!(round.phase != Phase::Final, VerificationError::WrongPhase);
    require!(round.is_of(job), VerificationError::StaleRound);
    let ballots = collect(job, 0, ctx.remaining_accounts)?;
    if round.phase == Phase::Auditing {
        require!(now > round.reveal_by && job.cases == 0, VerificationError::AuditOpen);
    } else {
        require!(round.countable(now), VerificationError::FinalizeTooEarly);
        if round.revealed > 0 {
            return ctx.accounts.count(&ballots, committee, now);
        }
    }
    // Without a time to reveal nobody has withheld anything.
    let could_reveal = round.sealed >= round.quorum;
    let verdict = if could_reveal { audit::verdict(&ballots, committee, Jury::Uncalled) } else { Verdict::default() };
    ctx.accounts.pronounce(&verdict, &ballots, ctx.remaining_accounts)
}

impl<'info> FinalizeSample<'info> {
    /// Tell what the committee found; a jury may be called until `reveal_by`.
    #[inline(never)]
    fn count(&mut self, ballots: &[(u8, Ballot)], committee: u8, now: i64) -> Result<()> {
        self.round.audits_from(now)?;
        let root = audit::majority(ballots, committee).unwrap_or_default();
        let (job, round, until) = (self.job.key(), self.round.key(), self.round.reveal_by);
        emit(&self.event_authority, &SampleCounted { job, round, root, until })
    }

    /// The verdict. The job's root is its executor's, if that one is right.
    #[inline(never)]
    fn pronounce(
        &mut self,
        verdict: &Verdict,
        ballots: &[(u8, Ballot)],
        pairs: &'info [AccountInfo<'info>],
    ) -> Result<()> {
        self.round.phase = Phase::Final;
        let root = if Job::in_set(verdict.winners, EXECUTOR) { self.job.root } else { [0; 32] };
        let Verdict { winners, losers, .. } = *verdict;
        self.tell_escrow(root, winners, losers)?;
        for ((index, ballot), pair) in ballots.iter().zip(pairs.chunks_exact(2)) {
            if let Some(outcome) = outcome(*index, *ballot, verdict) {
                self.tell_reputation(&pair[1], *index, outcome)?;
            }
        }
        let (job, round) = (self.job.key(), self.round.key());
        emit(&self.event_authority, &RoundFinalized { job, round, root, winners, losers })
    }

    fn tell_escrow(&self, root: [u8; 32], winners: u8, losers: u8) -> Result<()> {
        let accounts = JobByVerifier { verifier: self.authority.to_account_info(), job: self.job.to_account_info() };
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
        assay_escrow::cpi::record_verdict(context, root, winners, losers).map(drop)
    }

    /// A seat's result is worth what its price is of the job's. Samples prove none whole, and so earn no fewer re-checks.
    fn tell_reputation(&self, record: &AccountInfo<'info>, index: u8, outcome: Outcome) -> Result<()> {
        let accounts = RecordOutcome { recorder: self.authority.to_account_info(), record: record.clone() };
        let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
        let product = u128::from(self.job.bond).checked_mul(self.job.price_of(index).into());
        let value = product.and_then(|product| product.checked_div(self.job.seat_price.into()));
        let value = value.and_then(|value| u64::try_from(value).ok()).ok_or(VerificationError::Overflow)?;
        let (partner, trust) = (self.job.requester, false);
        assay_reputation::cpi::record_outcome(context, outcome, value, partner, trust).map(drop)
    }
}
