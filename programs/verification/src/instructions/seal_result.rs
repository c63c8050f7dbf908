use anchor_lang::prelude::*;
use assay_escrow::{
    Job, Seat, SeatState, Strategy, VERIFIER,
    cpi::accounts::{JobByVerifier, SeatByVerifier},
    program::AssayEscrow,
};

use super::SIGNER;
use crate::{VerificationError, emit, events::ResultSealed, state::*};

/// Accounts of `seal_result`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `round` (writable): of the seat's job
/// 2. `seat` (writable)
/// 3. `authority`: `["authority"]` of this program
/// 4. `escrow_program`, then the event accounts
/// 5. where the job asks one operator first (`Strategy::first` is 1): the job (writable)
#[event_cpi]
#[derive(Accounts)]
pub struct SealResult<'info> {
    // `dup` (a round is no seat: nothing can be both) saves Anchor's HashSet of what is written, 1,400 CU.
    pub operator: Signer<'info>,
    #[account(mut, dup)]
    pub round: Box<Account<'info, Round>>,
    /// CHECK: `Seat::head` checks owner and type; operator and job are compared.
    #[account(mut)]
    pub seat: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, SealResult<'info>>, seal: [u8; 32]) -> Result<()> {
    let (round, seat) = (&mut ctx.accounts.round, Seat::head(&ctx.accounts.seat)?);
    require!(seat.operator == *ctx.accounts.operator.key, VerificationError::NotOperator);
    require!(seat.job == round.job, VerificationError::WrongAddress);
    let now = Clock::get()?.unix_timestamp;
    require!(seal != [0; 32], VerificationError::EmptyCommitment);
    require!(round.phase == Phase::Sealing, VerificationError::WrongPhase);
    require!(seat.state == SeatState::Claimed, VerificationError::WrongSeatState);
    require!(now <= seat.seal_by, VerificationError::SealTooLate);

    round.sealed = round.sealed.checked_add(1).ok_or(VerificationError::Overflow)?;
    let staged = round.replicas == 1;
    if round.sealed == round.replicas && !staged {
        round.reveals_from(now)?;
    }
    let accounts = SeatByVerifier {
        verifier: ctx.accounts.authority.to_account_info(),
        seat: ctx.accounts.seat.to_account_info(),
    };
    assay_escrow::cpi::seal_seat(CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER), seal).map(drop)?;

    if staged {
        next_stage(&mut ctx.accounts.round, &ctx.accounts.authority, ctx.remaining_accounts)?;
    }
    let (job, operator, seat) = (ctx.accounts.round.job, ctx.accounts.operator.key(), ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &ResultSealed { job, operator, seat, seal })?;
    Ok(())
}

/// The one operator that was asked first has sealed, so it knows nothing of what is drawn now: whether it is checked, or
/// who checks it. The job's seed is drawn anew, from a slot after this one.
#[inline(never)]
fn next_stage<'info>(
    round: &mut Account<'info, Round>,
    authority: &AccountInfo<'info>,
    accounts: &'info [AccountInfo<'info>],
) -> Result<()> {
    let job = accounts.first().ok_or(VerificationError::JobMissing)?;
    require_keys_eq!(job.key(), round.job, VerificationError::WrongAddress);
    let mut job = Account::<Job>::try_from(job)?;
    require!(round.is_of(&job), VerificationError::StaleRound);
    let asked = match job.strategy {
        Strategy::Replicated { adaptive: true, .. } => {
            round.phase = Phase::Checking;
            1
        }
        Strategy::Sampled { committee, .. } => committee.checked_add(1).ok_or(VerificationError::Overflow)?,
        _ => return err!(VerificationError::WrongJobState),
    };
    let accounts = JobByVerifier { verifier: authority.clone(), job: job.to_account_info() };
    assay_escrow::cpi::ask(CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER), asked, true).map(drop)?;
    job.reload()?;
    round.follow(&job)
}
