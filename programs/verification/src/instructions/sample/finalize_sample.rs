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
/// 2. `caller` (writable): gets the bounty for the verdict; this program's address for nobody
/// 3. `authority`: `["authority"]` of this program
/// 4. `escrow_program`
/// 5. `reputation_program`
/// 6. the event accounts
/// 7. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
///
/// Nobody signs: count and verdict follow from the seats alone.
#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeSample<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: Option<UncheckedAccount<'info>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

/// Sent twice: it counts the committee when nothing more may be revealed, and from then on a jury may be called for a
/// while; when that is over it pronounces. Where there is nothing that a jury could look at, it does both at once.
pub(crate) fn handler<'info>(ctx: Context<'info, FinalizeSample<'info>>) -> Result<()> {
    let (now, accounts) = (Clock::get()?.unix_timestamp, ctx.accounts);
    let (job, round) = (&accounts.job, &accounts.round);
    let Strategy::Sampled { committee, .. } = job.strategy else { return err!(VerificationError::NotSampled) };
    require!(round.phase != Phase::Final, VerificationError::WrongPhase);
    require!(round.is_of(job), VerificationError::StaleRound);
    let ballots = collect(job, round.silent, ctx.remaining_accounts)?;
    if round.phase == Phase::Auditing {
        require!(now > round.reveal_by && job.cases == 0, VerificationError::AuditOpen);
    } else {
        require!(round.countable(now), VerificationError::FinalizeTooEarly);
        if round.revealed > 0 {
            return accounts.count(&ballots, committee, now);
        }
    }
    // Without a time to reveal nobody has withheld anything.
    let could_reveal = round.sealed >= round.needed();
    let verdict = if could_reveal { audit::verdict(&ballots, committee, Jury::Uncalled) } else { Verdict::default() };
    let bench = Bench {
        job: &accounts.job,
        caller: accounts.caller.as_ref().map(ToAccountInfo::to_account_info),
        authority: &accounts.authority,
        events: &accounts.event_authority,
    };
    bench.pronounce(&mut accounts.round, &verdict, &ballots, ctx.remaining_accounts)
}

impl FinalizeSample<'_> {
    /// Tell what the committee found; a jury may be called until `reveal_by`. The job pays nothing for this, but for what ends
    /// it.
    #[inline(never)]
    fn count(&mut self, ballots: &[(u8, Ballot)], committee: u8, now: i64) -> Result<()> {
        self.round.audits_from(now)?;
        let root = audit::majority(ballots, committee).unwrap_or_default();
        let (job, round, until) = (self.job.key(), self.round.key(), self.round.reveal_by);
        emit(&self.event_authority, &SampleCounted { job, round, root, until })
    }
}

/// Where a verdict about a sampled job is pronounced.
pub(crate) struct Bench<'a, 'info> {
    pub job: &'a Account<'info, Job>,
    /// Gets the bounty.
    pub caller: Option<AccountInfo<'info>>,
    pub authority: &'a AccountInfo<'info>,
    pub events: &'a AccountInfo<'info>,
}

impl<'info> Bench<'_, 'info> {
    /// Tell escrow the verdict, and reputation the outcomes. The job's root is its executor's, if that one is right.
    #[inline(never)]
    pub fn pronounce(
        &self,
        round: &mut Account<Round>,
        verdict: &Verdict,
        ballots: &[(u8, Ballot)],
        pairs: &[AccountInfo<'info>],
    ) -> Result<()> {
        round.phase = Phase::Final;
        let root = if Job::in_set(verdict.winners, EXECUTOR) { self.job.root } else { [0; 32] };
        let Verdict { winners, losers, .. } = *verdict;
        self.tell_escrow(root, winners, losers)?;
        for ((index, ballot), pair) in ballots.iter().zip(pairs.chunks_exact(2)) {
            if let Some(outcome) = outcome(*index, *ballot, verdict) {
                self.tell_reputation(&pair[1], *index, outcome)?;
            }
        }
        let (job, round) = (self.job.key(), round.key());
        emit(self.events, &RoundFinalized { job, round, root, winners, losers })
    }

    fn tell_escrow(&self, root: [u8; 32], winners: u8, losers: u8) -> Result<()> {
        let accounts = JobByVerifier { verifier: self.authority.clone(), job: self.job.to_account_info() };
        let caller = self.caller.iter().cloned().collect();
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER).with_remaining_accounts(caller);
        assay_escrow::cpi::record_verdict(context, root, winners, losers).map(drop)
    }

    /// A seat's result is worth what its price is of the job's. Samples prove none whole, and so earn no fewer re-checks.
    fn tell_reputation(&self, record: &AccountInfo<'info>, index: u8, outcome: Outcome) -> Result<()> {
        let accounts = RecordOutcome { recorder: self.authority.clone(), record: record.clone() };
        let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
        let product = u128::from(self.job.bond).checked_mul(self.job.price_of(index).into());
        let value = product.and_then(|product| product.checked_div(self.job.seat_price.into()));
        let value = value.and_then(|value| u64::try_from(value).ok()).ok_or(VerificationError::Overflow)?;
        let (partner, trust) = (self.job.requester, false);
        assay_reputation::cpi::record_outcome(context, outcome, value, partner, trust).map(drop)
    }
}
