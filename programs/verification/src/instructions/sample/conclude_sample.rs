use anchor_lang::prelude::*;
use assay_escrow::{Job, Strategy, VERIFIER, program::AssayEscrow};
use assay_reputation::program::AssayReputation;

use super::finalize_sample::Bench;
use crate::{
    VerificationError,
    audit::{self, EXECUTOR, Jury},
    emit,
    events::CaseConcluded,
    instructions::finalize_round::collect,
    jury::UNDECIDED,
    state::*,
    tally::{Ballot, Verdict},
};

/// Accounts of `conclude_sample`, in order:
/// 0. `job` (writable)
/// 1. `case` (writable): of the kind Sample
/// 2. `round` (writable): `["round", job]`
/// 3. `caller` (writable): gets the bounty; this program's address for nobody
/// 4. `authority`: `["authority"]` of this program
/// 5. `escrow_program`, 6. `reputation_program`; then the event accounts
/// 7. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
///
/// Nobody signs: what follows is decided.
#[event_cpi]
#[derive(Accounts)]
pub struct ConcludeSample<'info> {
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
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

/// Pronounce what the jury found. Half of the bond is the jurors' in any case; the other half is the opener's if the jury
/// changed anything, else the executor's if that one was right, or the requester's: it has waited for nothing.
pub(crate) fn handler<'info>(ctx: Context<'info, ConcludeSample<'info>>) -> Result<()> {
    let (now, accounts) = (Clock::get()?.unix_timestamp, ctx.accounts);
    let Strategy::Sampled { committee, .. } = accounts.job.strategy else {
        return err!(VerificationError::NotSampled);
    };
    require!(accounts.case.kind == CaseKind::Sample, VerificationError::WrongKind);
    require!(accounts.job.is_live(), VerificationError::CaseMoot);
    require!(accounts.case.phase == CasePhase::Resolved, VerificationError::WrongCasePhase);
    require!(accounts.case.is_final(now), VerificationError::ConcludeTooEarly);
    let ballots = collect(&accounts.job, accounts.round.silent, ctx.remaining_accounts)?;
    let decision = accounts.case.decision;
    let jury = if decision == UNDECIDED { Jury::Undecided } else { Jury::Found(decision) };
    let verdict = audit::verdict(&ballots, committee, jury);
    let standing = audit::verdict(&ballots, committee, Jury::Uncalled);
    let winner = accounts.winner(&verdict, &standing, &ballots, ctx.remaining_accounts)?;
    let bond = accounts.case.bond;
    accounts.case.conclude(bond, winner, None)?;

    let bench = Bench {
        job: &accounts.job,
        caller: accounts.caller.as_ref().map(ToAccountInfo::to_account_info),
        authority: &accounts.authority,
        events: &accounts.event_authority,
    };
    bench.pronounce(&mut accounts.round, &verdict, &ballots, ctx.remaining_accounts)?;
    let case = &accounts.case;
    let (ruling, each, dues) = (case.ruling, case.each, case.dues.clone());
    let event = CaseConcluded { case: case.key(), job: case.job, ruling, decision, each, dues };
    emit(&accounts.event_authority, &event)
}

impl ConcludeSample<'_> {
    /// Who gets the half of the bond that is not the jurors'.
    fn winner(
        &self,
        verdict: &Verdict,
        standing: &Verdict,
        ballots: &[(u8, Ballot)],
        pairs: &[AccountInfo],
    ) -> Result<Pubkey> {
        if (verdict.winners, verdict.losers) != (standing.winners, standing.losers) {
            return Ok(self.case.opener);
        }
        if !Job::in_set(verdict.winners, EXECUTOR) {
            return Ok(self.case.requester);
        }
        let at = ballots.iter().position(|(index, _)| *index == EXECUTOR).ok_or(VerificationError::WrongSeats)?;
        let pair = pairs.chunks_exact(2).nth(at).ok_or(VerificationError::WrongSeats)?;
        // `collect` has read it as the seat that it is.
        let seat = assay_escrow::Seat::try_deserialize(&mut &pair[0].try_borrow_data()?[..])?;
        Ok(seat.operator)
    }
}
