use anchor_lang::prelude::*;

use crate::{EscrowError, emit, events::Heartbeat as Beat, state::*};

/// Accounts of `heartbeat`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `job`: the seat's, for its units
/// 2. `seat` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Heartbeat<'info> {
    pub operator: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator
    )]
    pub seat: Account<'info, Seat>,
}

pub(crate) fn handler(ctx: Context<Heartbeat>, progress: u64) -> Result<()> {
    let (job, seat) = (&ctx.accounts.job, &mut ctx.accounts.seat);
    require!(job.is_live(), EscrowError::WrongState);
    require!((seat.progress..=job.units).contains(&progress), EscrowError::BadProgress);
    seat.progress = progress;
    seat.heartbeat_at = Clock::get()?.unix_timestamp;
    emit(
        &ctx.accounts.event_authority,
        &Beat { job: ctx.accounts.job.key(), seat: ctx.accounts.seat.key(), progress },
    )?;
    Ok(())
}
