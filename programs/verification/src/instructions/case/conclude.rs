use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_escrow::{Job, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};
use assay_reputation::{Outcome, Record, cpi::accounts::RecordOutcome, program::AssayReputation};
use assay_token::ASY_MINT;

use super::{surety, tie};
use crate::{
    VerificationError, emit,
    events::{CaseConcluded, RoundFinalized},
    instructions::{
        SIGNER,
        finalize_round::{collect, outcome},
    },
    jury::UNDECIDED,
    state::*,
};

/// Accounts of `conclude_challenge`, in order:
/// 0. `job` (writable)
/// 1. `case` (writable): a challenge
/// 2. `record` (writable): the executor's, of the job's class
/// 3. `surety` (writable): `["surety", job, executor]`; nothing is there if the executor never answered
/// 4. `vault` (writable): `["vault", case]`
/// 5. `asy_mint`
/// 6. `authority`: `["authority"]` of this program
/// 7. `escrow_program`, 8. `reputation_program`, 9. `token_program`: SPL Token; then the event accounts
///
/// Nobody signs: what follows is decided.
#[event_cpi]
#[derive(Accounts)]
pub struct ConcludeChallenge<'info> {
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: the executor's, which the handler compares; reputation checks the rest.
    #[account(mut)]
    pub record: UncheckedAccount<'info>,
    /// CHECK: where its seeds say, only this program can have made an account, and it makes a token account.
    #[account(mut, seeds = [SURETY_SEED, job.key().as_ref(), case.executor.as_ref()], bump)]
    pub surety: UncheckedAccount<'info>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump = case.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
    pub token_program: Program<'info, Token>,
}

/// Accounts of `conclude_tie`, in order:
/// 0. `job` (writable)
/// 1. `case` (writable): a tie
/// 2. `round` (writable): `["round", job]`
/// 3. `authority`: `["authority"]` of this program
/// 4. `escrow_program`, 5. `reputation_program`; then the event accounts
/// 6. for every taken seat, in any order: the Seat, and its operator's Record of the job's class (writable)
#[event_cpi]
#[derive(Accounts)]
pub struct ConcludeTie<'info> {
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

/// The executor loses if it did not answer in time, or a jury found another digest than its own: its job ends and the seat is to be
/// slashed. If its digest was found its standing stays; if nobody could say, the job is doubted.
pub(crate) fn conclude_challenge(ctx: Context<ConcludeChallenge>) -> Result<()> {
    let (now, accounts) = (Clock::get()?.unix_timestamp, ctx.accounts);
    require!(matches!(accounts.case.kind, CaseKind::Challenge { .. }), VerificationError::WrongKind);
    require!(accounts.job.is_live(), VerificationError::CaseMoot);
    let whose = Record::whose(&accounts.record)?;
    require!(whose == (accounts.case.executor, accounts.job.class), VerificationError::WrongAddress);
    let (bond, opener, executor) = (accounts.case.bond, accounts.case.opener, accounts.case.executor);

    if accounts.case.phase == CasePhase::Answering {
        require!(now > accounts.case.until, VerificationError::ConcludeTooEarly);
        accounts.case.give_back(Ruling::Unanswered)?;
        accounts.convict()?;
    } else {
        require!(accounts.case.phase == CasePhase::Resolved, VerificationError::WrongCasePhase);
        require!(accounts.case.is_final(now), VerificationError::ConcludeTooEarly);
        if accounts.case.decision == UNDECIDED {
            accounts.case.give_back(Ruling::Undecided)?;
            assay_escrow::cpi::doubt(by_verifier(&accounts.authority, &accounts.job)).map(drop)?;
        } else if accounts.case.decision == accounts.case.claim {
            accounts.case.conclude(bond, executor, None)?;
        } else {
            surety::take(&accounts.surety, &accounts.asy_mint, &accounts.vault, &accounts.authority, bond)?;
            accounts.case.conclude(bond, opener, Some(Due { to: opener, amount: bond }))?;
            accounts.convict()?;
        }
    }
    told(&accounts.event_authority, &accounts.case)
}

impl ConcludeChallenge<'_> {
    fn convict(&self) -> Result<()> {
        let losers = 1_u8.checked_shl(self.case.seat.into()).ok_or(VerificationError::Overflow)?;
        let context = by_verifier(&self.authority, &self.job);
        assay_escrow::cpi::convict(context, losers, self.case.opener).map(drop)?;
        tell_reputation(&self.authority, &self.record, &self.job, Outcome::Wrong, false)
    }
}

/// Seats that revealed what the jury found win, all others that sealed lose; if nobody found it all of them lose. If the jury could
/// not say, only who withheld loses.
pub(crate) fn conclude_tie<'info>(ctx: Context<'info, ConcludeTie<'info>>) -> Result<()> {
    let (now, accounts) = (Clock::get()?.unix_timestamp, ctx.accounts);
    require!(accounts.case.kind == CaseKind::Tie, VerificationError::WrongKind);
    require!(accounts.job.is_live(), VerificationError::CaseMoot);
    require!(accounts.case.phase == CasePhase::Resolved, VerificationError::WrongCasePhase);
    require!(accounts.case.is_final(now), VerificationError::ConcludeTooEarly);
    let ballots = collect(&accounts.job, accounts.round.silent, ctx.remaining_accounts)?;
    let verdict = tie::verdict(&ballots, &accounts.case.decision, accounts.round.silent);

    accounts.round.phase = Phase::Final;
    let (bond, opener) = (accounts.case.bond, accounts.case.opener);
    accounts.case.conclude(bond, opener, None)?;
    let context = by_verifier(&accounts.authority, &accounts.job);
    assay_escrow::cpi::record_verdict(context, verdict.root, verdict.winners, verdict.losers).map(drop)?;
    for ((index, ballot), pair) in ballots.iter().zip(ctx.remaining_accounts.chunks_exact(2)) {
        if let Some(outcome) = outcome(*index, *ballot, &verdict) {
            tell_reputation(&accounts.authority, &pair[1], &accounts.job, outcome, true)?;
        }
    }

    let (job, round) = (accounts.job.key(), accounts.round.key());
    let event = RoundFinalized { job, round, root: verdict.root, winners: verdict.winners, losers: verdict.losers };
    emit(&accounts.event_authority, &event)?;
    told(&accounts.event_authority, &accounts.case)
}

fn told(events: &AccountInfo, case: &Account<Case>) -> Result<()> {
    let event = CaseConcluded {
        case: case.key(),
        job: case.job,
        ruling: case.ruling,
        decision: case.decision,
        each: case.each,
        dues: case.dues.clone(),
    };
    emit(events, &event)
}

/// A call of escrow about a job, signed by this program.
pub(super) fn by_verifier<'info>(
    authority: &AccountInfo<'info>,
    job: &Account<'info, Job>,
) -> CpiContext<'static, 'static, 'static, 'info, JobByVerifier<'info>> {
    let accounts = JobByVerifier { verifier: authority.clone(), job: job.to_account_info() };
    CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER)
}

fn tell_reputation<'info>(
    authority: &AccountInfo<'info>,
    record: &AccountInfo<'info>,
    job: &Job,
    outcome: Outcome,
    trust: bool,
) -> Result<()> {
    let accounts = RecordOutcome { recorder: authority.clone(), record: record.clone() };
    let context = CpiContext::new_with_signer(assay_reputation::ID, accounts, SIGNER);
    assay_reputation::cpi::record_outcome(context, outcome, job.bond, job.requester, trust).map(drop)
}
