use anchor_lang::prelude::*;

use super::vault::pay_bounty;
use crate::{
    EscrowError, emit,
    events::{JobCancelled, JobExpired},
    state::*,
};

/// Accounts of `cancel_job`, in order:
/// 0. `requester` (signer): the job's
/// 1. `job` (writable), then the event accounts
/// 2. every taken seat of the job, each once, in any order
#[event_cpi]
#[derive(Accounts)]
pub struct CancelJob<'info> {
    pub requester: Signer<'info>,
    #[account(mut, dup, has_one = requester @ EscrowError::NotRequester)]
    pub job: Account<'info, Job>,
}

/// Accounts of `expire_job`, in order:
/// 0. `job` (writable)
/// 1. `caller` (writable): gets the bounty; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ExpireJob<'info> {
    #[account(mut, dup)]
    pub job: Account<'info, Job>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: UncheckedAccount<'info>,
}

pub(crate) fn cancel<'info>(ctx: Context<'info, CancelJob<'info>>) -> Result<()> {
    require!(ctx.accounts.job.is_live(), EscrowError::WrongState);
    none_has_worked(&ctx.accounts.job, ctx.remaining_accounts)?;
    ctx.accounts.job.end(JobState::Cancelled, Clock::get()?.unix_timestamp)?;
    emit(&ctx.accounts.event_authority, &JobCancelled { job: ctx.accounts.job.key(), seats: ctx.accounts.job.seats })?;
    Ok(())
}

pub(crate) fn expire(ctx: Context<ExpireJob>) -> Result<()> {
    let job = &mut ctx.accounts.job;
    let now = Clock::get()?.unix_timestamp;
    require!(job.state == JobState::Open, EscrowError::WrongState);
    require!(job.seats == 0, EscrowError::SeatsLeft);
    require!(now > job.seal_by, EscrowError::TooEarly);
    job.end(JobState::Expired, now)?;
    let bounty = pay_bounty(&ctx.accounts.job, &ctx.accounts.caller)?;
    emit(&ctx.accounts.event_authority, &JobExpired { job: ctx.accounts.job.key(), bounty })?;
    Ok(())
}

/// The accounts are all the seats that are taken, and none of them has sealed or delivered. Who has, has done the work:
/// its pay is up to the round or the review, not to the requester.
#[inline(never)]
fn none_has_worked<'info>(job: &Account<'info, Job>, accounts: &'info [AccountInfo<'info>]) -> Result<()> {
    require!(accounts.len() == job.seats.count_ones() as usize, EscrowError::WrongSeats);
    let mut seen = 0_u8;
    for account in accounts {
        let seat = Account::<Seat>::try_from(account)?;
        require_keys_eq!(seat.job, job.key(), EscrowError::WrongSeats);
        require!(job.is_working(&seat), EscrowError::SeatAtWork);
        seen |= 1_u8.checked_shl(seat.index.into()).ok_or(EscrowError::WrongSeats)?;
    }
    require!(seen == job.seats, EscrowError::WrongSeats);
    Ok(())
}
