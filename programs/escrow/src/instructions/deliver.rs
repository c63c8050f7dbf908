//! A job that is reviewed (accepted or optimistic): its operator delivers, who cares reviews, and silence pays.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use assay_token::FEE_AUTHORITY;

use super::vault::Vault;
use crate::{
    EscrowError, emit,
    events::{MilestoneReleased, ResultDelivered},
    holding::{self, Holding},
    state::*,
};

/// Accounts of `deliver`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `job`
/// 2. `seat` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Deliver<'info> {
    pub operator: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator
    )]
    pub seat: Box<Account<'info, Seat>>,
}

/// Accounts of `release_milestone`, in order:
/// 0. `by` (signer): the requester; anyone once the review is over
/// 1. `job` (writable)
/// 2. `seat` (writable)
/// 3. `vault` (writable): `["vault", job]`
/// 4. `to` (writable): a token account of the seat's operator's
/// 5. `fee_vault` (writable): any fee vault of the mint's
/// 6. `mint`: the job's
/// 7. `token_program`: the mint's, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ReleaseMilestone<'info> {
    pub by: Signer<'info>,
    #[account(mut, dup, has_one = mint @ EscrowError::WrongAddress)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ EscrowError::WrongAddress)]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the seat's operator's.
    #[account(
        mut, constraint = Holding::read(&to)?.is_of(&job.mint, &seat.operator) @ EscrowError::WrongAddress
    )]
    pub to: UncheckedAccount<'info>,
    /// CHECK: a token account of the protocol's.
    #[account(
        mut, constraint = Holding::read(&fee_vault)?.is_of(&job.mint, &FEE_AUTHORITY) @ EscrowError::WrongAddress
    )]
    pub fee_vault: UncheckedAccount<'info>,
    // It was read as a mint when it was registered. The token program compares the decimals.
    /// CHECK: named by the job, which was posted in it.
    pub mint: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn deliver(ctx: Context<Deliver>, digest: [u8; 32]) -> Result<()> {
    let (job, seat) = (&ctx.accounts.job, &mut ctx.accounts.seat);
    let now = Clock::get()?.unix_timestamp;
    let review = job.strategy.review_window().ok_or(EscrowError::WrongStrategy)?;
    require!(job.is_live(), EscrowError::WrongState);
    require!(job.is_working(seat) && digest != [0; 32], EscrowError::WrongSeatState);
    require!(now <= seat.seal_by, EscrowError::TooLate);
    seat.state = SeatState::Delivered;
    seat.commitment = digest;
    seat.seal_by = now.checked_add(review.into()).ok_or(EscrowError::Overflow)?;

    emit(
        &ctx.accounts.event_authority,
        &ResultDelivered {
            job: ctx.accounts.job.key(),
            seat: ctx.accounts.seat.key(),
            operator: ctx.accounts.operator.key(),
            milestone: ctx.accounts.job.released,
            digest,
            review_by: ctx.accounts.seat.seal_by,
        },
    )?;
    Ok(())
}

pub(crate) fn release(ctx: Context<ReleaseMilestone>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let (job, seat) = (&mut ctx.accounts.job, &mut ctx.accounts.seat);
    require!(job.strategy.is_reviewed(), EscrowError::WrongStrategy);
    require!(job.is_live(), EscrowError::WrongState);
    require!(job.cases == 0, EscrowError::CasesOpen);
    if ctx.accounts.by.key() != job.requester {
        require!(seat.state == SeatState::Delivered, EscrowError::NotRequester);
        require!(now > seat.seal_by, EscrowError::TooEarly);
    }
    let milestone = job.released;
    let shares = if job.at_last_milestone() { accept(job, seat, now)? } else { advance(job, seat, now)? };
    let vault = Vault {
        job: &ctx.accounts.job,
        vault: ctx.accounts.vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        decimals: holding::decimals(&ctx.accounts.mint)?,
        token_program: ctx.accounts.token_program.to_account_info(),
    };
    vault.pay(ctx.accounts.to.to_account_info(), shares.paid)?;
    vault.pay(ctx.accounts.fee_vault.to_account_info(), shares.fee)?;

    emit(
        &ctx.accounts.event_authority,
        &MilestoneReleased {
            job: ctx.accounts.job.key(),
            seat: ctx.accounts.seat.key(),
            operator: ctx.accounts.seat.operator,
            milestone,
            is_last: !ctx.accounts.job.is_live(),
            paid: shares.paid,
            fee: shares.fee,
            royalties: shares.royalties,
        },
    )?;
    Ok(())
}

/// The last milestone is the verdict: `settle` pays it, as it pays every winner, and gives bond and rent back.
fn accept(job: &mut Job, seat: &Seat, now: i64) -> Result<Shares> {
    job.winners = 1_u8.checked_shl(seat.index.into()).ok_or(EscrowError::Invariant)?;
    job.root = seat.commitment;
    job.end(JobState::Verified, now)?;
    Ok(Shares::default())
}

/// Any other is paid at once, and the seat works on at the next.
fn advance(job: &mut Job, seat: &mut Seat, now: i64) -> Result<Shares> {
    let shares = job.share_out(job.milestone_of(seat.index)?)?;
    job.released = job.released.checked_add(1).ok_or(EscrowError::Overflow)?;
    seat.state = SeatState::Claimed;
    seat.commitment = [0; 32];
    seat.seal_by = now.checked_add(job.seal_window.into()).ok_or(EscrowError::Overflow)?;
    job.invariant()?;
    Ok(shares)
}
