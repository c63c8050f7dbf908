use anchor_lang::{prelude::*, system_program};
use assay_escrow::{Job, JobState};

use crate::{VerificationError, emit, events::RoundClosed, state::*};

/// Accounts of `close_round`, in order:
/// 0. `round` (writable, closed)
/// 1. `job`: the round's; may be closed already
/// 2. `payer` (writable): the round's; gets its rent back
/// 3. the event accounts
///
/// Nobody signs: the rent can only go to who paid it.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseRound<'info> {
    #[account(
        mut, close = payer, has_one = job @ VerificationError::WrongAddress, has_one = payer @ VerificationError::WrongAddress
    )]
    pub round: Account<'info, Round>,
    /// CHECK: named by the round; read only if it still is a Job.
    pub job: UncheckedAccount<'info>,
    /// CHECK: named by the round; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<CloseRound>) -> Result<()> {
    let round = &ctx.accounts.round;
    require!(round.phase == Phase::Final || abandoned(round, &ctx.accounts.job)?, VerificationError::WrongPhase);
    emit(
        &ctx.accounts.event_authority,
        &RoundClosed {
            job: ctx.accounts.job.key(),
            round: ctx.accounts.round.key(),
            last: Round::clone(&ctx.accounts.round),
        },
    )?;
    Ok(())
}

/// Whether the round's job is closed, ended without a verdict, or another one stands at its address.
fn abandoned(round: &Round, job: &UncheckedAccount) -> Result<bool> {
    if job.owner == &system_program::ID {
        return Ok(true);
    }
    require_keys_eq!(*job.owner, assay_escrow::ID, VerificationError::WrongAddress);
    let job = Job::try_deserialize(&mut &job.try_borrow_data()?[..])?;
    Ok(matches!(job.state, JobState::Cancelled | JobState::Expired) || !round.is_of(&job))
}
