use anchor_lang::prelude::*;

use crate::{
    EscrowError,
    events::{JobCancelled, JobExpired},
    state::*,
};

/// Accounts of `cancel_job`, in order:
/// 0. `requester` (signer): the job's
/// 1. `job` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct CancelJob<'info> {
    pub requester: Signer<'info>,
    #[account(mut, has_one = requester @ EscrowError::NotRequester)]
    pub job: Account<'info, Job>,
}

/// Accounts of `expire_job`, in order:
/// 0. `job` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ExpireJob<'info> {
    #[account(mut)]
    pub job: Account<'info, Job>,
}

pub(crate) fn cancel(ctx: Context<CancelJob>) -> Result<()> {
    end(&mut ctx.accounts.job, JobState::Cancelled)?;
    emit_cpi!(JobCancelled { job: ctx.accounts.job.key() });
    Ok(())
}

pub(crate) fn expire(ctx: Context<ExpireJob>) -> Result<()> {
    let late = Clock::get()?.unix_timestamp > ctx.accounts.job.seal_by;
    require!(late, EscrowError::TooEarly);
    end(&mut ctx.accounts.job, JobState::Expired)?;
    emit_cpi!(JobExpired { job: ctx.accounts.job.key() });
    Ok(())
}

fn end(job: &mut Job, state: JobState) -> Result<()> {
    require!(job.state == JobState::Open, EscrowError::WrongState);
    require!(job.seats == 0, EscrowError::SeatsLeft);
    job.end(state, Clock::get()?.unix_timestamp)
}
