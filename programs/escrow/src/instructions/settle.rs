use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use assay_staking::{PoolHead, SLASHER, cpi::accounts::ChangeBond, program::AssayStaking};
use assay_token::FEE_AUTHORITY;

use super::vault::{Vault, pay_bounty};
use crate::{
    EscrowError, emit,
    events::SeatSettled,
    holding::{self, Holding},
    math,
    state::*,
};

/// Accounts of `settle`, in order:
/// 0. `job` (writable)
/// 1. `seat` (writable, closed)
/// 2. `operator`: the seat's
/// 3. `payer` (writable): the seat's; gets its rent back
/// 4. `device` (writable): the seat's, of which a slot is free again
/// 5. `vault` (writable): a token account of the job's: `["vault", job]`
/// 6. `to` (writable): a token account of the operator's
/// 7. `fee_vault` (writable): any fee vault of the mint's
/// 8. `mint`: the job's
/// 9. `pool` (writable): the operator's, where the exposure is released
/// 10. `caller` (writable): gets the bounty
/// 11. `authority`: `["authority"]` of this program
/// 12. `staking_program`
/// 13. `token_program`: the mint's, then the event accounts
///
/// Nobody signs: where the money goes follows from the verdict alone, and whoever sends it names who gets the bounty.
/// Royalties become due in the job: a payee that cannot be paid stops nobody here.
#[event_cpi]
#[derive(Accounts)]
pub struct Settle<'info> {
    #[account(mut, dup, has_one = mint @ EscrowError::WrongAddress)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, close = payer, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator,
        has_one = payer @ EscrowError::WrongAddress, has_one = device @ EscrowError::WrongAddress
    )]
    pub seat: Account<'info, Seat>,
    /// CHECK: named by the seat; only the owner of its token account.
    pub operator: UncheckedAccount<'info>,
    /// CHECK: named by the seat; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    #[account(mut, dup)]
    pub device: Account<'info, Device>,
    // That it is the vault need not be checked: no job has another token account, but one that somebody gave it. The seat is
    // paid as much from there, and what stays in the vault for that is the requester's: `refund` and `close_job` derive the
    // vault, and pay out what is above the job's debts.
    /// CHECK: a token account of the job's.
    #[account(
        mut, constraint = Holding::read(&vault)?.is_of(&job.mint, &job.key()) @ EscrowError::WrongAddress
    )]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the operator's. Being of another owner, it is not the vault.
    #[account(
        mut, constraint = Holding::read(&to)?.is_of(&job.mint, operator.key) @ EscrowError::WrongAddress
    )]
    pub to: UncheckedAccount<'info>,
    /// CHECK: a token account of the protocol's.
    #[account(
        mut, constraint = Holding::read(&fee_vault)?.is_of(&job.mint, &FEE_AUTHORITY) @ EscrowError::WrongAddress
    )]
    pub fee_vault: UncheckedAccount<'info>,
    // It was read as a mint when it was registered, and no mint with a close authority is. The token program compares the
    // decimals.
    /// CHECK: named by the job, which was posted in it.
    pub mint: UncheckedAccount<'info>,
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = SLASHER @ EscrowError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<Settle>) -> Result<()> {
    let (job, seat) = (&mut ctx.accounts.job, &ctx.accounts.seat);
    let price = earned(job, seat)?;
    let Shares { paid, fee, royalties } = job.share_out(price)?;
    job.leave_seat(seat.index)?;
    ctx.accounts.device.free_slot()?;

    let vault = ctx.accounts.vault()?;
    vault.pay(ctx.accounts.to.to_account_info(), paid)?;
    vault.pay(ctx.accounts.fee_vault.to_account_info(), fee)?;
    ctx.accounts.release()?;
    let bounty = pay_bounty(&ctx.accounts.job, &ctx.accounts.caller)?;

    emit(
        &ctx.accounts.event_authority,
        &SeatSettled {
            job: ctx.accounts.job.key(),
            seat: ctx.accounts.seat.key(),
            operator: ctx.accounts.operator.key(),
            paid,
            fee,
            royalties,
            released: ctx.accounts.job.exposure,
            bounty,
            last: Seat::clone(&ctx.accounts.seat),
        },
    )?;
    Ok(())
}

/// What a seat is to be paid for now that its job has ended; an error if it is to be slashed, or the job has not ended.
fn earned(job: &Job, seat: &Seat) -> Result<u64> {
    match job.state {
        JobState::Verified if Job::in_set(job.winners, seat.index) => job.left_of(seat.index),
        JobState::Verified | JobState::Unresolved => {
            require!(seat.state != SeatState::Claimed, EscrowError::WrongSeatState);
            require!(!Job::in_set(job.losers, seat.index), EscrowError::SeatLost);
            Ok(0)
        }
        // A seat that was a ghost by then is expired. Whatever else it did since is no matter: it was told to stop.
        JobState::Cancelled => {
            require!(seat.seal_by >= job.ended_at, EscrowError::WrongSeatState);
            let began = seat.seal_by.checked_sub(job.seal_window.into()).ok_or(EscrowError::Overflow)?;
            let elapsed = job.ended_at.checked_sub(began).ok_or(EscrowError::Overflow)?;
            let worth = job.milestone_of(seat.index)?;
            let part = math::for_time(worth, elapsed, job.seal_window, job.cancel_floor_bps);
            part.ok_or_else(|| EscrowError::Overflow.into())
        }
        _ => err!(EscrowError::WrongState),
    }
}

impl<'info> Settle<'info> {
    fn vault(&self) -> Result<Vault<'_, 'info>> {
        Ok(Vault {
            job: &self.job,
            vault: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            decimals: holding::decimals(&self.mint)?,
            token_program: self.token_program.to_account_info(),
        })
    }

    fn release(&self) -> Result<()> {
        let accounts = ChangeBond { slasher: self.authority.to_account_info(), pool: self.pool.to_account_info() };
        let seeds: &[&[u8]] = &[AUTHORITY_SEED, &[AUTHORITY_BUMP]];
        let context = CpiContext::new_with_signer(assay_staking::ID, accounts, std::slice::from_ref(&seeds));
        assay_staking::cpi::release_bond(context, self.job.exposure).map(drop)
    }
}
