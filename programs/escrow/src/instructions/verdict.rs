//! What the verification program tells this one. It emits the events; these only write, and are called by CPI.

use anchor_lang::prelude::*;

use super::vault::pay_bounty;
use crate::{EscrowError, state::*};

/// Accounts of `set_seed`, `ask`, `set_root`, `change_cases`, `doubt`, `convict` and `record_verdict`, in order:
/// 0. `verifier` (signer): a PDA of the verification program
/// 1. `job` (writable)
/// 2. of `set_seed`, `ask` and `record_verdict`, if the caller of the crank is to be paid the job's bounty: that caller
///    (writable)
#[derive(Accounts)]
pub struct JobByVerifier<'info> {
    #[account(address = VERIFIER @ EscrowError::NotVerifier)]
    pub verifier: Signer<'info>,
    #[account(mut, dup)]
    pub job: Account<'info, Job>,
}

/// Accounts of `seal_seat` and `reveal_seat`, in order:
/// 0. `verifier` (signer): a PDA of the verification program
/// 1. `seat` (writable)
#[derive(Accounts)]
pub struct SeatByVerifier<'info> {
    #[account(address = VERIFIER @ EscrowError::NotVerifier)]
    pub verifier: Signer<'info>,
    /// CHECK: `Seat::commit` checks owner, type and state.
    #[account(mut)]
    pub seat: UncheckedAccount<'info>,
}

/// Pay the bounty of a crank that carried the job on, to whom verification names.
fn pay<'info>(job: &Account<'info, Job>, callers: &[AccountInfo<'info>]) -> Result<()> {
    callers.first().map_or(Ok(0), |caller| pay_bounty(job, caller)).map(drop)
}

pub(crate) fn set_seed<'info>(ctx: Context<'info, JobByVerifier<'info>>, seed: Option<[u8; 32]>) -> Result<()> {
    let job = &mut ctx.accounts.job;
    // All seats may be taken: whether their results are checked is drawn too. A seed gives nobody a seat of those.
    require!(job.is_live(), EscrowError::WrongState);
    require!(job.seeded_at == 0, EscrowError::AlreadyDrawn);
    let clock = Clock::get()?;
    match seed {
        Some(seed) => {
            job.seed = seed;
            job.seeded_at = clock.unix_timestamp;
            pay(job, ctx.remaining_accounts)
        }
        // Unpaid, or a job whose draws nobody sends in time could be drained of what it holds for its end.
        None => {
            job.seed_slot = clock.slot;
            Ok(())
        }
    }
}

pub(crate) fn seal_seat(ctx: Context<SeatByVerifier>, seal: [u8; 32]) -> Result<()> {
    let seal_by = Seat::commit(&ctx.accounts.seat, SeatState::Claimed, SeatState::Sealed, &seal)?;
    require!(Clock::get()?.unix_timestamp <= seal_by, EscrowError::TooLate);
    Ok(())
}

pub(crate) fn reveal_seat(ctx: Context<SeatByVerifier>, digest: [u8; 32]) -> Result<()> {
    Seat::commit(&ctx.accounts.seat, SeatState::Sealed, SeatState::Revealed, &digest).map(drop)
}

pub(crate) fn ask<'info>(ctx: Context<'info, JobByVerifier<'info>>, replicas: u8, rearm: bool) -> Result<()> {
    ctx.accounts.job.ask(replicas, rearm, &Clock::get()?)?;
    pay(&ctx.accounts.job, ctx.remaining_accounts)
}

pub(crate) fn set_root(ctx: Context<JobByVerifier>, root: [u8; 32]) -> Result<()> {
    require!(ctx.accounts.job.is_live(), EscrowError::WrongState);
    ctx.accounts.job.root = root;
    Ok(())
}

pub(crate) fn change_cases(ctx: Context<JobByVerifier>, open: bool) -> Result<()> {
    let job = &mut ctx.accounts.job;
    require!(job.is_live() || !open, EscrowError::WrongState);
    let cases = if open { job.cases.checked_add(1) } else { job.cases.checked_sub(1) };
    job.cases = cases.ok_or(EscrowError::Overflow)?;
    Ok(())
}

pub(crate) fn doubt(ctx: Context<JobByVerifier>) -> Result<()> {
    let job = &mut ctx.accounts.job;
    require!(job.is_live() && job.cases > 0, EscrowError::WrongState);
    job.state = JobState::Doubted;
    Ok(())
}

pub(crate) fn convict<'info>(ctx: Context<'info, JobByVerifier<'info>>, losers: u8, accuser: Pubkey) -> Result<()> {
    end(&mut ctx.accounts.job, accuser.to_bytes(), 0, losers)?;
    pay(&ctx.accounts.job, ctx.remaining_accounts)
}

pub(crate) fn record<'info>(
    ctx: Context<'info, JobByVerifier<'info>>,
    root: [u8; 32],
    winners: u8,
    losers: u8,
) -> Result<()> {
    // What is reviewed ends by its review, by `convict`, or by a doubt: never by the round of an earlier posting at its address.
    let job = &mut ctx.accounts.job;
    let doubt = job.state == JobState::Doubted && (winners, losers) == (0, 0);
    require!(!job.strategy.is_reviewed() || doubt, EscrowError::WrongState);
    end(job, root, winners, losers)?;
    pay(&ctx.accounts.job, ctx.remaining_accounts)
}

fn end(job: &mut Job, root: [u8; 32], winners: u8, losers: u8) -> Result<()> {
    require!(job.is_live(), EscrowError::WrongState);
    require!((winners | losers) & !job.seats == 0, EscrowError::BadVerdict);
    job.winners = winners;
    job.losers = losers;
    job.root = root;
    let state = if winners == 0 { JobState::Unresolved } else { JobState::Verified };
    job.end(state, Clock::get()?.unix_timestamp)
}
